"""Job files to start from, with a compute's names filled in."""
