"""Turns options and files into values."""
