"""What to do about errors that Azure is known to give, by what failed: no match, no advice.

The same words mean different things in different places: E45004 in a job is not E45004 in an installation's report, and
an "internal server error" says something about a role only if attaching an AKS cluster ended with it.

Sources: Microsoft Learn, "Troubleshoot Azure Machine Learning extension" and "Troubleshoot Kubernetes compute" (with
"Common job failure errors"); the troubleshooting pages of Azure/AML-Kubernetes; public issue threads.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from azext_amlarc.product.clusters import CONNECTED, MANAGED
from azext_amlarc.product.extension import DEFAULT_NAME, EXTENSION_NAMESPACE
from azext_amlarc.product.steps import Advice, Note, command, filled


class Subject(Enum):
    """What failed. A compute target and a job fail with their cluster, too."""

    EXTENSION = "extension"
    COMPUTE = "compute"
    JOB = "job"
    CLUSTER = "cluster"


class Names(NamedTuple):
    """The names in advice. What a caller does not know stays a placeholder for the reader to fill in.

    `cluster`, `azure_cluster` and `workspace` are the options that name them to our commands, and to az's.
    """

    cluster: tuple[str, ...] = ("-c", "CLUSTER", "-g", "GROUP")
    azure_cluster: tuple[str, ...] = ("-n", "CLUSTER", "-g", "GROUP")
    cluster_type: str | None = None
    workspace: tuple[str, ...] = ("-w", "WORKSPACE", "-g", "GROUP")
    compute: str = "NAME"
    namespace: str = "NAMESPACE"
    extension: str = DEFAULT_NAME


class Known(NamedTuple):
    """An error by Azure's codes or else by words of its message (in lower case), and what to do about it.

    With a `cluster_type` it is known of clusters of that type only. The fields in `advice` are those of Names.
    """

    advice: Advice
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    cluster_type: str | None = None

    def is_of(self, cluster_type: str | None) -> bool:
        return self.cluster_type in (None, cluster_type)

    def is_said_in(self, message: str) -> bool:
        return any(words in message.lower() for words in self.words)


_REPORT = command("kubectl get configmap arcml-healthcheck -n {azureml} -o yaml", azureml=EXTENSION_NAMESPACE)
_PODS = command("kubectl get pods -n {azureml}", azureml=EXTENSION_NAMESPACE)
_STUCK = ("timed out waiting for the condition", "status not populated")
_REGISTER = "az provider register -n Microsoft.KubernetesConfiguration"
_EXTENSION = (
    Known(
        (
            Note(
                "Azure's own service for extensions may not get at the AKS cluster yet. Register its resource provider "
                "again, wait a few minutes, delete the extension, and install it again:"
            ),
            command(_REGISTER),
            command("az ml arc extension delete -n {extension} {cluster}"),
        ),
        words=("extensionaddons",),
        cluster_type=MANAGED,
    ),
    Known(
        (
            Note(
                "The cluster's Kubernetes no longer has an API that this version of the extension uses. Install a "
                "newer version of the extension, without a pinned version:"
            ),
            command("az ml arc extension delete -n {extension} {cluster}"),
            command("az ml arc extension create -n {extension} {cluster} --config enableTraining=True"),
        ),
        words=("no matches for kind",),
    ),
    Known(
        (
            Note(
                "A policy on the cluster (Gatekeeper, Azure Policy) refuses what the extension installs. Exclude the "
                f"namespace {EXTENSION_NAMESPACE} from it. To list the policies' constraints:"
            ),
            command("kubectl get constraints"),
        ),
        words=("gatekeeper", "policies blocking"),
    ),
    Known(
        (Note("Read the health check's report (keys reports-pre-install and reports-pre-delete):"), _REPORT),
        words=("pod healthcheck failed",),
    ),
    Known((Note("Read the health check's report:"), _REPORT), words=("healthcheck",)),
    Known(
        (
            Note("Check that the cluster has free capacity and a load balancer, and upgrade outdated Arc agents:"),
            command("az connectedk8s upgrade {azure_cluster}"),
        ),
        words=_STUCK,
        cluster_type=CONNECTED,
    ),
    Known(
        (Note("Check that the cluster has free capacity and a load balancer:"), command("kubectl describe nodes")),
        words=_STUCK,
        cluster_type=MANAGED,
    ),
    Known(
        (
            Note(
                "The cluster already has one of the components. Turn off the setting that installs it, or let Helm "
                "adopt it: label it app.kubernetes.io/managed-by=Helm, and annotate it meta.helm.sh/release-name="
                "{extension} and " + f"meta.helm.sh/release-namespace={EXTENSION_NAMESPACE}."
            ),
        ),
        words=("invalid ownership metadata",),
    ),
    Known(
        (Note("An earlier release of that name is being removed. Wait up to an hour, or choose another name."),),
        words=("still in use",),
    ),
    Known(
        (
            Note("Another operation is in progress. Wait for it to end, then try again:"),
            command("az ml arc extension wait -n {extension} {cluster}"),
        ),
        codes=("UpdateFailed",),
        words=("operation in progress",),
    ),
    Known(
        (
            Note(f"The namespace {EXTENSION_NAMESPACE} is being removed. Wait until it is gone, then try again:"),
            command("kubectl wait --for=delete namespace/{azureml} --timeout=15m", azureml=EXTENSION_NAMESPACE),
        ),
        words=("being terminated",),
    ),
    Known(
        (Note("Check the version and the release train: there is no such combination."),),
        words=("chart path not found",),
    ),
    Known((Note("Set enable_https=false: the cluster's own CA cannot sign certificates."),), words=("no pem data",)),
)

_REATTACH = (
    Note(
        "Check the cluster. If nothing is wrong with it, detach the compute target, then attach it again with the same "
        "name ({compute}) and namespace ({namespace}):"
    ),
    command("az ml arc check {cluster}"),
    command("az ml arc detach -n {compute} {workspace}"),
)
_COMPUTE = (
    Known(
        (
            Note(
                "The extension has no Azure Relay, or its Relay was deleted. Check that, and install the extension "
                "again to create what is missing:"
            ),
            command("az ml arc check {cluster}"),
            command("az ml arc extension create {cluster} --config enableTraining=True"),
        ),
        words=("relay resource id or connection string are not provided",),
    ),
    Known(
        (Note("Grant the workspace's managed identity access to the AKS cluster."),),
        codes=("ComputeNotAccessible",),
        cluster_type=MANAGED,
    ),
    Known(
        (Note("Delete the extension, and install it again with the same settings."),),
        codes=("RefreshExtensionIdentityNotSet",),
        cluster_type=MANAGED,
    ),
    Known(
        (
            Note("Create the namespace, detach the compute target, and attach it again:"),
            command("kubectl create namespace {namespace}"),
            command("az ml arc detach -n {compute} {workspace}"),
        ),
        codes=("NamespaceNotFound",),
    ),
    Known(
        (Note("Check that the cluster is connected:"), command("az connectedk8s show {azure_cluster}")),
        codes=("Timeout",),
        cluster_type=CONNECTED,
    ),
    Known(
        (Note("Check that the cluster is running:"), command("az aks show {azure_cluster}")),
        codes=("Timeout",),
        cluster_type=MANAGED,
    ),
    Known(
        (Note(f"Check the pods in the namespace {EXTENSION_NAMESPACE}:"), _PODS),
        codes=("AgentInstallationFailedDueToExceptions",),
    ),
    Known(
        (
            Note("Connect the cluster through Azure Arc, and attach the connected cluster instead:"),
            command("az connectedk8s connect {azure_cluster}"),
        ),
        codes=("AttachmentOfPrivateAksClusterNotSupported",),
        cluster_type=MANAGED,
    ),
    Known(
        (
            Note(
                f"Remove what an earlier installation left behind in the namespace {EXTENSION_NAMESPACE}, then try "
                "again."
            ),
        ),
        codes=("ConflictingArtifactsInCluster",),
    ),
    Known(
        _REATTACH,
        codes=(
            "GenericComputeError",
            "ComputeNotFound",
            "InvalidComputeInformation",
            "InvalidComputeNoKubernetesConfiguration",
            "InferencingClientCallFailed",
        ),
    ),
    Known(
        (
            Note(
                "If the extension is already installed, grant the workspace's identity the role Kubernetes Extension "
                "Contributor on the cluster. Otherwise install it first:"
            ),
            command("az ml arc extension create {cluster} --config enableTraining=True"),
        ),
        words=("extension not installed",),
    ),
    Known(
        (Note("Grant the workspace's identity the role Azure Kubernetes Service Cluster Admin on the cluster."),),
        words=("internal server",),
        cluster_type=MANAGED,
    ),
    Known(
        (
            Note(
                "Azure does not say why. Check that the extension's Relay exists, that the workspace's identity has "
                "the role Azure Relay Owner on it, and that the workspace's subscription is enabled. Then try again:"
            ),
            command("az ml arc check {cluster}"),
        ),
        words=("internal server",),
        cluster_type=CONNECTED,
    ),
)

_UNREACHABLE = ("ClusterNotReachable", "GenericClusterError")
_CLUSTER = (
    Known(
        (
            Note("Start the cluster if it is stopped, and check that its agents are connected. Then try again:"),
            command("az connectedk8s show {azure_cluster}"),
        ),
        codes=_UNREACHABLE,
        cluster_type=CONNECTED,
    ),
    Known(
        (
            Note("Start the cluster if it is stopped, and open its API server to the workspace. Then try again:"),
            command("az aks start {azure_cluster}"),
        ),
        codes=_UNREACHABLE,
        cluster_type=MANAGED,
    ),
    Known((Note("The cluster's token has expired. Try again."),), codes=("ClusterUnauthorized",)),
    Known(_REATTACH, codes=("ClusterNotFound",)),
)

_NO_ROOM = (
    Note("No node has room for the instance type, or none has its labels. Check the events of the job's pod:"),
    command("kubectl describe pods -n {namespace}"),
)
# Where https://github.com/Azure/AML-Kubernetes/blob/master/docs/troubleshooting.md has the message, it has the advice.
_JOB = (
    Known(
        (Note("Turn training on:"), command("az ml arc extension update {cluster} --config enableTraining=True")),
        words=("training feature is not enabled", "does not support job type"),
    ),
    Known(
        (
            Note(
                "Either no node is as large as the instance type, or the cluster has no such type (Azure gives one "
                "error for both). To list types and nodes:"
            ),
            command("kubectl get instancetypes"),
            command("kubectl describe nodes"),
        ),
        words=("invalid instance type",),
    ),
    Known(
        (
            Note(
                "The cluster's proxy must not be used for the pod's own address. Add 127.0.0.1 and localhost to the "
                "addresses that are skipped already (HOSTS):"
            ),
            command("az connectedk8s update {azure_cluster} --proxy-skip-range 127.0.0.1,localhost,HOSTS"),
        ),
        words=("training-identity-sidecar",),
        cluster_type=CONNECTED,
    ),
    Known(
        (
            Note(
                "The cluster cannot reach the workspace. Check the private link, the proxy and the firewall from a "
                f"pod in the namespace {EXTENSION_NAMESPACE}."
            ),
        ),
        words=("token service",),
    ),
    Known(
        (
            Note(
                "Give the compute target a managed identity (`az ml arc attach --identity-type SystemAssigned`), and "
                "grant that identity the role Storage Blob Data Contributor on the workspace's storage account."
            ),
        ),
        words=("account key or sas token",),
    ),
    Known(
        (
            Note(
                "The cluster cannot reach the workspace's storage account. Check the private link, the proxy and the "
                f"firewall from a pod in the namespace {EXTENSION_NAMESPACE}."
            ),
        ),
        words=("failed to successfully make an http request",),
    ),
    Known(
        (
            Note(
                "Grant the compute target's managed identity the roles Storage Blob Data Contributor and Storage "
                "Account Contributor on the workspace's storage account. If it has none, attach it again with one:"
            ),
            command("az ml arc attach -n {compute} {workspace} --identity-type SystemAssigned"),
        ),
        words=("csi storage account credentials",),
    ),
    Known(_NO_ROOM, words=("nodes are available",)),
    Known(
        (
            Note(
                "The nodes cannot pull the environment's image. Check that they reach the registry (for the "
                "workspace's own: *.azurecr.io), and that the compute target's identity, if it has one, has the role "
                "AcrPull on it. To see the registry's answer:"
            ),
            command("kubectl describe pods -n {namespace}"),
        ),
        words=("back-off pulling image", "imagepullbackoff", "errimagepull", "failed to pull image"),
    ),
    Known(
        (
            Note(
                "Let Azure's trusted services reach the workspace's storage account, and give the workspace a "
                "system-assigned identity."
            ),
        ),
        words=("upload project files",),
    ),
    Known(
        (Note("Mount input data instead of downloading it: the extension has no download mode."),),
        words=("no volume plugin matched",),
    ),
    Known(
        (
            Note(
                "The pod ran, but the command failed. Its output is in the studio under Outputs + logs, "
                "user_logs/std_log.txt. If it found no GPU, check that the instance type has nvidia.com/gpu among its "
                "limits and that the node has a device plugin."
            ),
        ),
        words=("exited with status code",),
    ),
)

_REQUEST = (
    Known((Note("Ask an Owner of the resource group for the role Contributor."),), codes=("AuthorizationFailed",)),
    Known(
        (
            Note("Remove the lock, or ask whoever set it. To list the locks:"),
            command("az lock list -o table"),
        ),
        codes=("ScopeLocked",),
    ),
    Known(
        (
            Note(
                "An Azure Policy denies it. If it requires tags, pass them (`az ml arc extension create --tags "
                "NAME=VALUE …`). Otherwise ask whoever assigned the policy for an exemption."
            ),
        ),
        codes=("RequestDisallowedByPolicy",),
    ),
    Known(
        (
            Note("The subscription is disabled, so Azure changes nothing in it. Ask its owner to enable it:"),
            command("az account show"),
        ),
        codes=("ReadOnlyDisabledSubscription", "DisabledSubscription"),
    ),
    Known(
        (
            Note(
                "Azure does not offer this type of resource in that region. Name a resource of your own in another "
                "region in the settings; to see which settings name one:"
            ),
            command("az ml arc settings list"),
        ),
        codes=("LocationNotAvailableForResourceType",),
    ),
    Known(
        (
            Note(
                "You need permissions on another resource that this one refers to; Azure's message names it. Ask its "
                "owner for the role Contributor on it."
            ),
        ),
        codes=("LinkedAuthorizationFailed",),
    ),
    Known(
        (
            Note(
                "Azure limits how many requests a subscription or a tenant may send. Wait a few minutes, then run the "
                "command again: it continues from where it stopped."
            ),
        ),
        codes=("TooManyRequests", "SubscriptionRequestsThrottled", "429", "ResourceRequestsThrottled"),
    ),
    Known(
        (Note("Sign in again:"), command("az login")),
        codes=("InvalidAuthenticationToken", "ExpiredAuthenticationToken", "AuthenticationFailed"),
    ),
    Known(
        (
            Note(
                "Connect the cluster through Azure Arc in one of the regions that Azure names. An AKS cluster in "
                "another region can be connected, too:"
            ),
            command("az connectedk8s connect -n CLUSTER -g GROUP --location REGION"),
        ),
        codes=("ExtensionTypeRegistrationGetFailed",),
    ),
)

_KNOWN: Mapping[Subject, tuple[Known, ...]] = {
    Subject.EXTENSION: _EXTENSION,
    Subject.COMPUTE: (*_COMPUTE, *_CLUSTER),
    Subject.JOB: (*_JOB, *_CLUSTER),
    Subject.CLUSTER: _CLUSTER,
}

_CHECK_CONNECTION = (
    Note("Azure has not started it yet. Check that the cluster is connected:"),
    command("az connectedk8s show {azure_cluster}"),
)
_CHECK_RUNNING = (
    Note("Azure has not started it yet. Check that the cluster is running:"),
    command("az aks show {azure_cluster}"),
)
# What to look at if a job stays in one state.
_BY_STATE: Mapping[str, Advice] = {
    "provisioning": _NO_ROOM,
    "queued": _NO_ROOM,
    "preparing": (Note("The environment's image is being built or pulled, which takes minutes the first time."),),
    "running": (
        Note("If the pod stays in Init, check its events:"),
        command("kubectl describe pods -n {namespace}"),
    ),
}


def advice(subject: Subject, code: str, message: str, names: Names) -> Advice:
    """What to do about an error of this subject; empty if it is not known there, or not on this type of cluster."""
    here = [known for known in _KNOWN[subject] if known.is_of(names.cluster_type)]
    by_code = [known for known in here if code in known.codes]
    for known in by_code or [known for known in here if known.is_said_in(message)]:
        return filled(known.advice, names._asdict())
    return advice_for_request(code, message)


def advice_for_request(code: str, message: str) -> Advice:
    """What to do about a refusal of any request, by the codes that mean the same everywhere in Azure."""
    for known in _REQUEST:
        if code in known.codes:
            return known.advice
    provider = re.search(r"namespace '([^']+)'", message)
    if code == "MissingSubscriptionRegistration" and provider:
        return Note("Register the resource provider:"), command(
            "az provider register -n {provider} --wait", provider=provider[1]
        )
    return ()


def advice_for_state(state: str, names: Names) -> Advice:
    """What to look at if a job stays in this state; empty if nothing is known."""
    found = _BY_STATE.get(state.lower(), ())
    if state.lower() in {"notstarted", "starting"}:
        found = _CHECK_RUNNING if names.cluster_type == MANAGED else _CHECK_CONNECTION
    return filled(found, names._asdict())
