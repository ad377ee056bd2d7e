"""Compute targets: what is judged, what is printed, what is raised."""

import json
import logging
import pickle
from typing import Any

import pytest
from azure.identity import ClientSecretCredential

from azext_amlarc.azure.connection.waiting import Operation, Poll
from azext_amlarc.sdk import ComputeStatus, ComputeTarget, ComputeTargetException, KubernetesCompute, Workspace
from azext_amlarc.sdk.exceptions import raised_as
from azext_amlarc.sdk.watching import PrintingWatcher, wait_printing
from tests.sdk.conftest import CLUSTER, EDGE_CLUSTER, GROUP
from tests.support.azure import Azure

IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/trainer"


def attached(ws: Workspace, *arguments: Any, **options: Any) -> KubernetesCompute:
    configuration = KubernetesCompute.attach_configuration(CLUSTER, *arguments, **options)
    return ComputeTarget.attach(ws, "amlarc-compute", configuration)


def test_an_attach_takes_six_requests_and_the_second_look_ends_the_wait(ws: Workspace, azure: Azure) -> None:
    attached(ws).wait_for_completion()
    assert [item["method"] for item in azure.traffic()] == ["GET", "GET", "GET", "GET", "PUT", "GET", "GET"]


def test_what_is_printed_is_what_azureml_core_prints(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    attached(ws).wait_for_completion(show_output=True)
    assert capsys.readouterr().out == ('Creating\nSucceededProvisioning operation finished, operation "Succeeded"\n')


def test_the_last_line_is_printed_without_output_too(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    attached(ws).wait_for_completion()
    assert capsys.readouterr().out == 'Provisioning operation finished, operation "Succeeded"\n'


def test_a_dot_stands_for_five_seconds_and_a_new_state_for_a_new_line(capsys: pytest.CaptureFixture[str]) -> None:
    watcher = PrintingWatcher(show_output=True)
    looks = [("Creating", 0.2), ("Creating", 4.9), ("Creating", 5.1), ("Creating", 16.0), ("Updating", 17.0)]
    for state, elapsed in [*looks, ("Succeeded", 20.5)]:
        watcher.seen(state, elapsed)
    watcher.finish()
    expected = 'Creating...\nUpdating.\nSucceededProvisioning operation finished, operation "Succeeded"\n'
    assert capsys.readouterr().out == expected


def test_a_target_that_is_as_wanted_is_left_alone(ws: Workspace, azure: Azure) -> None:
    attached(ws).wait_for_completion()
    before = len(azure.traffic())
    attached(ws).wait_for_completion()
    assert {item["method"] for item in azure.traffic()[before:]} == {"GET"}


def test_a_status_can_always_be_serialized(ws: Workspace) -> None:
    compute = attached(ws)
    status = compute.get_status()
    assert (str(status), status.serialize()["provisioningState"]) == ("Creating", "Creating")
    compute.wait_for_completion()
    status = compute.get_status()
    assert status == ComputeStatus("Succeeded", compute.details.created_on, compute.details.modified_on)
    assert list(status.serialize()) == ["creationTime", "modifiedTime", "provisioningState"]
    assert status.creation_time
    assert status.creation_time.endswith("+00:00")


def test_a_known_target_is_found_by_its_name(ws: Workspace) -> None:
    attached(ws).wait_for_completion()
    assert ComputeTarget(workspace=ws, name="amlarc-compute").provisioning_state == "Succeeded"
    with pytest.raises(ComputeTargetException, match="has no compute target 'other'"):
        ComputeTarget(ws, "other")


def test_a_detached_target_is_gone(ws: Workspace, azure: Azure) -> None:
    compute = attached(ws)
    compute.wait_for_completion()
    compute.detach()
    assert "amlarc-compute" not in ws.compute_targets
    [deletion] = [item["url"] for item in azure.traffic() if item["method"] == "DELETE"]
    assert "underlyingResourceAction=Detach" in deletion
    with pytest.raises(ComputeTargetException) as caught:
        compute.refresh_state()
    assert caught.value.code == "NotFound"


def test_detaching_a_target_again_is_no_error(ws: Workspace, azure: Azure) -> None:
    compute = attached(ws)
    compute.wait_for_completion()
    compute.detach()
    compute.detach()
    assert [item["method"] for item in azure.traffic()].count("DELETE") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"resource_id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/v"},
            f"resource_id: '{GROUP}/providers/Microsoft.Compute/virtualMachines/v' is not the resource id of a cluster",
        ),
        ({"identity_type": "Both"}, "'Both' is not a valid identity_type: use SystemAssigned, UserAssigned, or none."),
        ({"identity_type": "UserAssigned"}, "identity_type UserAssigned requires identity_ids."),
        (
            {"identity_type": "SystemAssigned", "identity_ids": [IDENTITY]},
            "identity_ids requires identity_type UserAssigned.",
        ),
        (
            {"identity_type": "UserAssigned", "identity_ids": ["mine"]},
            'identity_ids: "mine" is not the resource id of a user-assigned identity.',
        ),
        ({"aml_k8s_config": {"namespace": "jobs"}}, "aml_k8s_config no longer exists; it has namespace."),
        ({"instance_types": {"a": object()}}, "The configuration cannot be converted to JSON"),
    ],
)
def test_what_is_no_configuration_is_told_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ComputeTargetException) as caught:
        KubernetesCompute.attach_configuration(**{"resource_id": CLUSTER, **options})
    assert caught.value.code == "InvalidInput"
    assert message in caught.value.message


