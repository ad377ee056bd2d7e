"""Find, attach and detach the compute targets of a workspace."""
