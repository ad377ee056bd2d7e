"""Extensions of clusters: their operations, and what Azure hides and fills in."""

import pytest

from tests.support.azure import Azure
from tests.support.emulated import CLUSTER, EXTENSION, INSTALL, MANAGED, finish, install

VERSION = "2023-05-01"
PATCH = {"properties": {"configurationSettings": {"installVolcano": "False"}}}


def extension(azure: Azure) -> str:
    return azure.group + CLUSTER + EXTENSION


def test_an_installation_starts_with_azures_defaults(azure: Azure) -> None:
    body = {"properties": {"extensionType": "microsoft.azureml.kubernetes"}}
    reply = azure.put(extension(azure), VERSION, body)
    assert (reply.status, reply.headers["api-supported-versions"]) == (201, VERSION)
    assert reply.body["properties"] == {
        "extensionType": "microsoft.azureml.kubernetes",
        "autoUpgradeMinorVersion": True,
        "releaseTrain": "Stable",
        "version": None,
        "currentVersion": None,
        "scope": {"cluster": {"releaseNamespace": "azureml"}},
        "provisioningState": "Creating",
        "configurationSettings": {},
        "configurationProtectedSettings": {},
        "statuses": [],
        "aksAssignedIdentity": None,
        "isSystemExtension": False,
    }
    assert reply.body["systemData"]["createdBy"] is None
    assert "identity" not in reply.body


def test_the_operation_has_a_signed_url_with_other_casing(azure: Azure) -> None:
    started = azure.put(extension(azure), VERSION, INSTALL)
    url = started.headers["azure-asyncoperation"]
    assert len(url) > 3000
    assert "/ConnectedClusters/amlarc-cluster/" in url
    assert started.headers["location"].startswith("https://eastus.rp.kubernetesconfiguration.invalid/subscriptions/")
    assert "retry-after" not in started.headers
    states = [azure.poll(url) for _ in range(3)]
    assert [state.body["status"] for state in states] == ["Creating", "Succeeded", "Succeeded"]
    assert set(states[0].body) == {"id", "name", "status"}
    assert len(states[0].headers["api-supported-versions"]) > 100


def test_a_signed_url_is_asked_for_letter_by_letter(azure: Azure) -> None:
    url = azure.put(extension(azure), VERSION, INSTALL).headers["azure-asyncoperation"]
    assert azure.poll(url.replace("/ConnectedClusters/", "/connectedClusters/")).status == 403
    assert azure.poll(url[:-1]).status == 403
    assert azure.poll(url.partition("&")[0]).status == 403
    assert azure.poll(url.replace("/operations/", "/operations/0")).status == 404


