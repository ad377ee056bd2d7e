"""What a fleet's clusters shall have as a whole: resources in their order, drawn as ARM, Terraform or a policy."""
