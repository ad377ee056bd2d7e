"""Compute targets of a workspace: found, attached, detached."""