def test_an_installed_extension_shows_its_version_but_no_secret(azure: Azure) -> None:
    assert install(azure).body["status"] == "Succeeded"
    shown = azure.get(extension(azure), VERSION).body
    properties = shown["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert (properties["version"], properties["currentVersion"]) == (None, "1.1.64")
    assert properties["configurationProtectedSettings"] == {"relayServerConnectionString": ""}
    assert set(shown["identity"]) == {"type", "principalId"}
    listed = azure.get(extension(azure).rpartition("/")[0], VERSION).body
    assert listed == {"value": [shown], "nextLink": None}


@pytest.mark.parametrize("cluster", [CLUSTER, MANAGED])
def test_its_identities_are_the_same_after_another_put(azure: Azure, cluster: str) -> None:
    """Terraform gives up ("inconsistent result") where the principal changes; so would a role assignment."""
    install(azure, cluster)
    path = azure.group + cluster + EXTENSION
    first = azure.get(path, VERSION).body
    changed = {**INSTALL, "properties": {**INSTALL["properties"], "configurationSettings": {"enableInference": "True"}}}
    again = azure.put(path, VERSION, changed)
    assert again.body["identity"] == first["identity"]
    azure.call("PATCH", path, VERSION, PATCH)
    finish(azure, again)
    finish(azure, azure.put(path, VERSION, INSTALL))
    last = azure.get(path, VERSION).body
    assert last["identity"] == first["identity"]
    assert last["properties"]["aksAssignedIdentity"] == first["properties"]["aksAssignedIdentity"]
    assert (first["properties"]["aksAssignedIdentity"] is None) == (cluster == CLUSTER)


def test_the_oldest_api_version_has_an_install_state(azure: Azure) -> None:
    started = azure.put(extension(azure), "2021-09-01", INSTALL)
    assert started.body["properties"]["installState"] == "Unknown"
    finish(azure, started)
    properties = azure.get(extension(azure), "2021-09-01").body["properties"]
    assert (properties["installState"], properties["version"]) == ("Installed", "1.1.64")
    assert "currentVersion" not in properties


def test_a_look_at_the_resource_counts_as_well(azure: Azure) -> None:
    azure.put(extension(azure), VERSION, INSTALL)
    states = [azure.get(extension(azure), VERSION).body["properties"]["provisioningState"] for _ in range(2)]
    assert states == ["Creating", "Succeeded"]


def test_a_failed_installation_stays_visible(azure: Azure) -> None:
    error = {"code": "ExtensionOperationFailed", "message": "Helm installation failed"}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    ended = install(azure)
    assert (ended.status, ended.body["status"], ended.body["error"]) == (200, "Failed", error)
    properties = azure.get(extension(azure), VERSION).body["properties"]
    assert properties["provisioningState"] == "Failed"
    assert properties["statuses"] == [
        {
            "code": "InstallationFailed",
            "displayStatus": None,
            "level": None,
            "message": "Helm installation failed",
            "time": None,
        }
    ]
    assert azure.get(extension(azure), "2021-09-01").body["properties"]["installState"] == "Failed"


def test_a_patch_merges_settings_and_replaces_protected_ones(azure: Azure) -> None:
    install(azure)
    body = {
        "properties": {
            "configurationSettings": {"installVolcano": "False"},
            "configurationProtectedSettings": {"new": "secret"},
        }
    }
    started = azure.call("PATCH", extension(azure), VERSION, body)
    assert (started.status, started.body["properties"]["provisioningState"]) == (202, "Updating")
    assert finish(azure, started).body["status"] == "Succeeded"
    properties = azure.get(extension(azure), VERSION).body["properties"]
    assert properties["configurationSettings"] == {"enableTraining": "True", "installVolcano": "False"}
    assert properties["configurationProtectedSettings"] == {"new": ""}


def test_a_patch_of_public_settings_keeps_the_protected_ones(azure: Azure) -> None:
    install(azure)
    azure.call("PATCH", extension(azure), VERSION, PATCH)
    held = azure.state()["resources"][extension(azure).lower()]["hidden"]
    assert held["configurationProtectedSettings"] == {"relayServerConnectionString": "Endpoint=sb://secret"}


def test_a_patch_during_an_operation_is_a_conflict(azure: Azure) -> None:
    azure.put(extension(azure), VERSION, INSTALL)
    reply = azure.call("PATCH", extension(azure), VERSION, PATCH)
    assert (reply.status, reply.code) == (409, "ExtensionPatchFailed")
    assert "(ProvisioningState of extension: Creating)" in reply.message


def test_a_put_during_an_operation_fails_by_itself(azure: Azure) -> None:
    first = azure.put(extension(azure), VERSION, INSTALL)
    second = azure.put(extension(azure), VERSION, INSTALL)
    assert second.status == 201
    failed = finish(azure, second).body
    assert (failed["status"], failed["error"]["code"]) == ("Failed", "UpdateFailed")
    assert finish(azure, first).body["status"] == "Succeeded"
    assert azure.get(extension(azure), VERSION).body["properties"]["provisioningState"] == "Succeeded"


def test_a_second_put_starts_again_and_keeps_the_age(azure: Azure) -> None:
    install(azure)
    before = azure.get(extension(azure), VERSION).body["systemData"]["createdAt"]
    again = azure.put(extension(azure), VERSION, INSTALL)
    assert (again.status, again.body["properties"]["provisioningState"]) == (201, "Creating")
    assert again.body["systemData"]["createdAt"] == before


def test_a_second_put_keeps_the_identity(azure: Azure) -> None:
    install(azure)
    before = azure.get(extension(azure), VERSION).body["identity"]
    assert azure.put(extension(azure), VERSION, INSTALL).body["identity"] == before
    managed = azure.group + MANAGED + EXTENSION
    first, second = (azure.put(managed, VERSION, {"properties": INSTALL["properties"]}).body for _ in range(2))
    assert second["properties"]["aksAssignedIdentity"] == first["properties"]["aksAssignedIdentity"]


@pytest.mark.parametrize(
    ("asked", "upgrades"),
    [({}, True), ({"version": "1.1.60"}, False), ({"autoUpgradeMinorVersion": False}, False)],
    ids=["by default", "not with a pinned version, as recorded in 2021", "not if told so"],
)
def test_minor_versions_upgrade_themselves(azure: Azure, asked: dict[str, object], upgrades: bool) -> None:
    body = {"properties": {"extensionType": "microsoft.azureml.kubernetes", **asked}}
    assert azure.put(extension(azure), VERSION, body).body["properties"]["autoUpgradeMinorVersion"] is upgrades


def test_an_empty_set_of_protected_settings_changes_nothing(azure: Azure) -> None:
    install(azure)
    body: dict[str, dict[str, object]] = {"properties": {"configurationProtectedSettings": {}}}
    finish(azure, azure.call("PATCH", extension(azure), VERSION, body))
    held = azure.state()["resources"][extension(azure).lower()]["hidden"]
    assert held["configurationProtectedSettings"] == {"relayServerConnectionString": "Endpoint=sb://secret"}


def test_a_second_extension_for_machine_learning_fails_as_helm_would(azure: Azure) -> None:
    install(azure)
    second = azure.group + CLUSTER + EXTENSION.replace("amlarc-compute", "second")
    ended = finish(azure, azure.put(second, VERSION, INSTALL)).body
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "ExtensionOperationFailed")
    assert (
        "exists and cannot be imported into the current release: invalid ownership metadata"
        in ended["error"]["message"]
    )
    assert 'must equal "second": current value is "amlarc-compute"' in ended["error"]["message"]
    shown = azure.get(second, VERSION).body["properties"]
    assert (shown["provisioningState"], shown["statuses"][0]["code"]) == ("Failed", "InstallationFailed")
    assert azure.get(extension(azure), VERSION).body["properties"]["provisioningState"] == "Succeeded"


