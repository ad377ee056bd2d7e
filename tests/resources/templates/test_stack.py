"""Deployment stacks as data: their names, secrets and clusters, shared out within ARM's limits."""

import json
from collections import Counter

import pytest

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.templates import arm, stack
from azext_amlarc.resources.templates.stack import Draft, draft
from tests.resources.templates.samples import SUB, drawn

SECRETS = {"scoringFe.sslKey": "S3CR3T-KEY", "scoringFe.sslCert": "S3CR3T-CERT"}


def drafts(number: int) -> list[Draft]:
    """So many clusters with a certificate of the fleet's."""
    return [draft(drawn("tls", plant(place)), SECRETS, {}) for place in range(number)]


def plant(number: int) -> Cluster:
    return Cluster(ClusterId(SUB, "rg7", "connectedClusters", f"plant-{number}a"), "eastus", 2, "k3s")


def test_what_leaves_a_stack_is_never_deleted_and_one_cluster_cannot_stop_it_before_it_begins() -> None:
    sent = stack.body("plants", drafts(2), "eastus")
    assert (sent["location"], sent["tags"]) == ("eastus", {"amlarc-fleet": "plants"})
    assert set(sent["properties"]["actionOnUnmanage"].values()) == {"detach"}
    assert sent["properties"]["validationLevel"] == "Template"
    nested = sent["properties"]["template"]["resources"]
    ids = [
        f"/subscriptions/{one['subscriptionId']}/resourceGroups/{one['resourceGroup']}/providers/{one['type']}/{one['name']}"
        for one in nested
    ]
    assert ids == [id_ for one in drafts(2) for id_ in arm.nested_ids(one.deployment)]


def test_names_fit_and_tell_waves_and_parts_of_a_fleet_apart() -> None:
    names = [stack.name(fleet, wave, place) for fleet in ("a", "b" * 99) for wave in (1, 2) for place in (0, 1)]
    assert names[:4] == ["amlarc-a-wave1", "amlarc-a-wave1-2", "amlarc-a-wave2", "amlarc-a-wave2-2"]
    assert len(set(names)) == 8
    assert max(map(len, names)) <= 90
    assert all(one.startswith(stack.prefix("b" * 99)) for one in names[4:])


def test_values_of_protected_settings_are_parameters_and_in_no_template() -> None:
    sent = stack.body("plants", drafts(2), "eastus")["properties"]
    declared = sent["template"]["parameters"]
    assert {one["type"] for one in declared.values()} == {"securestring"}
    assert set(sent["parameters"]) == set(declared)
    assert "S3CR3T" not in json.dumps(sent["template"])
    assert {one["value"] for one in sent["parameters"].values()} == set(SECRETS.values())
    assert "S3CR3T" not in repr(drafts(1))


def test_what_one_cluster_alone_has_is_a_parameter_of_its_own_and_what_nobody_has_is_left_out() -> None:
    one = draft(drawn("tls"), {}, {"scoringFe.sslKey": "OURS"})
    [(name, value)] = one.values.items()
    assert (value, name.partition("Of")[0]) == ("OURS", "scoringFeSslKey")
    assert set(one.deployment.parameters) == {name}


@pytest.mark.parametrize(("clusters", "expected"), [(3, [3]), (801, [400, 401])])
def test_clusters_are_shared_out_among_as_few_stacks_as_azure_takes(clusters: int, expected: list[int]) -> None:
    plain = [Draft(drawn("training", plant(place)), {}) for place in range(clusters)]
    shared = list(stack.shares("plants", plain))
    assert [len(one) for one in shared] == expected
    assert [draft for one in shared for draft in one] == plain


def test_bytes_count_too_and_one_cluster_is_never_divided() -> None:
    whole = drafts(8)
    size = len(json.dumps(stack.body("plants", whole, "")))
    shared = list(stack.shares("plants", whole, size // 2))
    assert Counter(len(one) for one in shared) == {2: 4}
    assert all(len(json.dumps(stack.body("plants", one, ""))) <= size // 2 for one in shared)
    assert [len(one) for one in stack.shares("plants", whole[:2], 10)] == [1, 1]


def test_parameters_count_too_since_azure_takes_256_of_them() -> None:
    own = {"scoringFe.sslKey": "OUR-KEY", "scoringFe.sslCert": "OUR-CERT"}
    many = [draft(drawn("tls", plant(place)), {}, own) for place in range(200)]
    shared = list(stack.shares("plants", many))
    assert [len(one) for one in shared] == [100, 100]
    assert {len(stack.body("plants", one, "")["properties"]["parameters"]) for one in shared} == {200}
    too_many = arm.too_large(arm.template([one.deployment for one in many]))
    assert too_many == "it has 400 parameters, and Azure takes 256 in one template"
