"""What checks need to know of Azure, read side by side; what can't be read is unknown by itself, with the reason."""
