"""Fleets on a local Azure: planned, applied, planned again; and what fails on one cluster leaves the others alone."""

import functools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from azext_amlarc.azure import graph
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import InvalidInput, Refused
from azext_amlarc.resources.fleet import Reference
from azext_amlarc.wording import is_unicode
from azext_amlarc.workflows.fleet import saved
from azext_amlarc.workflows.fleet.door import Work
from azext_amlarc.workflows.fleet.manifests import load
from azext_amlarc.workflows.fleet.plan import FleetPlan
from azext_amlarc.workflows.fleet.report.wording import board_objects, board_text, plan_text
from azext_amlarc.workflows.fleet.running.apply import ENGINES, Engine, Options
from azext_amlarc.workflows.fleet.running.board import Board, Entry
from benchmarks import fleet as benchmark
from tests.support.azure import Azure
from tests.support.cluster import Cluster
from tests.support.connecting import connect
from tests.support.fleets import (
    DIRECT,
    OWN_STRING,
    Show,
    TestDoor,
    apply,
    counts,
    manifest_of,
    plan,
    subscription,
    verbs,
    with_own_relay,
    writes,
)
from tests.support.stub import Answer, stub

# What a cluster takes: a Relay namespace, its hybrid connection and rule, the extension, the compute target.
WRITES_A_CLUSTER = 5
GONE = {"error": {"code": "ResourceNotFound", "message": "-"}}
BAD = {"error": {"code": "Bad", "message": "No."}}
KIND = "providers/Microsoft.KubernetesConfiguration/extensions"


def extension(azure: Azure, cluster: str) -> str:
    """The id of a cluster's extension."""
    return f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/{cluster}/{KIND}/amlarc-compute"


def entry(board: Board, name: str) -> Entry:
    return next(one for one in board if one.id.name == name)


def test_a_fleet_is_brought_to_what_its_manifest_says_and_then_nothing_is_left_to_do(fleet: Azure) -> None:
    board, planned = apply(fleet, manifest_of(2))
    assert verbs(planned) == {"create": 12}
    assert counts(board) == {"done": 12}
    sent = writes(fleet)
    assert len(sent) == len(set(sent)) == 12 * WRITES_A_CLUSTER
    before = len(fleet.traffic())
    again = plan(fleet, manifest_of(2))
    assert verbs(again) == {"none": 12}
    # A query of each of two tables, and the compute targets of each of two workspaces.
    assert len(fleet.traffic()) - before == 4
    repeated, _ = apply(fleet, manifest_of(2))
    assert counts(repeated) == {"unchanged": 12}
    assert len(writes(fleet)) == len(sent)


def test_requests_grow_with_the_clusters_and_no_faster(fleet: Azure) -> None:
    apply(fleet, manifest_of(1))
    six = len(fleet.traffic())
    fleet.reset()
    apply(fleet, manifest_of(2))
    assert len(fleet.traffic()) <= 2.1 * six
    assert six <= 6 * 30


def test_the_bound_that_the_benchmark_prints_is_azures_rates_and_the_last_operation() -> None:
    def sent(number: int, place: int) -> list[dict[str, str]]:
        return [{"url": f"https://a/subscriptions/{place}/x?api-version=1"}] * number

    assert benchmark.bound(sent(100, 1)) == 21.6
    assert benchmark.bound(sent(1500, 1)) == 140.1
    assert benchmark.bound([*sent(1500, 1), *sent(700, 2)]) == 140.1


def test_the_compute_targets_carry_the_fleets_name_and_what_the_manifest_says_of_them(fleet: Azure) -> None:
    computes = [
        {"workspace": "amlarc-ws", "name": "k8s-{cluster}", "namespace": "ml", "identity": {"type": "SystemAssigned"}}
    ]
    apply(fleet, manifest_of(1, computes=computes))
    path = "/providers/Microsoft.MachineLearningServices/workspaces/amlarc-ws/computes/k8s-plant0"
    found = fleet.get(fleet.group + path, "2023-04-01").body
    assert found["tags"] == {"amlarc-fleet": "plants"}
    assert found["properties"]["properties"]["namespace"] == "ml"
    assert found["identity"]["type"] == "SystemAssigned"


