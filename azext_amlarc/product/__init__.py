"""What is known of the product: settings, names, limits, known errors, links."""
