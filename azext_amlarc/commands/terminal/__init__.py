"""The terminal: prompts, menu, progress."""
