"""A manifest's structure: our own walk over `schemas/fleet.schema.json`, with messages about fleets.

The schema is the one place that says which keys there are and what they take; the walk knows the keywords that it uses,
and a property-based test holds it against jsonschema. docs/architecture.md says why jsonschema is not used at run time.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from azext_amlarc.findings import Rule, Severity
from azext_amlarc.resources import naming
from azext_amlarc.validation import names
from azext_amlarc.validation.document.shape import integer
from azext_amlarc.validation.document.shape import wrong_type as typed
from azext_amlarc.validation.text.reading import STRING, Complaint, JsonPath, kind
from azext_amlarc.wording import did_you_mean, number, quoted

UNKNOWN_KEY = Rule("AMLARC-M001", Severity.ERROR, "a manifest has only documented keys")
WRONG_TYPE = Rule("AMLARC-M002", Severity.ERROR, "a manifest's values have their documented types")
MISSING = Rule("AMLARC-M003", Severity.ERROR, "a manifest has all required keys")
CHOICE = Rule("AMLARC-M004", Severity.ERROR, "a manifest's value is one that its key allows")
FORM = Rule("AMLARC-M005", Severity.ERROR, "names, ids and paths in a manifest have the form that Azure accepts")
RANGE = Rule("AMLARC-M006", Severity.ERROR, "a manifest's numbers are within their range")
COUNT = Rule("AMLARC-M007", Severity.ERROR, "a manifest's lists and objects have as many members as they need")
PLAIN = Rule("AMLARC-M008", Severity.ERROR, "a manifest has references to protected values, not the values")

RULES = (UNKNOWN_KEY, WRONG_TYPE, MISSING, CHOICE, FORM, RANGE, COUNT, PLAIN)

Schema = Mapping[str, Any]

# Where the values of protected settings would be, which no message may repeat.
PROTECTED: JsonPath = ("spec", "extension", "protected")
_REFERENCES = "{file: PATH}, {env: NAME} or {keyVault: URL}"
_NOT_REPEATED = "a protected setting that is no reference: what it is instead may be secret, so it is not repeated here"
# Words of az and of other tools that are spelled too differently to be suggested.
_ALIASES = {
    "autoupgrade": "autoUpgradeMinorVersion",
    "train": "releaseTrain",
    "group": "resourceGroup",
    "rg": "resourceGroup",
    "clustertype": "type",
    "clustername": "name",
    "subscriptionid": "subscription",
    "workspacename": "workspace",
    "configurationsettings": "settings",
    "configurationprotectedsettings": "protected",
    "identitytype": "type",
    "regions": "locations",
    "labels": "tags",
}
_KINDS = {
    "clusterName": naming.CLUSTER,
    "resourceGroup": naming.RESOURCE_GROUP,
    "extensionName": naming.EXTENSION,
    "workspaceName": naming.WORKSPACE,
    "releaseTrain": naming.RELEASE_TRAIN,
    "version": naming.VERSION,
}
# What is wrong with a text, and what to write, by the name of its definition in the schema.
_FORMS = {
    "fleetName": (
        "is not a valid fleet name: use at most 63 lower-case letters, digits and hyphens, with a letter or digit at "
        "both ends",
        "",
    ),
    "subscription": ("is not the id of a subscription", "list the ids: az account list --query '[].id'"),
    "identityId": (
        "is not the resource id of a user-assigned identity",
        "list the ids: az identity list --query '[].id'",
    ),
    "text": ("is empty", "write a value, or leave it out"),
    "env": ("is not the name of an environment variable", "use letters, digits and underscores"),
    "keyVault": (
        "is not the URL of a secret in a Key Vault",
        "write https://VAULT.vault.azure.net/secrets/NAME: az keyvault secret show --query id",
    ),
}


@cache
def schema() -> dict[str, Any]:
    """The manifest's JSON Schema (2020-12)."""
    content = files("azext_amlarc.validation").joinpath("schemas", "fleet.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def validate(data: object) -> Iterator[Complaint]:
    """Every complaint about the structure of a manifest."""
    return _walk(schema(), data, (), "")


def _walk(own: Schema, value: object, path: JsonPath, form: str) -> Iterator[Complaint]:
    """Complaints about a value; `form` is the name of the definition that says its form."""
    if "$ref" in own:
        name = own["$ref"].rpartition("/")[2]
        yield from _walk(schema()["$defs"][name], value, path, name)
    elif "if" in own:
        is_selector = isinstance(value, dict) and "selector" in value
        yield from _walk(own["then" if is_selector else "else"], value, path, form)
    elif _is_protected(path) and not _is_reference(value):
        yield Complaint(PLAIN, path, _NOT_REPEATED, f"write where the value is: {_REFERENCES}", at_key=True)
    elif "enum" in own or "const" in own:
        yield from _choice(own.get("enum") or [own["const"]], value, path)
    else:
        yield from _typed(own, value, path, form)


def _typed(own: Schema, value: object, path: JsonPath, form: str) -> Iterator[Complaint]:
    wanted = own.get("type") or "scalar"
    if not _IS[wanted](value):
        yield _wrong_type(path, value, _NOUNS[wanted])
    elif isinstance(value, dict):
        yield from _object(own, value, path)
    elif isinstance(value, list):
        yield from _count(own, len(value), path, "Items")
        for place, item in enumerate(value):
            yield from _walk(own["items"], item, (*path, place), "")
    elif wanted == "integer":
        yield from _range(own, value, path)
    elif "pattern" in own and not _pattern(own["pattern"]).search(str(value)):
        yield _form(form or str(path[-1]), str(value), path)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of JSON Schema, where $ is the very end; Python's $ also stands before a final line feed."""
    return re.compile(re.sub(r"\$$", r"\\Z", text))


_IS: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: integer(value) is not None,
    "scalar": lambda value: isinstance(value, str | bool | int | float),
}
_NOUNS = {
    "object": "an object",
    "string": STRING,
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "scalar": "a string, a number, true or false",
}


