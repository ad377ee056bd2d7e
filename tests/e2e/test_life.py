"""The rest of the extension's life: update, wait, delete."""

import pytest

from tests.e2e.conftest import CLUSTER, WORKSPACE, Installation
from tests.support.az import Az
from tests.support.azure import Azure

UPDATE = ("amlarc", "extension", "update", *CLUSTER)
DELETE = ("amlarc", "extension", "delete", *CLUSTER)
INFERENCE = ("enableInference=True", "inferenceRouterServiceType=ClusterIP", "allowInsecureConnections=True")


def written(azure: Azure, since: int) -> list[str]:
    return [line["method"] for line in azure.traffic()[since:] if line["method"] != "GET"]


def test_an_update_sends_what_differs_and_says_it_first(installed: Az, azure: Azure) -> None:
    changed = installed.must(*UPDATE, "--config", "installPromOp=False", "enableTraining=True")
    assert "Will change installPromOp: (not set) -> False" in changed.stderr
    [patch] = [line["requestBody"] for line in azure.traffic() if line["method"] == "PATCH"]
    assert patch == {"properties": {"configurationSettings": {"installPromOp": "False"}}}
    settings = changed.object["configurationSettings"]
    assert (settings["installPromOp"], settings["enableTraining"]) == ("False", "True")
    assert changed.object["configurationProtectedSettings"] == [
        "relayServerConnectionString",
        "relayserver.relayConnectionString",
    ]


