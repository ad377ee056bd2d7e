"""Facts that the user gives, or that follow from what they give and what is installed, for checks of both sides.

A check that needs what was not given is skipped.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from azext_amlarc.checks.check import Fact, Status, Unknown
from azext_amlarc.resources.ids import Target


class Pool(NamedTuple):
    """A node pool of an AKS cluster: its number of nodes, and to how many it grows by itself, 0 if it does not."""

    name: str
    nodes: int
    most: int = 0
    is_stopped: bool = False
    machine: str = ""
    labels: Mapping[str, str] = MappingProxyType({})
    # As in `az aks nodepool`: key=value:effect.
    taints: tuple[str, ...] = ()


# The extension's public settings: those installed, and over them those given.
SETTINGS: Fact[Mapping[str, str]] = Fact("settings")
# The same, for checks that also judge without them: none if they are not known.
KNOWN_SETTINGS: Fact[Mapping[str, str]] = Fact("knownSettings")
# The node pools that Azure manages; none if it manages none, or they are not known.
POOLS: Fact[tuple[Pool, ...]] = Fact("pools")
# The extension's name, which is its Helm release's too: the installed one's, or the one that will be installed.
EXTENSION_NAME: Fact[str] = Fact("extensionName")
# Azure's installState of the extension: Pending, Installed or Failed.
INSTALL_STATE: Fact[str] = Fact("installState")
# The attach configuration: the validated document, as validation.document returns it.
DOCUMENT: Fact[Mapping[str, Any]] = Fact("document")
# The file that the attach configuration was read from; a placeholder if it is not known.
DOCUMENT_SOURCE: Fact[str] = Fact("documentSource")
# The namespace that the compute target uses or will use.
NAMESPACE: Fact[str] = Fact("namespace")
# What was named: cluster, workspace, compute target.
TARGET: Fact[Target] = Fact("target")
# connectedClusters or managedClusters.
CLUSTER_TYPE: Fact[str] = Fact("clusterType")

NO_CLUSTER = Unknown(Status.SKIPPED, "No cluster was named: -c CLUSTER -g GROUP.")
NO_WORKSPACE = Unknown(Status.SKIPPED, "No workspace was named: -w WORKSPACE.")
