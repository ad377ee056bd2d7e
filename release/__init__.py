"""What is published, made of what is committed: see `python -m release -h`."""
