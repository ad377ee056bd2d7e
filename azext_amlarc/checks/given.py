"""Facts that come from the user, for checks of both sides; the checks of what was not given are skipped."""

from collections.abc import Mapping
from typing import Any

from azext_amlarc.checks.check import Fact
from azext_amlarc.resources.ids import Target

# The extension's public settings: what the installed one has, and over it what the user gave.
SETTINGS: Fact[Mapping[str, str]] = Fact("settings")
# The attach configuration: the judged document, as validation.document returns it.
DOCUMENT: Fact[Mapping[str, Any]] = Fact("document")
# The namespace that the compute target uses or will use.
NAMESPACE: Fact[str] = Fact("namespace")
# What was named: cluster, workspace, compute target.
TARGET: Fact[Target] = Fact("target")
# connectedClusters or managedClusters.
CLUSTER_TYPE: Fact[str] = Fact("clusterType")
