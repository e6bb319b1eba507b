"""What training is asked, and what it answers: a module a noun."""
