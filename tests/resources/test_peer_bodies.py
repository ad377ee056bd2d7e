"""What we send beside what `az k8s-extension` 1.7.0 sends for the same input.

The peer's bodies are reference data, recorded against our local Azure; tests/golden/peer-bodies.txt holds every
difference with its reason, so that a new one is seen.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import SENT_AS
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import Wanted, body, plan_change, resolve
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings.given import GivenSettings
from tests.support.golden import assert_golden

RECORDED = Path(__file__).parents[3] / "shared" / "cases" / "k8s-extension-bodies.json"
DOMAIN = "cloudapp.azure.com"  # of the recording
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
NODES = {"amlarc-cluster": 3, "aks-cluster": 3, "edge-cluster": 1}
CONNECTION = "(connection string)"
FILE = "(base64 of the file)"
STRING = "Endpoint=sb://one.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=eA==;EntityPath=one"

_SPELLING = "one spelling of booleans; the chart takes both"
# Each setting or property that differs, and why.
REASONS = {
    "autoUpgradeMinorVersion": "stated, where the peer relies on the service's default, which is the same",
    "relayserver.hybridConnectionResourceID": "the type as Azure's Swagger spells it; ids compare without case",
    "relayserver.hybridConnectionName": "the chart reads it beside the id of one's own connection too",
    "enableTraining": _SPELLING,
    "isAKSMigration": _SPELLING,
    "openshift": _SPELLING,
    "scoringFe.enableUpgrade": _SPELLING,
    "domain": "a user's own domain is kept; the peer overwrites it",
    "nodeSelector.kubernetes\\.io/os": "both spellings of a label key are understood, the escaped one is sent",
    "azure_log_analytics.customer_id": "known once the workspace is created, which this comparison does not",
    "azure_log_analytics.connection_string": "read again only if the extension's settings name a workspace",
    "sslCertPemFile": "a local path means nothing to the chart, and is not sent",
    "sslKeyPemFile": "a local path means nothing to the chart, and is not sent",
    "foo": "not a protected setting of the extension: refused before anything is sent",
    "relayServerConnectionString": "nothing is sent once `foo` is refused",
    "relayserver.relayConnectionString": "nothing is sent once `foo` is refused",
}


def cases() -> list[dict[str, Any]]:
    if not RECORDED.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


def cluster(case: Mapping[str, Any]) -> Cluster:
    id_ = ClusterId(SUBSCRIPTION, "amlarc-rg", case["clusterType"], case["cluster"])
    return Cluster(id_, "eastus", NODES[case["cluster"]], "aks" if id_.cluster_type == MANAGED else None)


def given(pairs: list[str], protected: list[str]) -> GivenSettings:
    plain, wrong = settings.parse_pairs(pairs, "--config")
    secret, bad = settings.from_mapping(dict.fromkeys(protected, STRING), "protected", protected=True)
    return GivenSettings((*plain, *secret), (*wrong, *bad), {}, allow_unknown=False)


def ours(case: Mapping[str, Any]) -> dict[str, Any]:
    on = cluster(case)
    judged = given(case["settings"], [key for key in case["protected"] if not key.endswith("PemFile")])
    pair = dict.fromkeys(SENT_AS.values(), FILE) if "sslKeyPemFile" in case["protected"] else {}
    if case["command"] == "create":
        plain, secret = as_sent(judged)
        resolved = resolve(on, DOMAIN, plain, None)
        keys = ("relayServerConnectionString", "relayserver.relayConnectionString") if resolved.plan.relay else ()
        logs = ("azure_log_analytics.connection_string",) if resolved.plan.log_analytics else ()
        made = dict.fromkeys((*keys, *logs), CONNECTION)
        return body(on, Wanted(plain, {**secret, **pair}), resolved.settings, made)
    existing = installed(on, as_sent(given(case["before"], []))[0])
    plain, secret = as_sent(judged)
    change = plan_change(on, existing, plain, secret, {})
    return {"properties": {"configurationSettings": dict(change.settings), "configurationProtectedSettings": {}}}


def as_sent(judged: GivenSettings) -> tuple[dict[str, str], dict[str, str]]:
    """Ready to be sent, whatever else the rules would ask of them: some cases of the peer lack a PEM pair."""
    outcome = settings.judge(judged.settings, allow_unknown=True, files={})
    return dict(outcome.plain), {key: value.replace(STRING, CONNECTION) for key, value in outcome.protected.items()}


def installed(on: Cluster, plain: Mapping[str, str]) -> Extension:
    fields: dict[str, Any] = dict.fromkeys(Extension.__dataclass_fields__)
    return Extension(
        **fields
        | {
            "name": "k",
            "install_state": "Installed",
            "provisioning_state": "Succeeded",
            "configuration_settings": resolve(on, DOMAIN, plain, None).settings,
            "configuration_protected_settings": [],
        }
    )


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, f"{path} {key}".strip())
    else:
        yield path, str(value)


def differing(case: Mapping[str, Any]) -> Iterator[str]:
    """The settings and properties that are not the same on both sides."""
    mine, theirs = dict(leaves(ours(case))), dict(leaves(case["sent"]))
    for path in theirs:  # the one secret that the recording has left in
        theirs[path] = CONNECTION if path.endswith("azure_log_analytics.connection_string") else theirs[path]
    for path in sorted({*mine, *theirs}):
        if mine.get(path) != theirs.get(path):
            yield path.rpartition(" ")[2]


@pytest.mark.skipif(not RECORDED.is_file(), reason="the peer's recorded bodies are not beside this checkout")
def test_every_difference_from_the_peers_bodies_is_known_and_has_its_reason() -> None:
    lines: list[str] = []
    for case in cases():
        lines.append(f"{case['command']}: {case['case']}")
        lines += [f"    {key}: {REASONS.get(key, 'NO REASON')}" for key in differing(case)]
    text = "\n".join(lines) + "\n"
    assert "NO REASON" not in text
    assert_golden("peer-bodies.txt", text)
