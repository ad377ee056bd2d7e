"""The Azure resources that the extension on a connected cluster talks through: an Azure Relay of the cluster's own.

Names and values are those of `az k8s-extension`, so that clusters set up with either tool are recognised by both.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from azext_amlarc.arm.clients import Arm
from azext_amlarc.arm.clusters import ClusterId
from azext_amlarc.arm.waiting import Look, Operation, Watcher
from azext_amlarc.errors import WriteFailed

TAGS = {"created_by": "Azure Arc-enabled ML"}
RULE = "azureml_rw"
RIGHTS = ["Manage", "Send", "Listen"]

_NAMESPACE_LENGTH, _DIGEST_LENGTH = 50, 6
# Namespaces become active within a minute.
_ACTIVATION_TIMEOUT = 600.0


@dataclass(frozen=True)
class Relay:
    """The ids of a cluster's Relay namespace and of the hybrid connection in it, which has the cluster's name."""

    namespace_id: str
    hybrid_connection_id: str
    hybrid_connection_name: str

    @classmethod
    def of(cls, cluster: ClusterId) -> "Relay":
        group = f"/subscriptions/{cluster.subscription_id}/resourceGroups/{cluster.resource_group}"
        name = namespace_name(f"{cluster.name}-{cluster.subscription_id}-{cluster.resource_group}-relay")
        namespace = f"{group}/providers/Microsoft.Relay/namespaces/{name}"
        return cls(namespace, f"{namespace}/hybridConnections/{cluster.name}", cluster.name)


def namespace_name(raw: str) -> str:
    """A valid Relay namespace for `raw`: its letters and digits; longer than 50, cut and ended by a digest of `raw`.

    A namespace must start with a letter (Azure's naming rules), which `az k8s-extension` does not heed: there, and only
    there, ours differs from its name.
    """
    name = "".join(filter(str.isalnum, raw))
    if not name[0].isalpha():
        name = "arc" + name
    if len(name) <= _NAMESPACE_LENGTH:
        return name
    digest = hashlib.md5(raw.encode(), usedforsecurity=False).hexdigest()
    return name[: _NAMESPACE_LENGTH - _DIGEST_LENGTH] + digest[:_DIGEST_LENGTH]


def ensure_relay(arm: Arm, relay: Relay, location: str, watcher: Watcher) -> str:
    """Make the Relay, or what is missing of it, and return its connection string (a secret).

    Every write is one that changes nothing where the thing exists, and none renews a key.
    """
    arm.written.append(f"Relay namespace {relay.namespace_id}")
    watcher.tell(f"Making sure of the Relay namespace {relay.namespace_id.rpartition('/')[2]}")
    namespace = arm.put(relay.namespace_id, {"location": location, "tags": TAGS})
    if not _look_at(namespace).is_good:
        _activation(arm, relay, namespace).wait(watcher, _ACTIVATION_TIMEOUT)
    arm.put(relay.hybrid_connection_id, {"properties": {"requiresClientAuthorization": True}})
    rule = f"{relay.hybrid_connection_id}/authorizationRules/{RULE}"
    arm.put(rule, {"properties": {"rights": RIGHTS}})
    return str(arm.post(f"{rule}/listKeys")["primaryConnectionString"])


def _activation(arm: Arm, relay: Relay, namespace: dict[str, Any]) -> Operation[dict[str, Any]]:
    return Operation(
        title="The activation of the Relay namespace",
        resource=namespace,
        look=lambda: _look_at(arm.get(relay.namespace_id)),
        read=lambda: arm.get(relay.namespace_id),
        reason=lambda _: WriteFailed(f"The Relay namespace {relay.namespace_id} did not become active."),
        follow="Run the same command again: it goes on from there.",
    )


def _look_at(namespace: dict[str, Any]) -> Look[dict[str, Any]]:
    """A namespace has no operation to ask: its own `status` says when it is usable."""
    status = str((namespace.get("properties") or {}).get("status", ""))
    return Look("Succeeded" if status == "Active" else status, namespace)
