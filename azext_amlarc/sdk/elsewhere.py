"""Names of azureml-core that this API leaves to others: each says what to use instead, and not only that it is missing.

The peers' tests hold these lists against azureml-core itself, so that every public name there is either here or ours.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from azext_amlarc.sdk.exceptions import ArcException

_ML_CLIENT = "use MLClient of azure-ai-ml: MLClient"


class UnsupportedName(ArcException, AttributeError):
    """A name of azureml-core that this API does not have; `fix` says what to use instead."""


def _of_ml(uses: Mapping[str, str]) -> dict[str, str]:
    """Names of azureml-core, by what has them in an MLClient."""
    return {name: f"{_ML_CLIENT}{use}" for use, names in uses.items() for name in names.split()}


def _of_jobs(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), "azure-ai-ml, which jobs, data and models are submitted with, has its own")


_PRIVATE_ENDPOINTS = "use az network private-endpoint and az network private-endpoint-connection"
_ATTACHED_ONLY = "a Kubernetes cluster is attached, not created: use attach"

OF_COMPUTE_TARGET = {
    "create": _ATTACHED_ONLY,
    "provisioning_configuration": _ATTACHED_ONLY,
    "deserialize": "use ComputeTarget(workspace, name), which reads the target from Azure",
    "get": "use get_status(), and then details or serialize()",
    "public_ip": "the address of the inference router is in the cluster: kubectl get service azureml-fe -n azureml",
    "vm_size": "its nodes are the cluster's: kubectl get nodes",
}

OF_WORKSPACE = {
    **_of_ml(
        {
            ".jobs": "experiments get_run",
            ".datastores": "datastores get_default_datastore set_default_datastore",
            ".data": "datasets",
            ".environments": "environments images",
            ".models": "models",
            ".online_endpoints": "webservices",
            ".connections": "linked_services set_connection list_connections get_connection delete_connection",
            ".compute.begin_create_or_update(AmlCompute(…))": "DEFAULT_CPU_CLUSTER_NAME DEFAULT_GPU_CLUSTER_NAME "
            "DEFAULT_CPU_CLUSTER_CONFIGURATION DEFAULT_GPU_CLUSTER_CONFIGURATION",
            ".workspaces.begin_create(Workspace(name=…))": "create setup",
            ".workspaces.begin_update(workspace)": "update update_dependencies",
            ".workspaces.begin_delete(name)": "delete",
            ".workspaces.begin_sync_keys(name)": "sync_keys",
            ".workspaces.get_keys(name)": "list_keys",
            ".workspaces.begin_diagnose(name)": "diagnose_workspace",
            ".workspaces.get(name).mlflow_tracking_uri": "get_mlflow_tracking_uri",
        }
    ),
    "get_default_keyvault": "use azure-keyvault-secrets with the vault of get_details()['keyVault']",
    "get_default_compute_target": "use compute_targets, by name",
    **dict.fromkeys(
        ("add_private_endpoint", "delete_private_endpoint_connection", "private_endpoints"), _PRIVATE_ENDPOINTS
    ),
    "service_context": "it was for azureml-core itself",
}

_AUTH = "use {} of azure-identity, as credential= or auth="

OF_MODULE = {
    "AksCompute": "it was for inference on AKS, and ended: attach the cluster as a KubernetesCompute",
    "ArcKubernetesCompute": "it became KubernetesCompute",
    "KubernetesComputeAttachConfiguration": "use KubernetesCompute.attach_configuration(…)",
    "KubernetesComputeStatus": "it is ComputeStatus here",
    **_of_ml(
        {
            ".compute": "AdlaCompute AmlCompute BatchCompute ComputeInstance DataFactoryCompute DatabricksCompute "
            "DsvmCompute HDInsightCompute KustoCompute RemoteCompute SynapseCompute",
            ".jobs.create_or_update(command(…))": "Experiment Run ScriptRun ScriptRunConfig RunConfiguration get_run "
            "attach_legacy_compute_target is_compute_target_prepared prepare_compute_target "
            "remove_legacy_compute_target diagnostic_log",
            ".environments.create_or_update(Environment(…))": "ContainerRegistry Environment Image",
            ".data.create_or_update(Data(…))": "Dataset",
            ".datastores.create_or_update(…)": "Datastore",
            ".models.create_or_update(Model(…))": "Model",
            ".online_endpoints": "Webservice",
            ".connections": "LinkedService SynapseWorkspaceLinkedServiceConfiguration",
        }
    ),
    "Keyvault": "use azure-keyvault-secrets",
    **dict.fromkeys(("PrivateEndPoint", "PrivateEndPointConfig"), _PRIVATE_ENDPOINTS),
    "InteractiveLoginAuthentication": _AUTH.format("InteractiveBrowserCredential"),
    "ServicePrincipalAuthentication": _AUTH.format("ClientSecretCredential"),
    "MsiAuthentication": _AUTH.format("ManagedIdentityCredential"),
    "AzureCliAuthentication": _AUTH.format("AzureCliCredential"),
    **dict.fromkeys(
        (
            "AbstractAuthentication",
            "AccessToken",
            "ArmTokenAuthentication",
            "Audience",
            "AzureMLTokenAuthentication",
            "NewLoggingLevel",
            "TokenAuthentication",
        ),
        "pass any TokenCredential, as those of azure-identity are, as credential= or auth=",
    ),
    "UserErrorException": "catch ArcException, whose code is InvalidInput",
    "AuthenticationException": "catch ArcException, whose code is ClientAuthenticationError",
    **dict.fromkeys(
        ("ProjectSystemException", "DiscoveryUrlNotFoundException", "WorkspacePrivateEndpointException"),
        "catch WorkspaceException",
    ),
    **dict.fromkeys(
        ("AzureMLException", "AzureMLAggregatedException", "ServiceException"),
        "catch ArcException, which all exceptions here are",
    ),
    **_of_jobs(
        "ActivityFailedException DatasetTimestampMissingError ExperimentExecutionException ModelNotFoundException "
        "ModelPathNotFoundException ParallelRunException RunConfigurationException RunEnvironmentException "
        "SnapshotException TrainingException WebserviceException"
    ),
}


def missing(owner: str, name: str, known: Mapping[str, str]) -> AttributeError:
    """The error for an attribute that `owner` does not have: with what to use instead, if azureml-core has it."""
    if name in known:
        return UnsupportedName(f"{owner} has no {name}, unlike in azureml-core.", "InvalidInput", fix=_fix(known[name]))
    return AttributeError(f"{owner!r} has no attribute {name!r}")


def missing_import(name: str) -> ImportError | AttributeError:
    """The error for a name that `azext_amlarc.sdk` does not have.

    An ImportError for one of azureml-core: of an AttributeError, `from … import …` would drop the message.
    """
    if name in OF_MODULE:
        return ImportError(f"azext_amlarc.sdk has no {name}, unlike azureml-core. {_fix(OF_MODULE[name])}", name=name)
    return AttributeError(f"module 'azext_amlarc.sdk' has no attribute {name!r}")


def _fix(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _known_of(cls: type) -> Mapping[str, str]:
    """The names of azureml-core that a class, or the one that it is made from, leaves to others."""
    known: Mapping[str, str] = next(
        (one.__dict__["ELSEWHERE"] for one in cls.__mro__ if "ELSEWHERE" in one.__dict__), {}
    )
    return known


class Named(type):
    """The type of classes with names of azureml-core in `ELSEWHERE`: it explains missing static methods, too."""

    if not TYPE_CHECKING:  # a type checker must still find what no class has

        def __getattr__(cls, name):
            raise missing(cls.__name__, name, _known_of(cls))


class Known(metaclass=Named):  # pylint: disable=too-few-public-methods  # its metaclass has the rest
    """The error for a missing attribute says what to use instead, if azureml-core has that attribute."""

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if any(name in one.__dict__ for one in type(self).__mro__):
                return object.__getattribute__(self, name)  # a property that failed says why, once more
            raise missing(type(self).__name__, name, _known_of(type(self)))
