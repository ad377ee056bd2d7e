"""Text to data with positions: JSON and YAML."""
