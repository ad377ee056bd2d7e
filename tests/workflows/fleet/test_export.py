"""What is exported, from clusters and from a manifest, against a local Azure."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_amlarc.azure.compute.attach import Attachment
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.errors import InvalidInput, NotFound, Refused
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.compute import Wanted as WantedCompute
from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.ids import WorkspaceId
from azext_amlarc.validation import files, manifest
from azext_amlarc.workflows.fleet import export
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.manifests import load
from azext_amlarc.workflows.fleet.plan import Verb
from azext_amlarc.workflows.fleet.planning import make_plan
from azext_amlarc.workflows.fleet.running.apply import Options, carry_out
from tests.emulator.deploying import body
from tests.emulator.deploying import deploy as deployed_as
from tests.resources.templates.evaluating import Place, Sent, deployed
from tests.support.azure import Azure, running
from tests.support.connecting import Diary, cluster, connect, connect_cluster, make_group, start
from tests.support.fleets import Show, TestDoor

ALL = {"enableTraining": "True", "servicebus.enabled": "True", "logAnalyticsWS": "True"}
TYPES = {"resources": {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"cpu": "1", "memory": "4Gi"}}}
DOCUMENT = {"namespace": "ml", "defaultInstanceType": "cpu", "instanceTypes": {"cpu": TYPES}}
MANIFEST = """
apiVersion: amlarc/v1alpha1
kind: Fleet
metadata: {name: plants}
spec:
  clusters: [{name: amlarc-cluster, resourceGroup: amlarc-rg}]
  extension: {settings: {enableTraining: "True", servicebus.enabled: "true", logAnalyticsWS: "True"}}
  computes:
    - {workspace: amlarc-ws, name: "k8s", identity: {type: SystemAssigned}, config: attach.json}
