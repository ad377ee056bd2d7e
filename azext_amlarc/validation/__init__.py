"""Documents and settings in, findings out. Pure: no I/O but this package's own data files, and no import of az."""
