"""Guardrails of an organization's own: policies, and the exceptions to rules that it allows itself."""