def test_the_empty_argument_of_the_preview_is_taken() -> None:
    assert KubernetesCompute.attach_configuration(CLUSTER, aml_k8s_config={}).document == {}


def test_a_target_has_the_attributes_that_public_notebooks_read(ws: Workspace) -> None:
    amounts = {"cpu": "1", "memory": "2Gi"}
    types = {"cpu": {"resources": {"requests": amounts, "limits": amounts}}}
    configuration = KubernetesCompute.attach_configuration(
        CLUSTER, namespace="jobs", default_instance_type="cpu", instance_types=types
    )
    target = ComputeTarget.attach(ws, "notebook", configuration)
    target.wait_for_completion()
    assert [target.name] == [one.name for one in ComputeTarget.list(ws) if one.name == "notebook"]
    assert (target.type, target.namespace, target.default_instance_type) == ("Kubernetes", "jobs", "cpu")
    assert target.instance_types is not None
    assert target.instance_types["cpu"]["resources"]["requests"]["memory"] == "2Gi"
    assert (target.cluster_resource_id, target.provisioning_errors) == (CLUSTER, [])
    assert (target.resource_group, target.location) == ("rg", "eastus")
    assert not target.tags
    assert target.id.endswith("/computes/notebook")
    assert None not in (target.created_on, target.modified_on)


@pytest.mark.parametrize("bad", ["", ".", "..", "a b"])
def test_a_name_that_azure_never_accepts_is_not_asked_for(ws: Workspace, azure: Azure, bad: str) -> None:
    with pytest.raises(ComputeTargetException) as caught:
        ComputeTarget(ws, bad)
    assert caught.value.code == "InvalidInput"
    assert azure.traffic() == []


def test_a_configuration_is_judged_with_every_finding_at_once() -> None:
    with pytest.raises(ComputeTargetException) as caught:
        KubernetesCompute.attach_configuration(
            CLUSTER, namespace="Team_A", default_instance_type="gpu", instance_types={"cpu": {"resources": {}}}
        )
    error = caught.value
    errors = {(finding.code, finding.source, finding.path) for finding in error.findings if finding.severity == "error"}
    assert errors == {
        ("AMLARC-N007", "attach_configuration", "$.namespace"),
        ("AMLARC-D007", "attach_configuration", "$.defaultInstanceType"),
    }
    assert error.message == "Invalid configuration (2 errors). Nothing was sent."
    assert "attach_configuration: error AMLARC-D007 $.defaultInstanceType: " in str(error)


def test_warnings_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "azext_amlarc.sdk"):
        KubernetesCompute.attach_configuration(CLUSTER, default_instance_type="a_b", instance_types={"a_b": {}})
    codes = [next(word for word in record.message.split() if "AMLARC" in word) for record in caplog.records]
    assert codes == ["AMLARC-D009", "AMLARC-D022"]


def test_a_name_that_azure_does_not_take_sends_nothing(ws: Workspace, azure: Azure) -> None:
    with pytest.raises(ComputeTargetException) as caught:
        ComputeTarget.attach(ws, "9_lives", KubernetesCompute.attach_configuration(CLUSTER))
    assert [finding.code for finding in caught.value.findings] == ["AMLARC-N002", "AMLARC-N003"]
    assert azure.traffic() == []


def test_a_cluster_without_the_extension_is_refused_before_anything_is_written(ws: Workspace, azure: Azure) -> None:
    with pytest.raises(ComputeTargetException) as caught:
        ComputeTarget.attach(ws, "amlarc-compute", KubernetesCompute.attach_configuration(EDGE_CLUSTER))
    assert caught.value.code == "Refused"
    assert "does not have the extension yet" in caught.value.message
    assert "az ml arc extension create -c edge-cluster -g rg" in caught.value.fix
    assert {item["method"] for item in azure.traffic()} == {"GET"}


def test_without_the_right_to_look_for_the_extension_azure_decides(ws: Workspace, azure: Azure) -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "No."}}
    azure.fault(method="GET", path="/extensions$", status=403, body=denied)
    attached(ws).wait_for_completion()


def failed_attach(ws: Workspace, azure: Azure) -> KubernetesCompute:
    error = {"code": "ClusterNotReachable", "message": "The cluster is not reachable."}
    azure.fault(method="PUT", path="/computes/", operation="Failed", error=error)
    return attached(ws)


