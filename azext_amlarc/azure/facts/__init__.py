"""Gathers what checks need to know of Azure, in parallel; what cannot be read is unknown, with the reason."""