def test_an_update_to_what_is_there_sends_nothing(installed: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    assert "No changes" in installed.must(*UPDATE, "--config", "enableTraining=true").stderr
    assert written(azure, before) == []


def test_an_update_is_judged_beside_what_is_installed(installed: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    refused = installed(*UPDATE, "--config", "enableInference=True")
    assert refused.code == 1
    assert "inferenceRouterServiceType" in refused.stderr
    assert written(azure, before) == []


def test_protected_settings_that_were_not_named_are_read_again(
    installed: Az, azure: Azure, installation: Installation
) -> None:
    installed.must(*UPDATE, "--config-protected", "chart.password=hunter2")
    [patch] = [line["requestBody"] for line in azure.traffic() if line["method"] == "PATCH"]
    sent = patch["properties"]["configurationProtectedSettings"]
    assert sorted(sent) == ["chart.password", "relayServerConnectionString", "relayserver.relayConnectionString"]
    [created] = [
        line["requestBody"]
        for line in installation.traffic
        if line["method"] == "PUT" and "/extensions/" in line["url"]
    ]
    first = created["properties"]["configurationProtectedSettings"]
    assert sent["relayServerConnectionString"] == first["relayServerConnectionString"]


def test_a_protected_setting_that_would_be_lost_is_named(installed: Az, azure: Azure) -> None:
    installed.must(*UPDATE, "--config-protected", "chart.password=hunter2")
    before = len(azure.traffic())
    refused = installed(*UPDATE, "--config-protected", "chart.user=admin")
    assert refused.code == 1
    assert "cannot give these back: chart.password" in refused.stderr
    assert written(azure, before) in ([], ["POST"])


def test_an_update_that_breaks_what_runs_needs_an_answer(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", *INFERENCE)
    before = len(azure.traffic())
    refused = az(*UPDATE, "--config", "inferenceRouterServiceType=NodePort")
    assert refused.code == 1
    assert "--yes" in refused.stderr
    assert written(azure, before) == []
    changed = az.must(*UPDATE, "--config", "inferenceRouterServiceType=NodePort", "--yes").object
    assert changed["configurationSettings"]["inferenceRouterServiceType"] == "NodePort"
    assert changed["configurationSettings"]["scoringFe.serviceType.nodePort"] == "True"


def test_deleting_says_how_long_it_takes_and_leaves_nothing(installed: Az) -> None:
    deleted = installed.must(*DELETE, "--yes")
    assert "about ten minutes" in deleted.stderr
    assert deleted.stdout == ""
    assert installed("amlarc", "extension", "show", *CLUSTER).code == 3


def test_deleting_what_is_not_there_is_no_error(az: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    absent = az.must(*DELETE, "--yes")
    assert "The cluster has no extension 'amlarc-compute'" in absent.stderr
    assert written(azure, before) == []


@pytest.mark.parametrize("status", [403, 500])
def test_only_a_404_means_absent(installed: Az, azure: Azure, status: int) -> None:
    azure.fault(method="GET", path="/extensions/amlarc-compute", status=status, times=9)
    assert installed(*DELETE, "--yes").code == 1


def test_deleting_says_which_compute_targets_go_with_it_in_which_workspaces(attached: Az) -> None:
    asked = attached("amlarc", "extension", "delete", *CLUSTER)
    assert asked.code == 1
    said = asked.stderr.partition("Delete the extension")[0]
    assert "1 compute target of the cluster will stop working; detach first:\n" in said
    assert "  k8s-compute in the workspace amlarc-rg/amlarc-ws, namespace amlarc-testing\n" in said


def test_deleting_goes_on_where_the_workspaces_cannot_be_read(installed: Az, azure: Azure) -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "No."}}
    azure.fault(method="GET", path="MachineLearningServices/workspaces$", status=403, body=denied)
    deleted = installed.must("amlarc", "extension", "delete", *CLUSTER, "--yes")
    assert "Whether compute targets use the cluster is not known: No permission" in deleted.stderr


def test_deleting_asks_first(installed: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    refused = installed(*DELETE)
    assert refused.code == 1
    assert "Run again with --yes to confirm." in refused.stderr
    assert written(azure, before) == []


def test_the_gpu_plugin_goes_with_the_extension(az: Az) -> None:
    az.must(
        "amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "installNvidiaDevicePlugin=True"
    )
    assert "pods cannot use GPUs" in az.must(*DELETE, "--yes").stderr


def test_purging_deletes_the_relay_of_this_cluster_and_lists_it_first(installed: Az, azure: Azure) -> None:
    purged = installed.must(*DELETE, "--purge", "--yes")
    assert "Relay" in purged.stderr
    assert not [name for name in azure.state()["resources"] if "microsoft.relay/" in name]


def test_deleting_without_purge_leaves_the_relay(installed: Az, azure: Azure) -> None:
    installed.must(*DELETE, "--yes")
    assert [name for name in azure.state()["resources"] if "microsoft.relay/" in name]


def test_forcing_a_deletion(installed: Az, azure: Azure) -> None:
    installed.must(*DELETE, "--force", "--yes")
    [line] = [line for line in azure.traffic() if line["method"] == "DELETE"]
    assert "forceDelete=true" in line["url"]


def test_wait_conditions(installed: Az) -> None:
    wait = ("amlarc", "extension", "wait", *CLUSTER)
    assert installed.must(*wait).stdout == ""
    assert installed.must(*wait, "--exists").stdout == ""
    assert installed.must(*wait, "--custom", "installState=='Installed'").stdout == ""
    late = installed(*wait, "--deleted", "--timeout", "1", "--interval", "1")
    assert late.code == 1
    assert "the last state was Succeeded" in late.stderr
    assert installed(*wait, "--deleted", "--exists").code == 2
    assert installed(*wait, "--custom", "][").code == 2
    installed.must(*DELETE, "--yes")
    assert installed.must(*wait, "--deleted").stdout == ""


def test_waiting_for_a_failed_installation_says_why(az: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="Failed",
                error={"code": "ExtensionOperationFailed", "message": "Chart path not found"})  # fmt: skip
    az("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
    waited = az("amlarc", "extension", "wait", *CLUSTER)
    assert waited.code == 1
    assert "Chart path not found" in waited.stderr


def test_waiting_for_a_compute(attached: Az) -> None:
    assert attached.must("amlarc", "wait", "-n", "k8s-compute", *WORKSPACE).stdout == ""
