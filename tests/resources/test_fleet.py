"""A fleet as data: its members, what each should have, and its waves. Expected values are literals."""

from dataclasses import replace

from azext_amlarc.resources import compute, extension
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.fleet import (
    ComputeSpec,
    Entry,
    ExtensionSpec,
    Fleet,
    Found,
    Member,
    Reference,
    Rollout,
    Selector,
    Wave,
    filled,
    membership,
    shared_names,
    wanted_for,
    waves,
)
from azext_amlarc.resources.ids import ClusterId

SUB, OTHER = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


def found(
    name: str, group: str = "rg", tags: dict[str, str] | None = None, sub: str = SUB, at: str = "eastus"
) -> Found:
    cluster = ClusterId(sub, group, "connectedClusters", name)
    return Found(Cluster(cluster, location=at, node_count=3, distribution="k3s"), tags or {})


def member(name: str, tags: dict[str, str] | None = None) -> Member:
    return Member(found(name).cluster, tags or {})


def names_in(fleet: Fleet, clusters: list[Found]) -> list[str]:
    return [one.cluster.id.name for one in membership(fleet, clusters, SUB).members]


def test_named_clusters_are_members_and_those_that_azure_lacks_are_missing() -> None:
    fleet = Fleet("plants", (Entry("b", "RG"), Entry("gone", "rg"), Entry("a", "rg", subscription_id=OTHER)))
    clusters = [found("a"), found("b"), found("a", sub=OTHER)]
    result = membership(fleet, clusters, SUB)
    assert [str(one.cluster.id.subscription_id)[-1] + one.cluster.id.name for one in result.members] == ["1b", "2a"]
    assert [one.name for one in result.missing] == ["gone"]


def test_a_selector_takes_what_matches_all_of_it_and_ignores_case_as_azure_does() -> None:
    clusters = [
        found("yes", "RG", {"ML": "true"}, at="eastus"),
        found("value", "rg", {"ml": "True"}),
        found("group", "rg2", {"ml": "true"}),
        found("place", "rg", {"ml": "true"}, at="westus"),
        found("subscription", "rg", {"ml": "true"}, sub=OTHER),
    ]
    selector = Selector((), ("rg",), ("East US",), {"ml": "true"})
    assert names_in(Fleet("f", (selector,)), clusters) == ["yes"]
    assert names_in(Fleet("f", (Selector((OTHER.upper(),)),)), clusters) == ["subscription"]
    assert names_in(Fleet("f", (Selector(cluster_type="managedClusters"),)), clusters) == []


def test_a_cluster_that_is_named_and_selected_has_what_its_name_says() -> None:
    fleet = Fleet(
        "f", (Selector(settings={"a": "selected"}), Entry("one", "rg", settings={"a": "named"}, context="c1"))
    )
    members = membership(fleet, [found("one"), found("two")], SUB).members
    assert [(one.settings, one.context) for one in members] == [({"a": "named"}, "c1"), ({"a": "selected"}, None)]


def test_what_a_cluster_shall_have_is_said_in_the_terms_of_create_and_attach() -> None:
    fleet = Fleet(
        "f",
        (Entry("plant-7", "rg"),),
        ExtensionSpec(version="1.1.60", settings={"enableTraining": "True", "installVolcano": "True"}),
        computes=(
            ComputeSpec("ws1", "k8s-{cluster}", document={"namespace": "ml"}, identity_type="SystemAssigned"),
            ComputeSpec("ws2", "{resourceGroup}{location}", resource_group="rg-ws", config="attach.json"),
        ),
    )
    here = Member(found("plant-7").cluster, settings={"installVolcano": "False"})
    state = wanted_for(fleet, here)
    settings = {"enableTraining": "True", "installVolcano": "False"}
    assert state.extension == extension.Wanted(settings, {}, None, "1.1.60", False)
    assert state.extension_name == "amlarc-compute"
    cluster = here.cluster.id
    assert [(str(one.workspace), one.name, one.wanted) for one in state.computes] == [
        (
            f"/subscriptions/{SUB}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws1",
            "k8s-plant-7",
            compute.Wanted(cluster, {"namespace": "ml"}, (), "SystemAssigned", False, {"amlarc-fleet": "f"}),
        ),
        (
            f"/subscriptions/{SUB}/resourceGroups/rg-ws/providers/Microsoft.MachineLearningServices/workspaces/ws2",
            "rgeastus",
            compute.Wanted(cluster, {}, (), None, True, {"amlarc-fleet": "f"}),
        ),
    ]


def test_protected_values_are_references_and_no_part_of_what_is_compared() -> None:
    references = {
        "sslKeyPemFile": Reference("file", "key.pem"),
        "relayServerConnectionString": Reference("env", "RELAY"),
    }
    fleet = Fleet("f", (Entry("c", "rg"),), ExtensionSpec(protected=references))
    compared = wanted_for(fleet, member("c")).extension
    assert compared is not None
    assert compared.protected == {"relayServerConnectionString": "", "scoringFe.sslKey": ""}
    assert "S3" not in repr(replace(compared, protected={"scoringFe.sslKey": "S3"}))


def test_without_an_extension_the_manifest_leaves_it_alone() -> None:
    assert wanted_for(Fleet("f", (Entry("c", "rg"),)), member("c")).extension is None


def test_a_compute_target_that_two_clusters_would_be_is_found() -> None:
    fleet = Fleet("f", (Selector(),), computes=(ComputeSpec("ws", "k8s"), ComputeSpec("ws", "k8s-{cluster}")))
    states = [wanted_for(fleet, member("a")), wanted_for(fleet, member("b"))]
    assert [name.rpartition("/")[2] for name in shared_names(states)] == ["k8s"]
    assert shared_names(states[:1]) == []


def test_a_percentage_counts_from_the_start_of_the_rollout_and_rounds_up() -> None:
    members = [member(f"c{number}", {"ring": "canary"} if number == 3 else {}) for number in range(6)]
    rollout = Rollout((Wave({"ring": "canary"}), Wave(percent=20), Wave(percent=10), Wave(percent=100)))
    parts = [[one.cluster.id.name for one in part] for part in waves(rollout, members)]
    assert parts == [["c3"], ["c0"], [], ["c1", "c2", "c4", "c5"]]
    assert [len(part) for part in waves(Rollout(), members)] == [6]


def test_a_template_fills_in_its_placeholders_and_leaves_the_rest() -> None:
    cluster = ClusterId(SUB, "rg", "connectedClusters", "{location}")
    assert filled("a-{cluster}-{other}", cluster) == "a-{location}-{other}"
