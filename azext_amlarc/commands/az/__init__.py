"""The interface to az: loader, command table, options, help, output, errors."""
