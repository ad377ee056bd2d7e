"""What is checked on Azure's side, by noun; the facts that the checks need are in facts.py."""
