"""Findings as text, JSON, SARIF and JUnit."""
