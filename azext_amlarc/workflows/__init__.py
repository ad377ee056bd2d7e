"""Work that spans several kinds of resources, shared by the command line and the Python API."""
