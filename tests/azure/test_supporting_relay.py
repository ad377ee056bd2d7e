"""The Relay that a connected cluster talks through."""

import pytest

from azext_amlarc.azure.supporting import ensure
from azext_amlarc.resources.supporting.plan import plan
from tests.support import connecting as things
from tests.support.azure import Azure, running
from tests.support.connecting import CONNECTION, RELAY, RELAY_NAMESPACE, bodies, cluster, connect_cluster, make

NAMESPACE = f"Microsoft.Relay/namespaces/{RELAY_NAMESPACE}"
CONNECTION_END = f"{NAMESPACE}/hybridConnections/amlarc-cluster"
RULE = f"{CONNECTION_END}/authorizationRules/azureml_rw"


def id_setting(azure: Azure) -> str:
    return azure.group + CONNECTION


def test_it_is_made_with_the_names_and_bodies_of_the_peers(azure: Azure) -> None:
    make(azure, RELAY)
    assert things.requests(azure) == [
        f"PUT {NAMESPACE}",
        f"PUT {CONNECTION_END}",
        f"PUT {RULE}",
        f"POST {RULE}/listKeys",
        f"GET {NAMESPACE}",
    ]
    assert bodies(azure) == {
        NAMESPACE: {"location": "eastus", "tags": {"created_by": "Azure Arc-enabled ML"}},
        CONNECTION_END: {"properties": {"requiresClientAuthorization": True}},
        RULE: {"properties": {"rights": ["Manage", "Send", "Listen"]}},
    }


def test_its_settings_name_it_and_its_key_is_the_rule_s(azure: Azure) -> None:
    made = make(azure, RELAY)
    assert made.settings == {
        "relayserver.hybridConnectionResourceID": azure.group + CONNECTION,
        "relayserver.hybridConnectionName": "amlarc-cluster",
    }
    keys = things.keys(azure, f"{CONNECTION}/authorizationRules/azureml_rw", "listKeys")
    assert made.protected == {
        "relayServerConnectionString": keys["primaryConnectionString"],
        "relayserver.relayConnectionString": keys["primaryConnectionString"],
    }
    assert keys["primaryKey"] not in repr(made)


def test_what_is_there_is_read_in_two_requests_and_keeps_its_keys(azure: Azure) -> None:
    before = make(azure, RELAY)
    seen = len(azure.traffic())
    assert make(azure, RELAY, installed=before.settings) == before
    assert things.requests(azure)[seen:] == [f"GET {NAMESPACE}", f"POST {RULE}/listKeys"]


def test_one_that_was_left_behind_is_taken_over_in_two_requests_and_keeps_its_keys(azure: Azure) -> None:
    before = make(azure, RELAY)
    seen = len(azure.traffic())
    assert make(azure, RELAY) == before
    assert things.requests(azure)[seen:] == [f"PUT {NAMESPACE}", f"POST {RULE}/listKeys"]


@pytest.mark.parametrize(
    ("lost", "written"),
    [
        (NAMESPACE, [NAMESPACE, CONNECTION_END, RULE]),
        (CONNECTION_END, [CONNECTION_END, RULE]),
        (RULE, [RULE]),
    ],
    ids=["namespace", "connection", "rule"],
)
def test_a_part_that_is_lost_is_made_again(azure: Azure, lost: str, written: list[str]) -> None:
    make(azure, RELAY)
    whole = things.supporting_resources(azure)
    gone = azure.call("DELETE", f"{azure.group}/providers/{lost}", "2021-11-01")
    if gone.status == 202:
        azure.poll(gone.headers["location"])
    seen = len(azure.traffic())
    make(azure, RELAY, installed={"enableTraining": "True"})
    assert [line.removeprefix("PUT ") for line in things.requests(azure)[seen:] if line.startswith("PUT")] == written
    assert things.supporting_resources(azure) == whole


