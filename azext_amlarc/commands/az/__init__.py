"""What az itself asks for: loader, table, options, help, output, errors."""
