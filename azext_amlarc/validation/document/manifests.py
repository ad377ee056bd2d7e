"""Converts an attach configuration's instance types to the InstanceType objects of today's clusters, and back.

https://learn.microsoft.com/azure/machine-learning/how-to-manage-kubernetes-instance-types
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from azext_amlarc.findings import Finding, Rule, Severity, errors_in, position_of
from azext_amlarc.validation import names
from azext_amlarc.validation.document import walk
from azext_amlarc.validation.document.foreign import NO_TOLERATIONS, TYPE_KEYS, instead_of_tolerations, is_manifest
from azext_amlarc.validation.document.resources import DEFAULTS, SIDES, is_device
from azext_amlarc.validation.document.shape import integer
from azext_amlarc.validation.document.walk import Outcome
from azext_amlarc.validation.names import as_dns_name
from azext_amlarc.validation.quantity import parse
from azext_amlarc.validation.text import parsing
from azext_amlarc.validation.text.reading import Complaint, JsonPath, kind, placed
from azext_amlarc.wording import quoted

API_VERSION = "amlarc.azureml.com/v1alpha1"
KIND = "InstanceType"
# The cluster's own default, which jobs of every compute target on the cluster get.
CLUSTER_DEFAULT = "defaultinstancetype"
COPY_OF = "amlarc/copy-of"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_GET_MANIFESTS = "export those of the cluster: kubectl get instancetype -o yaml"

ONE_NAME = Rule("AMLARC-C001", Severity.ERROR, "two instance types do not become the same object")
NO_OBJECT_NAME = Rule("AMLARC-C002", Severity.ERROR, "instance type names can be turned into DNS-1123 names")
RENAMED = Rule("AMLARC-C003", Severity.INFO, "an instance type gets another name on the cluster")
CLUSTER_WIDE = Rule("AMLARC-C004", Severity.WARNING, "the default instance type applies to the whole cluster")
FILLED_IN = Rule("AMLARC-C005", Severity.INFO, "missing amounts are filled in")
ZERO_DEVICES = Rule("AMLARC-C006", Severity.INFO, "devices with an amount of zero are left out")
NAMESPACE_LEFT = Rule("AMLARC-C007", Severity.INFO, "the namespace is not part of the manifests")
NO_TYPES = Rule("AMLARC-C008", Severity.ERROR, "there are instance types to convert")
NOT_AN_INSTANCE_TYPE = Rule("AMLARC-C009", Severity.ERROR, f"manifests are of kind {KIND} in {API_VERSION}")
DEFAULT_GUESSED = Rule("AMLARC-C010", Severity.WARNING, f"the cluster's default is named {CLUSTER_DEFAULT}")
LEFT_BEHIND = Rule("AMLARC-C011", Severity.INFO, "labels, annotations and the namespace of an object are left out")
SAME_OBJECT = Rule("AMLARC-C012", Severity.ERROR, "each object is among the manifests once")
OTHER_KIND = Rule("AMLARC-C013", Severity.INFO, f"objects of other kinds than {KIND} are left out")
NO_PLACE = Rule("AMLARC-C014", Severity.WARNING, f"{KIND} has only nodeSelector and resources")

RULES = (
    ONE_NAME,
    NO_OBJECT_NAME,
    RENAMED,
    CLUSTER_WIDE,
    FILLED_IN,
    ZERO_DEVICES,
    NAMESPACE_LEFT,
    NO_TYPES,
    NOT_AN_INSTANCE_TYPE,
    DEFAULT_GUESSED,
    LEFT_BEHIND,
    SAME_OBJECT,
    OTHER_KIND,
    NO_PLACE,
)


class FromManifests(NamedTuple):
    """The attach configuration made from manifests, or None if a finding is an error."""

    document: dict[str, Any] | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Manifests:
    """The objects to apply to a cluster, or None if a finding is an error; the findings say what was changed."""

    items: list[dict[str, Any]] | None
    findings: tuple[Finding, ...]

    @property
    def own_findings(self) -> tuple[Finding, ...]:
        """What converting added to the findings about the document itself."""
        codes = {rule.code for rule in RULES}
        return tuple(finding for finding in self.findings if finding.code in codes)

    def as_list(self) -> dict[str, Any] | None:
        """The objects as one Kubernetes List for `kubectl apply -f -`, or None."""
        return None if self.items is None else {"apiVersion": "v1", "kind": "List", "items": self.items}


def to_manifests(raw: bytes, source: str) -> Manifests:
    """Validate an attach configuration and convert its instance types."""
    return convert(walk.read(raw, source))


def convert(outcome: Outcome) -> Manifests:
    """Convert the instance types of a configuration that has been read; the default one twice (AMLARC-C004)."""
    if outcome.document is None:
        return Manifests(None, outcome.findings)
    # The conversion's own findings about names are more precise.
    of_names = (walk.OLD_TYPE_NAME.code, walk.SAME_TYPE_NAME.code)
    kept = [finding for finding in outcome.findings if finding.code not in of_names]
    losses = placed(list(_losses(outcome.document)), outcome.reading, outcome.source)
    findings = tuple(sorted([*kept, *losses], key=position_of))
    return Manifests(None if errors_in(findings) else manifests(outcome.document), findings)


def _losses(ready: Mapping[str, Any]) -> Iterator[Complaint]:
    """What the conversion of a valid document changes, and what makes it impossible."""
    types = ready.get("instanceTypes", {})
    if not types:
        yield Complaint(
            NO_TYPES, (), "there are no instance types to convert", "add instanceTypes to the configuration"
        )
        return
    if ready.get("namespace", "default") != "default":
        fix = f"attach with the configuration, or with az ml arc attach --namespace {ready['namespace']}"
        message = f"the namespace {quoted(ready['namespace'])} is not part of the manifests"
        yield Complaint(NAMESPACE_LEFT, ("namespace",), message, fix, True)
    yield from _name_losses(types, ready["defaultInstanceType"])
    for name, body in types.items():
        yield from _resource_losses(("instanceTypes", name), body)


def _name_losses(types: Mapping[str, Any], default: str) -> Iterator[Complaint]:
    path: JsonPath = ("instanceTypes",)
    objects = {} if as_dns_name(default) == CLUSTER_DEFAULT else {CLUSTER_DEFAULT: default}
    for name in types:
        new = as_dns_name(name)
        if not names.is_dns_subdomain(new):
            message = f"{quoted(name)} cannot be turned into a DNS-1123 name"
            yield Complaint(NO_OBJECT_NAME, (*path, name), message, "use lower-case letters, digits and hyphens", True)
        elif new in objects:
            message = f"{quoted(name)} and {quoted(objects[new])} would both become the object {quoted(new)}"
            yield Complaint(ONE_NAME, (*path, name), message, "rename one of the two", True)
        elif new != name:
            message = f"{quoted(name)} becomes {quoted(new)} on the cluster"
            yield Complaint(RENAMED, (*path, name), message, f"use instance_type: {new} in jobs", True)
        objects.setdefault(new, name)
    becomes = "is" if as_dns_name(default) == CLUSTER_DEFAULT else "also becomes"
    message = f"{quoted(default)} {becomes} the default of every compute target on the cluster"
    fix = f"do not apply {CLUSTER_DEFAULT} if other compute targets share the cluster"
    yield Complaint(CLUSTER_WIDE, ("defaultInstanceType",), message, fix)


def _resource_losses(path: JsonPath, body: Mapping[str, Any]) -> Iterator[Complaint]:
    given = body.get("resources", {})
    filled = _filled(given)
    written = [
        f"{side} {name} {filled[side][name]}" for side in SIDES for name in DEFAULTS if name not in given.get(side, {})
    ]
    if written:
        fix = "set them in the configuration if you want other amounts"
        yield Complaint(FILLED_IN, path, f"filled in: {', '.join(written)}", fix, True)
    zero = {name for side in given.values() for name, amount in side.items() if is_device(name) and not parse(amount)}
    if zero:
        yield Complaint(
            ZERO_DEVICES, path, f"left out, because the amount is zero: {', '.join(sorted(zero))}", "", True
        )


def manifests(ready: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of a valid document's instance types, the default one twice (AMLARC-C004)."""
    types = ready.get("instanceTypes", {})
    made = [_manifest(as_dns_name(name), body) for name, body in types.items()]
    default = ready.get("defaultInstanceType", "")
    if default in types and as_dns_name(default) != CLUSTER_DEFAULT:
        copy = _manifest(CLUSTER_DEFAULT, types[default])
        copy["metadata"]["annotations"] = {COPY_OF: as_dns_name(default)}
        made.append(copy)
    return made


