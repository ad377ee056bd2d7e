"""Carries out what checks know to mend: how each kind of change is made, and the way from a plan to new results."""
