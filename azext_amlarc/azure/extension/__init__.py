"""Find, install, update, delete and watch the cluster extension."""
