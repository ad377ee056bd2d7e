"""What to do about errors that Azure is known to give for this product.

Sources: Microsoft Learn, "Troubleshoot Azure Machine Learning extension" and "Troubleshoot Kubernetes compute";
the troubleshooting pages of Azure/AML-Kubernetes; public issue threads.
"""

import re

# By Azure's own code; a compute's codes are said once, however deep they are nested.
_BY_CODE = {
    "AuthorizationFailed": "Ask an Owner of the resource group for the role Contributor.",
    "ComputeNotAccessible": "Grant the workspace's managed identity access to the AKS cluster.",
    "ClusterNotReachable": "Start the cluster, allow the workspace's addresses on its API server, and try again.",
    "GenericClusterError": "Start the cluster, allow the workspace's addresses on its API server, and try again.",
    "ClusterUnauthorized": "The cluster's token has expired: try again.",
    "RefreshExtensionIdentityNotSet": "Delete the extension and install it again.",
    "NamespaceNotFound": "Create the namespace (kubectl create namespace NAME), detach, and attach again.",
    "Timeout": "See whether the cluster is connected: az connectedk8s show -n CLUSTER -g GROUP",
    "AgentInstallationFailedDueToExceptions": "Read the pods in the namespace azureml: kubectl get pods -n azureml",
    "AttachmentOfPrivateAksClusterNotSupported": "Connect the cluster through Azure Arc and attach that instead.",
    "ConflictingArtifactsInCluster": "Remove what an earlier installation left in the namespace azureml, then retry.",
    "UpdateFailed": "Another operation was running. Wait for it, then try again.",
}
_CHECK_AND_REATTACH = "Check the cluster and its relay, then detach and attach again with the same name and namespace."
_BY_CODE |= dict.fromkeys(
    (
        "GenericComputeError",
        "ComputeNotFound",
        "InvalidComputeInformation",
        "InvalidComputeNoKubernetesConfiguration",
        "ClusterNotFound",
        "InferencingClientCallFailed",
    ),
    _CHECK_AND_REATTACH,
)

# By words of the message, where the code says too little; the first that fits.
_BY_WORDS = (
    (
        "pod healthcheck failed",
        "Read why: kubectl get configmap arcml-healthcheck -n azureml -o yaml (keys reports-pre-install and "
        "reports-pre-delete).",
    ),
    ("healthcheck", "Read why: kubectl get configmap arcml-healthcheck -n azureml -o yaml"),
    (
        "timed out waiting for the condition",
        "See whether the cluster has room and a load balancer; renew old Arc agents: az connectedk8s upgrade",
    ),
    ("status not populated", "Renew the Arc agents: az connectedk8s upgrade -n CLUSTER -g GROUP"),
    (
        "invalid ownership metadata",
        "A component is on the cluster already: turn its install… setting off, or label and annotate it for Helm.",
    ),
    ("still in use", "An earlier release of that name is being removed: wait up to an hour, or choose another name."),
    ("operation in progress", "Wait for the operation that is running, then try again."),
    ("being terminated", "The namespace azureml is being removed: wait until it is gone, then try again."),
    ("chart path not found", "Check the version and the release train: that combination does not exist."),
    ("no PEM data", "Set enable_https=false: the cluster's own CA can't sign."),
    (
        "extension not installed",
        "Install it first: az ml arc extension create; where it is, the workspace's identity lacks the role "
        "Kubernetes Extension Contributor.",
    ),
    ("internal server", "The workspace's identity lacks the role Azure Kubernetes Service Cluster Admin."),
)


def hint_for(code: str, message: str) -> str:
    """The remedy that is known for an error, or nothing."""
    if code == "MissingSubscriptionRegistration":
        provider = re.search(r"namespace '([^']+)'", message)
        return f"Register it, once: az provider register -n {provider[1]} --wait" if provider else ""
    if code in _BY_CODE:
        return _BY_CODE[code]
    lowered = message.lower()
    return next((hint for words, hint in _BY_WORDS if words.lower() in lowered), "")
