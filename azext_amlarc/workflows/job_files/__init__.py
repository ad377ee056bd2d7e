"""Job files to start from, filled in for a compute target."""