def test_the_workspaces_identity_gets_the_roles_that_it_lacks_where_the_manifest_says_so(fleet: Azure) -> None:
    data = manifest_of(1, access={"workspaceIdentity": "grant"})
    planned = plan(fleet, data)
    line = "roles on the cluster for the workspace's identity: those that it lacks"
    assert planned.clusters[0].items[1].changes[-1] == line
    board, _ = apply(fleet, data)
    assert counts(board) == {"done": 6}
    given = [one for one in writes(fleet) if "/microsoft.authorization/roleassignments/" in one]
    assert len(given) == len(set(given)) >= 6
    assert {one.partition("/connectedclusters/")[2].partition("/")[0] for one in given} > {
        f"plant{n}" for n in (0, 2, 4)
    }
    apply(fleet, data)
    assert len([one for one in writes(fleet) if "/microsoft.authorization/" in one]) == len(given)


def test_only_what_differs_is_written(fleet: Azure) -> None:
    apply(fleet, manifest_of(2))
    fleet_settings = {"settings": {"enableTraining": "True", "installVolcano": "False"}}
    changed = manifest_of(2, extension=fleet_settings)
    planned = plan(fleet, changed, closely=True)
    assert verbs(planned) == {"change": 12}
    assert planned.clusters[0].items[0].changes == ("installVolcano: (not set) -> False",)
    before = len(writes(fleet))
    board, _ = apply(fleet, changed)
    assert counts(board) == {"done": 12}
    assert [line.rpartition("/")[2] for line in writes(fleet)[before:]] == ["amlarc-compute"] * 12


def test_one_failing_cluster_one_missing_workspace_and_one_refused_subscription_leave_the_others_alone(
    fleet: Azure,
) -> None:
    data = manifest_of(2, rollout={"maxFailures": 9})
    missing = "The Resource 'Microsoft.MachineLearningServices/workspaces/amlarc-ws' was not found."
    gone = {"error": {"code": "ResourceNotFound", "message": missing}}
    fleet.fault(method="GET", path=f"{subscription(2)}/.*/workspaces/amlarc-ws/computes$", status=404, body=gone)
    error = {"code": "ExtensionOperationFailed", "message": "Helm installation failed: pod healthcheck failed"}
    fleet.fault(method="PUT", operation="Failed", path="connectedClusters/plant0/", error=error)
    board, planned = apply(fleet, data)
    blocked = [one for one in planned.clusters if one.id.subscription_id == subscription(2)]
    assert {one.items[1].reason for one in blocked} == {
        "There is no workspace 'amlarc-ws' in the resource group 'amlarc-rg'."
    }
    assert counts(board) == {"failed": 1, "blocked": 6, "done": 5}
    failed = entry(board, "plant0")
    assert "pod healthcheck failed" in failed.error
    assert failed.code == "ExtensionOperationFailed"
    assert failed.fix
    assert failed.correlation_id
    text = board_text(board)
    assert text.index("plant0 (amlarc-rg): failed") < text.index("plant1 (amlarc-rg): could not be changed")
    assert text.endswith("12 clusters: 1 failed, 6 could not be changed, 5 done.")


def test_a_subscription_that_is_throttled_is_waited_for_and_the_other_one_is_not(fleet: Azure) -> None:
    for _ in range(3):
        fleet.fault(method="PUT", path=f"/subscriptions/{subscription(2)}/", status=429, retryAfter=1)
    board, _ = apply(fleet, manifest_of(2))
    assert counts(board) == {"done": 12}
    first, second = (
        [one.seconds for one in board if one.id.subscription_id == subscription(number)] for number in (1, 2)
    )
    assert min(second) > 0.9
    assert min(first) < min(second)


