"""The wire: the web application, signing in, faults on demand, the record of every exchange."""
