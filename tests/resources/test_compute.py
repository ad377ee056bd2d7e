"""Compute targets: what is sent for one that exists, and what counts as a change."""

from dataclasses import replace
from typing import Any

from azext_amlarc.resources.compute import Compute, Wanted, body, changes, types_that_go
from azext_amlarc.resources.ids import ClusterId

CLUSTER = ClusterId("s", "g", "connectedClusters", "c")
ONE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
TWO = ONE.replace("/one", "/two")
TYPES = {"gpu": {"resources": {"limits": {"cpu": "1"}}}}
EXISTING = Compute(
    **dict.fromkeys(Compute.__dataclass_fields__)  # type: ignore[arg-type]
    | {
        "name": "k8s",
        "provisioning_state": "Succeeded",
        "resource_id": str(CLUSTER),
        "namespace": "ml",
        "default_instance_type": "gpu",
        "instance_types": TYPES,
        "description": "Ours",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {ONE: {"principalId": "p"}}},
        "tags": {"team": "a"},
    }
)


def attach(document: dict[str, Any], *, replaces_types: bool = False, **options: Any) -> Wanted:
    return Wanted(CLUSTER, document, replaces_types=replaces_types, **options)


def test_what_was_not_given_goes_along() -> None:
    sent = body(attach({}), "eastus", EXISTING)
    assert sent["tags"] == {"team": "a"}
    assert sent["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {ONE: {}}}
    assert sent["properties"]["description"] == "Ours"
    assert sent["properties"]["properties"] == {
        "namespace": "ml",
        "defaultInstanceType": "gpu",
        "instanceTypes": TYPES,
    }
    assert changes(EXISTING, attach({})) == []


def test_a_configuration_replaces_the_instance_types() -> None:
    other = {"defaultInstanceType": "cpu", "instanceTypes": {"cpu": TYPES["gpu"]}}
    wanted = attach(other, replaces_types=True)
    assert body(wanted, "eastus", EXISTING)["properties"]["properties"] == {"namespace": "ml", **other}
    assert types_that_go(EXISTING, wanted) == ["gpu"]
    assert "defaultInstanceType: gpu -> cpu" in changes(EXISTING, wanted)
    assert types_that_go(EXISTING, attach({"namespace": "ml"}, replaces_types=True)) == ["gpu"]
    assert types_that_go(EXISTING, attach({"namespace": "ml"})) == []


def test_another_user_assigned_identity_is_a_change() -> None:
    same = attach({}, identity_type="UserAssigned", user_assigned_identities=(ONE.upper(),))
    assert changes(EXISTING, same) == []
    other = attach({}, identity_type="UserAssigned", user_assigned_identities=(TWO,))
    assert changes(EXISTING, other) == [
        f"identity.userAssignedIdentities.{ONE.lower()}: assigned -> (not set)",
        f"identity.userAssignedIdentities.{TWO.lower()}: (not set) -> assigned",
    ]
    assert body(other, "eastus", EXISTING)["identity"]["userAssignedIdentities"] == {TWO: {}}


def test_a_system_assigned_identity_is_no_change_beside_the_same() -> None:
    existing = replace(EXISTING, identity={"type": "SystemAssigned", "principalId": "p", "tenantId": "t"})
    assert changes(existing, attach({}, identity_type="SystemAssigned")) == []
    assert changes(existing, attach({})) == []
    assert body(attach({}), "eastus", existing)["identity"] == {"type": "SystemAssigned"}


def test_a_new_one_has_the_default_namespace_and_nothing_that_was_not_given() -> None:
    assert body(attach({}), "eastus") == {
        "location": "eastus",
        "properties": {
            "computeType": "Kubernetes",
            "resourceId": str(CLUSTER),
            "properties": {"namespace": "default"},
        },
    }