def test_waves_come_one_after_the_other_and_a_wave_can_be_asked_for(fleet: Azure) -> None:
    waves = {"waves": [{"tags": {"ring": "canary"}}, {"percent": 50}, {"percent": 100}]}
    data, show = manifest_of(2, rollout=waves), Show()
    board, _ = apply(fleet, data, Options(wave=1, engine="direct"), show)
    assert counts(board) == {"waiting": 10, "done": 2}
    assert board.is_good
    board, _ = apply(fleet, data, DIRECT, show)
    assert counts(board) == {"done": 10, "unchanged": 2}
    assert show.told == [
        "Wave 1: 2 clusters to change of 2",
        "Wave 1: 0 clusters to change of 2",
        "Wave 2: 4 clusters to change of 4",
        "Wave 3: 6 clusters to change of 6",
    ]
    begun = [event.partition(":")[0] for event in show.events if "create amlarc-compute (" in event]
    wave_of = {one.id.name: one.wave for one in board}
    assert [wave_of[name] for name in begun] == sorted(wave_of[name] for name in begun)


def test_more_failures_than_allowed_stop_the_rollout(fleet: Azure) -> None:
    waves = {"waves": [{"tags": {"ring": "canary"}}, {"percent": 100}], "maxFailures": 0}
    fleet.fault(method="PUT", path="connectedClusters/plant0/", status=400, body=BAD)
    show = Show()
    board, _ = apply(fleet, manifest_of(2, rollout=waves), show=show)
    assert counts(board)["failed"] == 1
    assert counts(board)["waiting"] == 10
    assert not board.is_good
    assert show.told[-1] == "1 cluster failed, and the manifest allows 0: nothing new begins."


def test_the_gate_stops_what_would_come_after_a_wave_that_is_not_sound(fleet: Azure) -> None:
    waves = {"waves": [{"tags": {"ring": "canary"}}, {"percent": 100}], "gate": ["check"]}
    fleet.call(
        "PATCH",
        f"{fleet.group}/providers/Microsoft.Kubernetes/connectedClusters/plant0",
        "2021-10-01",
        {"tags": {"ml": "true", "ring": "canary"}},
    )
    fleet.fault(method="GET", path="connectedClusters/plant10/", status=403, times=50, skip=4)
    board, _ = apply(fleet, manifest_of(2, rollout=waves))
    assert counts(board)["waiting"] == 10
    bad = entry(board, "plant10")
    assert bad.state == "failed"
    assert bad.error.startswith(("gate check: ", "AMLARC"))


def test_what_leaves_the_manifest_is_detached_once(fleet: Azure) -> None:
    apply(fleet, manifest_of(1))
    named = [{"name": f"plant{number}", "resourceGroup": "amlarc-rg"} for number in (0, 2, 4)]
    smaller = manifest_of(1, clusters=named, onRemoval="detach")
    planned = plan(fleet, smaller)
    assert verbs(planned) == {"detach": 3, "none": 3}
    assert "breaks: Jobs and endpoints can no longer use 'k8s-plant6'" in plan_text(planned)
    before = len(writes(fleet))
    board, _ = apply(fleet, smaller)
    assert counts(board) == {"done": 3, "unchanged": 3}
    assert Counter(line.partition(" ")[0] for line in writes(fleet)[before:]) == {"DELETE": 3}
    assert verbs(plan(fleet, smaller)) == {"none": 3}


def test_the_last_ones_that_leave_are_found_where_the_workspace_is_named(fleet: Azure) -> None:
    computes = [{"workspace": "amlarc-ws", "resourceGroup": "amlarc-rg", "name": "k8s-{cluster}"}]
    apply(fleet, manifest_of(1, computes=computes))
    nobody = [{"selector": {"tags": {"ml": "no longer"}}}]
    planned = plan(fleet, manifest_of(1, computes=computes, clusters=nobody, onRemoval="detach"))
    assert verbs(planned) == {"detach": 6}


