"""What an update of the extension would change."""

from typing import Any

import pytest

from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import plan_change
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension

CLUSTER = Cluster(ClusterId("s", "g", "managedClusters", "c"), "eastus", 3, None)


def installed(**settings: str) -> Extension:
    fields: dict[str, Any] = dict.fromkeys(Extension.__dataclass_fields__)
    sound = {"install_state": "Installed", "provisioning_state": "Succeeded", "release_train": "Stable"}
    return Extension(**{**fields, **sound, "configuration_settings": settings, "configuration_protected_settings": []})


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ({"enableTraining": "true"}, {"enableTraining": "True"}),
        ({"clusterId": "/subscriptions/S/resourcegroups/G"}, {"clusterId": "/subscriptions/s/resourceGroups/g"}),
    ],
)
def test_other_letter_case_is_no_change(there: dict[str, str], wanted: dict[str, str]) -> None:
    change = plan_change(CLUSTER, installed(**there), wanted, {}, {"releaseTrain": "stable"})
    assert (change.lines, dict(change.settings), dict(change.properties)) == ((), {}, {})


def test_another_value_is_a_change() -> None:
    change = plan_change(CLUSTER, installed(sslCname="a.b"), {"sslCname": "A.c"}, {}, {"releaseTrain": "preview"})
    assert change.lines == ("sslCname: a.b -> A.c", "releaseTrain: Stable -> preview")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_an_id_in_quotes_is_refused_because_of_its_quotes(quote: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ClusterId.parse(f"{quote}{CLUSTER.id}{quote}")
    assert caught.value.fix == "Remove the quotes, which are part of the value."


def test_the_internal_balancer_is_switched_with_the_router_type() -> None:
    internal = "scoringFe.serviceType.internalLoadBalancer"
    there = {
        "inferenceRouterServiceType": "LoadBalancer",
        "internalLoadBalancerProvider": "azure",
        internal: "True",
    }
    left = plan_change(CLUSTER, installed(**there), {"inferenceRouterServiceType": "NodePort"}, {}, {})
    assert left.settings == {
        "inferenceRouterServiceType": "NodePort",
        "scoringFe.serviceType.nodePort": "True",
        internal: "False",
    }
    then = installed(**{**there, **left.settings})
    back = plan_change(CLUSTER, then, {"inferenceRouterServiceType": "LoadBalancer"}, {}, {})
    assert back.settings == {
        "inferenceRouterServiceType": "LoadBalancer",
        "scoringFe.serviceType.nodePort": "False",
        internal: "True",
    }