def _manifest(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    filled = _filled(body.get("resources", {}))
    amounts = {**filled["requests"], **filled["limits"]}
    devices = {name: int(parse(amount)) for name, amount in amounts.items() if is_device(name) and parse(amount)}
    plain = {side: {n: amount for n, amount in filled[side].items() if not is_device(n)} for side in SIDES}
    resources = {"requests": plain["requests"], "limits": plain["limits"] | devices}
    selector = {"nodeSelector": dict(body["nodeSelector"])} if body.get("nodeSelector") else {}
    spec = selector | {"resources": resources}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}


def _filled(resources: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Requests and limits, both with cpu and memory: by default the guide's, but never a request above its limit."""
    requests, limits = dict(resources.get("requests", {})), dict(resources.get("limits", {}))
    for name, default in DEFAULTS.items():
        limit = limits.setdefault(name, max(default, requests.get(name, default), key=parse))
        requests.setdefault(name, min(default, limit, key=parse))
    return {"requests": requests, "limits": limits}


class _Item(NamedTuple):
    reading: int
    path: JsonPath
    data: Any


def to_document(raw: bytes, source: str, namespace: str = "default") -> FromManifests:
    """Convert InstanceType manifests: a List, an InstanceTypeList, or one or more YAML documents."""
    readings = parsing.parse_all(raw, source)
    faults = tuple(finding for reading in readings for finding in reading.findings)
    if not all(reading.usable for reading in readings):
        return FromManifests(None, faults)
    items = [item for number, reading in enumerate(readings) for item in _items(number, (), reading.data)]
    wanted, complaints = _without_other_kinds(items)
    complaints += _not_instance_types(wanted)
    made: dict[str, Any] = {}
    if not any(complaint.rule.severity is Severity.ERROR for _, complaint in complaints):
        made, found = _document(wanted, namespace)
        complaints += found
    of_reading: dict[int, list[Complaint]] = {}
    for number, complaint in complaints:
        of_reading.setdefault(number, []).append(complaint)
    findings = tuple(
        finding
        for number, reading in enumerate(readings)
        for finding in placed(of_reading.get(number, []), reading, source)
    )
    return FromManifests(None if errors_in(findings) else made, findings)


def _without_other_kinds(items: list[_Item]) -> tuple[list[_Item], list[tuple[int, Complaint]]]:
    """The instance types among objects of other kinds, which are left out; everything if there are none."""
    wanted = [item for item in items if not _is_other_kind(item.data)]
    if not wanted:
        return items, []
    others = [item for item in items if _is_other_kind(item.data)]
    return wanted, [(item.reading, Complaint(OTHER_KIND, item.path, _left_out(item.data))) for item in others]


def _is_other_kind(data: Any) -> bool:
    return is_manifest(data) and data["kind"] != KIND


def _left_out(data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f"left out: {data['kind']} {quoted(str(name or 'without a name'))}"


def _items(reading: int, path: JsonPath, data: Any) -> Iterator[_Item]:
    if isinstance(data, dict) and str(data.get("kind")).endswith("List") and isinstance(data.get("items"), list):
        for number, member in enumerate(data["items"]):
            typed = {"apiVersion": API_VERSION, "kind": KIND} if data["kind"] == f"{KIND}List" else {}
            yield _Item(reading, (*path, "items", number), typed | member if isinstance(member, dict) else member)
    else:
        yield _Item(reading, path, data)


def _not_instance_types(items: list[_Item]) -> Iterator[tuple[int, Complaint]]:
    if not items:
        yield 0, Complaint(NO_TYPES, (), "there are no manifests to convert", _GET_MANIFESTS)
    seen: set[str] = set()
    for item in items:
        problem = _problem(item.data)
        if problem:
            yield item.reading, Complaint(NOT_AN_INSTANCE_TYPE, item.path, problem, _GET_MANIFESTS)
            continue
        name = item.data["metadata"]["name"]
        if name in seen:
            yield item.reading, Complaint(SAME_OBJECT, item.path, f"duplicate {quoted(name)}", "keep one of the two")
        seen.add(name)


def _problem(data: Any) -> str:
    if not isinstance(data, dict):
        return f"this is {kind(data)}, not a manifest"
    if (data.get("apiVersion"), data.get("kind")) != (API_VERSION, KIND):
        found = f", but a {data['kind']}" if _is_other_kind(data) else ""
        return f"this is not an {KIND} of {API_VERSION}{found}"
    metadata = data.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return "the manifest has no metadata.name"
    return "" if isinstance(data.get("spec"), dict) else "the manifest has no spec"


def _document(items: list[_Item], namespace: str) -> tuple[dict[str, Any], list[tuple[int, Complaint]]]:
    types = {item.data["metadata"]["name"]: _body(item.data["spec"]) for item in items}
    original = _original(items, types)
    default = original or (CLUSTER_DEFAULT if CLUSTER_DEFAULT in types else next(iter(types)))
    complaints = [(item.reading, loss) for item in items for loss in _manifest_losses(item)]
    if not original and default != CLUSTER_DEFAULT and len(types) > 1:
        message = f"no manifest is named {CLUSTER_DEFAULT}, so the first, {quoted(default)}, becomes the default"
        complaints.append((0, Complaint(DEFAULT_GUESSED, (), message, "change defaultInstanceType if it is another")))
    if original:
        del types[CLUSTER_DEFAULT]
    made = {"namespace": namespace, "defaultInstanceType": default, "instanceTypes": types}
    places = {item.data["metadata"]["name"]: item for item in items}
    complaints += [_moved(complaint, places) for complaint in walk.validate(made)]
    refused = any(complaint.rule.severity is Severity.ERROR for _, complaint in complaints)
    return made if refused else _with_requested_devices(walk.ready(made)), complaints


def _body(spec: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"nodeSelector": spec.get("nodeSelector")}
    return body | ({"resources": _as_text(spec["resources"])} if "resources" in spec else {})


def _as_text(value: Any) -> Any:
    """Amounts as strings, as the configuration requires: manifests have numbers for devices. The rest is unchanged."""
    if isinstance(value, dict):
        return {key: _as_text(member) for key, member in value.items()}
    number = integer(value)
    return value if number is None else str(number)


def _original(items: list[_Item], types: Mapping[str, Any]) -> str | None:
    """The instance type that the cluster's default was copied from, if it is still a copy."""
    for item in items:
        metadata = item.data["metadata"]
        annotations = metadata.get("annotations")
        if metadata["name"] == CLUSTER_DEFAULT and isinstance(annotations, dict):
            name = annotations.get(COPY_OF)
            if isinstance(name, str) and name != CLUSTER_DEFAULT and types.get(name) == types[CLUSTER_DEFAULT]:
                return name
    return None


def _manifest_losses(item: _Item) -> Iterator[Complaint]:
    metadata = item.data["metadata"]
    annotations = metadata.get("annotations")
    kept = set(annotations) - {COPY_OF, _LAST_APPLIED} if isinstance(annotations, dict) else set()
    held = {"labels": metadata.get("labels"), "annotations": kept, "namespace": metadata.get("namespace")}
    lost = [name for name, one in held.items() if one]
    if lost:
        why = ": an instance type belongs to the whole cluster" if "namespace" in lost else ""
        are = "are" if len(lost) > 1 or lost[0] != "namespace" else "is"
        message = f"the {' and '.join(lost)} of {quoted(metadata['name'])} {are} left out{why}"
        yield Complaint(LEFT_BEHIND, (*item.path, "metadata"), message, at_key=True)
    for key in item.data["spec"]:
        here = (*item.path, "spec", key)
        if key == "tolerations":
            fix = instead_of_tolerations(item.data["spec"][key])
            yield Complaint(NO_PLACE, here, f"left out: {NO_TOLERATIONS}", fix, at_key=True)
        elif key not in TYPE_KEYS:
            message = f"left out: an {KIND} has no {quoted(key)}, and the cluster drops it"
            yield Complaint(NO_PLACE, here, message, "delete it, or check its spelling", at_key=True)


def _moved(complaint: Complaint, places: Mapping[str, _Item]) -> tuple[int, Complaint]:
    """A complaint about the document, moved to the manifest that it was made from."""
    path = complaint.path
    if path[:1] != ("instanceTypes",) or len(path) < 2:
        return 0, complaint._replace(path=())
    item, rest = places[str(path[1])], path[2:]
    return item.reading, complaint._replace(path=(*item.path, *(("spec", *rest) if rest else ("metadata", "name"))))


def _with_requested_devices(made: dict[str, Any]) -> dict[str, Any]:
    """The document with requests for devices equal to their limits: manifests have only limits for them."""
    return made | {"instanceTypes": {name: _requesting(body) for name, body in made["instanceTypes"].items()}}


def _requesting(body: dict[str, Any]) -> dict[str, Any]:
    resources = body.get("resources", {})
    devices = {name: amount for name, amount in resources.get("limits", {}).items() if is_device(name)}
    if not devices:
        return body
    return body | {"resources": resources | {"requests": resources.get("requests", {}) | devices}}