def unseen(fleet: Azure, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fleet of six whose plant0 Resource Graph does not show, as to a login that may not see it; the cluster's id."""
    apply(fleet, manifest_of(1))
    shown = graph.clusters
    monkeypatch.setattr(
        graph, "clusters", lambda *given: [one for one in shown(*given) if one.cluster.id.name != "plant0"]
    )
    return extension(fleet, "plant0").split("/providers/Microsoft.KubernetesConfiguration")[0]


def test_what_the_login_may_not_see_has_not_left_the_manifest(fleet: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = unseen(fleet, monkeypatch)
    removing = manifest_of(1, onRemoval="detach")
    for status, code in ((403, "AuthorizationFailed"), (404, "SubscriptionNotFound")):
        body = {"error": {"code": code, "message": "No."}}
        fleet.fault(method="GET", path=f"{hidden}$", status=status, body=body)
        planned = plan(fleet, removing)
        assert verbs(planned) == {"blocked": 1, "none": 5}
        assert f"({code}) No." in plan_text(planned)


def test_a_cluster_that_resource_graph_lacks_is_looked_at_before_anything_of_it_is_removed(
    fleet: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = unseen(fleet, monkeypatch)
    assert verbs(plan(fleet, manifest_of(1, onRemoval="detach"))) == {"none": 6}
    fleet.fault(method="GET", path=f"{hidden}$", status=404, body=GONE)
    assert verbs(plan(fleet, manifest_of(1, onRemoval="detach"))) == {"detach": 1, "none": 5}


def test_what_leaves_the_manifest_is_deleted_with_its_extension(fleet: Azure) -> None:
    apply(fleet, manifest_of(1))
    named = [{"name": "plant0", "resourceGroup": "amlarc-rg"}]
    smaller = manifest_of(1, clusters=named, onRemoval="delete")
    board, planned = apply(fleet, smaller)
    assert verbs(planned) == {"detach": 5, "none": 1}
    assert counts(board) == {"done": 5, "unchanged": 1}
    left = [key for key in fleet.state()["resources"] if key.endswith("/extensions/amlarc-compute")]
    assert [key.split("/connectedclusters/")[1].partition("/")[0] for key in left] == ["plant0"]


def test_another_ones_write_is_waited_for(fleet: Azure) -> None:
    apply(fleet, manifest_of(1))
    target = extension(fleet, "plant0")
    body = {"properties": {"configurationSettings": {"installDcgmExporter": "True"}}}
    theirs = fleet.call("PATCH", target, "2023-05-01", body)
    ending = Timer(0.5, lambda: [fleet.poll(theirs.headers["azure-asyncoperation"]) for _ in range(2)])
    ending.start()
    changed = manifest_of(1, extension={"settings": {"enableTraining": "True", "installVolcano": "False"}})
    board, _ = apply(fleet, changed)
    ending.join()
    assert counts(board) == {"done": 6}
    settings = fleet.get(target, "2023-05-01").body["properties"]["configurationSettings"]
    assert (settings["installDcgmExporter"], settings["installVolcano"]) == ("True", "False")


def at_the_door(azure: AzureClient, folder: Path, data: dict[str, Any]) -> Work:
    """The manifest in a file, and what a door does with it."""
    file = folder / "fleet.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return Work(azure, load(str(file)))


def carried_out(work: Work, path: Path) -> Board:
    return work.apply(TestDoor(), lambda _: Show(), DIRECT, saved.load(str(path)))


def test_a_saved_plan_is_carried_out_as_it_is_and_again_after_it_was_cut_short(fleet: Azure, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    data = manifest_of(2)
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, data)
        work.save(str(path), work.plan())
        document = json.loads(path.read_text())
        assert document["tenant"] == "00000000-0000-0000-0000-00000000a0a0"
        assert document["subscriptions"] == [subscription(1), subscription(2)]
        assert len(document["clusters"]) == 12
        board = work.apply(TestDoor(), lambda _: Show(), Options(wave=1, engine="direct"), saved.load(str(path)))
        assert counts(board) == {"done": 12}
        assert counts(carried_out(Work(azure, work.manifest), path)) == {"unchanged": 12}


def test_a_stale_plan_is_refused_with_what_has_changed_and_nothing_is_written(fleet: Azure, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    apply(fleet, manifest_of(1))
    changed = manifest_of(1, extension={"settings": {"enableTraining": "True", "installVolcano": "False"}})
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, changed)
        work.save(str(path), work.plan())
        target = extension(fleet, "plant2")
        fleet.call("PATCH", target, "2023-05-01", {"properties": {"configurationSettings": {"a.b": "c"}}})
        before = len(writes(fleet))
        with pytest.raises(Refused) as stale:
            carried_out(work, path)
        assert "plant2: extension amlarc-compute: it has changed since" in stale.value.message
        other = at_the_door(
            azure, tmp_path, manifest_of(1, computes=[{"workspace": "amlarc-ws", "name": "{cluster}-k8s"}])
        )
        with pytest.raises(Refused, match="the plan does not have it"):
            carried_out(other, path)
        assert len(writes(fleet)) == before


def test_a_plan_from_elsewhere_and_what_is_no_plan_are_refused(fleet: Azure, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1))
        work.save(str(path), work.plan())
        document = json.loads(path.read_text())
        path.write_text(json.dumps({**document, "tenant": "another"}))
        with pytest.raises(Refused, match="The plan was made elsewhere: tenant another"):
            carried_out(work, path)
    for text in (
        "",
        "[]",
        "{}",
        '{"apiVersion": "amlarc/v1alpha1", "kind": "Fleet"}',
        json.dumps({**document, "clusters": 1}),
    ):
        path.write_text(text)
        with pytest.raises(InvalidInput, match="is not a saved plan"):
            saved.load(str(path))


def test_a_plan_with_a_cluster_or_an_item_twice_is_no_plan(fleet: Azure, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1))
        work.save(str(path), work.plan())
    document = json.loads(path.read_text())
    first = document["clusters"][0]
    again = {**first, "id": first["id"].upper(), "wave": 2}
    doubled = {**first, "items": [*first["items"], {**first["items"][0], "verb": "none"}]}
    for clusters in ([*document["clusters"], again], [doubled, *document["clusters"][1:]]):
        path.write_text(json.dumps({**document, "clusters": clusters}))
        with pytest.raises(InvalidInput, match="is in it twice"):
            saved.load(str(path))


def test_a_plan_is_stale_when_the_manifest_has_less_than_it_says(fleet: Azure, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    settings = {"enableTraining": "True", "installVolcano": "False"}
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1, extension={"settings": settings}))
        work.save(str(path), work.plan())
        without_setting = at_the_door(azure, tmp_path, manifest_of(1))
        with pytest.raises(Refused, match="plant0: extension amlarc-compute: the manifest says something else now"):
            carried_out(without_setting, path)
        without_target = at_the_door(azure, tmp_path, manifest_of(1, extension={"settings": settings}, computes=None))
        with pytest.raises(Refused, match="plant0: compute target k8s-plant0: nothing would be done about it any more"):
            carried_out(without_target, path)
    assert not writes(fleet)


