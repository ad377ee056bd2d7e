"""Relay, Service Bus and Log Analytics together: made at the same time, healed, read again, taken away."""

import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, main_thread
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.parallel import at_once
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.supporting import ensure, read_secrets
from azext_amlarc.azure.supporting.purging import owned as find_owned
from azext_amlarc.azure.supporting.purging import purge
from azext_amlarc.resources.supporting.plan import plan
from tests.support import connecting as things
from tests.support.azure import Azure, running
from tests.support.connecting import (
    ALL,
    BUS,
    BUS_NAMESPACE,
    LOGS,
    LOGS_WORKSPACE,
    RELAY,
    RELAY_NAMESPACE,
    WORKSPACE,
    Diary,
    bodies,
    cluster,
    connect,
    connect_cluster,
    make,
)

BUS_END = f"Microsoft.ServiceBus/namespaces/{BUS_NAMESPACE}"
LOGS_END = f"Microsoft.OperationalInsights/workspaces/{LOGS_WORKSPACE}"
ROOT = "authorizationRules/RootManageSharedAccessKey"
OURS = {"created_by": "Azure Arc-enabled ML", "created_for": "connectedClusters/amlarc-cluster"}
PROVIDERS = {"relay": "Microsoft.Relay", "bus": "Microsoft.ServiceBus", "logs": "Microsoft.OperationalInsights"}
KINDS = ["Log Analytics workspace", "Relay namespace", "Service Bus namespace"]
WANTED = {"relay": RELAY, "bus": BUS, "logs": LOGS}


