"""The compute targets of a manifest: their names on every cluster, identities, and attach configurations."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.product.clusters import CONNECTED, PROVIDERS
from azext_amlarc.resources.fleet import PLACEHOLDERS, ComputeSpec, filled, workspace_of
from azext_amlarc.resources.ids import ClusterId, folded
from azext_amlarc.validation import names
from azext_amlarc.validation.document.identity import SYSTEM_ASSIGNED, USER_ASSIGNED
from azext_amlarc.validation.manifest.given import items
from azext_amlarc.validation.text.reading import Complaint, JsonPath
from azext_amlarc.wording import did_you_mean, number, quoted

COMPUTES: JsonPath = ("spec", "computes")

PLACEHOLDER = Rule("AMLARC-M020", Severity.ERROR, "a name has only known placeholders")
SHARED_NAME = Rule("AMLARC-M021", Severity.ERROR, "a compute target is on one cluster")
MAY_SHARE = Rule("AMLARC-M022", Severity.WARNING, "clusters that a selector finds get names of their own")
IDENTITY = Rule("AMLARC-M023", Severity.ERROR, "a compute target's identities fit their type")

RULES = (PLACEHOLDER, SHARED_NAME, MAY_SHARE, IDENTITY)

_BRACES = re.compile(r"\{([^{}]*)\}")
_COMPUTE_NAMES = {rule.code: rule for rule in names.RULES}
# Stands for what is only known when a plan is made: a valid name of a cluster, its group or its region.
_SOME = "abc"


def validate(data: object) -> Iterator[Complaint]:
    """Complaints about compute targets in a manifest whose structure may be broken elsewhere."""
    clusters = _clusters(data)
    has_selectors = any("selector" in entry for entry in items(data, "spec", "clusters"))
    taken: dict[str, tuple[int, ClusterId]] = {}
    for place, given in enumerate(items(data, *map(str, COMPUTES))):
        yield from _identity(given.get("identity"), (*COMPUTES, place, "identity"))
        name = given.get("name")
        if not isinstance(name, str) or not name.strip():
            continue
        path: JsonPath = (*COMPUTES, place, "name")
        unknown = [one for one in _BRACES.findall(name) if one not in PLACEHOLDERS]
        if unknown:
            yield from (_unknown(path, one) for one in unknown)
            continue
        yield from _named(path, name, clusters)
        yield from _shared(place, given, clusters, taken)
        if has_selectors and "{cluster}" not in name:
            fix = "put {cluster} in the name"
            yield Complaint(MAY_SHARE, path, "a selector may find several clusters, which would get one name", fix)


def _clusters(data: object) -> list[ClusterId]:
    """The clusters that are named; the active subscription has no id yet."""
    return [
        ClusterId(str(entry.get("subscription") or ""), str(entry["resourceGroup"]), kind, str(entry["name"]))
        for entry in items(data, "spec", "clusters")
        if "name" in entry and "resourceGroup" in entry and (kind := entry.get("type", CONNECTED)) in PROVIDERS
    ]


def _unknown(path: JsonPath, word: str) -> Complaint:
    known = [f"{{{one}}}" for one in PLACEHOLDERS]
    fix = did_you_mean(word, PLACEHOLDERS) if word else f"use {', '.join(known)}"
    return Complaint(PLACEHOLDER, path, f"unknown placeholder {quoted(f'{{{word}}}')}", fix)


def _named(path: JsonPath, template: str, clusters: list[ClusterId]) -> Iterator[Complaint]:
    """Each broken rule about names of new compute targets once, with the first cluster that breaks it."""
    some = ClusterId("", _SOME, "connectedClusters", _SOME)
    broken: dict[str, list[Finding]] = {}
    for cluster in clusters or [some]:
        for finding in names.validate_compute_name(filled(template, cluster, _SOME), ""):
            broken.setdefault(finding.code, []).append(finding)
    for code, findings in broken.items():
        others = f" (and {number(len(findings) - 1, 'other')})" if len(findings) > 1 else ""
        yield Complaint(_COMPUTE_NAMES[code], path, f"{findings[0].message}{others}", _fix(template, findings[0]))


def _fix(template: str, finding: Finding) -> str:
    """A name to use would be that of one cluster: what the template says is to be changed."""
    if "{" not in template:
        return finding.fix
    if template.endswith("}") and finding.code in (
        names.COMPUTE_TRAILING_DIGITS.code,
        names.COMPUTE_TRAILING_HYPHEN.code,
    ):
        return 'put the cluster first, as in "{cluster}-k8s"'
    return "change the text around the placeholders"


def _shared(
    place: int, given: Mapping[str, Any], clusters: list[ClusterId], taken: dict[str, tuple[int, ClusterId]]
) -> Iterator[Complaint]:
    """The first name that is given twice: to two clusters, or by two entries to one. Regions are not known yet."""
    name = str(given["name"])
    workspace = given.get("workspace")
    if "{location}" in name or not isinstance(workspace, str):
        return
    spec = ComputeSpec(workspace, name, given.get("resourceGroup"), given.get("subscription"))
    for cluster in clusters:
        made = filled(name, cluster)
        entry, first = taken.setdefault(folded(f"{workspace_of(spec, cluster)}/{made}"), (place, cluster))
        if (entry, first) != (place, cluster):
            both = f"both {_title(first)} and {_title(cluster)}" if first != cluster else f"{cluster.name} twice"
            message = f"{quoted(made)} in the workspace {quoted(spec.workspace)} would be {both}"
            is_fixed = first != cluster and "{cluster}" not in name
            fix = "put {cluster} in the name" if is_fixed else "give one of them another name"
            yield Complaint(SHARED_NAME, (*COMPUTES, place, "name"), message, fix)
            return


def _title(cluster: ClusterId) -> str:
    return f"{cluster.resource_group}/{cluster.name}"


def _identity(identity: object, path: JsonPath) -> Iterator[Complaint]:
    if not isinstance(identity, dict):
        return
    kind, ids = identity.get("type"), identity.get("userAssignedIdentities")
    if kind == SYSTEM_ASSIGNED and ids:
        message = f"userAssignedIdentities are given with the type {SYSTEM_ASSIGNED}"
        yield Complaint(IDENTITY, (*path, "type"), message, f"write {USER_ASSIGNED}")
    if kind == USER_ASSIGNED and "userAssignedIdentities" not in identity:
        message = f"the type {USER_ASSIGNED} is given without userAssignedIdentities"
        yield Complaint(IDENTITY, (*path, "type"), message, "add userAssignedIdentities: [RESOURCE_ID]")
