"""Checks of a cluster and its surroundings, pure: facts in, results out. Who gathers the facts is not known here."""
