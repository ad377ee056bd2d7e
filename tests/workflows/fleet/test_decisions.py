"""What becomes of clusters, decided out of facts. Expected values are literals."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.extension import Wanted, resolve
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
    membership,
)
from azext_amlarc.resources.ids import ClusterId, folded
from azext_amlarc.resources.installed import Extension, from_graph
from azext_amlarc.workflows.fleet.decisions import decide
from azext_amlarc.workflows.fleet.plan import ClusterPlan, FleetPlan, Item
from azext_amlarc.workflows.fleet.present import Present
from tests.support.documents import table

SUB = "00000000-0000-0000-0000-000000000001"
DOMAIN = "cloudapp.azure.com"
WORKSPACE = f"/subscriptions/{SUB}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
FLEET = Fleet(
    "plants",
    (Selector(),),
    ExtensionSpec(settings={"enableTraining": "True"}),
    computes=(ComputeSpec("ws", "k8s-{cluster}"),),
)


def cluster(name: str = "plant") -> Cluster:
    return Cluster(ClusterId(SUB, "rg", "connectedClusters", name), "eastus", 3, "k3s", connectivity="Connected")


def judge(member: Member, _existing: Extension | None) -> Wanted:
    return Wanted({"enableTraining": "True", **member.settings})


def installed(
    of: Cluster, settings: Mapping[str, str] | None = None, state: str = "Succeeded", name: str = "amlarc-compute"
) -> Extension:
    """What an installation with these settings leaves, as Resource Graph shows it."""
    whole = resolve(of, DOMAIN, {"enableTraining": "True", **(settings or {})}, None).settings
    properties = {
        "ExtensionType": "microsoft.azureml.kubernetes",
        "ProvisioningState": state,
        "ReleaseTrain": "stable",
        "AutoUpgradeMinorVersion": True,
        "ConfigurationSettings": whole,
        "ConfigurationProtectedSettings": {"relayServerConnectionString": "", "relayserver.relayConnectionString": ""},
    }
    return from_graph({"id": f"{of.id}/providers/x/extensions/{name}", "name": name, "properties": properties}, of.id)


def attached(of: Cluster, name: str = "k8s-plant", **more: object) -> Compute:
    known = Compute(
        name=name,
        id=f"{WORKSPACE}/computes/{name}",
        provisioning_state="Succeeded",
        resource_id=str(of.id),
        namespace="default",
        default_instance_type=None,
        instance_types=None,
        resource_group="rg",
        workspace_name="ws",
        location="eastus",
        compute_type="Kubernetes",
        description=None,
        is_attached_compute=True,
        provisioning_errors=[],
        identity=None,
        created_on=None,
        modified_on=None,
        tags=None,
    )
    return replace(known, **more)  # type: ignore[arg-type]


def present(
    clusters: list[Cluster],
    extensions: Mapping[str, Extension] | None = None,
    computes: list[Compute] | None = None,
    fleet: Fleet = FLEET,
    unread: Mapping[str, str] | None = None,
) -> Present:
    """What there is; extensions by the names of their clusters."""
    ids = {one.id.name: folded(str(one.id)) for one in clusters}
    return Present(
        membership(fleet, [Found(one) for one in clusters], SUB),
        {ids.get(name, folded(str(cluster(name).id))): one for name, one in (extensions or {}).items()},
        {folded(one.id): one for one in computes or ()},
        unread or {},
    )


def decided(there: Present, fleet: Fleet = FLEET) -> FleetPlan:
    return decide(fleet, there, judge, DOMAIN, SUB)


def only(there: Present, fleet: Fleet = FLEET) -> ClusterPlan:
    (one,) = decided(there, fleet).clusters
    return one


def said(one: ClusterPlan) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(item.kind, str(item.verb), item.changes) for item in one.items]


def extension_of(one: ClusterPlan) -> Item:
    return next(item for item in one.items if item.kind == "extension")


def test_a_new_cluster_gets_its_extension_and_then_its_compute_target() -> None:
    one = only(present([cluster()]))
    assert said(one) == [
        ("extension", "create", ("enableTraining: (not set) -> True",)),
        ("compute target", "create", (f"cluster: (not set) -> {cluster().id}",)),
    ]
    assert (one.wave, str(one.verb), [item.name for item in one.items]) == (
        1,
        "create",
        ["amlarc-compute", "k8s-plant"],
    )


def test_what_is_as_wanted_is_left_however_it_is_spelled() -> None:
    there = installed(cluster())
    spelled = replace(there, configuration_settings={**there.configuration_settings, "enableTraining": "true"})
    other = attached(cluster(), resource_id=str(cluster().id).upper())
    one = only(present([cluster()], {"plant": spelled}, [other]))
    assert said(one) == [("extension", "none", ()), ("compute target", "none", ())]
    assert one.work == ()


def test_a_change_is_said_setting_by_setting_with_what_it_breaks() -> None:
    there = installed(cluster(), {"installVolcano": "True"})
    own = replace(
        FLEET, clusters=(Entry("plant", "rg", settings={"installVolcano": "False", "enableTraining": "False"}),)
    )
    item = extension_of(only(present([cluster()], {"plant": there}, fleet=own), own))
    assert (str(item.verb), item.changes) == (
        "change",
        ("enableTraining: True -> False", "installVolcano: True -> False"),
    )
    assert any("enableTraining" in line for line in item.consequences)


@pytest.mark.parametrize(
    ("state", "verb"), [("Failed", "retry"), ("Canceled", "retry"), ("Creating", "wait"), ("Updating", "wait")]
)
def test_what_has_the_wanted_content_and_another_state_is_tried_again_or_waited_for(state: str, verb: str) -> None:
    one = only(present([cluster()], {"plant": installed(cluster(), state=state)}, [attached(cluster())]))
    assert [str(item.verb) for item in one.items] == [verb, "none"]


def test_protected_values_that_are_there_are_no_change_and_go_along_with_one() -> None:
    def sealed(member: Member, _existing: Extension | None) -> Wanted:
        return Wanted({"enableTraining": "True", **member.settings}, {"relayServerConnectionString": "S3CRET"})

    spec = ExtensionSpec(protected={"relayServerConnectionString": Reference("env", "RELAY")})
    fleet = replace(FLEET, extension=spec)
    there = present([cluster()], {"plant": installed(cluster())})
    assert str(extension_of(decide(fleet, there, sealed, DOMAIN, SUB).clusters[0]).verb) == "none"
    fresh = extension_of(decide(fleet, present([cluster()]), sealed, DOMAIN, SUB).clusters[0])
    assert fresh.changes == (
        "enableTraining: (not set) -> True",
        "relayServerConnectionString: (not set) -> (protected)",
    )
    assert "S3CRET" not in repr(fresh)


def test_protected_values_that_are_there_are_sent_again_where_that_is_wanted() -> None:
    def sealed(member: Member, _existing: Extension | None) -> Wanted:
        return Wanted({"enableTraining": "True", **member.settings}, {"relayServerConnectionString": "S3CRET"})

    spec = ExtensionSpec(protected={"relayServerConnectionString": Reference("env", "RELAY")})
    fleet = replace(FLEET, extension=spec).resending_protected()
    there = present([cluster()], {"plant": installed(cluster())})
    found = extension_of(decide(fleet, there, sealed, DOMAIN, SUB).clusters[0])
    assert (str(found.verb), found.changes) == (
        "change",
        ("relayServerConnectionString: (protected) -> (protected; values cannot be compared)",),
    )
    with pytest.raises(InvalidInput, match="no protected settings to send again"):
        FLEET.resending_protected()


def test_an_extension_of_another_name_is_adopted_unless_the_manifest_names_one() -> None:
    there = {"plant": installed(cluster(), name="theirs")}
    assert extension_of(only(present([cluster()], there))).name == "theirs"
    named = replace(FLEET, extension=ExtensionSpec(name="ours", settings={"enableTraining": "True"}))
    item = extension_of(only(present([cluster()], there, fleet=named), named))
    assert str(item.verb) == "blocked"
    assert "The cluster has this extension as 'theirs'" in item.reason


def test_settings_that_a_cluster_cannot_have_block_it_alone() -> None:
    def refusing(member: Member, existing: Extension | None) -> Wanted:
        if member.cluster.id.name == "bad":
            raise InvalidInput("Not on this cluster.", "Do something else.")
        return judge(member, existing)

    plan = decide(FLEET, present([cluster("bad"), cluster("good")]), refusing, DOMAIN, SUB)
    bad, good = plan.clusters
    assert extension_of(bad).reason == "Not on this cluster. Do something else."
    assert (str(bad.verb), str(good.verb)) == ("blocked", "create")
    assert plan.has_obstacles
    # The compute target needs an extension that will not be there.
    assert "does not have the extension" in bad.items[1].reason


def test_a_compute_target_elsewhere_of_another_kind_or_in_an_unread_workspace_cannot_be_changed() -> None:
    elsewhere = attached(cluster("other"))
    other_kind = attached(cluster(), compute_type="AmlCompute")
    moved = attached(cluster(), namespace="theirs")
    fleet = replace(FLEET, computes=(ComputeSpec("ws", "k8s-{cluster}", document={"namespace": "ml"}),))
    for found, words, of in (
        (elsewhere, "attached to another cluster", FLEET),
        (other_kind, "is of type AmlCompute", FLEET),
        (moved, "uses the namespace 'theirs', which cannot be changed to 'ml'", fleet),
    ):
        item = only(present([cluster()], {"plant": installed(cluster())}, [found], of), of).items[1]
        assert (str(item.verb), words in item.reason) == ("blocked", True), item.reason
    unread = present([cluster()], {"plant": installed(cluster())}, unread={WORKSPACE.lower(): "There is no workspace."})
    assert only(unread).items[1].reason == "There is no workspace."


def test_names_that_azure_does_not_take_and_names_of_several_clusters_are_refused() -> None:
    digits = only(present([cluster("plant-7")]))
    assert "must not end in a hyphen followed by digits" in digits.items[1].reason
    fixed = replace(FLEET, computes=(ComputeSpec("ws", "k8s"),))
    plan = decided(present([cluster("a"), cluster("b")], fleet=fixed), fixed)
    assert {one.items[1].reason for one in plan.clusters} == {
        "Several clusters would be this compute target: put {cluster} in its name in the manifest."
    }


def test_a_named_cluster_that_azure_lacks_is_said_to_be_missing() -> None:
    fleet = replace(FLEET, clusters=(Entry("gone", "rg"), Entry("plant", "rg")))
    plan = decided(present([cluster()], fleet=fleet), fleet)
    missing = plan.clusters[0]
    assert (missing.id.name, missing.wave, missing.items[0].reason) == (
        "gone",
        0,
        "Azure has no such cluster that you can see.",
    )
    assert {str(verb): number for verb, number in plan.counts.items()} == {"blocked": 1, "create": 1}


@pytest.mark.parametrize(
    ("removal", "verbs"), [("keep", ["leave"]), ("detach", ["detach"]), ("delete", ["detach", "delete"])]
)
def test_what_has_left_the_manifest_goes_as_it_says_if_the_fleet_attached_it(removal: str, verbs: list[str]) -> None:
    fleet = replace(FLEET, clusters=(Entry("plant", "rg"),), on_removal=removal)  # type: ignore[arg-type]
    left, theirs = cluster("left"), cluster("theirs")
    computes = [
        attached(cluster()),
        attached(left, "k8s-left", tags={"amlarc-fleet": "plants"}),
        attached(theirs, "k8s-theirs", tags={"amlarc-fleet": "another"}),
    ]
    extensions = {"plant": installed(cluster()), "left": installed(left), "theirs": installed(theirs)}
    plan = decided(present([cluster(), left, theirs], extensions, computes, fleet), fleet)
    assert [one.id.name for one in plan.clusters] == ["left", "plant"]
    assert [str(item.verb) for item in plan.clusters[0].items] == verbs


@pytest.mark.parametrize("removal", ["detach", "delete"])
def test_nothing_is_removed_from_a_cluster_that_cannot_be_seen(removal: str) -> None:
    fleet = replace(FLEET, clusters=(Entry("plant", "rg"), Entry("named", "rg")), on_removal=removal)  # type: ignore[arg-type]
    named, hidden = cluster("named"), cluster("hidden")
    tags = {"amlarc-fleet": "plants"}
    computes = [attached(named, "k8s-named", tags=tags), attached(hidden, "k8s-hidden", tags=tags)]
    unread = {folded(str(hidden.id)): "(AuthorizationFailed) No."}
    plan = decided(present([cluster()], {"hidden": installed(hidden)}, computes, fleet, unread), fleet)
    assert not {"detach", "delete"} & {str(item.verb) for one in plan.clusters for item in one.items}
    blocked = {one.id.name: one.items[0].reason for one in plan.clusters if one.blocked}
    assert blocked == {
        "hidden": "Whether its cluster has left the manifest is not known: (AuthorizationFailed) No.",
        "named": "Azure has no such cluster that you can see.",
    }


def test_an_extension_that_others_use_stays_when_its_cluster_leaves() -> None:
    fleet = replace(FLEET, clusters=(Entry("plant", "rg"),), on_removal="delete")
    left = cluster("left")
    computes = [attached(left, "k8s-left", tags={"amlarc-fleet": "plants"}), attached(left, "by-hand")]
    plan = decided(present([cluster(), left], {"left": installed(left)}, computes, fleet), fleet)
    extension = extension_of(plan.clusters[0])
    assert (str(extension.verb), extension.reason) == ("leave", "Other compute targets use it: by-hand.")


def test_waves_number_the_clusters_and_order_the_plan() -> None:
    rollout = Rollout((Wave(tags={"ring": "canary"}), Wave(percent=100)))
    fleet = replace(FLEET, rollout=rollout)
    found = [Found(cluster("a")), Found(cluster("b"), {"ring": "canary"})]
    plan = decide(fleet, Present(membership(fleet, found, SUB)), judge, DOMAIN, SUB)
    assert [(one.wave, one.id.name) for one in plan.clusters] == [(1, "b"), (2, "a")]


def test_instance_types_that_go_are_a_consequence() -> None:
    amounts = {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}
    types = {"old": {"nodeSelector": None, "resources": amounts}}
    spec = ComputeSpec("ws", "k8s-{cluster}", config="attach.json", document={"instanceTypes": {}})
    fleet = replace(FLEET, computes=(spec,))
    there = present([cluster()], {"plant": installed(cluster())}, [attached(cluster(), instance_types=types)], fleet)
    plan = decided(there, fleet)
    assert plan.consequences == ("Jobs can no longer use these instance types of k8s-plant: old.",)


def under_protection() -> ClusterPlan:
    """A cluster whose extension has the protected setting that the manifest gives."""

    def sealed(_member: Member, _existing: Extension | None) -> Wanted:
        return Wanted({"enableTraining": "True"}, {"relayServerConnectionString": "S3CRET"})

    spec = ExtensionSpec(protected={"relayServerConnectionString": Reference("env", "RELAY")})
    return decide(replace(FLEET, extension=spec), present([cluster()], AS_WANTED), sealed, DOMAIN, SUB).clusters[0]


def gone(removal: str) -> ClusterPlan:
    """A cluster that the fleet attached, and that has left its manifest."""
    fleet = replace(FLEET, clusters=(Entry("plant", "rg"),), on_removal=removal)  # type: ignore[arg-type]
    left = cluster("left")
    computes = [attached(left, "k8s-left", tags={"amlarc-fleet": "plants"})]
    return decided(present([cluster(), left], {"left": installed(left)}, computes, fleet), fleet).clusters[0]


def compute_of(one: ClusterPlan) -> Item:
    return next(item for item in one.items if item.kind == "compute target")


AS_WANTED = {"plant": installed(cluster())}
OTHER = {"plant": installed(cluster(), {"enableTraining": "False", "installPromOp": "False"})}
FAILED = {"plant": installed(cluster(), state="Failed")}
UPDATING = {"plant": installed(cluster(), state="Updating")}
THEIRS = {"plant": installed(cluster(), name="theirs")}
IN_A = replace(FLEET, computes=(ComputeSpec("ws", "k8s-{cluster}", document={"namespace": "a"}),))
SHARED = replace(FLEET, computes=(ComputeSpec("ws", "k8s"),))
NO_WORKSPACE = present([cluster()], AS_WANTED, unread={WORKSPACE.lower(): "There is none."})
# The rows of docs/fleet.md in their order: a word of each, something to which it applies, and what that means for it.
BECOMES = [
    [
        ("created", extension_of(only(present([cluster()]))), "create"),
        ("created", compute_of(only(present([cluster()]))), "create"),
    ],
    [("changed", extension_of(only(present([cluster()], OTHER))), "change")],
    [
        ("retried", extension_of(only(present([cluster()], FAILED))), "retry"),
        ("waits for it", extension_of(only(present([cluster()], UPDATING))), "wait"),
    ],
    [("adopted", extension_of(only(present([cluster()], THEIRS))), "none")],
    [("left alone", extension_of(under_protection()), "none")],
    [
        ("`onRemoval`", gone("keep").items[0], "leave"),
        ("`onRemoval`", gone("detach").items[0], "detach"),
        ("`onRemoval`", gone("delete").items[1], "delete"),
    ],
    [
        ("not done", compute_of(only(present([cluster()], AS_WANTED, [attached(cluster("other"))]))), "blocked"),
        (
            "not done",
            compute_of(only(present([cluster()], AS_WANTED, [attached(cluster(), namespace="b")]), IN_A)),
            "blocked",
        ),
        ("not done", compute_of(decided(present([cluster("a"), cluster("b")]), SHARED).clusters[0]), "blocked"),
        ("not done", compute_of(only(NO_WORKSPACE)), "blocked"),
    ],
]


def test_the_page_says_what_becomes_of_each() -> None:
    said = table("docs/fleet.md", "Plan").column(1)
    assert len(said) == len(BECOMES)
    for cell, cases in zip(said, BECOMES, strict=True):
        assert [(word, str(item.verb)) for word, item, _ in cases if word in cell] == [
            (word, verb) for word, _, verb in cases
        ]


def test_settings_that_the_manifest_does_not_give_stay_as_they_are() -> None:
    assert extension_of(only(present([cluster()], OTHER))).changes == ("enableTraining: False -> True",)