def test_another_cluster_s_namespace_is_left_to_it(azure: Azure) -> None:
    things.make_group(azure, "rg")
    one, other = connect_cluster(azure, "my-cluster", "rg"), connect_cluster(azure, "mycluster", "rg")
    first, second = make(azure, RELAY, one), make(azure, RELAY, other)
    end = "/resourceGroups/rg/providers/Microsoft.Relay/namespaces/"
    assert first.settings["relayserver.hybridConnectionResourceID"].endswith(
        f"{end}mycluster{things.LETTERS}rgrelay/hybridConnections/my-cluster"
    )
    assert second.settings["relayserver.hybridConnectionResourceID"].endswith(
        f"{end}arcmycluster717e39559074722f/hybridConnections/mycluster"
    )
    assert make(azure, RELAY, other) == second
    assert make(azure, RELAY, one) == first


def test_a_name_that_would_start_with_a_digit_is_ours(azure: Azure) -> None:
    made = make(azure, RELAY, cluster(azure, "3com"))
    assert made.settings["relayserver.hybridConnectionResourceID"].endswith(
        "/Microsoft.Relay/namespaces/arc3coma10bc9966f7ac476/hybridConnections/3com"
    )


def test_a_name_that_somebody_else_in_azure_has_is_ours_instead(azure: Azure) -> None:
    took_effect = {"error": {"code": "BadRequest", "message": "The specified name is not available. CorrelationId: 1"}}
    azure.fault(method="PUT", path=f"{RELAY_NAMESPACE}$", status=400, body=took_effect)
    with things.connect(azure) as arm:
        made = ensure(arm, plan(cluster(azure), RELAY), things.Diary())
        assert [line.rpartition("/")[2] for line in arm.writes.lines] == ["arcamlarccluster58b11a7ca1baef50"]
    assert "/arcamlarccluster" in made.settings["relayserver.hybridConnectionResourceID"]


def test_one_that_is_being_deleted_is_made_anew_when_it_is_gone(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("slow"), "--polls", "2") as azure:
        make(azure, RELAY)
        azure.call("DELETE", f"{azure.group}/providers/{NAMESPACE}", "2021-11-01")
        seen = len(azure.traffic())
        make(azure, RELAY)
        made = things.requests(azure)[seen:]
        assert things.supporting_resources(azure) >= {id_setting(azure).lower()}
    assert [line for line in made if line.startswith("PUT")] == [
        f"PUT {NAMESPACE}",  # while it is going
        f"PUT {NAMESPACE}",
        f"PUT {CONNECTION_END}",
        f"PUT {RULE}",
    ]


def test_a_relay_of_the_user_s_own_is_neither_made_nor_read(azure: Azure) -> None:
    own = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Relay/namespaces/n/hybridConnections/hc"
    made = make(azure, {**RELAY, "relayserver.hybridConnectionResourceID": own})
    assert things.requests(azure) == []
    assert made.settings == {
        "relayserver.hybridConnectionResourceID": own,
        "relayserver.hybridConnectionName": "hc",
    }
    assert made.protected == {}


def test_the_one_that_the_installed_extension_has_is_kept_in_its_spelling(azure: Azure) -> None:
    theirs = f"{azure.group}/providers/Microsoft.Relay/namespaces/byhand/hybridconnections/amlarc-cluster"
    installed = {"relayserver.hybridConnectionResourceID": theirs}
    made = make(azure, RELAY, installed=installed)
    assert made.settings == {**installed, "relayserver.hybridConnectionName": "amlarc-cluster"}
    assert "/byhand/hybridconnections/amlarc-cluster" in "".join(things.requests(azure))


def test_another_cluster_s_connection_among_the_installed_settings_is_not_taken_over(azure: Azure) -> None:
    lent = f"{azure.group}/providers/Microsoft.Relay/namespaces/byhand/hybridConnections/edge-cluster"
    found = plan(cluster(azure), RELAY, {"relayserver.hybridConnectionResourceID": lent})
    assert found.settings["relayserver.hybridConnectionResourceID"] == id_setting(azure)


@pytest.mark.parametrize("effect", [{"reset": "before"}, {"reset": "after"}, {"truncate": True}, {"status": 429}])
def test_reading_the_keys_is_tried_again(azure: Azure, effect: dict[str, object]) -> None:
    azure.fault(method="POST", path="/listKeys", **effect)
    assert set(make(azure, RELAY).protected) == {"relayServerConnectionString", "relayserver.relayConnectionString"}