def test_an_extension_beside_one_that_failed_is_installed(azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="Failed")
    install(azure)
    second = azure.group + CLUSTER + EXTENSION.replace("amlarc-compute", "second")
    assert finish(azure, azure.put(second, VERSION, INSTALL)).body["status"] == "Succeeded"


def test_extensions_of_other_types_are_installed_beside_each_other(azure: Azure) -> None:
    install(azure)
    body = {"properties": {"extensionType": "microsoft.dapr"}}
    other = azure.group + CLUSTER + EXTENSION.replace("amlarc-compute", "dapr")
    assert finish(azure, azure.put(other, VERSION, body)).body["status"] == "Succeeded"


def test_a_deletion_has_no_location_and_is_the_same_when_repeated(azure: Azure) -> None:
    install(azure)
    started = azure.call("DELETE", extension(azure), VERSION, forceDelete="false")
    assert (started.status, started.body, "location" in started.headers) == (202, None, False)
    again = azure.call("DELETE", extension(azure), VERSION)
    assert again.headers["azure-asyncoperation"] == started.headers["azure-asyncoperation"]
    assert azure.poll(started.headers["azure-asyncoperation"]).body["status"] == "Deleting"
    assert finish(azure, started).body["status"] == "Succeeded"
    gone = azure.get(extension(azure), VERSION)
    assert (gone.status, gone.message) == (404, "Extension instance with name 'amlarc-compute' not found.")
    assert (gone.body["error"]["additionalInfo"], "x-ms-failure-cause" in gone.headers) == ([], False)
    assert azure.call("DELETE", extension(azure), VERSION).status == 204


def test_a_forced_deletion_is_done_at_once_whatever_runs(azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="never")
    azure.put(extension(azure), VERSION, INSTALL)
    reply = azure.call("DELETE", extension(azure), VERSION, forceDelete="true")
    assert (reply.status, azure.get(extension(azure), VERSION).status) == (200, 404)


def test_an_extension_of_a_managed_cluster_has_the_clusters_identity(azure: Azure) -> None:
    body = {"properties": INSTALL["properties"]}
    started = azure.put(azure.group + MANAGED + EXTENSION, VERSION, body)
    assert "/ManagedClusters/aks-cluster/" in started.headers["azure-asyncoperation"]
    assert set(started.body["properties"]["aksAssignedIdentity"]) == {"principalId", "tenantId", "type"}


@pytest.mark.parametrize("ending", ["Canceled", "Failed"])
def test_a_deletion_that_fails_leaves_the_extension(azure: Azure, ending: str) -> None:
    install(azure)
    azure.fault(method="DELETE", path="/extensions/", operation=ending)
    started = azure.call("DELETE", extension(azure), VERSION)
    assert finish(azure, started).body["status"] == ending
    assert azure.get(extension(azure), VERSION).body["properties"]["provisioningState"] == ending
