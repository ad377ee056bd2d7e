"""JSON and YAML, parsed with positions."""
