"""Which clusters a manifest means, and in which waves: rules beyond the structure."""

from collections.abc import Iterator
from typing import Any

from azext_amlarc.findings import Rule, Severity
from azext_amlarc.validation.manifest.given import at, items
from azext_amlarc.validation.text.reading import Complaint, JsonPath
from azext_amlarc.wording import quoted

CLUSTERS: JsonPath = ("spec", "clusters")
WAVES_AT: JsonPath = ("spec", "rollout", "waves")

TWICE = Rule("AMLARC-M010", Severity.ERROR, "a manifest names each cluster once")
WAVES = Rule("AMLARC-M011", Severity.ERROR, "a rollout's waves grow, and the last one reaches every cluster")
NO_EFFECT = Rule("AMLARC-M012", Severity.WARNING, "each part of a manifest has an effect")
RELEASE = Rule("AMLARC-M013", Severity.ERROR, "a pinned version is not upgraded automatically")

RULES = (TWICE, WAVES, NO_EFFECT, RELEASE)


def validate(data: object) -> Iterator[Complaint]:
    """Complaints about a manifest whose structure may be broken elsewhere."""
    yield from _clusters(data)
    yield from _release(at(data, "spec", "extension"))
    yield from _waves(items(data, "spec", "rollout", "waves"))
    yield from _effects(at(data, "spec"))


def _clusters(data: object) -> Iterator[Complaint]:
    seen: dict[tuple[str, ...], int] = {}
    for place, entry in enumerate(items(data, *map(str, CLUSTERS))):
        if "name" not in entry or "resourceGroup" not in entry:
            continue
        kind = str(entry.get("type") or "connectedClusters")
        key = (str(entry.get("subscription") or ""), str(entry["resourceGroup"]), kind, str(entry["name"]))
        first = seen.setdefault(tuple(part.lower() for part in key), place)
        if first != place:
            message = f"the cluster {quoted(key[-1])} is already entry {first + 1} of clusters"
            yield Complaint(TWICE, (*CLUSTERS, place), message, "name it once")


def _release(extension: dict[str, Any]) -> Iterator[Complaint]:
    if extension.get("version") and extension.get("autoUpgradeMinorVersion") is True:
        message = "a pinned version and automatic upgrades cannot be combined"
        path: JsonPath = ("spec", "extension", "autoUpgradeMinorVersion")
        yield Complaint(RELEASE, path, message, "leave version or autoUpgradeMinorVersion out", at_key=True)


def _waves(waves: list[dict[str, Any]]) -> Iterator[Complaint]:
    reached = 0
    for place, wave in enumerate(waves):
        percent = wave.get("percent")
        if percent is None or not _is_sound(wave):
            continue
        if percent <= reached:
            message = f"{percent} percent of all clusters have been reached before, with {reached} percent"
            yield Complaint(WAVES, (*WAVES_AT, place, "percent"), message, "write more than in the wave before")
        reached = max(reached, int(percent))
    if waves and all(waves) and waves[-1].get("percent") != 100 and _is_sound(waves[-1]):
        message = "clusters that no wave reaches would never be changed"
        yield Complaint(WAVES, (*WAVES_AT, len(waves) - 1), message, "end with {percent: 100}")


def _is_sound(wave: dict[str, Any]) -> bool:
    percent = wave.get("percent", 1)
    return not isinstance(percent, bool) and isinstance(percent, int | float) and 1 <= percent <= 100


def _effects(spec: dict[str, Any]) -> Iterator[Complaint]:
    if not spec or not {"extension", "computes"}.isdisjoint(spec):
        needs_computes = [] if "computes" in spec or not spec else list(_of_computes(spec))
        yield from needs_computes
    elif "clusters" in spec:
        fix = "add extension or computes"
        yield Complaint(NO_EFFECT, ("spec",), "nothing is said of what the clusters should have", fix, at_key=True)


def _of_computes(spec: dict[str, Any]) -> Iterator[Complaint]:
    if at(spec, "access").get("workspaceIdentity") == "grant":
        path: JsonPath = ("spec", "access", "workspaceIdentity")
        yield Complaint(NO_EFFECT, path, "without computes there is no workspace whose identity could be granted roles")
    gate = at(spec, "rollout").get("gate")
    if isinstance(gate, list) and "verify" in gate:
        path = ("spec", "rollout", "gate", gate.index("verify"))
        yield Complaint(NO_EFFECT, path, "without computes there is nothing that verify could run jobs on")
