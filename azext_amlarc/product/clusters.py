"""The two types of Kubernetes clusters that can train: connected through Azure Arc, or Azure's own (AKS)."""

CONNECTED, MANAGED = "connectedClusters", "managedClusters"
# Our name in the managedFields of what we write to a cluster.
FIELD_MANAGER = "amlarc"
PROVIDERS = {CONNECTED: "Microsoft.Kubernetes", MANAGED: "Microsoft.ContainerService"}
