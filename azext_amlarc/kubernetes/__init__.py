"""The work on Kubernetes, through the user's kubeconfig. Whoever imports its modules pays for lightkube."""
