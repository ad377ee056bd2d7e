"""Azure Resource Manager: its front door, its grammar, its errors, its operations, and what it serves itself."""
