"""The Python API: attach clusters to workspaces, install the extension, and manage fleets, without az.

    from azext_amlarc.sdk import ComputeTarget, KubernetesCompute, Workspace

    ws = Workspace.from_config()
    configuration = KubernetesCompute.attach_configuration(resource_id, namespace="amlarc-testing")
    compute = ComputeTarget.attach(ws, "amlarc-compute", configuration)
    compute.wait_for_completion(show_output=True)

Names and behaviour are those of azureml-core where it has them; docs/python.md says where they differ.
"""

from typing import TYPE_CHECKING

from azext_amlarc.sdk.checks import CheckException, ClusterChecks, Mending
from azext_amlarc.sdk.compute import ComputeStatus, ComputeTarget, KubernetesCompute
from azext_amlarc.sdk.elsewhere import UnsupportedName, missing_import
from azext_amlarc.sdk.exceptions import (
    ArcException,
    ComputeTargetException,
    ExtensionException,
    FleetException,
    ValidationException,
    WorkspaceException,
)
from azext_amlarc.sdk.extension import ArcExtension
from azext_amlarc.sdk.fleet import Fleet
from azext_amlarc.sdk.validating import validate
from azext_amlarc.sdk.workspace import ComputeTargets, Workspace

__all__ = [
    "ArcException",
    "ArcExtension",
    "CheckException",
    "ClusterChecks",
    "ComputeStatus",
    "ComputeTarget",
    "ComputeTargetException",
    "ComputeTargets",
    "ExtensionException",
    "Fleet",
    "FleetException",
    "KubernetesCompute",
    "Mending",
    "UnsupportedName",
    "ValidationException",
    "Workspace",
    "WorkspaceException",
    "validate",
]

if not TYPE_CHECKING:  # a type checker must still find what is not here

    def __getattr__(name: str) -> object:
        raise missing_import(name)
