"""`python -m samtal`, for a process that starts another with its own interpreter."""

from samtal.main import main

main()
