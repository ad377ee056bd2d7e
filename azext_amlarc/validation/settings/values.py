"""Validates a setting's value by its type in the catalogue, and normalizes it to the spelling that is sent."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from azext_amlarc.findings import Finding, Rule
from azext_amlarc.product import helm
from azext_amlarc.product.catalogue import Record
from azext_amlarc.validation import names
from azext_amlarc.validation.settings import codes, shapes
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.wording import is_unicode, quoted

RESOURCE_ID = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/[^/]+(/[^/]+/[^/]+)+"


class Problem(NamedTuple):
    """What is wrong with a value, without its position."""

    rule: Rule
    message: str
    fix: str


Check = Callable[[Record, str, str, str], str | Problem]
"""Takes the record, the key, the text and how to show the text; returns the text as it is sent, or the problem."""


def normalize(setting: Setting, record: Record | None) -> str | Finding:
    """The value as it is sent, or the one finding about it; without a record it is an unchecked chart value."""
    text = text_of(setting.key, setting.value)
    outcome = text if isinstance(text, Problem) or record is None else _typed(record, setting, text)
    if isinstance(outcome, Problem):
        return about(setting, outcome.rule, outcome.message, outcome.fix)
    return outcome


def text_of(key: str, value: object) -> str | Problem:
    """A JSON value as the text of a setting: strings unchanged, True or False, numbers in decimal digits."""
    if isinstance(value, str):
        return (
            value if is_unicode(value) else Problem(codes.KIND, "the value is not valid Unicode", "write it in UTF-8")
        )
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int) and abs(value) < 10**18:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    return Problem(codes.KIND, f"the value cannot be {_kind(value)}", _plainer(key, value))


def labels_of(value: object) -> dict[str, str]:
    """The labels in one value: an object, JSON text, or `key=value` and `key: value`, separated by commas."""
    given = _object_of(value) if isinstance(value, str) else value
    pairs = given if isinstance(given, Mapping) else {}
    found = {key: str(one).lower() if isinstance(one, bool) else str(one) for key, one in pairs.items()}
    return {key: one for key, one in found.items() if names.is_label_key(key) and names.is_label_value(one)}


def _object_of(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pairs = (re.split(r"\s*[=:]\s*", one.strip(), maxsplit=1) for one in text.strip("{} ").split(","))
        return {pair[0].strip("\"'"): pair[-1].strip("\"'") for pair in pairs if len(pair) == 2}


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "a nested object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int | float):
        return "a number beyond 18 digits"
    return "null" if value is None else "other than a string or a number"


def _plainer(key: str, value: object) -> str:
    is_nested = isinstance(value, Mapping) or (isinstance(value, list) and any(map(_members, value)))
    if is_nested and value:
        return flattened(leaves(key, value))
    if value is None:
        return f"leave {key} out to get its default"
    return f'write it as one string: "{key}": "value"'


def flattened(paths: Sequence[str]) -> str:
    """The advice to write nested values under their paths."""
    shown = ", ".join(json.dumps(path, ensure_ascii=False) for path in paths[:3])
    return f"write each value at the top level under its dotted key: {shown}{', …' if len(paths) > 3 else ''}"


def _members(value: object) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f".{helm.escaped(str(key))}", inner) for key, inner in value.items()]
    return [(f"[{number}]", inner) for number, inner in enumerate(value)] if isinstance(value, list) else []


def leaves(path: str, value: object) -> list[str]:
    """The Helm paths of the values below `path`; no recursion, as files may be nested deeply."""
    found, waiting = [], [(path, value)]
    while waiting:
        path, value = waiting.pop(0)
        members = _members(value)
        waiting[:0] = [(path + step, inner) for step, inner in members]
        found += [] if members else [path]
    return found


# These have their own rules about spaces and empty values.
_WITH_OWN_SPACES: Final = ("boolean", "node label", "local file")


def _typed(record: Record, setting: Setting, text: str) -> str | Problem:
    secret = record.protected or setting.protected or shapes.may_be_secret(text)
    shown = "the value" if secret else quoted(text)
    if record.is_indexed and not _is_index(record.variable(setting.key)):
        example = record.key.replace("<index>", "0")
        return Problem(
            codes.FORM, f"{quoted(record.variable(setting.key))} is not an index", f"count from 0: {example}"
        )
    if record.type in _WITH_OWN_SPACES:
        return CHECKS[record.type](record, setting.key, text, shown)
    if not text.strip():
        return Problem(codes.EMPTY, "the value is empty", f"give it a value, or leave {setting.key} out")
    if text != text.strip():
        return Problem(codes.SPACES, f"{shown} has spaces around it", "remove the spaces")
    return CHECKS[record.type](record, setting.key, text, shown)


def _is_index(text: str) -> bool:
    return re.fullmatch(r"0|[1-9][0-9]{0,2}", text) is not None


def _boolean(_record: Record, key: str, text: str, shown: str) -> str | Problem:
    if text.lower() in ("true", "false"):
        return text.capitalize()
    if not text:
        return Problem(codes.EMPTY, "the value is empty", f"give it a value, or leave {key} out")
    off = text.strip().lower() in ("false", "no", "n", "off", "0", "f", "disabled")
    fix = f"write {key}={not off}: only True and False are allowed, in any case, without spaces"
    return Problem(codes.BOOLEAN, f"{shown} is neither True nor False", fix)


def _one_of(record: Record, _key: str, text: str, shown: str) -> str | Problem:
    for value in record.values:
        if text.lower() == value.lower():
            return value
    return Problem(codes.CHOICE, f"{shown} is not an allowed value", f"use {' or '.join(record.values)}")


def _node_path(record: Record, _key: str, text: str, shown: str) -> str | Problem:
    if text.startswith("/") and ".." not in text.split("/") and text.isprintable():
        return text
    fix = f"write the whole path on the nodes, such as {record.default_2021}"
    return Problem(codes.NODE_PATH, f"{shown} is not an absolute path", fix)


_LABEL: Final = "at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends"


def _node_label(record: Record, key: str, text: str, shown: str) -> str | Problem:
    label = helm.unescaped(record.variable(key))
    if not names.is_label_key(label):
        # One more level of escapes than needed, as JSON and shells make them, or quotes that Helm does not know.
        meant = re.sub(r"[\\\"']", "", label)
        written = f"write {helm.node_selector(meant)}=…" if names.is_label_key(meant) else ""
        fix = written or f"write [dns.prefix/]name, with a name of {_LABEL}"
        said = f"{quoted(label)} is not a valid label key" if label else "the label key is empty"
        return Problem(codes.NODE_LABEL, said, fix)
    return _label_value(record, key, text, shown)


def _label_value(record: Record, key: str, text: str, shown: str) -> str | Problem:
    if names.is_label_value(text):
        return text
    bare = text.strip("\"'")
    fix = f"write {bare}, without the inner quotes" if names.is_label_value(bare) else _each_label(record, key, text)
    return Problem(codes.NODE_LABEL, f"{shown} is not a valid label value", fix or f"use {_LABEL}")


def _each_label(record: Record, key: str, text: str) -> str:
    """What to write for several labels in one node selector: `nodeSelector.pool=gpu,disk=ssd`."""
    if record.type != "node label" or "," not in text:
        return ""
    labels = labels_of(f"{helm.unescaped(record.variable(key))}={text}")
    pairs = [f"{helm.node_selector(label)}={value}" for label, value in labels.items()]
    return f"give each label its own setting: {' '.join(pairs)}" if len(pairs) > 1 else ""


def _path(_record: Record, key: str, text: str, _shown: str) -> str | Problem:
    """A path is never repeated: what was given for it may be the key itself."""
    what = shapes.contents(text)
    if what:
        fix = f"save it in a file that only you can read, and give that file's path as {key}, without @"
        return Problem(codes.CONTENTS, f"the value is {what}, not the path of a file", fix)
    if not text.strip():
        return Problem(codes.EMPTY, "the value is empty", f"give it a value, or leave {key} out")
    if text != text.strip():
        return Problem(codes.SPACES, "the value has spaces around it", "remove the spaces")
    if text[0] in "'\"" and text[0] == text[-1]:
        return Problem(
            codes.FORM, "the path has quotes around it that the shell did not remove", "remove the inner quotes"
        )
    return text


def _as_is(_record: Record, _key: str, text: str, _shown: str) -> str | Problem:
    return text


def _matching(fits: Callable[[str], bool], form: str) -> Check:
    def check(record: Record, _key: str, text: str, shown: str) -> str | Problem:
        if fits(text):
            return text
        what = shapes.contents(text)
        is_other = f"the value is {what}, not" if what else f"{shown} is not"
        return Problem(codes.FORM, f"{is_other} a valid {record.type}", f"write {form}")

    return check


def _hostname(_record: Record, _key: str, text: str, shown: str) -> str | Problem:
    if re.fullmatch(r"[0-9.]+|[0-9a-fA-F]*:[0-9a-fA-F:.]+", text):
        return Problem(codes.FORM, f"{shown} is an IP address, not a hostname", "write the DNS name of the endpoint")
    if "." in text and names.is_dns_subdomain(text.lower()):
        return text
    bare = text.removesuffix(".").removeprefix("*.").removeprefix("https://").removeprefix("http://").rstrip("/")
    fix = "write a DNS name such as ml.example.com, without scheme, port or wildcard"
    if text.endswith(".") and names.is_dns_subdomain(bare.lower()):
        fix = f"write it without the final dot: {bare}"
    elif text.startswith("*."):
        fix = f"write the endpoint's own name, which the wildcard covers, such as ml.{bare}"
    return Problem(codes.FORM, f"{shown} is not a valid hostname", fix)


def _is_process_count(text: str) -> bool:
    return text == "auto" or (text.isascii() and text.isdigit() and int(text) > 0)


def _is_quantity(text: str) -> bool:
    from azext_amlarc.validation import quantity  # imports fractions, for one rare setting

    try:
        return quantity.parse(text) > 0
    except ValueError:
        return False


def _is_resource_id(text: str) -> bool:
    return re.fullmatch(RESOURCE_ID, text, re.IGNORECASE) is not None


def _is_connection_string(text: str) -> bool:
    return text.startswith("Endpoint=sb://") and ";SharedAccessKey=" in text


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "boolean": _boolean,
        "enum": _one_of,
        "path on node": _node_path,
        "node label": _node_label,
        "string": _as_is,
        "local file": _path,
        "label key": _matching(names.is_label_key, f"[dns.prefix/]name, with a name of {_LABEL}"),
        "label value": _label_value,
        "secret name": _matching(names.is_dns_subdomain, "a Secret's name: lower-case letters, digits, '-' and '.'"),
        "config map name": _matching(
            names.is_dns_subdomain, "a ConfigMap's name: lower-case letters, digits, '-' and '.'"
        ),
        "hostname": _hostname,
        "whole number": _matching(_is_process_count, "a number greater than zero in digits, or auto"),
        "quantity": _matching(_is_quantity, "an amount of memory such as 2048Mi or 2Gi"),
        "resource id": _matching(_is_resource_id, "/subscriptions/…/resourceGroups/…/providers/…"),
        "connection string": _matching(
            _is_connection_string, "Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…, as Azure shows it"
        ),
    }
)
