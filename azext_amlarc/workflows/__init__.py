"""Work that spans several nouns, the same behind both doors."""
