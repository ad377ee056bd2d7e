"""What a fleet's clusters should have as a whole: resources in their order, drawn as ARM, Terraform or a policy."""