def test_a_failed_attach_fails_with_azures_reason(
    ws: Workspace, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    compute = failed_attach(ws, azure)
    with pytest.raises(ComputeTargetException) as caught:
        compute.wait_for_completion(show_output=True)
    assert capsys.readouterr().out == 'Creating\nFailedProvisioning operation finished, operation "Failed"\n'
    assert "The cluster is not reachable." in str(caught.value)


def test_a_failed_attach_carries_the_correlation_id_of_the_write_that_failed(ws: Workspace, azure: Azure) -> None:
    compute = failed_attach(ws, azure)
    with pytest.raises(ComputeTargetException) as caught:
        compute.wait_for_completion()
    [write] = [item for item in azure.traffic() if item["method"] == "PUT"]
    assert caught.value.correlation_id == write["responseHeaders"]["x-ms-correlation-request-id"]
    assert f"Correlation id: {caught.value.correlation_id}\n" in str(caught.value)


def test_an_answer_of_azure_passes_with_code_message_and_correlation_id(ws: Workspace, azure: Azure) -> None:
    azure.allow("*/read")
    with pytest.raises(ComputeTargetException) as caught:
        attached(ws)
    error = caught.value
    answer = azure.traffic()[-1]
    assert error.code == "AuthorizationFailed"
    assert error.message == answer["responseBody"]["error"]["message"]
    assert error.correlation_id == answer["responseHeaders"]["x-ms-correlation-request-id"]
    assert error.fix == "Ask an Owner of the resource group for the role Contributor."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_wait_that_takes_too_long_says_how_to_go_on(ws: Workspace, azure: Azure) -> None:
    azure.fault(method="PUT", path="/computes/", operation="never")
    compute = attached(ws)
    with pytest.raises(ComputeTargetException) as caught:
        compute.wait_for_completion(timeout=0)
    assert caught.value.code == "StillRunning"
    assert "the last state was Creating" in caught.value.message
    assert caught.value.fix == "To keep waiting: wait_for_completion()."
    [write] = [item for item in azure.traffic() if item["method"] == "PUT"]
    assert caught.value.correlation_id == write["responseHeaders"]["x-ms-correlation-request-id"]


def test_an_interrupted_wait_stays_an_interruption() -> None:
    def interrupted() -> Poll[None]:
        raise KeyboardInterrupt

    operation = Operation.done(None)._replace(doing="attaching 'k8s'", poll=interrupted)
    goes_on = r"Interrupted\. Azure is still attaching 'k8s'\. To keep waiting: wait_for_completion\(\)\."
    with (
        pytest.raises(KeyboardInterrupt, match=goes_on),
        raised_as(ComputeTargetException),
    ):
        wait_printing(operation, show_output=True, timeout=1)


def test_a_login_that_fails_is_told(azure: Azure) -> None:
    options = {"authority": azure.endpoint, "disable_instance_discovery": True}
    credential = ClientSecretCredential("adfs", azure.client_id, "wrong", **options)
    ws = Workspace("123", "rg", "amlarc-ws", credential)
    with pytest.raises(ComputeTargetException, match="Client credentials are invalid") as caught:
        ComputeTarget(ws, "amlarc-compute")
    assert caught.value.code == "ClientAuthenticationError"
    assert caught.value.fix.startswith("Sign in (az login)")


def test_a_busy_azure_is_asked_again_when_it_has_said_to(ws: Workspace, azure: Azure) -> None:
    azure.fault(method="GET", path="/workspaces/", status=429, retryAfter=1)
    attached(ws).wait_for_completion()
    assert [item["status"] for item in azure.traffic() if item["status"] >= 400] == [429, 404]


def test_an_azure_out_of_reach_is_told(ws: Workspace, azure: Azure) -> None:
    azure.fault(method="GET", path="/workspaces/", reset="before", times=4)
    with pytest.raises(ComputeTargetException, match="Azure could not be reached: ") as caught:
        attached(ws)
    assert caught.value.fix == "Check the network, the proxy (HTTPS_PROXY) and the cloud."


def test_a_target_is_serialized_under_azureml_cores_keys(ws: Workspace) -> None:
    types = {"cpu": {"resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}}}
    compute = attached(ws, namespace="jobs", default_instance_type="cpu", instance_types=types)
    compute.wait_for_completion()
    found = json.loads(json.dumps(compute.serialize()))
    # KubernetesCompute.serialize of azureml-core 1.61.
    assert list(found) == ["id", "name", "tags", "location", "identity", "properties"]
    assert (found["name"], found["location"]) == ("amlarc-compute", compute.location)
    assert set(found["properties"]) == {
        "computeType", "computeLocation", "description", "resourceId", "provisioningErrors", "provisioningState",
        "properties", "status",
    }  # fmt: skip
    assert found["properties"]["computeLocation"] == compute.cluster_location == "eastus"
    assert found["properties"]["properties"] == {
        "namespace": "jobs",
        "defaultInstanceType": "cpu",
        "instanceTypes": compute.instance_types,
    }
    assert found["properties"]["status"] == compute.get_status().serialize()
    with pytest.raises(ComputeTargetException, match="not deleted"):
        compute.delete()