"""


@pytest.fixture(scope="module")
def own_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """One whose traffic armcheck does not see: it has no Swagger for the api-version of these deployments."""
    with running(tmp_path_factory.mktemp("azure"), "--polls", "0") as azure:
        yield azure


@pytest.fixture
def azure(own_azure: Azure) -> Azure:
    own_azure.reset()
    return own_azure


def workspace(azure: Azure) -> WorkspaceId:
    return WorkspaceId(azure.subscription_id, "amlarc-rg", "amlarc-ws")


def set_up(azure: Azure, arm: AzureClient, on: Cluster, settings: dict[str, str], name: str = "k8s") -> None:
    """What `extension create` and `attach` do."""
    start(Installation(arm, on, None, Wanted(settings), Diary())).wait(Diary(), 60)
    wanted = WantedCompute(on.id, DOCUMENT, (), "SystemAssigned")
    start(Attachment(arm, workspace(azure), name, wanted, "eastus")).wait(Diary(), 60)


def written(folder: Path, text: str = MANIFEST) -> str:
    (folder / "attach.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    path = folder / "fleet.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def evaluated(azure: Azure, template: dict[str, Any]) -> list[Sent]:
    return deployed(template, Place(azure.subscription_id, "amlarc-rg", {}, {}))


def deploy(azure: Azure, template: dict[str, Any], scope: str = "", **parameters: str) -> None:
    """What Azure does with a template."""
    given = body(template, **parameters)
    if scope:
        given["location"] = "eastus"
    assert deployed_as(azure, given, scope=scope).body["properties"]["provisioningState"] == "Succeeded"


def state(azure: Azure) -> dict[str, Any]:
    """Everything there is, without times and what is random."""
    there = azure.state()["resources"].items()
    return {key: _settled(one["body"]) for key, one in there if "/microsoft.resources/deployments/" not in key}


_RANDOM = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+Z-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")


def _settled(value: Any) -> Any:
    return json.loads(_RANDOM.sub("*", json.dumps(value)))


def differing(one: dict[str, Any], other: dict[str, Any], path: str = "") -> list[str]:
    """Each value that differs, with where it is."""
    lines = []
    for key in sorted({*one, *other}):
        a, b = one.get(key), other.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            lines += differing(a, b, f"{path}/{key[-40:]}")
        elif a != b:
            lines.append(f"{path}/{key}: {a} | {b}")
    return lines


def apply(arm: AzureClient, path: str) -> None:
    """What `apply` does with the manifest."""
    given, connections = load(path), Connections(arm)
    plan = make_plan(connections, given.fleet, given.contents, closely=False)
    board = carry_out(connections, TestDoor(), Show(), plan, given.fleet, contents=given.contents, options=Options())
    assert {entry.state for entry in board} == {"done"}


def changes(arm: AzureClient, path: str) -> list[str]:
    """What a plan of the manifest would change or could not do."""
    given = load(path)
    plan = make_plan(Connections(arm), given.fleet, given.contents, closely=True)
    assert plan.clusters
    items = [item for one in plan.clusters for item in one.items if item.verb is not Verb.NONE]
    return [f"{item.verb} {item.name} {item.reason} {item.changes}" for item in items]


def test_the_template_of_a_manifest_makes_what_apply_makes(azure: Azure, tmp_path: Path) -> None:
    path = written(tmp_path)
    with connect(azure) as arm:
        exported = export.of_manifest(arm, load(path), "arm")
        apply(arm, path)
    theirs = state(azure)
    azure.reset()
    deploy(azure, exported.data)
    assert differing(state(azure), theirs) == []
    with connect(azure) as arm:
        assert changes(arm, path) == []


def test_the_template_of_a_manifest_makes_what_create_and_attach_make_but_for_the_fleets_tag(
    azure: Azure, tmp_path: Path
) -> None:
    with connect(azure) as arm:
        exported = export.of_manifest(arm, load(written(tmp_path)), "arm")
        set_up(azure, arm, cluster(azure), ALL)
    theirs = state(azure)
    azure.reset()
    deploy(azure, exported.data)
    [line] = differing(state(azure), theirs)
    assert line.endswith("/workspaces/amlarc-ws/computes/k8s/tags/amlarc-fleet: plants | None")


@pytest.mark.parametrize("form", ["manifest.yaml", "manifest.json"])
def test_export_then_plan_changes_nothing(azure: Azure, tmp_path: Path, form: str) -> None:
    with connect(azure) as arm:
        set_up(azure, arm, cluster(azure), ALL)
        others = another_cluster(azure, "far", "amlarc-rg")
        set_up(azure, arm, others, {"enableTraining": "True", "installVolcano": "False"}, "far-k8s")
        for one in (cluster(azure).id, others.id):
            exported = export.of_clusters(arm, one, None, "manifest", as_yaml=form.endswith("yaml"))
            path = tmp_path / form
            path.write_text(exported.text, encoding="utf-8")
            assert changes(arm, str(path)) == []


def test_the_template_of_clusters_makes_them_again(azure: Azure) -> None:
    with connect(azure) as arm:
        set_up(azure, arm, cluster(azure), ALL)
        exported = export.of_clusters(arm, None, "amlarc-rg", "arm", as_yaml=True)
    before = state(azure)
    deploy(azure, exported.data)  # over what there is
    assert differing(state(azure), before) == []
    azure.reset()
    deploy(azure, exported.data)  # and from nothing
    assert differing(state(azure), before) == []


def another_cluster(azure: Azure, name: str, group: str) -> Cluster:
    """A further cluster that Azure has heard of, in a group that may be new."""
    if group != "amlarc-rg":
        make_group(azure, group)
    new = connect_cluster(azure, name, group)
    for _ in range(100):
        if azure.get(str(new.id), "2021-10-01").body["properties"]["connectivityStatus"] == "Connected":
            return new
        time.sleep(0.02)
    raise AssertionError(f"{name} is not connected")


def test_a_workspace_in_another_group_gets_a_template_for_the_subscription(azure: Azure, tmp_path: Path) -> None:
    another_cluster(azure, "far", "other-rg")
    text = MANIFEST.replace("{name: amlarc-cluster, resourceGroup: amlarc-rg}", "{name: far, resourceGroup: other-rg}")
    path = written(tmp_path, text.replace("amlarc-ws,", "amlarc-ws, resourceGroup: amlarc-rg,"))
    with connect(azure) as arm:
        exported = export.of_manifest(arm, load(path), "arm")
        apply(arm, path)
    theirs = state(azure)
    azure.reset()
    another_cluster(azure, "far", "other-rg")
    deploy(azure, exported.data, f"/subscriptions/{azure.subscription_id}")
    assert differing(state(azure), theirs) == []


@pytest.mark.parametrize("place", ["amlarc-rg", "other-rg"])
def test_the_deployment_of_a_policy_sets_a_later_cluster_up_so_that_the_tool_finds_nothing_to_change(
    azure: Azure, tmp_path: Path, place: str
) -> None:
    path = written(tmp_path, MANIFEST.replace("amlarc-ws,", "amlarc-ws, resourceGroup: amlarc-rg,"))
    with connect(azure) as arm:
        exported = export.of_manifest(arm, load(path), "policy")
    details = exported.data["properties"]["policyRule"]["then"]["details"]
    later = another_cluster(azure, "later", place)
    own = {"clusterName": "later", "location": "eastus"}
    own |= {"subscriptionId": azure.subscription_id, "resourceGroupName": place}
    assert details["deploymentScope"] == "subscription"
    template = details["deployment"]["properties"]["template"]
    deploy(azure, template, f"/subscriptions/{azure.subscription_id}", **own)
    seen = len(writes(azure))
    with connect(azure) as arm:
        set_up(azure, arm, later, ALL)
    assert writes(azure)[seen:] == []


def writes(azure: Azure) -> list[str]:
    return [exchange["url"] for exchange in azure.traffic() if exchange["method"] in ("PUT", "PATCH", "DELETE")]


def test_an_exported_manifest_is_valid_and_says_what_there_is(azure: Azure) -> None:
    with connect(azure) as arm:
        set_up(azure, arm, cluster(azure), {"enableTraining": "True"})
        exported = export.of_clusters(arm, cluster(azure).id, None, "manifest", as_yaml=True)
    assert yaml.safe_load(exported.text) == exported.data
    spec = exported.data["spec"]
    assert spec["clusters"] == [{"name": "amlarc-cluster", "resourceGroup": "amlarc-rg"}]
    assert spec["extension"] == {
        "name": "amlarc-compute",
        "releaseTrain": "stable",
        "settings": {"enableTraining": "True"},
    }
    compute = {"workspace": "amlarc-ws", "resourceGroup": "amlarc-rg", "name": "k8s", "namespace": "ml"}
    assert spec["computes"] == [{**compute, "identity": {"type": "SystemAssigned"}}]
    assert exported.notes == ("k8s has instance types, which stay as they are: name their file with config.",)
    assert manifest.read(exported.text.encode(), "fleet.yaml", files.read).fleet is not None


def test_nothing_that_is_exported_has_a_secret(azure: Azure, tmp_path: Path) -> None:
    with connect(azure) as arm:
        set_up(azure, arm, cluster(azure), ALL)
        forms = ("manifest", "arm", "terraform")
        texts = [export.of_clusters(arm, cluster(azure).id, None, form, as_yaml=True).text for form in forms]
        texts += [export.of_manifest(arm, load(written(tmp_path)), form).text for form in ("arm", "terraform")]
        text = MANIFEST.replace("ws,", "ws, resourceGroup: amlarc-rg,")
        texts.append(export.of_manifest(arm, load(written(tmp_path, text)), "policy").text)
    secrets = {
        value for one in azure.state()["resources"].values() for value in _texts(one["hidden"]) if len(value) > 20
    }
    assert len(secrets) > 4
    assert [secret for secret in secrets for text in texts if secret in text] == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for member in value.values() for text in _texts(member)]
    return [value] if isinstance(value, str) else []


def test_roles_that_somebody_else_gave_are_left_out_and_unseen_ones_are_said(azure: Azure, tmp_path: Path) -> None:
    path = written(tmp_path, MANIFEST + "  access: {workspaceIdentity: grant}\n")
    kind = "/providers/Microsoft.Authorization/roleAssignments"
    with connect(azure) as arm:
        whole = export.of_manifest(arm, load(path), "arm").data
        roles = [one for one in evaluated(azure, whole) if kind in one.id]
        assert len(roles) == 3
        theirs = f"{roles[0].id.partition(kind)[0]}{kind}/11111111-2222-3333-4444-555555555555"
        assert azure.put(theirs, "2022-04-01", roles[0].body).status == 201
        rest = export.of_manifest(arm, load(path), "arm").data
        assert [one for one in evaluated(azure, rest) if kind in one.id] == roles[1:]
        deploy(azure, rest)
        assert export.of_manifest(arm, load(path), "arm").data == rest
        azure.fault(method="GET", path="/roleAssignments$", status=403, times=9)
        with pytest.raises(Refused, match="cannot be seen which roles the workspace's identity lacks"):
            export.of_manifest(arm, load(path), "terraform")


def test_the_clusters_that_selectors_find_are_filled_in(azure: Azure, tmp_path: Path) -> None:
    selecting = MANIFEST.replace(
        "[{name: amlarc-cluster, resourceGroup: amlarc-rg}]", "[{selector: {resourceGroups: [AMLARC-RG]}}]"
    ).replace('"k8s"', '"{cluster}-ml"')
    with connect(azure) as arm:
        exported = export.of_manifest(arm, load(written(tmp_path, selecting)), "arm")
    ids = [one.id for one in evaluated(azure, exported.data)]
    assert [id_.rpartition("/")[2] for id_ in ids if "/computes/" in id_] == ["amlarc-cluster-ml", "edge-cluster-ml"]


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ("amlarc-cluster,", "gone,", NotFound, "These clusters of the manifest do not exist: amlarc-rg/gone."),
        ("amlarc-ws", "gone-ws", NotFound, "There is no workspace 'gone-ws'"),
        (
            "[{name: amlarc-cluster, resourceGroup: amlarc-rg}]",
            "[{selector: {tags: {a: b}}}]",
            NotFound,
            "No cluster matches",
        ),
        (
            "[{name: amlarc-cluster, resourceGroup: amlarc-rg}]",
            "[{selector: {}}]",
            Refused,
            "would be one compute target",
        ),
        ("Fleet", "Flet", InvalidInput, "Invalid manifest"),
    ],
)
def test_what_a_manifest_gets_wrong_is_said(
    azure: Azure, tmp_path: Path, old: str, new: str, error: type[Exception], said: str
) -> None:
    with connect(azure) as arm, pytest.raises(error, match=re.escape(said)):
        export.of_manifest(arm, load(written(tmp_path, MANIFEST.replace(old, new))), "arm")
    assert writes(azure) == []


def test_where_nothing_is_set_up_there_is_nothing_to_export(azure: Azure) -> None:
    with connect(azure) as arm, pytest.raises(NotFound, match="nothing to export in amlarc-rg"):
        export.of_clusters(arm, None, "amlarc-rg", "manifest", as_yaml=True)


def test_settings_that_do_not_fit_a_cluster_are_found_before_a_template_is_made(azure: Azure, tmp_path: Path) -> None:
    inference = "inferenceRouterHA: true, enableInference: true, inferenceRouterServiceType: NodePort"
    text = MANIFEST.replace("amlarc-cluster", "edge-cluster")
    text = text.replace('enableTraining: "True"', f"{inference}, allowInsecureConnections: true")
    with connect(azure) as arm, pytest.raises(InvalidInput, match="Invalid settings") as caught:
        export.of_manifest(arm, load(written(tmp_path, text)), "arm")
    assert [finding.code for finding in caught.value.findings if finding.severity == "error"] == ["AMLARC-S027"]


def test_a_provider_that_is_not_registered_has_no_clusters(azure: Azure) -> None:
    provider = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.ContainerService"
    with connect(azure) as arm:
        set_up(azure, arm, cluster(azure), {"enableTraining": "True"})
        azure.call("POST", f"{provider}/unregister", "2021-04-01")
        found = export.of_clusters(arm, None, None, "arm", as_yaml=True)
    assert [one.id.split("/")[-2] for one in evaluated(azure, found.data)][-2:] == ["extensions", "computes"]
    assert [one["status"] for one in azure.traffic() if "/managedClusters?" in one["url"]] == [409]
