"""The guide's path, as a user walks it."""

from pathlib import Path

from tests.e2e.conftest import ADVANCED, CLUSTER, WORKSPACE
from tests.support.az import Az
from tests.support.azure import Azure


def test_from_a_connected_cluster_to_a_compute_target_and_back(az: Az, azure: Azure) -> None:
    created = az.must("ml", "arc", "extension", "create", "--name", "amlarc-compute", *CLUSTER,
                      "--config", "enableTraining=True").object  # fmt: skip
    assert (created["name"], created["installState"]) == ("amlarc-compute", "Installed")
    assert created["extensionType"] == "microsoft.azureml.kubernetes"

    shown = az.must("ml", "arc", "extension", "show", "--name", "amlarc-compute", *CLUSTER).object
    assert shown == created

    attached = az.must("ml", "arc", "attach", "-n", "amlarc-k8s", *WORKSPACE, "-c", "amlarc-cluster",
                       "--config", ADVANCED).object  # fmt: skip
    assert attached["provisioningState"] == "Succeeded"
    assert attached["namespace"] == "amlarc-testing"
    assert attached["defaultInstanceType"] == "gpu_instance"
    assert sorted(attached["instanceTypes"]) == ["big_cpu_sku", "gpu_instance"]
    assert attached["instanceTypes"]["gpu_instance"]["resources"]["limits"] == {
        "cpu": "2", "memory": "16Gi", "nvidia.com/gpu": "1",
    }  # fmt: skip

    assert az.must("ml", "arc", "show", "-n", "amlarc-k8s", *WORKSPACE).object == attached
    assert [item["name"] for item in az.must("ml", "arc", "list", *WORKSPACE).object] == ["amlarc-k8s"]

    assert az.must("ml", "arc", "detach", "-n", "amlarc-k8s", *WORKSPACE, "--yes").stdout == ""
    assert az.must("ml", "arc", "list", *WORKSPACE).object == []
    assert az("ml", "arc", "show", "-n", "amlarc-k8s", *WORKSPACE).code == 3


def test_the_second_group_has_the_same_commands(installed: Az) -> None:
    under_ml = installed.must("ml", "arc", "extension", "show", *CLUSTER)
    assert installed.must("amlarc", "extension", "show", *CLUSTER).stdout == under_ml.stdout


def test_no_wait_answers_with_the_object_at_once(az: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="never")
    begun = az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--no-wait").object
    assert (begun["installState"], begun["provisioningState"]) == ("Pending", "Creating")


def test_an_attach_that_is_not_waited_for_answers_with_the_whole_object(installed: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/computes/", operation="never")
    begun = installed.must("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster", "--no-wait")
    assert begun.stderr == ""
    shown = {key: begun.object[key] for key in ("provisioningState", "namespace", "computeType")}
    assert shown == {"provisioningState": "Creating", "namespace": "default", "computeType": "Kubernetes"}


def test_a_running_installation_is_joined(az: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="never")
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--no-wait")
    before = len(azure.traffic())
    again = az("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--timeout", "1")
    assert again.code == 1
    assert "the last state was Creating" in again.stderr
    assert "az ml arc extension wait -n amlarc-compute" in again.stderr
    assert {line["method"] for line in azure.traffic()[before:]} == {"GET"}


def test_creating_it_again_changes_nothing(installed: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    again = installed.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=true")
    assert again.object["installState"] == "Installed"
    assert "No changes" in again.stderr
    assert [line["method"] for line in azure.traffic()[before:]] == ["GET", "GET"]


def test_a_failed_installation_is_tried_again(az: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="Failed")
    create = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
    assert az(*create).code == 1
    assert az.must("amlarc", "extension", "show", *CLUSTER).object["installState"] == "Failed"
    assert az.must(*create).object["installState"] == "Installed"


def test_other_settings_are_named_before_they_are_sent(installed: Az) -> None:
    changed = installed.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True",
                             "installNvidiaDevicePlugin=False")  # fmt: skip
    assert "Will change installNvidiaDevicePlugin: (not set) -> False" in changed.stderr
    assert changed.object["configurationSettings"]["installNvidiaDevicePlugin"] == "False"


def test_attaching_again_changes_nothing(installed: Az, azure: Azure) -> None:
    attach = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster", "--config", ADVANCED)
    first = installed.must(*attach)
    before = len(azure.traffic())
    assert installed.must(*attach).object == first.object
    assert {line["method"] for line in azure.traffic()[before:]} == {"GET"}


def test_an_attach_with_another_configuration_waits_for_the_one_that_is_running(
    installed: Az, azure: Azure, tmp_path: Path
) -> None:
    azure.fault(method="PUT", path="/computes/", operation="never")
    attach = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster")
    installed.must(*attach, "--no-wait")
    other = tmp_path / "attach.json"
    other.write_text('{"defaultInstanceType": "cpu", "instanceTypes": {"cpu": {}}}')
    before = len(azure.traffic())
    waited = installed(*attach, "--config", str(other), "--timeout", "1")
    assert waited.code == 1
    assert "Another write is in progress (Creating), with other settings; waiting for it to finish." in waited.stderr
    assert {line["method"] for line in azure.traffic()[before:]} == {"GET"}


def test_another_cluster_under_the_same_name_is_refused(attached: Az, azure: Azure) -> None:
    attach = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "edge-cluster", "--config", ADVANCED)
    refused = attached(*attach)
    assert refused.code == 1
    assert "is attached to another cluster" in refused.stderr
    assert "az ml arc detach -n k8s-compute" in refused.stderr
    assert {line["method"] for line in azure.traffic()} == {"GET"}


def test_another_namespace_is_refused(attached: Az) -> None:
    refused = attached("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster",
                       "--namespace", "team-a")  # fmt: skip
    assert refused.code == 1
    assert "cannot be changed" in refused.stderr
