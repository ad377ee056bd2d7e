"""The extension through the Python API: installed, shown, waited for, deleted; no secret is ever shown."""

import logging
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.sdk import (
    ArcExtension,
    ComputeTarget,
    ComputeTargetException,
    ExtensionException,
    KubernetesCompute,
    Workspace,
)
from tests.sdk.conftest import CLUSTER, EDGE_CLUSTER, GROUP
from tests.support.azure import Azure
from tests.support.connecting import Login


def install(azure: Azure, cluster: str = EDGE_CLUSTER, *arguments: Any, **options: Any) -> ArcExtension:
    settings = options.pop("settings", {"enableTraining": True})
    return ArcExtension.install(cluster, settings, *arguments, credential=Login(azure), **options)


def sent(azure: Azure) -> Any:
    [body] = [
        item["requestBody"] for item in azure.traffic() if item["method"] == "PUT" and "/extensions/" in item["url"]
    ]
    return body


def test_an_installation_is_waited_for_and_shown(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    extension = install(azure)
    assert extension.install_state == "Pending"
    extension.wait_for_completion(show_output=True)
    assert capsys.readouterr().out == 'Creating\nSucceededProvisioning operation finished, operation "Succeeded"\n'
    shown = ArcExtension.show(EDGE_CLUSTER, credential=Login(azure))
    assert repr(shown) == "ArcExtension(name='amlarc-compute', cluster='edge-cluster', install_state='Installed')"
    assert shown.details.configuration_settings["enableTraining"] == "True"
    assert shown.details.configuration_protected_settings == [
        "relayServerConnectionString",
        "relayserver.relayConnectionString",
    ]


def test_the_body_is_the_command_lines(azure: Azure) -> None:
    install(azure, version="1.1.64")
    body = sent(azure)
    properties = body["properties"]
    assert body["identity"] == {"type": "SystemAssigned"}
    assert (properties["extensionType"], properties["version"]) == ("microsoft.azureml.kubernetes", "1.1.64")
    assert properties["autoUpgradeMinorVersion"] is False
    assert properties["configurationSettings"]["clusterId"] == EDGE_CLUSTER
    assert properties["configurationSettings"]["domain"] == "eastus.cloudapp.localhost"
    relay = f"{GROUP}/providers/Microsoft.Relay/namespaces/"
    assert properties["configurationSettings"]["relayserver.hybridConnectionResourceID"].startswith(relay)


def test_what_breaks_a_policy_of_ones_own_is_not_sent(azure: Azure, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"x-amlarc-for": "settings", "required": ["installVolcano"]}')
    with pytest.raises(ExtensionException) as caught:
        install(azure, policy=policy)
    assert [one.code for one in caught.value.findings if one.severity == "error"] == ["AMLARC-P001"]
    assert {item["method"] for item in azure.traffic()} <= {"GET"}
    assert install(azure, settings={"enableTraining": True, "installVolcano": True}, policy=policy)


def test_a_provider_that_is_not_registered_is_registered_and_logged(
    azure: Azure, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "azext_amlarc.sdk"):
        install(azure)
    assert "Registering the resource provider Microsoft.Relay (needed once per subscription)" in caplog.messages


def test_every_bad_setting_is_told_and_nothing_is_sent(azure: Azure) -> None:
    with pytest.raises(ExtensionException) as caught:
        install(azure, settings={"enableTrainning": True, "installPromOp": "maybe"})
    assert [finding.code for finding in caught.value.findings if finding.severity == "error"] == [
        "AMLARC-S005",
        "AMLARC-S004",
    ]
    assert azure.traffic() == []


@pytest.mark.parametrize("wrong", [{"name": ".."}, {"name": ""}, {"version": "latest"}, {"release_train": "a b"}])
def test_names_versions_and_trains_are_validated_before_anything_is_sent(azure: Azure, wrong: dict[str, str]) -> None:
    with pytest.raises(ExtensionException) as caught:
        install(azure, **wrong)
    assert caught.value.code == "InvalidInput"
    with pytest.raises(ExtensionException):
        ArcExtension.show(f"{CLUSTER}/..", credential=Login(azure))
    assert azure.traffic() == []


def test_a_release_that_does_not_exist_is_refused_with_those_that_do(azure: Azure) -> None:
    with pytest.raises(ExtensionException, match="no version 1\\.1\\.70") as caught:
        install(azure, version="1.1.70")
    assert "The release train preview has it." in caught.value.fix
    assert not [item for item in azure.traffic() if item["method"] == "PUT"]
    [running] = [offer for offer in ArcExtension.versions(CLUSTER, credential=Login(azure)) if offer.is_default]
    assert (running.release_train, running.version) == ("stable", "1.1.64")


def test_a_protected_setting_is_sent_and_never_shown(azure: Azure, caplog: pytest.LogCaptureFixture) -> None:
    name = "relay-namespace"
    relay = f"{GROUP}/providers/Microsoft.Relay/namespaces/{name}/hybridConnections/edge-cluster"
    secret = f"Endpoint=sb://{name}.example.net/;SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0;EntityPath=edge-cluster"
    with caplog.at_level(logging.DEBUG):
        extension = install(
            azure,
            EDGE_CLUSTER,
            {"relayServerConnectionString": secret},
            settings={"enableTraining": True, "relayserver.hybridConnectionResourceID": relay},
        )
    assert sent(azure)["properties"]["configurationProtectedSettings"]["relayServerConnectionString"] == secret
    shown = caplog.text + repr(extension) + repr(extension.details)
    assert "/extensions/amlarc-compute" in shown
    assert "c2VjcmV0" not in shown
    assert azure.token() not in shown


def test_a_pinned_version_and_automatic_upgrades_exclude_each_other(azure: Azure) -> None:
    with pytest.raises(ExtensionException, match="cannot be used together"):
        install(azure, version="1.1.64", auto_upgrade_minor_version=True)


def test_a_failed_installation_says_why(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    reason = {"code": "ExtensionOperationFailed", "message": "Helm installation failed: pod healthcheck failed"}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=reason)
    with pytest.raises(ExtensionException) as caught:
        install(azure).wait_for_completion()
    assert capsys.readouterr().out == 'Provisioning operation finished, operation "Failed"\n'
    assert caught.value.code == "ExtensionOperationFailed"
    assert "pod healthcheck failed" in caught.value.message
    assert "arcml-healthcheck" in caught.value.fix
    [write] = [item for item in azure.traffic() if item["method"] == "PUT" and "/extensions/" in item["url"]]
    assert caught.value.correlation_id == write["responseHeaders"]["x-ms-correlation-request-id"]


def test_a_missing_extension_and_a_missing_cluster_are_told_apart(azure: Azure) -> None:
    with pytest.raises(ExtensionException, match="has no Azure Machine Learning extension") as caught:
        ArcExtension.show(EDGE_CLUSTER, credential=Login(azure))
    assert caught.value.code == "NotFound"
    with pytest.raises(ExtensionException, match="There is no Azure Arc-enabled cluster 'nowhere'"):
        ArcExtension.show(CLUSTER.replace("amlarc-cluster", "nowhere"), credential=Login(azure))


def test_what_was_written_before_a_failure_is_noted(azure: Azure) -> None:
    azure.allow("*", but=["Microsoft.KubernetesConfiguration/extensions/write"])
    with pytest.raises(ExtensionException) as caught:
        install(azure)
    [note] = caught.value.__notes__
    assert note.startswith("Sent so far: Relay namespace ")
    assert note.endswith(". Repeat the call to continue.")
    assert caught.value.code == "AuthorizationFailed"


def test_a_deletion_takes_what_was_made_for_it_with_purge(azure: Azure) -> None:
    extension = install(azure)
    extension.wait_for_completion()
    extension.delete(purge=True)
    left = [id_ for id_ in azure.state()["resources"] if "microsoft.relay/" in id_ or "edge-cluster/providers" in id_]
    assert left == []


NAMESPACE = f"{GROUP}/providers/Microsoft.Relay/namespaces/theirs-1"
CONNECTION = f"{NAMESPACE}/hybridConnections/hc"
OWN_RELAY = {"enableTraining": True, "relayserver.hybridConnectionResourceID": CONNECTION}
STRINGS = {"relayServerConnectionString", "relayserver.relayConnectionString"}


def relay_of_ones_own(azure: Azure) -> None:
    provider = "/subscriptions/123/providers/Microsoft.Relay"
    azure.call("POST", f"{provider}/register", "2021-04-01")
    while azure.get(provider, "2021-04-01").body["registrationState"] != "Registered":
        pass
    for path, body in (
        (NAMESPACE, {"location": "eastus"}),
        (CONNECTION, {"properties": {"requiresClientAuthorization": True}}),
        (f"{CONNECTION}/authorizationRules/azureml_rw", {"properties": {"rights": ["Manage", "Send", "Listen"]}}),
    ):
        assert azure.put(path, "2017-04-01", body).status < 300


def last_sent(azure: Azure) -> Any:
    bodies = [
        item["requestBody"] for item in azure.traffic() if item["method"] == "PUT" and "/extensions/" in item["url"]
    ]
    return bodies[-1]["properties"]


@pytest.mark.parametrize(("train", "warned"), [("staging", True), ("Stable", False)])
def test_a_train_for_testing_is_warned_of(
    azure: Azure, caplog: pytest.LogCaptureFixture, train: str, warned: bool
) -> None:
    install(azure, release_train=train)
    told = f"The release train is {train!r}, not 'stable': its releases are for testing."
    assert (told in caplog.messages) is warned


def test_the_connection_string_of_a_relay_of_ones_own_is_read(azure: Azure) -> None:
    relay_of_ones_own(azure)
    extension = install(azure, settings=OWN_RELAY)
    extension.wait_for_completion()
    assert set(last_sent(azure)["configurationProtectedSettings"]) == STRINGS
    shown = dict(extension.details.configuration_settings)
    extension.delete()
    install(azure, settings=shown)
    assert last_sent(azure)["configurationSettings"] == shown
    assert (
        "Endpoint=sb://theirs-1." in last_sent(azure)["configurationProtectedSettings"]["relayServerConnectionString"]
    )


def test_the_connection_string_of_a_relay_of_ones_own_stays_when_something_else_changes(azure: Azure) -> None:
    relay_of_ones_own(azure)
    install(azure, settings=OWN_RELAY).wait_for_completion()
    changed = install(azure, settings={"installVolcano": False})
    changed.wait_for_completion()
    assert set(changed.details.configuration_protected_settings) == STRINGS
    assert set(last_sent(azure)["configurationProtectedSettings"]) == STRINGS


@pytest.mark.parametrize("readable", [True, False])
def test_a_relay_whose_keys_cannot_be_read_is_refused(azure: Azure, readable: bool) -> None:
    if not readable:
        relay_of_ones_own(azure)
        azure.allow("*", but=["Microsoft.Relay/namespaces/hybridConnections/authorizationRules/listKeys/action"])
    with pytest.raises(ExtensionException, match="cannot be read") as caught:
        install(azure, settings=OWN_RELAY)
    assert "relayServerConnectionString" in caught.value.fix
    assert [item for item in azure.traffic() if item["method"] == "PUT" and "/extensions/" in item["url"]] == []


def test_a_deletion_names_the_compute_targets_that_stop_working(
    azure: Azure, ws: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    extension = install(azure, CLUSTER)
    extension.wait_for_completion()
    configuration = KubernetesCompute.attach_configuration(CLUSTER)
    ComputeTarget.attach(ws, "amlarc-compute", configuration).wait_for_completion()
    extension.delete()
    warned = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert "  amlarc-compute in the workspace rg/amlarc-ws, namespace default" in warned


def test_everything_that_is_wrong_is_told_at_once(azure: Azure) -> None:
    with pytest.raises(ExtensionException) as caught:
        install(azure, "nowhere", settings={"enableTraining": "yes"}, version="latest")
    told = str(caught.value)
    assert [text for text in ("cluster_resource_id:", "version:", "AMLARC-S004") if text not in told] == []
    with pytest.raises(ComputeTargetException) as other:
        KubernetesCompute.attach_configuration("x", namespace="A_B", identity_ids=["y"], aml_k8s_config={"z": 1})
    told = str(other.value)
    assert [
        text for text in ("resource_id:", "identity_ids", "aml_k8s_config", "AMLARC-N007") if text not in told
    ] == []
