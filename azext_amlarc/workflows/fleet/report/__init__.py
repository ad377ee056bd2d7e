"""Plans, and what came of them, in words, as objects and as a page."""
