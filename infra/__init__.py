"""The plumbing all four services stand on. It knows nothing of members or goals."""
