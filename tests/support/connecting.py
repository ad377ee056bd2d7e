"""What the tests of supporting resources share: a connection without az, clusters, and looks at a local Azure."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken

from azext_amlarc.azure.connection.client import AzureClient, Cloud
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.converge import Change, Provisioned, converge
from azext_amlarc.azure.supporting import Provision, ensure, finish
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.supporting.plan import plan
from tests.support.azure import Azure

T = TypeVar("T", bound=Provisioned)

RELAY = {"relayserver.enabled": "true"}
BUS = {"servicebus.enabled": "true"}
LOGS = {"logAnalyticsWS": "True"}
ALL = {**RELAY, **BUS, **LOGS}
TAG = {"created_by": "Azure Arc-enabled ML"}
LETTERS = "00000000000000000000000000000001"  # of the seed's subscription

# The names that `az k8s-extension` 1.7.0 gives what belongs to amlarc-cluster in amlarc-rg.
RELAY_NAMESPACE = "amlarccluster000000000000000000000000000000075a1d2"
BUS_NAMESPACE = "amlarccluster000000000000000000000000000000054806c"
LOGS_WORKSPACE = f"amlarccluster{LETTERS}amlarcrg"
CONNECTION = f"/providers/Microsoft.Relay/namespaces/{RELAY_NAMESPACE}/hybridConnections/amlarc-cluster"
NAMESPACE = f"/providers/Microsoft.ServiceBus/namespaces/{BUS_NAMESPACE}"
WORKSPACE = f"/providers/Microsoft.OperationalInsights/workspaces/{LOGS_WORKSPACE}"
COMPUTE_TOPIC = "topics/computestate-updatedby-computeprovider"
JOB_TOPIC = "topics/jobstate-updatedby-computeprovider"
COMPUTE_SUBSCRIPTION = f"{COMPUTE_TOPIC}/subscriptions/compute-scheduler-computestate"
JOB_SUBSCRIPTION = f"{JOB_TOPIC}/subscriptions/compute-scheduler-jobstate"


@dataclass
class Diary:
    """A watcher that keeps what it is told, and never rests."""

    told: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def seen(self, state: str, elapsed: float) -> None:
        self.states.append(state)

    def tell(self, text: str) -> None:
        self.told.append(text)

    def rest(self, seconds: float) -> None:
        pass


@dataclass(frozen=True)
class Login:
    """The seed's service principal."""

    azure: Azure

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self.azure.token(), int(time.time()) + 3600)


def start(change: Change[T], timeout: float = 60.0) -> Operation[T]:
    """What `converge` makes of the change and what there is."""
    return converge(change, change.read(), Diary(), timeout)


def connect(azure: Azure) -> AzureClient:
    """A connection to a local Azure."""
    azure.token()  # before threads ask for it
    cloud = Cloud(azure.endpoint, (f"{azure.endpoint}/.default",))
    return AzureClient(cloud, Login(azure), azure.subscription_id, verify=os.fspath(azure.ca_file))


def cluster(azure: Azure, name: str = "amlarc-cluster", group: str = "amlarc-rg") -> Cluster:
    """A connected cluster of three nodes."""
    return Cluster(ClusterId(azure.subscription_id, group, CONNECTED, name), "eastus", 3, None)


def make_group(azure: Azure, name: str) -> None:
    """A further resource group."""
    path = f"/subscriptions/{azure.subscription_id}/resourcegroups/{name}"
    assert azure.put(path, "2021-04-01", {"location": "eastus"}).status == 201


def connect_cluster(azure: Azure, name: str, group: str = "amlarc-rg") -> Cluster:
    """A further cluster that Azure knows of."""
    new = cluster(azure, name, group)
    body = {
        "location": "eastus",
        "identity": {"type": "SystemAssigned"},
        "properties": {"agentPublicKeyCertificate": "MIIB"},
    }
    assert azure.put(str(new.id), "2021-10-01", body).status == 201
    return new


def make(
    azure: Azure,
    settings: Mapping[str, str],
    of: Cluster | None = None,
    installed: Mapping[str, str] | None = None,
) -> Provision:
    """What `extension create` does for its supporting resources, before the installation and after it."""
    with connect(azure) as arm:
        made = ensure(arm, plan(of or cluster(azure), settings, installed), Diary())
        finish(arm, made, Diary(), 60)
        return made


def requests(azure: Azure) -> list[str]:
    """Method and the path's end of each request since the last reset, from the provider's own types on."""
    return [f"{item['method']} {path_of(item).rpartition('/providers/')[2]}" for item in azure.traffic()]


def path_of(exchange: Mapping[str, Any]) -> str:
    return urlsplit(str(exchange["url"])).path


def bodies(azure: Azure) -> dict[str, Any]:
    """What was written, by the path's end."""
    written = [item for item in azure.traffic() if item["method"] == "PUT"]
    return {path_of(item).rpartition("/providers/")[2]: item["requestBody"] for item in written}


def supporting_resources(azure: Azure) -> set[str]:
    """The ids of all that there is of Relay, Service Bus and Log Analytics, in lower case."""
    kinds = ("/microsoft.relay/", "/microsoft.servicebus/", "/microsoft.operationalinsights/")
    return {id_ for id_ in azure.state()["resources"] if any(kind in id_ for kind in kinds)}


def keys(azure: Azure, path: str, action: str, version: str = "2021-11-01") -> dict[str, str]:
    """The keys of a rule or a workspace as Azure has them."""
    found: dict[str, str] = azure.call("POST", f"{azure.group}{path}/{action}", version).body
    return found
