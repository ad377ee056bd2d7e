"""What is on clusters already becomes a fleet in which a plan finds nothing to change."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.errors import Refused
from azext_amlarc.resources import compute, extension
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.fleet import Fleet, Found, Reference, membership, wanted_for
from azext_amlarc.resources.ids import ClusterId, WorkspaceId
from azext_amlarc.resources.installed import Extension
from azext_amlarc.validation import manifest
from azext_amlarc.validation.manifest import writing
from azext_amlarc.validation.manifest.standing import Standing, fleet_of
from tests.validation.manifest.manifests import nothing_there

SUB, DOMAIN = "00000000-0000-0000-0000-000000000001", "cloudapp.azure.com"
RECORDED = Path(__file__).parents[4] / "shared" / "cases" / "k8s-extension-bodies.json"
WORKSPACE = WorkspaceId(SUB, "rg-ml", "ws1")


def cluster(name: str = "plant-a", kind: str = "connectedClusters", nodes: int | None = 3) -> Cluster:
    return Cluster(ClusterId(SUB, "rg", kind, name), "eastus", nodes, None)


def installed(on: Cluster, settings: dict[str, str], protected: tuple[str, ...] = (), **others: Any) -> Extension:
    """An extension as Azure shows it after `extension create` with these settings."""
    resolved = extension.resolve(on, DOMAIN, settings, None)
    made = {*resolved.plan.protected_names, *protected}
    return as_shown(on, resolved.settings, sorted(made), **others)


def as_shown(on: Cluster, settings: dict[str, str], protected: list[str], **others: Any) -> Extension:
    given: dict[str, Any] = {
        **dict.fromkeys(Extension.__dataclass_fields__),
        **{"name": "amlarc-compute", "id": "x", "install_state": "Installed", "provisioning_state": "Succeeded"},
        **{"extension_type": "microsoft.azureml.kubernetes", "release_train": "stable", "version": "1.1.60"},
        **{"current_version": "1.1.60", "auto_upgrade_minor_version": True, "resource_group": "rg"},
        **{"cluster_name": on.id.name, "cluster_type": on.id.cluster_type, "configuration_settings": settings},
        **{"configuration_protected_settings": protected, "statuses": []},
    }
    return Extension(**{**given, **others})


def attached(on: Cluster, name: str, **others: Any) -> tuple[WorkspaceId, Compute]:
    given: dict[str, Any] = {
        **dict.fromkeys(Compute.__dataclass_fields__),
        **{"name": name, "id": f"{WORKSPACE}/computes/{name}", "provisioning_state": "Succeeded"},
        **{"resource_id": str(on.id).upper(), "namespace": "ml", "resource_group": "rg-ml", "workspace_name": "ws1"},
        **{"location": "westus", "compute_type": "Kubernetes", "provisioning_errors": []},
    }
    return WORKSPACE, Compute(**{**given, **others})


def planned(fleet: Fleet, standing: Standing) -> list[str]:
    """What a plan of the manifest, written and read again, would change on the cluster."""
    again = manifest.read(writing.as_yaml(fleet).encode(), "fleet.yaml", nothing_there)
    assert again.fleet == fleet, again.findings
    [member] = membership(fleet, [Found(standing.cluster)], SUB).members
    state = wanted_for(fleet, member)
    lines = []
    there = standing.extension
    if there and state.extension:
        wanted = replace(state.extension, protected={})
        resolved = extension.resolve(standing.cluster, DOMAIN, wanted.settings, there)
        lines += extension.changes(there, resolved, wanted)
    for workspace, one in standing.computes:
        [wanted_compute] = [it for it in state.computes if it.name == one.name]
        assert wanted_compute.workspace == workspace
        compute.refuse_another_place(one, workspace, wanted_compute.wanted)
        lines += compute.changes(one, wanted_compute.wanted)
    return lines


def exported(standing: Standing) -> Fleet:
    return fleet_of("plants", [standing], DOMAIN, SUB)[0]


SETTINGS = {
    "training": {"enableTraining": "True"},
    "everything": {"enableTraining": "true", "servicebus.enabled": "true", "installVolcano": "False"},
    "unknown": {"enableTraining": "True", "amloperator.nobodyKnows": "1"},
    "labels": {"enableTraining": "True", r"nodeSelector.nvidia\.com/gpu\.present": "true"},
    "inference": {
        "enableInference": "True",
        "inferenceRouterServiceType": "NodePort",
        "sslSecret": "tls",
        "sslCname": "ml.example.com",
    },
    "own-domain": {"enableTraining": "True", "domain": "ml.example.com"},
}
CLUSTERS = {"arc": cluster(), "small": cluster(nodes=1), "aks": cluster(kind="managedClusters")}


@pytest.mark.parametrize("on", CLUSTERS.values(), ids=CLUSTERS)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_export_then_plan_changes_nothing(on: Cluster, settings: dict[str, str]) -> None:
    standing = Standing(
        on, installed(on, settings), (attached(on, "plant-a-k8s"), attached(on, "other", namespace=None))
    )
    assert planned(exported(standing), standing) == []


def test_a_plan_sees_what_has_changed_since() -> None:
    on = cluster()
    fleet = exported(Standing(on, installed(on, {"enableTraining": "True"}), ()))
    since = Standing(on, installed(on, {"enableTraining": "False", "enableInference": "True"}), ())
    assert [line for line in planned(fleet, since) if line.startswith("enableTraining")] == [
        "enableTraining: False -> True"
    ]


def recorded() -> list[Any]:
    return json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.is_file() else []


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings of az k8s-extension are not here")
@pytest.mark.parametrize(
    "case", [one for one in recorded() if one["command"] == "create" and one.get("sent")], ids=lambda one: one["case"]
)
def test_what_az_k8s_extension_installed_can_be_exported_and_planned(case: dict[str, Any]) -> None:
    """The peer's own body is what Azure shows; a plan changes what it got wrong (tests/golden/peer-bodies.txt)."""
    properties = case["sent"]["properties"]
    shown = {key: value for key, value in properties["configurationSettings"].items() if value is not None}
    nodes = {"amlarc-cluster": 3, "aks-cluster": 3, "edge-cluster": 1}[case["cluster"]]
    on = Cluster(ClusterId(SUB, "amlarc-rg", case["clusterType"], case["cluster"]), "eastus", nodes, None)
    there = as_shown(on, shown, sorted(properties.get("configurationProtectedSettings") or {}))
    standing = Standing(on, there, ())
    changed = {line.partition(":")[0] for line in planned(exported(standing), standing)}
    assert changed <= {"relayserver.hybridConnectionName", "scoringFe.sslSecret", "openshift"}