WRONG: tuple[Any, ...] = (None, True, 5, float("inf"), "\ud800", [[]], [1], {"a": 1})


def places(of: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a document."""
    for key, value in of.items() if isinstance(of, dict) else enumerate(of) if isinstance(of, list) else ():
        yield (*before, key)
        yield from places(value, (*before, key))


def told(path: Path, now: FleetPlan, tenant: str) -> str:
    """Why a saved plan is not carried out; nothing if it is."""
    try:
        saved.still_valid(saved.load(str(path)), now, tenant)
    except (InvalidInput, Refused) as error:
        return error.message
    return ""


def test_a_saved_plan_with_something_else_anywhere_is_told_or_compared_as_any_other(
    fleet: Azure, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1))
        now = work.plan()
        work.save(str(path), now)
    tenant, document = saved.load(str(path)).tenant, path.read_text()
    refused = 0
    for place in [one for one in places(json.loads(document)) if one[1:2] in ((), (0,))]:
        for wrong in WRONG:
            edited = json.loads(document)
            parent = functools.reduce(lambda part, key: part[key], place[:-1], edited)
            parent[place[-1]] = wrong
            path.write_text(json.dumps(edited))
            outcome = told(path, now, tenant)
            is_free = place[0] == "subscriptions" or (place[-1] == "wave" and wrong == 5)
            assert bool(outcome) != is_free, (place, wrong)
            assert is_unicode(outcome)
            refused += bool(outcome)
    assert refused > 100


def test_protected_values_are_looked_up_when_they_are_sent_and_are_nowhere_else(
    fleet: Azure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = OWN_STRING.format("S3CR3T")
    monkeypatch.setenv("RELAY", secret)
    path = tmp_path / "plan.json"
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1, extension=with_own_relay("RELAY")))
        planned = work.plan()
        work.save(str(path), planned)
        board = carried_out(work, path)
    assert counts(board) == {"done": 6}
    said = f"{path.read_text()}{plan_text(planned)}{board_text(board)}{json.dumps(board_objects(board))}"
    assert "S3CR3T" not in said
    sent = [item for item in fleet.traffic() if item["method"] == "PUT" and "/extensions/" in item["url"]]
    assert {
        item["requestBody"]["properties"]["configurationProtectedSettings"]["relayServerConnectionString"]
        for item in sent
    } == {secret}


def test_a_protected_value_that_alone_is_new_is_sent_when_asked_to_also_by_a_saved_plan(
    fleet: Azure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY", OWN_STRING.format("OLD"))
    path = tmp_path / "plan.json"
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1, extension=with_own_relay("RELAY")))
        assert counts(work.apply(TestDoor(), lambda _: Show(), DIRECT)) == {"done": 6}
        monkeypatch.setenv("RELAY", OWN_STRING.format("NEW"))
        assert verbs(Work(azure, work.manifest).plan()) == {"none": 6}
        again = Work(azure, work.manifest).resending()
        planned = again.plan()
        assert verbs(planned) == {"change": 6}
        again.save(str(path), planned)
        before = len(fleet.traffic())
        loaded = saved.load(str(path))
        assert loaded.resends
        board = carried_out(Work(azure, work.manifest).resending(loaded.resends), path)
    assert counts(board) == {"done": 6}
    sent = [item for item in fleet.traffic()[before:] if item["method"] == "PUT"]
    assert len(sent) == 6
    assert all("SharedAccessKey=NEW" in str(item["requestBody"]) for item in sent)
    assert "NEW" not in f"{path.read_text()}{plan_text(planned)}{board_text(board)}"


def test_a_value_that_cannot_be_had_stops_everything_before_it_begins(fleet: Azure, tmp_path: Path) -> None:
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1, extension=with_own_relay("NOT_SET_ANYWHERE")))
        with pytest.raises(InvalidInput, match="env NOT_SET_ANYWHERE: the environment variable is not set"):
            work.apply(TestDoor(), lambda _: Show(), DIRECT)
    assert writes(fleet) == []


def test_a_key_vault_is_asked_with_a_token_of_its_own(fleet: Azure, tmp_path: Path) -> None:
    from azext_amlarc.workflows.fleet.manifests import revealed

    with stub() as vault, connect(fleet) as azure:
        vault.answer("/secrets/relay", Answer.of({"value": "S3CR3T", "id": "x"}))
        own = replace(load(_manifest_file(tmp_path)), contents={})
        reference = Reference("keyVault", f"{vault.endpoint}/secrets/relay")
        assert own.fleet.extension is not None
        spec = replace(own.fleet.extension, protected={"relayServerConnectionString": reference})
        given = replace(own, fleet=replace(own.fleet, extension=spec))
        trusting = azure.with_options(verify=str(vault.ca_file), transport=None)
        assert revealed(trusting, given) == {reference: b"S3CR3T"}
        assert vault.requests() == ["GET /secrets/relay"]
        with pytest.raises(InvalidInput, match="the secret cannot be read"):
            revealed(trusting, given)


def _manifest_file(folder: Path) -> str:
    file = folder / "fleet.json"
    file.write_text(json.dumps(manifest_of(1)), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_belongs_on_a_cluster_is_written_before_it_is_attached(
    fleet: Azure, cluster: Cluster, tmp_path: Path, engine: Engine
) -> None:
    cluster.load("instancetype-crd.yaml")
    amounts = {"cpu": "1", "memory": "4Gi"}
    small = {"nodeSelector": None, "resources": {"requests": amounts, "limits": amounts}}
    (tmp_path / "attach.json").write_text(
        json.dumps({"defaultInstanceType": "small", "instanceTypes": {"small": small}}), encoding="utf-8"
    )
    entry = {"name": "plant0", "resourceGroup": "amlarc-rg", "kubeconfig": str(cluster.kubeconfig())}
    compute = {"workspace": "amlarc-ws", "name": "k8s-{cluster}", "namespace": "ml", "config": "attach.json"}
    with connect(fleet) as azure:
        work = at_the_door(azure, tmp_path, manifest_of(1, clusters=[entry], computes=[compute]))
        planned = work.plan()
        through = f"on the cluster itself, through {cluster.kubeconfig()}"
        assert planned.clusters[0].items[1].changes[-2:] == (
            f"{through}: the namespace ml, unless it is so",
            f"{through}: instance type small, unless it is so",
        )
        board = work.apply(TestDoor(), lambda _: Show(), Options(engine=engine))
    assert counts(board) == {"done": 1}
    assert cluster.get("/api/v1/namespaces/ml")["metadata"]["name"] == "ml"
    types = cluster.get("/apis/amlarc.azureml.com/v1alpha1/instancetypes")["items"]
    assert [one["metadata"]["name"] for one in types] == ["defaultinstancetype", "small"]


def test_the_gate_verify_runs_a_job_on_each_compute_target_and_fails_with_it(fleet: Azure) -> None:
    named = [{"name": "plant0", "resourceGroup": "amlarc-rg"}, {"name": "plant2", "resourceGroup": "amlarc-rg"}]
    data = manifest_of(1, clusters=named, rollout={"gate": ["verify"]})
    board, _ = apply(fleet, data)
    assert counts(board) == {"done": 2}
    assert entry(board, "plant0").done[-1] == "gate verify"
    assert sum("/jobs/" in line for line in writes(fleet)) == 2
    body = {"error": {"code": "UserError", "message": "No quota."}}
    fleet.fault(method="PUT", path="/jobs/amlarc-verify-k8s-plant2", status=400, body=body)
    board, _ = apply(fleet, manifest_of(1, clusters=named, rollout={"gate": ["verify"]}, onRemoval="keep"))
    assert counts(board) == {"unchanged": 2}  # nothing was changed, so nothing is verified again
    changed = manifest_of(
        1,
        clusters=named,
        rollout={"gate": ["verify"]},
        extension={"settings": {"enableTraining": "True", "installVolcano": "False"}},
    )
    board, _ = apply(fleet, changed)
    assert counts(board) == {"failed": 1, "done": 1}
    assert entry(board, "plant2").error == "gate verify: No quota."
