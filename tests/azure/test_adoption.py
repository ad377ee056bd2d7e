"""What exists keeps what was not given, whoever installed it, and under whatever name."""

from collections.abc import Mapping
from typing import Any

import pytest

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.converge import converge
from azext_amlarc.azure.extension.delete import find_to_delete
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.azure.extension.lookup import show
from azext_amlarc.errors import NotFound, Refused
from azext_amlarc.resources.extension import Wanted, lost, protected_to_send
from azext_amlarc.resources.installed import Extension
from tests.support.azure import Azure
from tests.support.connecting import Diary, cluster, connect

VERSION = "2023-05-01"
TYPE = "Microsoft.AzureML.Kubernetes"


def extension_id(azure: Azure, name: str) -> str:
    return f"{cluster(azure).id}/providers/Microsoft.KubernetesConfiguration/extensions/{name}"


def put(azure: Azure, name: str = "theirs", **properties: Any) -> None:
    """A bare PUT, as Terraform or the portal would send it."""
    body = {
        "identity": {"type": "SystemAssigned"},
        "properties": {"extensionType": TYPE, "releaseTrain": "stable", "autoUpgradeMinorVersion": True, **properties},
    }
    assert azure.put(extension_id(azure, name), VERSION, body).status in (200, 201)


def create(
    azure: Azure, arm: AzureClient, wanted: Wanted, name: str | None = None, diary: Diary | None = None
) -> Extension:
    diary = diary or Diary()
    change = Installation(arm, cluster(azure), name, wanted, diary)
    return converge(change, change.read(), diary, 60).wait(diary, 60)


def sent(azure: Azure) -> dict[str, Any]:
    """The body of the last PUT of an extension."""
    writes = [item for item in azure.traffic() if item["method"] == "PUT" and "/extensions/" in item["url"]]
    body: dict[str, Any] = writes[-1]["requestBody"]
    return body


def no_relay(**settings: str) -> Mapping[str, str]:
    return {"relayserver.enabled": "false", **settings}


def test_an_extension_under_another_name_is_taken_up_without_a_name(azure: Azure) -> None:
    put(azure, configurationSettings={"enableTraining": "True", "relayserver.enabled": "false"})
    with connect(azure) as arm:
        found = create(azure, arm, Wanted({"installVolcano": "False"}))
        assert (found.name, show(arm, cluster(azure).id, None).name) == ("theirs", "theirs")
    assert sent(azure)["properties"]["configurationSettings"]["installVolcano"] == "False"


@pytest.mark.parametrize("finding", [find_to_delete, show])
def test_an_extension_under_another_name_is_named(azure: Azure, finding: Any) -> None:
    put(azure)
    with connect(azure) as arm, pytest.raises(Refused, match="it has this extension as 'theirs'"):
        finding(arm, cluster(azure).id, "amlarc-compute")


def test_a_second_extension_is_never_created(azure: Azure) -> None:
    put(azure)
    before = len(azure.traffic())
    with connect(azure) as arm, pytest.raises(Refused, match="it has this extension as 'theirs'"):
        create(azure, arm, Wanted(no_relay(enableTraining="True")), "mine")
    assert {item["method"] for item in azure.traffic()[before:]} == {"GET"}


def test_an_extension_of_another_type_is_not_deleted(azure: Azure) -> None:
    put(azure, "flux", extensionType="microsoft.flux")
    with connect(azure) as arm, pytest.raises(Refused, match=r"is an extension of type microsoft\.flux"):
        find_to_delete(arm, cluster(azure).id, "flux")


def test_nothing_is_found_where_there_is_nothing(azure: Azure) -> None:
    with connect(azure) as arm:
        assert find_to_delete(arm, cluster(azure).id, None) is None
        with pytest.raises(NotFound, match="has no Azure Machine Learning extension"):
            show(arm, cluster(azure).id, None)


def test_what_was_not_given_stays(azure: Azure) -> None:
    settings = {"enableTraining": "True", "enableInference": "True", "nodeSelector.pool": "gpu", **no_relay()}
    put(azure, releaseTrain="preview", configurationSettings=settings)
    with connect(azure) as arm:
        create(azure, arm, Wanted({"enableTraining": "True"}))
    properties = sent(azure)["properties"]
    assert properties["releaseTrain"] == "preview"
    assert settings.items() <= properties["configurationSettings"].items()


def test_a_pinned_version_stays_pinned(azure: Azure) -> None:
    put(azure, version="1.1.60", autoUpgradeMinorVersion=False, configurationSettings=dict(no_relay()))
    with connect(azure) as arm:
        create(azure, arm, Wanted({"enableTraining": "True"}))
        properties = sent(azure)["properties"]
        assert (properties["version"], properties["autoUpgradeMinorVersion"]) == ("1.1.60", False)
        diary = Diary()
        create(azure, arm, Wanted({}, auto_upgrade_minor_version=True), diary=diary)
    assert "version" not in sent(azure)["properties"]
    assert "Will change autoUpgradeMinorVersion: False -> True" in diary.told


def test_turning_automatic_upgrades_off_is_a_change(azure: Azure) -> None:
    with connect(azure) as arm:
        create(azure, arm, Wanted(no_relay(enableTraining="True")))
        diary = Diary()
        create(azure, arm, Wanted({}, auto_upgrade_minor_version=False), diary=diary)
    assert diary.told == ["Will change autoUpgradeMinorVersion: True -> False"]
    assert sent(azure)["properties"]["autoUpgradeMinorVersion"] is False


