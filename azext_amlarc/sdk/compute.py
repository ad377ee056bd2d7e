"""Kubernetes clusters as compute targets: configure, attach, wait, detach."""

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from azext_amlarc.azure.compute import attach as attachment
from azext_amlarc.azure.compute import lookup as computes
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.errors import InvalidInput, NotFound, stop_at_errors
from azext_amlarc.resources import naming
from azext_amlarc.resources.compute import Compute, Wanted
from azext_amlarc.resources.ids import WorkspaceId, name_of
from azext_amlarc.sdk.arguments import FLAG, SECONDS, Files, stop_at_types
from azext_amlarc.sdk.configuration import configured, manifests_of
from azext_amlarc.sdk.connection import DEFAULT_TIMEOUT, ClusterLogin, PythonDoor, writing
from azext_amlarc.sdk.elsewhere import OF_COMPUTE_TARGET, Known
from azext_amlarc.sdk.exceptions import ComputeTargetException, raised_as
from azext_amlarc.sdk.watching import log, wait_printing
from azext_amlarc.validation import document
from azext_amlarc.workflows.attach import begin_attach

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.workflows.prepare import Preparation


class InWorkspace(Protocol):
    """What a compute target needs from its workspace (sdk.workspace.Workspace): its id, and a connection to Azure."""

    @property
    def id(self) -> WorkspaceId:
        """Which one it is."""

    @property
    def connection(self) -> AzureClient:
        """The connection to Azure, opened once."""


@dataclass(frozen=True)
class ComputeStatus:
    """The result of `get_status`; `str()` gives the provisioning state. Times are ISO 8601, None if unknown."""

    provisioning_state: str
    creation_time: str | None
    modified_time: str | None

    def serialize(self) -> dict[str, str | None]:
        """The status under azureml-core's keys."""
        return {
            "creationTime": self.creation_time,
            "modifiedTime": self.modified_time,
            "provisioningState": self.provisioning_state,
        }

    def __str__(self) -> str:
        return self.provisioning_state


