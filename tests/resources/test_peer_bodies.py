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
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import Extension, Wanted, body, plan_change, resolve
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings.given import GivenSettings
from tests.support.golden import assert_golden

RECORDED = Path(__file__).parents[3] / "shared" / "cases" / "k8s-extension-bodies.json"
DOMAIN = "cloudapp.azure.com"  # of the recording
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
NODES = {"amlarc-cluster": 3, "aks-cluster": 3, "edge-cluster": 1}
CONNECTION = "(connection string)"

# Each kind of difference that is meant, and why; the first words are looked for in its line.
REASONS = {
    "autoUpgradeMinorVersion": "said aloud: the service's default is what the peer relies on",
    "hybridConnectionResourceID": "spelled as Azure's Swagger has it; ids compare without case",
    "enableTraining: ours True, theirs true": "booleans are sent in one spelling",
    "isAKSMigration": "booleans are sent in one spelling",
    "scoringFe.enableUpgrade": "booleans are sent in one spelling",
    "openshift": "booleans are sent in one spelling",
    "azure_log_analytics": "the peer took the key of another case's workspace along, as it merges what it finds",
    "foo": "not a protected setting of the extension: refused before anything is sent",
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
    secret, bad = settings.from_mapping(dict.fromkeys(protected, CONNECTION), "protected", protected=True)
    return GivenSettings((*plain, *secret), (*wrong, *bad), {}, allow_unknown=False)


def ours(case: Mapping[str, Any]) -> dict[str, Any]:
    on = cluster(case)
    judged = given(case["settings"], [key for key in case["protected"] if not key.endswith("PemFile")])
    if case["command"] == "create":
        plain, secret = as_sent(judged)
        resolved = resolve(on, DOMAIN, plain, None)
        keys = ("relayServerConnectionString", "relayserver.relayConnectionString") if resolved.plan.relay else ()
        logs = ("azure_log_analytics.connection_string",) if resolved.plan.log_analytics else ()
        return body(on, Wanted(plain, secret), resolved.settings, dict.fromkeys((*keys, *logs), CONNECTION))
    existing = installed(on, as_sent(given(case["before"], []))[0])
    plain, secret = as_sent(judged)
    change = plan_change(on, existing, plain, secret, {})
    return {"properties": {"configurationSettings": dict(change.settings), "configurationProtectedSettings": {}}}


def as_sent(judged: GivenSettings) -> tuple[dict[str, str], dict[str, str]]:
    """Ready to be sent, whatever else the rules would ask of them: some cases of the peer lack a PEM pair."""
    outcome = settings.judge(judged.settings, allow_unknown=True, files={})
    return dict(outcome.plain), dict(outcome.protected)


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


def differences(case: Mapping[str, Any]) -> Iterator[str]:
    mine, theirs = dict(leaves(ours(case))), dict(leaves(case["sent"]))
    for path in sorted({*mine, *theirs}):
        one, other = mine.get(path, "(not sent)"), theirs.get(path, "(not sent)")
        if one != other:
            yield f"{path.rpartition(' ')[2]}: ours {one}, theirs {other}"


@pytest.mark.skipif(not RECORDED.is_file(), reason="the peer's recorded bodies are not beside this checkout")
def test_every_difference_from_the_peers_bodies_is_known_and_has_its_reason() -> None:
    lines: list[str] = []
    for case in cases():
        lines += [f"{case['command']}: {case['case']}", *(f"    {line}" for line in differences(case))]
    assert_golden("peer-bodies.txt", "\n".join(lines) + "\n")
