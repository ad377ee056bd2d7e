"""The attach configuration file: bytes in, every finding and the document ready to send out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.findings import Finding, Rule, Severity, errors_in
from azext_amlarc.validation import names
from azext_amlarc.validation.document import foreign, resources, shape
from azext_amlarc.validation.document.foreign import TYPE_KEYS
from azext_amlarc.validation.document.shape import integer, unknown_keys, wrong_type
from azext_amlarc.validation.text import parsing
from azext_amlarc.validation.text.reading import (
    IF_EMPTY,
    STRING,
    TOP_LEVEL,
    Complaint,
    JsonPath,
    Reading,
    kind,
    placed,
)
from azext_amlarc.wording import did_you_mean, quoted

KEYS = ("$schema", "namespace", "defaultInstanceType", "instanceTypes")

# The names in the examples of 2021. Today's clusters accept fewer, which is a warning.
TYPE_NAME = r"[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?"
LONGEST_TYPE_NAME = 253

NO_TYPES = Rule("AMLARC-D004", Severity.ERROR, "instanceTypes has at least one instance type")
DEFAULT_WITHOUT_TYPES = Rule("AMLARC-D005", Severity.ERROR, "defaultInstanceType requires instanceTypes")
NO_DEFAULT = Rule("AMLARC-D006", Severity.ERROR, "instanceTypes requires defaultInstanceType")
DEFAULT_TYPE_MISSING = Rule("AMLARC-D007", Severity.ERROR, "defaultInstanceType is a key of instanceTypes")
BAD_TYPE_NAME = Rule("AMLARC-D008", Severity.ERROR, "instance type names use letters, digits, hyphens and underscores")
OLD_TYPE_NAME = Rule("AMLARC-D009", Severity.WARNING, "instance type names are DNS-1123 names")
SAME_TYPE_NAME = Rule("AMLARC-D010", Severity.WARNING, "instance type names differ in more than case and underscores")
BAD_LABEL_KEY = Rule("AMLARC-D011", Severity.ERROR, "node selector keys are valid label keys")
BAD_LABEL_VALUE = Rule("AMLARC-D012", Severity.ERROR, "node selector values are valid label values")

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
    *foreign.RULES,
    names.NAMESPACE,
)

# What to do about an empty file.
STARTER = "run `az ml arc config init` if you need an attach configuration to start from"

_LABEL = "at most 63 letters, digits, - _ or . with a letter or digit at both ends"
_SEE_LABELS = f"list the labels of the nodes: {names.SEE_LABELS}"


@dataclass(frozen=True)
class Outcome:
    """A validated document: ready to send, or None if a finding is an error; with the reading that it came from."""

    document: dict[str, Any] | None
    findings: tuple[Finding, ...]
    reading: Reading = field(repr=False, compare=False)
    source: str


def read(raw: bytes, source: str) -> Outcome:
    """Validate an attach configuration, JSON or YAML; findings in the order of the text.

    The document is returned as Azure expects it: quantities are strings, and `$schema` is removed.
    """
    return judge(parse(raw, source, STARTER), source)


def judge(reading: Reading, source: str) -> Outcome:
    """Validate the parsed text of an attach configuration."""
    if not reading.usable:
        return Outcome(None, reading.findings, reading, source)
    findings = tuple(placed(list(validate(reading.data)), reading, source))
    valid = isinstance(reading.data, dict) and not errors_in(findings)
    return Outcome(ready(reading.data) if valid else None, findings, reading, source)


def schema() -> dict[str, Any]:
    """The document's JSON Schema (2020-12), with the same structure as `validate`; a test compares them."""
    import json
    from importlib.resources import files

    content = files("azext_amlarc.validation").joinpath("schemas", "attach.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def parse(raw: bytes, source: str, if_empty: str = IF_EMPTY) -> Reading:
    """The data of a JSON or YAML text, with the findings about the file; of several manifests one."""
    readings = parsing.parse_all(raw, source, if_empty)
    manifests = [reading for reading in readings if foreign.is_manifest(reading.data)]
    if not manifests or manifests[0] is not readings[0]:
        return parsing.only_one(readings, source)
    return next((reading for reading in manifests if foreign.has_instance_types(reading.data)), manifests[0])


def validate(data: object) -> Iterator[Complaint]:
    """Every complaint about a document's data, by the rules of Microsoft's guide and of Kubernetes."""
    if not isinstance(data, dict):
        fix = f"write an object with the keys {', '.join(KEYS[1:])}"
        yield Complaint(TOP_LEVEL, (), f"the document is {kind(data)}, not an object", fix)
        return
    recognized = list(foreign.recognized(data))
    if recognized:
        yield from recognized
        return
    yield from unknown_keys((), data, KEYS)
    for key in ("$schema", "namespace", "defaultInstanceType"):
        if key in data and not isinstance(data[key], str):
            yield wrong_type((key,), data[key], STRING)
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
        # The CLI of 2021 accepted a list.
        fix = 'write an object with the names as keys: {"cpu-small": {…}}' if isinstance(types, list) else ""
        yield wrong_type(path, types, "an object", fix)
    elif not types:
        yield Complaint(NO_TYPES, path, "instanceTypes is empty", "add an instance type, or leave instanceTypes out")
    else:
        yield from _type_names(path, types)
        for name, body in types.items():
            yield from _instance_type((*path, name), body)


def _type_names(path: JsonPath, types: dict[str, Any]) -> Iterator[Complaint]:
    today: dict[str, str] = {}
    for name in types:
        if len(name) > LONGEST_TYPE_NAME or not re.fullmatch(TYPE_NAME, name):
            yield _bad_type_name((*path, name), name)
            continue
        dns_name = names.as_dns_name(name)
        if name != dns_name or not names.is_dns_subdomain(name):
            message = f"{quoted(name)} is not a valid DNS-1123 name, which today's clusters require of instance types"
            fix = f'use "{dns_name}", also in jobs, unless the cluster runs a 2021 version of the extension'
            yield Complaint(OLD_TYPE_NAME, (*path, name), message, fix, at_key=True)
        if dns_name in today:
            message = f"{quoted(name)} and {quoted(today[dns_name])} are both {quoted(dns_name)} on today's clusters"
            yield Complaint(SAME_TYPE_NAME, (*path, name), message, "rename one of the two", at_key=True)
        today.setdefault(dns_name, name)


def _bad_type_name(path: JsonPath, name: str) -> Complaint:
    message = (
        f"{quoted(name)} is not a valid instance type name: use at most 253 letters, digits, hyphens and underscores, "
        "with a letter or digit at both ends"
    )
    return Complaint(BAD_TYPE_NAME, path, message, f"use {quoted(names.as_dns_name(name)[:253] or 'cpu')}", at_key=True)


def _instance_type(path: JsonPath, body: object) -> Iterator[Complaint]:
    if not isinstance(body, dict):
        yield wrong_type(path, body, "an object")
        return
    yield from unknown_keys(path, {key: one for key, one in body.items() if key != "tolerations"}, TYPE_KEYS)
    if "tolerations" in body:
        fix = foreign.instead_of_tolerations(body["tolerations"])
        yield Complaint(shape.UNKNOWN_KEY, (*path, "tolerations"), foreign.NO_TOLERATIONS, fix, at_key=True)
    selector = body.get("nodeSelector")
    if selector is not None:
        yield from _selector((*path, "nodeSelector"), selector)
    if body.get("resources") is not None:
        yield from resources.validate((*path, "resources"), body["resources"], bool(selector))
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
            message = f"{quoted(key)} is not a valid label key: write [dns.prefix/]name, with a name of {_LABEL}"
            yield Complaint(BAD_LABEL_KEY, here, message, _near_label_key(key), at_key=True)
        if not isinstance(value, str):
            yield wrong_type(here, value, STRING)
        elif not names.is_label_value(value):
            message = f"{quoted(value)} is not a valid label value: use {_LABEL}"
            yield Complaint(BAD_LABEL_VALUE, here, message, _SEE_LABELS)


def _near_label_key(key: str) -> str:
    prefix, slash, name = key.strip().rpartition("/")
    near = prefix.lower() + slash + re.sub(r"[^-A-Za-z0-9_.]+", "-", name).strip("-_.")
    return f"did you mean {quoted(near)}?" if names.is_label_key(near) else _SEE_LABELS


def _default_type(data: dict[str, Any]) -> Iterator[Complaint]:
    types, default = data.get("instanceTypes"), data.get("defaultInstanceType")
    if "instanceTypes" in data and "defaultInstanceType" not in data:
        known = list(types) if isinstance(types, dict) else []
        fix = f'add "defaultInstanceType": {quoted(known[0])}' if known else 'add "defaultInstanceType"'
        yield Complaint(NO_DEFAULT, ("instanceTypes",), "instanceTypes is given without defaultInstanceType", fix, True)
    elif "defaultInstanceType" in data and "instanceTypes" not in data:
        message = "defaultInstanceType is given without instanceTypes"
        fix = "add instanceTypes, with the default among them"
        yield Complaint(DEFAULT_WITHOUT_TYPES, ("defaultInstanceType",), message, fix, True)
    elif isinstance(types, dict) and isinstance(default, str) and types and default not in types:
        message = f"defaultInstanceType {quoted(default)} is not one of instanceTypes"
        yield Complaint(DEFAULT_TYPE_MISSING, ("defaultInstanceType",), message, did_you_mean(default, types))


def ready(data: Any) -> dict[str, Any]:
    """A copy of the document as Azure expects it: without `$schema`, and with quantities as strings."""
    made = {key: value for key, value in data.items() if key != "$schema"}
    if "instanceTypes" in made:
        made["instanceTypes"] = {name: _ready_type(body) for name, body in made["instanceTypes"].items()}
    return made


def _ready_type(body: dict[str, Any]) -> dict[str, Any]:
    copy = dict(body)
    if isinstance(body.get("nodeSelector"), dict):
        copy["nodeSelector"] = dict(body["nodeSelector"])
    given = copy.pop("resources", None)
    if given is not None:
        copy["resources"] = {side: _ready_amounts(amounts) for side, amounts in given.items() if amounts is not None}
    return copy


def _ready_amounts(amounts: dict[str, Any]) -> dict[str, str]:
    """Amounts as strings; null means none."""
    return {name: _as_text(amount) for name, amount in amounts.items() if amount is not None}


def _as_text(quantity: str | int | float) -> str:
    return quantity if isinstance(quantity, str) else str(integer(quantity))
