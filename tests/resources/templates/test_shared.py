"""Clusters for which `az k8s-extension` makes up one name, such as edge-1 and edge1: the resource is in a file once."""

import re

import pytest

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.fleet import Member, wanted_for
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.templates import arm, terraform
from azext_amlarc.resources.templates.parts import Deployment, deployment, shared_ids
from tests.resources.templates.samples import DOMAIN, FLEETS, LOCATIONS, SUB


def drawn(*names: str) -> list[Deployment]:
    clusters = [Cluster(ClusterId(SUB, "rg7", "connectedClusters", name), "eastus", 3, None) for name in names]
    return [deployment(wanted_for(FLEETS["training"], Member(one)), DOMAIN, LOCATIONS) for one in clusters]


@pytest.mark.parametrize(("names", "shared"), [(("edge-1", "edge1"), 1), (("edge-1", "edge2"), 0)])
def test_what_two_clusters_share_is_known_and_in_each_file_once(names: tuple[str, str], shared: int) -> None:
    both = drawn(*names)
    assert len(shared_ids(both)) == shared
    addresses = re.findall('^resource "azapi_resource" "(.*)"', terraform.configuration(both), re.MULTILINE)
    resources = [(one["type"], one["name"], one.get("scope")) for one in arm.template(both)["resources"]]
    assert len(set(addresses)) == len(addresses) == 2 * 4 - shared
    assert len(set(resources)) == len(resources) == 2 * 4 - shared
