"""Azure's built-in roles that a workspace's and a compute target's identities need, and what of them is needed.

https://learn.microsoft.com/azure/machine-learning/how-to-attach-kubernetes-to-workspace
names those of the workspace's identity, how-to-identity-based-service-authentication those of the compute target's.
Ids: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from typing import NamedTuple

from azext_amlarc.product.clusters import CONNECTED, MANAGED, PROVIDERS


class Role(NamedTuple):
    """A built-in role, and the actions in it that are used: another role that allows them does as well."""

    id: str
    name: str
    actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()


_EXTENSIONS = "Microsoft.KubernetesConfiguration/extensions"
EXTENSION_CONTRIBUTOR = Role(
    "85cb6faf-e071-4c9b-8136-154b5a04f717",
    "Kubernetes Extension Contributor",
    (f"{_EXTENSIONS}/read", f"{_EXTENSIONS}/write", f"{_EXTENSIONS}/delete"),
)
CLUSTER_ADMIN = Role(
    "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
    "Azure Kubernetes Service Cluster Admin Role",
    ("Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",),
)
RELAY_OWNER = Role(
    "2787bf04-f1f5-4bfe-8383-c8a24483ee38",
    "Azure Relay Owner",
    (
        "Microsoft.Relay/namespaces/read",
        "Microsoft.Relay/namespaces/hybridConnections/read",
        "Microsoft.Relay/namespaces/hybridConnections/authorizationRules/listKeys/action",
    ),
    ("Microsoft.Relay/namespaces/messages/send/action", "Microsoft.Relay/namespaces/messages/listen/action"),
)
BLOB_READER = Role(
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Blob Data Reader",
    (),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",),
)
IMAGE_PULLER = Role(
    "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "AcrPull",
    ("Microsoft.ContainerRegistry/registries/pull/read",),
)


def reader(cluster_type: str) -> Role:
    """Reader, as far as it is about a cluster of this type."""
    action = f"{PROVIDERS[cluster_type]}/{cluster_type}/read"
    return Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", (action,))


# What the workspace's identity needs on a cluster, by the cluster's type; on its Relay, RELAY_OWNER.
ON_CLUSTER = {
    CONNECTED: (reader(CONNECTED), EXTENSION_CONTRIBUTOR),
    MANAGED: (reader(MANAGED), EXTENSION_CONTRIBUTOR, CLUSTER_ADMIN),
}
# The roles that may give roles.
GIVERS = "Owner, User Access Administrator or Role Based Access Control Administrator"
