"""From options and files to values."""
