"""The validator: documents and settings in, findings out.

Pure, apart from files.py, documents.py and __main__.py: no I/O but this package's own data files, no import of az.
"""
