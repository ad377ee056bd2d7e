"""The two types of Kubernetes clusters that can train: connected through Azure Arc, or Azure's own (AKS)."""

CONNECTED, MANAGED = "connectedClusters", "managedClusters"
PROVIDERS = {CONNECTED: "Microsoft.Kubernetes", MANAGED: "Microsoft.ContainerService"}