class KubernetesCompute(Known):  # pylint: disable=too-many-public-methods  # azureml-core's
    """A cluster attached to a workspace. `details` is what `az ml arc show` shows, as last seen."""

    ELSEWHERE = OF_COMPUTE_TARGET

    def __init__(self, workspace: InWorkspace, name: str, operation: Operation[Compute] | None = None) -> None:
        """The workspace's compute target with this name; ComputeTargetException if there is none. One request.

        `operation`, if given, is an operation on the target that is in progress; it saves the request.
        """
        self._workspace = workspace
        self._operation = operation or _find(workspace, name)

    @staticmethod
    def attach_configuration(  # pylint: disable=too-many-positional-arguments  # azureml-core's
        resource_id: str,
        namespace: str | None = None,
        default_instance_type: str | None = None,
        instance_types: Mapping[str, Any] | None = None,
        identity_type: str | None = None,
        identity_ids: Sequence[str] | None = None,
        aml_k8s_config: Mapping[str, Any] | None = None,
        *,
        cluster_name: str | None = None,
        resource_group: str | None = None,
        policy: Files | None = None,
    ) -> Wanted:
        """What to attach, validated like `az ml arc attach --config`; ComputeTargetException with all findings.

        `resource_id` is the cluster's. `identity_type` is SystemAssigned, UserAssigned (with `identity_ids`) or None.
        Of the previews of 2021, `aml_k8s_config` must be empty, since what it held became parameters of their own, and
        `cluster_name` and `resource_group` must be those in `resource_id`. `policy` names JSON Schemas of your own
        that the configuration has to keep as well (docs/guardrails.md).
        """
        given = {"namespace": namespace, "defaultInstanceType": default_instance_type, "instanceTypes": instance_types}
        preview = {
            "aml_k8s_config": aml_k8s_config,
            "cluster_name": cluster_name,
            "resource_group": resource_group,
        }
        with raised_as(ComputeTargetException):
            return configured(
                resource_id,
                given,
                identity_type=identity_type,
                identity_ids=identity_ids,
                preview=preview,
                policy=policy,
            )

    @staticmethod
    def attach(
        workspace: InWorkspace,
        name: str,
        attach_configuration: Wanted,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        yes: bool = False,
        grant: bool = False,
        create_namespace: bool = False,
        apply_instance_types: bool = False,
        kubeconfig: str | os.PathLike[str] | None = None,
        context: str | None = None,
        get_credentials: bool = False,
    ) -> "KubernetesCompute":
        """Attach the cluster; Azure continues after this returns: `wait_for_completion`.

        Changes nothing if it is up to date, and retries a failed one. ComputeTargetException if the name is invalid, or
        belongs to another cluster, namespace or type of compute, or if instance types would go that jobs may use and
        `yes`, as az's --yes, does not allow it. `grant`, which takes `yes`, gives the workspace's identity the roles
        that it lacks on the cluster. `timeout` (s) is for what must finish first: another write to it, the registration
        of a resource provider.

        `create_namespace` and `apply_instance_types` write the configuration's namespace and InstanceType objects to
        the cluster first, which takes `yes`, and `kubeconfig`, `context`, or for AKS `get_credentials`.
        """
        with raised_as(ComputeTargetException):
            writes = {"create_namespace": create_namespace, "apply_instance_types": apply_instance_types}
            stop_at_types(FLAG, yes=yes, grant=grant, **writes)
            stop_at_types(SECONDS, timeout=timeout)
            login = ClusterLogin.given(kubeconfig, context, get_credentials)
            login.stop_without_cluster([name for name, given in writes.items() if given])
            if not isinstance(attach_configuration, Wanted):
                raise InvalidInput(
                    "attach_configuration is not one.", "Pass what KubernetesCompute.attach_configuration returns."
                )
            named = document.validate_compute_name(name if isinstance(name, str) else "", "name")
            stop_at_errors("Invalid compute name", named)
            log(named)
            azure = connection_of(workspace)
            kube = login.access_to(attach_configuration.cluster, lambda: azure)
            with kube or nullcontext(), writing(azure, timeout, registers=True, confirmed=yes) as (writer, door):
                asked = (workspace.id, name, attach_configuration)
                prepared = _prepared(kube, door, attach_configuration, **writes, timeout=timeout)
                begin = partial(begin_attach, kube=kube, preparation=prepared, creates_namespace=create_namespace)
                operation = begin(writer, door, *asked, timeout=timeout, grant=grant)
        return KubernetesCompute(workspace, name, operation)

    @staticmethod
    def list(workspace: InWorkspace) -> "list[KubernetesCompute]":
        """The workspace's compute targets on Kubernetes clusters. One request for each page."""
        with raised_as(ComputeTargetException):
            return listed(workspace)

    @property
    def details(self) -> Compute:
        return self._operation.resource

    @property
    def workspace(self) -> InWorkspace:
        """The workspace that it is attached to."""
        return self._workspace

    @property
    def name(self) -> str:
        return self.details.name

    @property
    def id(self) -> str:
        return self.details.id

    @property
    def type(self) -> str:
        """Always Kubernetes."""
        return self.details.compute_type

    @property
    def location(self) -> str | None:
        return self.details.location

    @property
    def resource_group(self) -> str:
        """The workspace's resource group."""
        return self.details.resource_group

    @property
    def tags(self) -> dict[str, str] | None:
        return self.details.tags

    @property
    def cluster_resource_id(self) -> str | None:
        """The resource id of the cluster."""
        return self.details.resource_id

    @property
    def cluster_location(self) -> str | None:
        """The region that Azure gives for the compute itself, in place of the cluster's."""
        return self.details.compute_location

    @property
    def is_attached(self) -> bool | None:
        """Whether it was attached, as each Kubernetes cluster is, and not created."""
        return self.details.is_attached_compute

    @property
    def identity_type(self) -> str | None:
        """SystemAssigned, UserAssigned, or None for a target without an identity."""
        kind = (self.details.identity or {}).get("type")
        return None if kind == "None" else kind

    @property
    def identity_ids(self) -> dict[str, Any] | None:
        """The user-assigned identities by their ids, as Azure returns them."""
        return (self.details.identity or {}).get("userAssignedIdentities")

    @property
    def namespace(self) -> str | None:
        return self.details.namespace

    @property
    def default_instance_type(self) -> str | None:
        return self.details.default_instance_type

    @property
    def instance_types(self) -> dict[str, Any] | None:
        return self.details.instance_types

    @property
    def description(self) -> str | None:
        return self.details.description

    @property
    def created_on(self) -> str | None:
        """When it was attached (ISO 8601)."""
        return self.details.created_on

    @property
    def modified_on(self) -> str | None:
        """When it was last written (ISO 8601)."""
        return self.details.modified_on

    @property
    def provisioning_errors(self) -> "Sequence[dict[str, Any]]":
        """Why attaching failed, as Azure says; empty if it did not."""
        return self.details.provisioning_errors

    @property
    def provisioning_state(self) -> str:
        """Creating, Updating, Deleting, Succeeded, Failed or Canceled, as last seen."""
        return self.details.provisioning_state

    @property
    def status(self) -> ComputeStatus:
        """The status as last seen: `get_status` asks Azure."""
        return ComputeStatus(self.provisioning_state, self.details.created_on, self.details.modified_on)

    def wait_for_completion(
        self, show_output: bool = False, timeout: float = DEFAULT_TIMEOUT, *, is_delete_operation: bool = False
    ) -> None:
        """Wait until Azure has finished the operation on the target, and print what azureml-core prints.

        ComputeTargetException if the operation fails, or after `timeout` seconds. `is_delete_operation` is
        azureml-core's, and changes nothing here: `detach` has waited already.
        """
        with raised_as(ComputeTargetException):
            stop_at_types(FLAG, show_output=show_output, is_delete_operation=is_delete_operation)
            stop_at_types(SECONDS, timeout=timeout)
            found = wait_printing(self._operation, show_output, timeout)
        self._operation = Operation.done(found)

    def refresh_state(self) -> None:
        """Read the target again; ComputeTargetException if it no longer exists. One request."""
        self._operation = _find(self._workspace, self.name)

    def get_status(self) -> ComputeStatus:
        """The current status. One request.

        Always an object with `serialize()`: azureml-core returns a bare string unless the state is Succeeded or
        Updating, so that `get_status().serialize()`, as in Microsoft's guide of 2021, fails.
        """
        self.refresh_state()
        return self.status

    def serialize(self) -> dict[str, Any]:
        """The target as last seen, under the keys of azureml-core. No request."""
        found = self.details
        properties = {
            "computeType": self.type,
            "computeLocation": found.compute_location,
            "description": found.description,
            "resourceId": found.resource_id,
            "provisioningErrors": found.provisioning_errors,
            "provisioningState": found.provisioning_state,
            "properties": {
                "namespace": found.namespace,
                "defaultInstanceType": found.default_instance_type,
                "instanceTypes": found.instance_types,
            },
            "status": self.status.serialize(),
        }
        own = {"id": found.id, "name": found.name, "tags": found.tags, "location": found.location}
        return {**own, "identity": found.identity, "properties": properties}

    def delete(self) -> None:
        """ComputeTargetException, as in azureml-core: an attached cluster is detached."""
        with raised_as(ComputeTargetException):
            raise InvalidInput("A Kubernetes cluster is not deleted through its compute target.", "Use detach().")

    def detach(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Detach the target from the workspace, and wait for that; the cluster and its extension stay as they are.

        No error if it no longer exists.
        """
        workspace = self._workspace
        with raised_as(ComputeTargetException):
            stop_at_types(SECONDS, timeout=timeout)
            azure = workspace.connection
            with writing(azure, timeout, registers=False) as (writer, door):
                operation = attachment.begin_detach(writer, workspace.id, self.name, door.watcher)
                if operation:
                    operation.wait(door.watcher, timeout)
        # Nothing is left to poll: azureml-core's programs wait after this, and see this state.
        self._operation = Operation.done(replace(self.details, provisioning_state="Deleting"))

    def __repr__(self) -> str:
        found = self.details
        shown = {
            "name": found.name,
            "cluster": name_of(found.resource_id),
            "namespace": found.namespace,
            "provisioning_state": found.provisioning_state,
        }
        return f"KubernetesCompute({', '.join(f'{key}={value!r}' for key, value in shown.items())})"


# azureml-core's base class of all compute targets; here there is only one.
ComputeTarget = KubernetesCompute


def _prepared(
    kube: "KubeAccess | None",
    door: PythonDoor,
    wanted: Wanted,
    *,
    create_namespace: bool,
    apply_instance_types: bool,
    timeout: float,
) -> "Preparation | None":
    """What will be written to the cluster itself, confirmed."""
    if kube is None or not (create_namespace or apply_instance_types):
        return None
    from azext_amlarc.workflows.prepare import compared

    if create_namespace and wanted.namespace is None:
        door.warn("create_namespace has no effect: no namespace is given, and the namespace default always exists.")
    manifests = manifests_of(wanted) if apply_instance_types else []
    namespace = wanted.namespace if create_namespace else None
    prepared = compared(kube, door, wanted.cluster, namespace, manifests, timeout=timeout)
    if prepared.namespace or prepared.changes_instance_types:
        door.confirm("\n".join([f"On the cluster {prepared.kube.where}:", *prepared.lines()]))
    return prepared


def connection_of(workspace: InWorkspace) -> AzureClient:
    """The workspace's connection; InvalidInput for what is none of ours, such as another SDK's."""
    workspace_id_of(workspace)
    return workspace.connection


def workspace_id_of(workspace: InWorkspace) -> WorkspaceId:
    found = getattr(workspace, "id", None)
    if not isinstance(found, WorkspaceId):
        raise InvalidInput("workspace is not one.", "Pass a Workspace of azext_amlarc.sdk.")
    return found


def listed(workspace: InWorkspace) -> list[KubernetesCompute]:
    """The workspace's compute targets on Kubernetes clusters; failures as they come."""
    azure = connection_of(workspace)
    return [
        KubernetesCompute(workspace, found.name, attachment.join(azure, workspace.id, found))
        for found in computes.list_all(azure, workspace.id)
    ]


def _find(workspace: InWorkspace, name: str) -> Operation[Compute]:
    with raised_as(ComputeTargetException):
        naming.stop_at_faults({"name": (naming.COMPUTE, name)})
        azure = connection_of(workspace)
        try:
            found = computes.show(azure, workspace.id, name)
        except NotFound as error:
            if error.fix.startswith("To list them"):
                error.fix = "To list them: ComputeTarget.list(workspace)"
            raise
        return attachment.join(azure, workspace.id, found)
