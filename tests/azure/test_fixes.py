"""Fixes name what Azure has: an extension under another name, and the one that is about to be installed."""

from azext_amlarc.checks.check import Result
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.steps import lines
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.workflows import login
from azext_amlarc.workflows.check import CheckRequest, run_checks
from tests.support.azure import Azure
from tests.support.connecting import connect
from tests.support.emulated import INSTALL, finish

HA = {"enableInference": "True", "inferenceRouterHA": "True"}
CHANGE = "-c edge-cluster -g amlarc-rg --config inferenceRouterHA=False"


def nodes_check(azure: Azure, extension: str = "amlarc-compute") -> Result:
    """What AMLARC-A027 says of a cluster with one node."""
    target = Target.of_cluster(ClusterId(azure.subscription_id, "amlarc-rg", CONNECTED, "edge-cluster"))
    request = CheckRequest(target, settings=HA, extension=extension, only=("cluster",))
    with connect(azure) as arm:
        results = run_checks(request, arm, login.accepted("ada"))
    [found] = [result for result in results if result.check.id == "AMLARC-A027"]
    return found


def test_the_installed_extension_is_changed_under_its_own_name(azure: Azure) -> None:
    path = f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/edge-cluster/providers"
    finish(azure, azure.put(f"{path}/Microsoft.KubernetesConfiguration/extensions/ml-ext", "2023-05-01", INSTALL))
    assert lines(nodes_check(azure).verdict.fix) == [f"az ml arc extension update -n ml-ext {CHANGE}"]


def test_an_extension_that_is_not_installed_has_the_name_that_it_will_get(azure: Azure) -> None:
    assert lines(nodes_check(azure, "new-ext").verdict.fix) == [f"az ml arc extension update -n new-ext {CHANGE}"]
    assert lines(nodes_check(azure).verdict.fix) == [f"az ml arc extension update {CHANGE}"]