def test_a_version_that_moves_is_a_change(azure: Azure) -> None:
    with connect(azure) as arm:
        create(azure, arm, Wanted(no_relay(enableTraining="True")))
        diary = Diary()
        create(azure, arm, Wanted({}, version="1.1.39", auto_upgrade_minor_version=False), diary=diary)
    assert any(line.startswith("Will change version: ") and line.endswith("-> 1.1.39") for line in diary.told)


def test_true_and_True_are_one_value_and_ids_compare_without_case(azure: Azure) -> None:
    with connect(azure) as arm:
        found = create(azure, arm, Wanted(no_relay(enableTraining="True")))
        theirs = {
            key: value.lower() if value in ("True", "False") or value.startswith("/subscriptions/") else value
            for key, value in found.configuration_settings.items()
        }
        put(azure, found.name, configurationSettings=theirs)
        azure.get(extension_id(azure, found.name), VERSION)  # its operation ends with the first look
        diary = Diary()
        create(azure, arm, Wanted({"enableTraining": "True"}), diary=diary)
    assert diary.told == ["No changes: already up to date."]


def test_another_certificate_is_sent_though_its_name_is_the_same(azure: Azure) -> None:
    pair = {"scoringFe.sslCert": "b2xk", "scoringFe.sslKey": "b2xk"}
    with connect(azure) as arm:
        create(azure, arm, Wanted(no_relay(enableTraining="True"), pair))
        diary = Diary()
        renewed = dict.fromkeys(pair, "bmV3")
        create(azure, arm, Wanted({}, renewed), diary=diary)
    assert diary.told == [
        "Will change scoringFe.sslCert: (protected) -> (protected; values cannot be compared)",
        "Will change scoringFe.sslKey: (protected) -> (protected; values cannot be compared)",
    ]
    assert "bmV3" not in " ".join(diary.told)


def test_protected_settings_that_would_be_lost_are_told(azure: Azure) -> None:
    theirs = {"sslCertPemFile": "/tmp/cert.pem", "scoringFe.sslKey": "eA==", "own": "x"}
    put(azure, configurationSettings=dict(no_relay()), configurationProtectedSettings=theirs)
    with connect(azure) as arm:
        wanted = Wanted({"enableTraining": "True"})
        change = Installation(arm, cluster(azure), None, wanted, Diary())
        existing = show(arm, cluster(azure).id, None)
        assert lost(existing, protected_to_send(change.resolved(existing), wanted)) == ["own", "scoringFe.sslKey"]


def test_what_a_bare_installation_lacks_is_healed(azure: Azure) -> None:
    put(azure, configurationSettings={"enableTraining": "True"})
    with connect(azure) as arm:
        diary = Diary()
        create(azure, arm, Wanted({"enableTraining": "True"}), diary=diary)
    assert any(line.startswith("Will change clusterId: (not set) -> /subscriptions/") for line in diary.told)
    assert "Will change relayserver.relayConnectionString: (not set) -> (protected)" in diary.told
    assert "relayserver.relayConnectionString" in sent(azure)["properties"]["configurationProtectedSettings"]


def test_a_relay_of_the_users_own_stays(azure: Azure) -> None:
    own = "/subscriptions/x/resourceGroups/y/providers/Microsoft.Relay/namespaces/own/hybridConnections/one"
    put(
        azure,
        configurationSettings={"relayserver.enabled": "true", "relayserver.hybridConnectionResourceID": own},
        configurationProtectedSettings={"relayServerConnectionString": "Endpoint=sb://own"},
    )
    with connect(azure) as arm:
        create(azure, arm, Wanted({"enableTraining": "True"}))
    settings = sent(azure)["properties"]["configurationSettings"]
    assert settings["relayserver.hybridConnectionResourceID"] == own
    assert not [item for item in azure.traffic() if item["method"] == "PUT" and "/Microsoft.Relay/" in item["url"]]


def test_a_connection_string_that_may_not_be_read_is_one_that_would_be_lost(azure: Azure) -> None:
    own = f"{azure.group}/providers/Microsoft.Relay/namespaces/own-relay/hybridConnections/one"
    put(
        azure,
        configurationSettings={"relayserver.enabled": "true", "relayserver.hybridConnectionResourceID": own},
        configurationProtectedSettings={"relayServerConnectionString": "Endpoint=sb://own"},
    )
    azure.allow("*", but=["Microsoft.Relay/namespaces/hybridConnections/authorizationRules/listKeys/action"])
    with connect(azure) as arm:
        change = Installation(arm, cluster(azure), None, Wanted({"enableTraining": "True"}), Diary())
        assert change.kept(show(arm, cluster(azure).id, None)) == {}


def test_a_difference_shows_what_is_sent(azure: Azure) -> None:
    put(azure, configurationSettings={"cluster_name": "ignored", "enableTraining": "true"})
    with connect(azure) as arm:
        diary = Diary()
        create(azure, arm, Wanted({"enableTraining": "True"}), diary=diary)
    assert f"Will change cluster_name: ignored -> {cluster(azure).id}" in diary.told
    assert "Will change relayserver.enabled: (not set) -> true" in diary.told
    assert not [line for line in diary.told if "enableTraining" in line]
