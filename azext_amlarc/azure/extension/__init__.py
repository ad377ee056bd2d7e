"""The cluster extension: found, installed, updated, deleted, watched."""
