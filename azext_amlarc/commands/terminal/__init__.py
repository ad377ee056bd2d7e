"""The person in front of the terminal: questions, menu, progress."""
