"""The api-versions of the calls that use no SDK, and of what templates deploy."""

# By provider, or by type where that has its own. Each is in Azure's public Swagger.
API_VERSIONS = {
    "Microsoft.Authorization": "2022-04-01",
    "Microsoft.ContainerService": "2024-05-01",
    # The first one that reports the agents' upgrades.
    "Microsoft.Kubernetes": "2024-01-01",
    "Microsoft.KubernetesConfiguration": "2023-05-01",
    "Microsoft.KubernetesConfiguration/extensionTypes": "2023-05-01-preview",
    "Microsoft.MachineLearningServices": "2023-04-01",
    "Microsoft.ManagedIdentity": "2023-01-31",
    # The last one that also has sharedKeys.
    "Microsoft.OperationalInsights": "2020-08-01",
    # The first one that documents a namespace's status, the only sign that it is being removed.
    "Microsoft.Relay": "2021-11-01",
    "Microsoft.ResourceGraph": "2022-10-01",
    "Microsoft.Resources": "2021-04-01",
    # That of az itself; the first ones have no validationLevel.
    "Microsoft.Resources/deploymentStacks": "2025-07-01",
    "Microsoft.Resources/subscriptions": "2022-12-01",
    "Microsoft.ServiceBus": "2021-11-01",
}
