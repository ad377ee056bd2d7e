"""Guardrails of an organisation's own: policies, and the exceptions to rules that it allows itself."""
