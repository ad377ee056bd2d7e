"""Checks from Python, and mending what they find: the same as on the command line."""

import pytest

from azext_amlarc.sdk import ArcExtension, CheckException, ClusterChecks, KubernetesCompute, Workspace
from tests.sdk.conftest import CLUSTER
from tests.support.azure import Azure
from tests.support.connecting import Login


@pytest.fixture
def checks(ws: Workspace, azure: Azure) -> ClusterChecks:
    extension = ArcExtension.install(CLUSTER, {"enableTraining": True}, credential=Login(azure))
    extension.wait_for_completion()
    return ClusterChecks(CLUSTER, ws, only=["rights", "relay"], credential=Login(azure))


def assignments(azure: Azure) -> int:
    return len([id_ for id_ in azure.state()["resources"] if "/roleassignments/" in id_])


def test_the_results_are_those_of_the_command_line(checks: ClusterChecks) -> None:
    found = {result["id"]: result["status"] for result in checks.run()}
    assert (found["AMLARC-A012"], found["AMLARC-A013"], found["AMLARC-A050"]) == ("warn", "warn", "pass")


def test_what_could_be_mended_is_planned_and_takes_a_yes(checks: ClusterChecks, azure: Azure) -> None:
    planned = checks.mend(dry_run=True)
    assert (planned.plan[0], planned.made, planned.failed) == ("3 changes can mend this:", [], [])
    assert any("az role assignment create" in line for line in planned.left)
    with pytest.raises(CheckException, match="Pass yes=True if that is what you want") as refused:
        checks.mend()
    assert "Give the identity" in str(refused.value)
    assert assignments(azure) == 0


def test_it_is_mended_and_then_there_is_nothing_to_do(checks: ClusterChecks, azure: Azure) -> None:
    mended = checks.mend(yes=True)
    assert (len(mended.made), mended.failed, mended.left) == (3, [], [])
    assert {result["status"] for result in mended.results} == {"pass", "skipped"}
    assert assignments(azure) == 3
    assert checks.mend(yes=True).plan == ["Nothing here can be mended by this command."]


def test_an_attach_gives_the_roles_that_are_missing(checks: ClusterChecks, ws: Workspace, azure: Azure) -> None:
    wanted = KubernetesCompute.attach_configuration(CLUSTER)
    KubernetesCompute.attach(ws, "k8s", wanted, grant=True, yes=True).wait_for_completion()
    assert assignments(azure) == 3


def test_an_id_of_something_else_is_said() -> None:
    with pytest.raises(CheckException, match="cluster_resource_id"):
        ClusterChecks("/subscriptions/1")
