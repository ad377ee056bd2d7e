"""The cluster extension, and the Relay that it uses."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.extension.lookup import answers
from azext_amlarc.azure.facts.sources import Known, Source, cluster_of, moment, skipped
from azext_amlarc.checks.azure.facts import (
    EXTENSION,
    EXTENSION_FOUND,
    RELAY_CONNECTION,
    RELAY_NAMESPACE,
    RELAY_RULE,
    Extension,
    ExtensionStatus,
    Presence,
    RelayPart,
)
from azext_amlarc.checks.check import Fact, Facts, Unavailable
from azext_amlarc.product.extension import TYPE
from azext_amlarc.product.steps import command
from azext_amlarc.resources.ids import Target
from azext_amlarc.resources.shapes import text, text_by_name, texts
from azext_amlarc.resources.supporting import relay

Properties = Mapping[str, Any]


def _extension(azure: AzureClient, target: Target, _known: Facts) -> Known:
    cluster = cluster_of(target)
    ours = unless_missing(answers, azure, cluster)
    if ours is None:
        raise Unavailable(skipped("The cluster does not exist."))
    if ours:
        extension = _from_answer(ours[0])
        return {EXTENSION_FOUND.name: Presence(True, f"Found {extension.name}."), EXTENSION.name: extension}
    create = command("az ml arc extension create {cluster} --config enableTraining=True", cluster=cluster.options)
    missing = Presence(False, f"The cluster {cluster.name} has no extension of the type {TYPE}.", (create,))
    return {EXTENSION_FOUND.name: missing, EXTENSION.name: skipped("The extension is not installed.")}


def _from_answer(item: Properties) -> Extension:
    own, system = _own(item), item.get("systemData") or {}
    return Extension(
        name=str(item.get("name")),
        provisioning_state=str(own.get("provisioningState") or ""),
        version=text(own.get("version")),
        current_version=text(own.get("currentVersion")),
        release_train=text(own.get("releaseTrain")),
        upgrades_itself=bool(own.get("autoUpgradeMinorVersion")),
        settings=text_by_name(own.get("configurationSettings")),
        statuses=tuple(map(_status, own.get("statuses") or ())),
        changed=moment(system.get("lastModifiedAt")),
        protected=frozenset(text_by_name(own.get("configurationProtectedSettings"))),
    )


def _status(status: Properties) -> ExtensionStatus:
    return ExtensionStatus(str(status.get("code") or ""), text(status.get("level")), str(status.get("message") or ""))


def _part(
    azure: AzureClient,
    _target: Target,
    known: Facts,
    *,
    fact: Fact[RelayPart],
    place: Callable[[str], str],
    state: Callable[[Properties], str | int | frozenset[str]],
) -> Known:
    """`place` makes the part's id from the hybrid connection's, `state` reads its state from Azure's answer."""
    part = place(_connection_id(known[EXTENSION].settings))
    found = unless_missing(azure.get, part)
    return {fact.name: RelayPart(part, None if found is None else state(_own(found)))}


def _connection_id(settings: Mapping[str, str]) -> str:
    if settings.get(relay.ENABLED, "").lower() == "false":
        raise Unavailable(skipped("The extension does not use a Relay."))
    if relay.CONNECTION_ID not in settings:
        raise Unavailable(skipped("The extension's settings name no hybrid connection."))
    return settings[relay.CONNECTION_ID].rstrip("/")


def _own(item: Properties) -> Properties:
    own: Properties = item.get("properties") or {}
    return own


def _rule_of(connection_id: str) -> str:
    return f"{connection_id}/{relay.RULE}"


def _namespace_status(own: Properties) -> str:
    return str(own.get("status") or own.get("provisioningState") or "Unknown")


def _listeners(own: Properties) -> int:
    return int(own.get("listenerCount") or 0)


def _rights(own: Properties) -> frozenset[str]:
    return frozenset(texts(own.get("rights")))


SOURCES = (Source((EXTENSION_FOUND, EXTENSION), _extension),)
RELAY_SOURCES = tuple(
    Source((fact,), partial(_part, fact=fact, place=place, state=state), (EXTENSION,))
    for fact, place, state in (
        (RELAY_NAMESPACE, relay.namespace_of, _namespace_status),
        (RELAY_CONNECTION, str, _listeners),
        (RELAY_RULE, _rule_of, _rights),
    )
)
