"""Fleets: one manifest for many clusters, planned, applied and looked at."""