def test_the_installed_settings_that_the_tool_works_out_are_left_out() -> None:
    on = cluster()
    fleet = exported(Standing(on, installed(on, SETTINGS["everything"]), ()))
    assert fleet.extension is not None
    assert fleet.extension.settings == {
        "enableTraining": "True",
        "servicebus.enabled": "True",
        "installVolcano": "False",
    }
    assert fleet.extension.protected == {}


def test_a_pinned_version_stays_pinned_and_another_is_left_to_azure() -> None:
    on = cluster()
    pinned = exported(Standing(on, installed(on, SETTINGS["training"], auto_upgrade_minor_version=False), ()))
    free = exported(Standing(on, installed(on, SETTINGS["training"]), ()))
    assert [one.extension and one.extension.version for one in (pinned, free)] == ["1.1.60", None]
    standing = Standing(on, installed(on, SETTINGS["training"], auto_upgrade_minor_version=False), ())
    assert planned(pinned, standing) == []


def test_secrets_that_only_the_user_has_are_references_to_the_environment_and_said() -> None:
    on = cluster()
    there = installed(on, SETTINGS["training"], ("scoringFe.sslCert", "scoringFe.sslKey"))
    fleet, notes = fleet_of("plants", [Standing(on, there, ())], DOMAIN, SUB)
    assert fleet.extension is not None
    assert fleet.extension.protected == {
        "sslCertPemFile": Reference("env", "SSL_CERT_PEM_FILE"),
        "sslKeyPemFile": Reference("env", "SSL_KEY_PEM_FILE"),
    }
    assert [note.split()[5] for note in notes] == ["back:", "back:"] or len(notes) == 2


def test_clusters_of_one_kind_are_one_fleet_and_what_differs_stays_theirs() -> None:
    one, two = cluster("plant-a"), cluster("plant-b")
    standings = [
        Standing(
            one, installed(one, {"enableTraining": "True", "installVolcano": "False"}), (attached(one, "plant-a-k8s"),)
        ),
        Standing(two, installed(two, {"enableTraining": "True"}), (attached(two, "plant-b-k8s"),)),
    ]
    fleet, _ = fleet_of("My Plants", standings, DOMAIN, SUB)
    assert fleet.name == "my-plants"
    assert [entry.settings for entry in fleet.entries] == [{"installVolcano": "False"}, {}]
    assert [spec.name for spec in fleet.computes] == ["{cluster}-k8s"]
    for standing in standings:
        assert planned(fleet, standing) == []


def test_clusters_that_differ_in_more_are_refused_by_name() -> None:
    one, two = cluster("plant-a"), cluster("plant-b")
    with pytest.raises(Refused, match="'plant-a' and 'plant-b' differ in their compute targets"):
        fleet_of(
            "f", [Standing(one, None, (attached(one, "x"),)), Standing(two, None, (attached(two, "y"),))], DOMAIN, SUB
        )
