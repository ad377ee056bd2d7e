"""The attach configuration file: bytes in, the document ready to send and every finding out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.findings import Finding, Rule, Severity, errors_in
from azext_amlarc.validation import names
from azext_amlarc.validation.document import resources, shape
from azext_amlarc.validation.document.shape import integer, unknown_keys, wrong_type
from azext_amlarc.validation.names import judge_compute_name, judge_namespace
from azext_amlarc.validation.text import jsontext
from azext_amlarc.validation.text.reading import TOP_LEVEL, Complaint, JsonPath, Reading, decode, placed, unusable
from azext_amlarc.wording import did_you_mean, quoted

__all__ = ["RULES", "Outcome", "judge", "judge_compute_name", "judge_namespace", "parse", "read", "schema"]

KEYS = ("$schema", "namespace", "defaultInstanceType", "instanceTypes")
TYPE_KEYS = ("nodeSelector", "resources")

# What the 2021 examples use; today's clusters hold fewer of them, which is a warning.
TYPE_NAME = r"[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?"
LONGEST_TYPE_NAME = 253

NO_TYPES = Rule("AMLARC-D004", Severity.ERROR, "instanceTypes holds at least one instance type")
DEFAULT_WITHOUT_TYPES = Rule("AMLARC-D005", Severity.ERROR, "defaultInstanceType needs instanceTypes")
NO_DEFAULT = Rule("AMLARC-D006", Severity.ERROR, "instanceTypes needs defaultInstanceType")
DEFAULT_TYPE_MISSING = Rule("AMLARC-D007", Severity.ERROR, "defaultInstanceType is one of instanceTypes")
BAD_TYPE_NAME = Rule("AMLARC-D008", Severity.ERROR, "an instance type's name is letters, digits, hyphens, underscores")
OLD_TYPE_NAME = Rule("AMLARC-D009", Severity.WARNING, "an instance type's name is a DNS-1123 name")
SAME_TYPE_NAME = Rule("AMLARC-D010", Severity.WARNING, "instance types differ in more than letter case and underscores")
BAD_LABEL_KEY = Rule("AMLARC-D011", Severity.ERROR, "a selector's key is a label key")
BAD_LABEL_VALUE = Rule("AMLARC-D012", Severity.ERROR, "a selector's value is a label value")
MANIFEST = Rule("AMLARC-D029", Severity.ERROR, "the file is an attach document, not a Kubernetes manifest")

RULES = (
    *shape.RULES,
    NO_TYPES,
    DEFAULT_WITHOUT_TYPES,
    NO_DEFAULT,
    DEFAULT_TYPE_MISSING,
    BAD_TYPE_NAME,
    OLD_TYPE_NAME,
    SAME_TYPE_NAME,
    BAD_LABEL_KEY,
    BAD_LABEL_VALUE,
    *resources.RULES,
    MANIFEST,
    names.NAMESPACE,
)

_TYPE_NAME = re.compile(TYPE_NAME)
_SEE_LABELS = "see the nodes' labels: kubectl get nodes --show-labels"


@dataclass(frozen=True)
class Outcome:
    """A validated document: ready to send, or None if a finding is an error; `reading` is the text that it was."""

    document: dict[str, Any] | None
    findings: tuple[Finding, ...]
    reading: Reading = field(repr=False, compare=False)
    source: str


def read(raw: bytes, source: str) -> Outcome:
    """Judge an attach document, JSON or YAML by the source's name or else its look; findings in the text's order.

    The document comes back as Azure takes it: quantities are text, and `$schema` is gone.
    """
    reading = parse(raw, source)
    if not reading.usable:
        return Outcome(None, reading.findings, reading, source)
    findings = tuple(placed(list(judge(reading.data)), reading, source))
    valid = isinstance(reading.data, dict) and not errors_in(findings)
    return Outcome(_ready(reading.data) if valid else None, findings, reading, source)


def schema() -> dict[str, Any]:
    """The document's JSON Schema (2020-12), which states the same structure as `judge`; a test holds them together."""
    import json
    from importlib.resources import files

    content = files("azext_amlarc.validation").joinpath("schemas", "attach.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def parse(raw: bytes, source: str) -> Reading:
    """The data of a JSON or YAML text, with its file-level findings."""
    decoded = decode(raw, source)
    if isinstance(decoded, Finding):
        return unusable(decoded)
    if is_yaml(decoded, source):
        from azext_amlarc.validation.text import yamltext

        return yamltext.parse(decoded, source)
    return jsontext.parse(decoded, source)


def is_yaml(decoded: str, source: str) -> bool:
    """Whether a text is YAML: by the source's name, else unless it begins as JSON does."""
    name = source.lower()
    if name.endswith((".yaml", ".yml")):
        return True
    return not name.endswith(".json") and decoded.lstrip()[0] not in "{[\"'"


def judge(data: object) -> Iterator[Complaint]:
    """Every complaint about a document's data. Rules: the guide, and Kubernetes where the guide leaves it to that."""
    if not isinstance(data, dict):
        fix = f"write the keys {', '.join(KEYS[1:])}"
        yield Complaint(TOP_LEVEL, (), f"the document is {shape.kind(data)}, not an object", fix)
        return
    if "apiVersion" in data and "kind" in data:
        fix = "convert it: az ml arc config convert --from instancetype"
        yield Complaint(MANIFEST, (), f"this is a Kubernetes manifest of kind {quoted(str(data['kind']))}", fix)
        return
    yield from unknown_keys((), data, KEYS)
    for key in ("$schema", "namespace", "defaultInstanceType"):
        if key in data and not isinstance(data[key], str):
            yield wrong_type((key,), data[key], "text")
    yield from _namespace(data.get("namespace"))
    yield from _instance_types(data)
    yield from _default_type(data)


def _namespace(namespace: object) -> Iterator[Complaint]:
    if isinstance(namespace, str) and not names.is_dns_label(namespace):
        message, fix = names.namespace_message(namespace), names.namespace_fix(namespace)
        yield Complaint(names.NAMESPACE, ("namespace",), message, fix)


def _instance_types(data: dict[str, Any]) -> Iterator[Complaint]:
    if "instanceTypes" not in data:
        return
    path: JsonPath = ("instanceTypes",)
    types = data["instanceTypes"]
    if not isinstance(types, dict):
        # The command line of 2021 took a list.
        fix = 'write a map from name to instance type: {"cpu-small": {…}}' if isinstance(types, list) else ""
        yield wrong_type(path, types, "an object", fix)
    elif not types:
        yield Complaint(NO_TYPES, path, "instanceTypes is empty", "name at least one instance type, or leave it out")
    else:
        yield from _type_names(path, types)
        for name, body in types.items():
            yield from _instance_type((*path, name), body)


def _type_names(path: JsonPath, types: dict[str, Any]) -> Iterator[Complaint]:
    today: dict[str, str] = {}
    for name in types:
        if len(name) > LONGEST_TYPE_NAME or not _TYPE_NAME.fullmatch(name):
            yield _bad_type_name((*path, name), name)
            continue
        dns_name = names.as_dns_name(name)
        if name != dns_name or not names.is_dns_subdomain(name):
            message = f"today's clusters hold instance types as objects, and {quoted(name)} is no DNS-1123 name"
            fix = f'use "{dns_name}", also in jobs, unless the cluster has the 2021 release of the extension'
            yield Complaint(OLD_TYPE_NAME, (*path, name), message, fix, at_key=True)
        if dns_name in today:
            message = (
                f"{quoted(name)} and {quoted(today[dns_name])} are one name on today's clusters: {quoted(dns_name)}"
            )
            yield Complaint(SAME_TYPE_NAME, (*path, name), message, "rename one of the two", at_key=True)
        today.setdefault(dns_name, name)


def _bad_type_name(path: JsonPath, name: str) -> Complaint:
    message = f"{quoted(name)} is no name for an instance type: letters, digits, hyphens and underscores, at most 253"
    return Complaint(BAD_TYPE_NAME, path, message, f"use {quoted(names.as_dns_name(name)[:253] or 'cpu')}", at_key=True)


def _instance_type(path: JsonPath, body: object) -> Iterator[Complaint]:
    if not isinstance(body, dict):
        yield wrong_type(path, body, "an object")
        return
    yield from unknown_keys(path, body, TYPE_KEYS)
    selector = body.get("nodeSelector")
    if selector is not None:
        yield from _selector((*path, "nodeSelector"), selector)
    if "resources" in body:
        yield from resources.judge((*path, "resources"), body["resources"], bool(selector))
    else:
        yield resources.no_resources(path)


def _selector(path: JsonPath, selector: object) -> Iterator[Complaint]:
    if not isinstance(selector, dict):
        fix = "write null without quotes" if selector == "null" else ""
        yield wrong_type(path, selector, "an object of labels, or null", fix)
        return
    for key, value in selector.items():
        here = (*path, key)
        if not names.is_label_key(key):
            message = f"{quoted(key)} is no label key: [dns.prefix/]name, the name at most 63 letters, digits, - _ ."
            yield Complaint(BAD_LABEL_KEY, here, message, _near_label_key(key), at_key=True)
        if not isinstance(value, str):
            yield wrong_type(here, value, "text")
        elif not names.is_label_value(value):
            message = f"{quoted(value)} is no label value: at most 63 letters, digits, - _ . with no - _ . at the ends"
            yield Complaint(BAD_LABEL_VALUE, here, message, _SEE_LABELS)


def _near_label_key(key: str) -> str:
    prefix, slash, name = key.strip().rpartition("/")
    near = prefix.lower() + slash + re.sub(r"[^-A-Za-z0-9_.]+", "-", name).strip("-_.")
    return f"did you mean {quoted(near)}?" if names.is_label_key(near) else _SEE_LABELS


def _default_type(data: dict[str, Any]) -> Iterator[Complaint]:
    types, default = data.get("instanceTypes"), data.get("defaultInstanceType")
    if "instanceTypes" in data and "defaultInstanceType" not in data:
        known = list(types) if isinstance(types, dict) else []
        fix = f'write "defaultInstanceType": {quoted(known[0])}' if known else 'write "defaultInstanceType"'
        yield Complaint(NO_DEFAULT, ("instanceTypes",), "instanceTypes is given without defaultInstanceType", fix, True)
    elif "defaultInstanceType" in data and "instanceTypes" not in data:
        message = "defaultInstanceType is given without instanceTypes, one of which it has to name"
        yield Complaint(DEFAULT_WITHOUT_TYPES, ("defaultInstanceType",), message, "write instanceTypes too", True)
    elif isinstance(types, dict) and isinstance(default, str) and types and default not in types:
        message = f"defaultInstanceType is {quoted(default)}, which is not one of instanceTypes"
        yield Complaint(DEFAULT_TYPE_MISSING, ("defaultInstanceType",), message, did_you_mean(default, types))


def _ready(data: Any) -> dict[str, Any]:
    """The document as Azure takes it, a copy: no `$schema`, and each quantity text."""
    ready = {key: value for key, value in data.items() if key != "$schema"}
    if "instanceTypes" in ready:
        ready["instanceTypes"] = {name: _ready_type(body) for name, body in ready["instanceTypes"].items()}
    return ready


def _ready_type(body: dict[str, Any]) -> dict[str, Any]:
    ready = dict(body)
    if isinstance(body.get("nodeSelector"), dict):
        ready["nodeSelector"] = dict(body["nodeSelector"])
    if "resources" in body:
        sides = body["resources"].items()
        ready["resources"] = {side: {name: _as_text(value) for name, value in given.items()} for side, given in sides}
    return ready


def _as_text(quantity: str | int | float) -> str:
    return quantity if isinstance(quantity, str) else str(integer(quantity))