class Impatient(Diary):
    """A watcher whose user presses Ctrl-C at the first state that he sees."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed = Event()

    def seen(self, state: str, elapsed: float) -> None:
        if not self.pressed.is_set():
            self.pressed.set()
            signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)


def owned(azure: Azure, name: str = "amlarc-cluster", rg: str = "amlarc-rg", **settings: str) -> list[str]:
    with connect(azure) as arm:
        found = find_owned(arm, cluster(azure, name, rg).id, settings)
    return [str(item) for item in found]


def delete_all(azure: Azure, name: str = "amlarc-cluster", rg: str = "amlarc-rg") -> list[str]:
    diary = Diary()
    with connect(azure) as arm:
        purge(arm, find_owned(arm, cluster(azure, name, rg).id, {}), diary)
    return sorted(diary.told)


def test_a_service_bus_is_made_with_the_names_and_bodies_of_the_peers(azure: Azure) -> None:
    made = make(azure, BUS)
    topic = {"properties": {"maxSizeInMegabytes": 5120, "defaultMessageTimeToLive": "P60D"}}
    subscription = {"properties": {"lockDuration": "PT30S", "maxDeliveryCount": 1, "defaultMessageTimeToLive": "P14D"}}
    assert bodies(azure) == {
        BUS_END: {"location": "eastus", "sku": {"name": "Standard"}, "tags": OURS},
        f"{BUS_END}/{things.COMPUTE_TOPIC}": topic,
        f"{BUS_END}/{things.COMPUTE_SUBSCRIPTION}": subscription,
        f"{BUS_END}/{things.JOB_TOPIC}": topic,
        f"{BUS_END}/{things.JOB_SUBSCRIPTION}": subscription,
    }
    assert made.settings == {
        "servicebus.resourceID": azure.group + things.NAMESPACE,
        "servicebus.topicSubMapping.computestate-updatedby-computeprovider": "compute-scheduler-computestate",
        "servicebus.topicSubMapping.jobstate-updatedby-computeprovider": "compute-scheduler-jobstate",
    }
    secret = things.keys(azure, f"{things.NAMESPACE}/{ROOT}", "listKeys")["primaryConnectionString"]
    assert made.protected == {"serviceBusConnectionString": secret, "servicebus.connectionString": secret}


def test_a_whole_service_bus_is_read_in_four_requests(azure: Azure) -> None:
    before = make(azure, BUS)
    seen = len(azure.traffic())
    assert make(azure, BUS) == before
    assert things.requests(azure)[seen:] == [
        f"GET {BUS_END}",
        f"GET {BUS_END}/{things.COMPUTE_SUBSCRIPTION}",
        f"GET {BUS_END}/{things.JOB_SUBSCRIPTION}",
        f"POST {BUS_END}/{ROOT}/listKeys",
    ]


@pytest.mark.parametrize(
    ("lost", "written"),
    [
        (things.JOB_TOPIC, [things.JOB_TOPIC, things.JOB_SUBSCRIPTION]),
        (things.COMPUTE_SUBSCRIPTION, [things.COMPUTE_SUBSCRIPTION]),
        (ROOT, ["authorizationRules/azureml_rw"]),
    ],
    ids=["topic", "subscription", "rule"],
)
def test_a_lost_part_of_a_service_bus_is_made_again(azure: Azure, lost: str, written: list[str]) -> None:
    make(azure, BUS)
    azure.call("DELETE", f"{azure.group}{things.NAMESPACE}/{lost}", "2021-11-01")
    seen = len(azure.traffic())
    assert make(azure, BUS).protected == make(azure, BUS).protected
    made = [line for line in things.requests(azure)[seen:] if line.startswith("PUT")]
    assert made == [f"PUT {BUS_END}/{end}" for end in written]


def test_a_workspace_is_made_and_its_shared_key_is_the_connection_string(azure: Azure) -> None:
    made = make(azure, LOGS)
    assert things.requests(azure) == [
        f"GET {LOGS_END}",
        f"PUT {LOGS_END}",
        f"POST {LOGS_END}/sharedKeys",
        f"GET {LOGS_END}",
    ]
    assert bodies(azure) == {LOGS_END: {"location": "eastus", "tags": OURS}}
    known = azure.get(azure.group + WORKSPACE, "2020-08-01").body["properties"]
    assert (known["provisioningState"], made.settings) == (
        "Succeeded",
        {"azure_log_analytics.enabled": "True", "azure_log_analytics.customer_id": known["customerId"]},
    )
    key = things.keys(azure, WORKSPACE, "sharedKeys", "2020-08-01")["primarySharedKey"]
    assert made.protected == {"azure_log_analytics.connection_string": key}
    assert make(azure, LOGS) == made


def test_nobody_waits_for_a_slow_one(azure: Azure) -> None:
    azure.fault(method="PUT", path="/Microsoft.Relay/namespaces/[^/]+$", delayMs=1000)
    made = make(azure, ALL)
    providers = [things.path_of(item).split("/")[6] for item in azure.traffic()]
    assert providers[-7:] == [
        *["Microsoft.Relay"] * 4,
        "Microsoft.Relay",
        "Microsoft.ServiceBus",
        "Microsoft.OperationalInsights",
    ]
    assert len(providers) == 17
    assert (len(made.settings), len(made.protected)) == (7, 5)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where the tests run as a shell's background job, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_is_heard_by_all_and_names_what_was_written(tmp_path: Path) -> None:
    with running(tmp_path, "--polls", "1000", "--strict-namespaces") as azure, connect(azure) as arm:
        with pytest.raises(KeyboardInterrupt):
            ensure(arm, plan(cluster(azure), ALL), Impatient())
        asked = len(azure.traffic())
        assert {line.partition(" /")[0] for line in arm.writes.lines} <= {*KINDS}
        assert arm.writes.lines
        assert len(azure.traffic()) == asked


class Interrupted(dict[str, Any]):
    """Works of which the first is handed out when Ctrl-C is pressed."""

    def items(self) -> Any:
        yield from list(super().items())[:1]
        raise KeyboardInterrupt


def test_an_interruption_is_heard_while_work_is_still_being_handed_out(azure: Azure) -> None:
    def rest_for_long(_: AzureClient, watcher: Watcher) -> None:
        watcher.rest(1000)

    with connect(azure) as arm, pytest.raises(KeyboardInterrupt):
        at_once(arm, Diary(), Interrupted(one=rest_for_long, other=rest_for_long))


def test_what_is_not_asked_for_is_not_made(azure: Azure) -> None:
    made = make(azure, {"relayserver.enabled": "false", "servicebus.enabled": "no", "logAnalyticsWS": "False"})
    assert (made.settings, made.protected, things.requests(azure)) == ({}, {}, [])


def test_a_service_bus_of_the_user_s_own_is_left_alone(azure: Azure) -> None:
    made = make(azure, {**BUS, "servicebus.resourceID": f"{azure.group}{things.NAMESPACE}"})
    assert (made.settings, things.requests(azure)) == ({}, [])


def test_planning_again_with_what_is_installed_changes_nothing(azure: Azure) -> None:
    made = make(azure, ALL)
    assert plan(cluster(azure), ALL, made.settings).settings == made.settings


@pytest.mark.parametrize("kind", WANTED)
def test_whatever_a_killed_command_leaves_is_healed_by_the_next(azure: Azure, kind: str) -> None:
    make(azure, WANTED[kind])
    whole, requests = things.supporting_resources(azure), len(azure.traffic())
    assert requests >= 4
    for done in range(requests):
        azure.reset()
        azure.fault(path=f"/{PROVIDERS[kind]}/", skip=done, status=403)
        with pytest.raises(HttpResponseError):
            make(azure, WANTED[kind])
        left = things.supporting_resources(azure)
        assert left <= whole
        made = make(azure, WANTED[kind])
        assert things.supporting_resources(azure) == whole, f"killed after {done} requests, with {left}"
        assert make(azure, WANTED[kind]) == made


def test_a_failure_lets_the_others_finish_and_names_what_was_written(azure: Azure) -> None:
    azure.fault(method="PUT", path="/topics/", status=403)
    with connect(azure) as arm:
        with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
            ensure(arm, plan(cluster(azure), ALL), Diary())
        assert sorted(line.partition(" /")[0] for line in arm.writes.lines) == KINDS
    assert {
        f"{azure.group}{things.CONNECTION}/authorizationRules/azureml_rw".lower(),
        f"{azure.group}{WORKSPACE}".lower(),
    } <= things.supporting_resources(azure)


def test_every_failure_is_told(azure: Azure) -> None:
    azure.fault(method="PUT", path="/Microsoft.Relay/", status=403)
    azure.fault(method="PUT", path="/Microsoft.ServiceBus/", status=409)
    with connect(azure) as arm, pytest.raises(HttpResponseError, match="AuthorizationFailed") as failure:
        ensure(arm, plan(cluster(azure), ALL), Diary())
    assert [note.partition(" Another operation")[0] for note in failure.value.__notes__] == [
        "Service Bus namespace: (Conflict)"
    ]


@pytest.mark.parametrize(
    ("kind", "setting", "theirs", "ours"),
    [
        ("bus", "servicebus.resourceID", "/mc00000000000000000000000000000001rgservicebus", "/arcmc"),
        ("logs", "", "/mc00000000000000000000000000000001rg", "/arcmc"),
    ],
)
@pytest.mark.parametrize("made_by_peers", [False, True])
def test_another_cluster_s_resource_is_left_to_it(
    azure: Azure, kind: str, setting: str, theirs: str, ours: str, made_by_peers: bool
) -> None:
    things.make_group(azure, "rg")
    one, other = connect_cluster(azure, "m-c", "rg"), connect_cluster(azure, "mc", "rg")
    first = make(azure, WANTED[kind], one)
    if made_by_peers:
        forget_owner(azure, kind, theirs)
    second = make(azure, WANTED[kind], other)
    assert second.protected != first.protected
    tops = {id_ for id_ in things.supporting_resources(azure) if id_.count("/") == 8}
    assert sorted(id_.partition("/rg/providers/")[2].rpartition("/")[2][:5] for id_ in tops) == ["arcmc", "mc000"]
    if setting:
        assert theirs in first.settings[setting]
        assert ours in second.settings[setting]
    assert make(azure, WANTED[kind], one, first.settings) == first


def forget_owner(azure: Azure, kind: str, end: str) -> None:
    """As if `az k8s-extension` had made it."""
    path = f"/resourceGroups/rg/providers/{PROVIDERS[kind]}/{'namespaces' if kind == 'bus' else 'workspaces'}{end}"
    version = "2021-11-01" if kind == "bus" else "2020-08-01"
    url = f"/subscriptions/{azure.subscription_id}{path}"
    assert azure.call("PATCH", url, version, {"tags": things.TAG}).status == 200


def test_a_resource_that_the_peers_made_is_taken_up(azure: Azure) -> None:
    first = make(azure, LOGS)
    azure.call("PATCH", azure.group + WORKSPACE, "2020-08-01", {"tags": things.TAG})
    assert make(azure, LOGS) == first
    assert make(azure, LOGS, installed=first.settings) == first


def test_the_secrets_of_an_installed_extension_are_read_again(azure: Azure) -> None:
    made = make(azure, ALL)
    settings = {**ALL, **made.settings, "clusterId": str(cluster(azure).id)}
    with connect(azure) as arm:
        assert read_secrets(arm, settings) == made.protected
        assert arm.writes.lines == []


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"relayserver.enabled": "true", "clusterId": "nonsense"},
        {"clusterId": "{group}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster", **ALL},
        {"relayserver.hybridConnectionResourceID": "{group}" + things.CONNECTION},
        {"servicebus.enabled": "True", "servicebus.resourceID": "{group}/providers/Microsoft.ServiceBus/namespaces/n"},
    ],
)
def test_secrets_that_cannot_be_found_are_left_out(azure: Azure, settings: Mapping[str, str]) -> None:
    with connect(azure) as arm:
        assert read_secrets(arm, {key: value.format(group=azure.group) for key, value in settings.items()}) == {}


def test_the_key_of_a_workspace_with_another_customer_id_is_not_taken(azure: Azure) -> None:
    make(azure, LOGS)
    settings = {**LOGS, "clusterId": str(cluster(azure).id), "azure_log_analytics.customer_id": "another"}
    with connect(azure) as arm:
        assert read_secrets(arm, settings) == {}


def test_a_purge_deletes_what_was_made_for_the_cluster_and_waits(azure: Azure) -> None:
    make(azure, ALL)
    assert sorted(owned(azure)) == [
        f"Log Analytics workspace {azure.group}{WORKSPACE}",
        f"Relay namespace {azure.group}/providers/Microsoft.Relay/namespaces/{RELAY_NAMESPACE}",
        f"Service Bus namespace {azure.group}{things.NAMESPACE}",
    ]
    assert [line.partition(" /")[0] for line in delete_all(azure)] == [f"Deleting the {kind}" for kind in KINDS]
    assert things.supporting_resources(azure) == set()
    assert owned(azure) == []


def test_what_does_not_carry_the_tag_is_never_deleted(azure: Azure) -> None:
    make(azure, ALL)
    relay = f"/providers/Microsoft.Relay/namespaces/{RELAY_NAMESPACE}"
    for path, version in ((relay, "2021-11-01"), (things.NAMESPACE, "2021-11-01"), (WORKSPACE, "2020-08-01")):
        assert azure.call("PATCH", azure.group + path, version, {"tags": {"team": "vision"}}).status == 200
    assert owned(azure) == []


def test_of_a_shared_relay_only_our_hybrid_connection_is_deleted(azure: Azure) -> None:
    made = make(azure, RELAY)
    namespace = made.settings["relayserver.hybridConnectionResourceID"].rpartition("/hybridConnections/")[0]
    azure.put(f"{namespace}/hybridConnections/edge-cluster", "2021-11-01", {"properties": {}})
    assert owned(azure) == [f"hybrid connection {azure.group}{things.CONNECTION}"]
    delete_all(azure)
    left = {id_.rpartition("/")[2] for id_ in things.supporting_resources(azure) if "/hybridconnections/" in id_}
    assert left == {"edge-cluster"}
    assert owned(azure) == []


def test_another_cluster_s_resources_are_not_deleted(azure: Azure) -> None:
    things.make_group(azure, "rg")
    one, other = connect_cluster(azure, "m-c", "rg"), connect_cluster(azure, "mc", "rg")
    make(azure, ALL, one)
    theirs = things.supporting_resources(azure)
    assert owned(azure, "mc", "rg") == []
    make(azure, ALL, other)
    assert len(delete_all(azure, "mc", "rg")) == 3
    assert things.supporting_resources(azure) == theirs


def test_a_relay_under_another_name_is_found_by_the_extension_s_settings(azure: Azure) -> None:
    theirs = f"{azure.group}/providers/Microsoft.Relay/namespaces/byhand/hybridconnections/amlarc-cluster"
    make(azure, RELAY, installed={"relayserver.hybridConnectionResourceID": theirs})
    assert owned(azure) == []
    assert owned(azure, **{"relayserver.hybridConnectionResourceID": theirs}) == [
        f"Relay namespace {azure.group}/providers/Microsoft.Relay/namespaces/byhand"
    ]


def test_a_deletion_that_azure_gives_up_is_an_error(azure: Azure) -> None:
    make(azure, RELAY)
    azure.fault(method="DELETE", path=f"{RELAY_NAMESPACE}$", operation="Failed")
    with pytest.raises(Exception, match=r"Relay namespace .* was not deleted"):
        delete_all(azure)


def test_resets_during_any_write_leave_one_of_each(azure: Azure) -> None:
    make(azure, ALL)
    whole = things.supporting_resources(azure)
    writes = [things.path_of(item) for item in azure.traffic() if item["method"] == "PUT"]
    for number, path in enumerate(writes):
        azure.reset()
        azure.fault(method="PUT", path=f"{path}$", reset=("before", "after")[number % 2])
        make(azure, ALL)
        assert things.supporting_resources(azure) == whole