def _wrong_type(path: JsonPath, value: object, wanted: str) -> Complaint:
    """The complaint about a value of the wrong type; one that may be secret is not repeated."""
    complaint = typed(path, value, wanted, "" if wanted == STRING else f"write {wanted}")._replace(rule=WRONG_TYPE)
    if path[:3] == PROTECTED:
        return complaint._replace(message=f"{path[-1]} is not {wanted}", fix=f"write {wanted}", quote=False)
    if path and isinstance(path[-1], int):
        return complaint._replace(message=f"{_named(path)} is {kind(value)}, not {wanted}")
    return complaint


def _object(own: Schema, value: dict[str, Any], path: JsonPath) -> Iterator[Complaint]:
    known: Mapping[str, Any] = own.get("properties", {})
    others = own.get("additionalProperties")
    yield from _count(own, len(value), path, "Properties", known)
    for key in own.get("required", ()):
        if key not in value:
            fix = f"add {key}: {_sample(known[key])}"
            yield Complaint(MISSING, path, f"{_named(path)} has no {key}", fix, at_key=_has_key(path))
    for key, member in value.items():
        if key in known:
            yield from _walk(known[key], member, (*path, key), "")
        elif others:
            yield from _walk(others, member, (*path, key), "")
        else:
            fix = did_you_mean(key, list(known), {alias: word for alias, word in _ALIASES.items() if word in known})
            message = f"unknown key {quoted(key)} in {_named(path)}"
            yield Complaint(UNKNOWN_KEY, (*path, key), message, fix, at_key=True)


def _named(path: JsonPath) -> str:
    if not path:
        return "the manifest"
    owner = next(str(step) for step in reversed(path) if isinstance(step, str))
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {owner}"
    return owner if re.fullmatch(r"[A-Za-z]+", owner) else quoted(owner)


def _has_key(path: JsonPath) -> bool:
    return bool(path) and isinstance(path[-1], str)


def _sample(own: Schema) -> str:
    """What to write for a key that is missing."""
    resolved = schema()["$defs"][own["$ref"].rpartition("/")[2]] if "$ref" in own else own
    if "const" in resolved:
        return str(resolved["const"])
    found = (own.get("examples") or resolved.get("examples") or resolved.get("enum") or [None])[0]
    return (
        str(found) if isinstance(found, str) else {"array": "[…]", "object": "{…}"}.get(resolved.get("type", ""), "…")
    )


def _choice(allowed: list[str], value: object, path: JsonPath) -> Iterator[Complaint]:
    if value in allowed and isinstance(value, str):
        return
    if isinstance(value, str):
        name = f"{path[-1]} {quoted(value)}" if isinstance(path[-1], str) else quoted(value)
        fix = did_you_mean(value, allowed) if len(allowed) > 1 else f"write {allowed[0]}"
        yield Complaint(CHOICE, path, f"{name} is not {_either(allowed)}", fix)
    else:
        yield _wrong_type(path, value, _either(allowed))


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _range(own: Schema, value: Any, path: JsonPath) -> Iterator[Complaint]:
    least, most = own["minimum"], own.get("maximum")
    if value < least or (most is not None and value > most):
        allowed = f"from {least} to {most}" if most is not None else f"{least} or more"
        yield Complaint(RANGE, path, f"{path[-1]} is {value}", f"write a whole number, {allowed}")


def _count(
    own: Schema, there: int, path: JsonPath, keyword: str, known: Mapping[str, Any] | None = None
) -> Iterator[Complaint]:
    least, most = own.get(f"min{keyword}", 0), own.get(f"max{keyword}", there)
    if least <= there <= most:
        return
    words = _either(list(known)) if known else ""
    fix = f"write one of {words}" if words else "add one"
    counted = number(there, "member") if there else "no members"
    yield Complaint(COUNT, path, f"{_named(path)} has {counted}", fix, at_key=_has_key(path))


def _form(form: str, value: str, path: JsonPath) -> Complaint:
    if form in _KINDS:
        return Complaint(FORM, path, naming.fault(_KINDS[form], value), "choose another name" if value else "")
    if form == "namespace":
        return Complaint(FORM, path, names.namespace_message(value), names.namespace_fix(value))
    problem, fix = _FORMS[form]
    near = names.as_dns_name(value).replace(".", "-")[:63].strip("-")
    name = _named(path) if isinstance(path[-1], int) else path[-1]
    shown = f"{name}, {quoted(value)}," if value.strip() and path[:3] != PROTECTED else name
    return Complaint(FORM, path, f"{shown} {problem}", fix or f'use "{near or "plants"}"')


def _is_protected(path: JsonPath) -> bool:
    return path[:3] == PROTECTED and len(path) == 4


def _is_reference(value: object) -> bool:
    """Whether it may be a reference: nothing but the three known keys, whose texts are no secrets."""
    known = schema()["$defs"]["reference"]["properties"]
    return isinstance(value, dict) and value.keys() <= known.keys()
