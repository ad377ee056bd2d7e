"""Access to Kubernetes through the user's kubeconfig. Importing its modules imports lightkube, which takes time."""
