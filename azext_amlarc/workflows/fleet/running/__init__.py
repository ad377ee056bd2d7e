"""Carrying out a plan: lanes of work, steps on one cluster, gates, waves, and the board of what is known."""
