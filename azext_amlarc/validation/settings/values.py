"""Validates a setting's value by its type in the catalogue, and normalizes it to the spelling that is sent."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from azext_amlarc.findings import Finding, Rule
from azext_amlarc.product.catalogue import Record
from azext_amlarc.validation import names
from azext_amlarc.validation.settings import codes
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.wording import quoted

RESOURCE_ID = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/[^/]+(/[^/]+/[^/]+)+", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
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
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int) and abs(value) < 10**18:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    return Problem(codes.KIND, f"the value cannot be {_kind(value)}", _plainer(key, value))


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "a nested object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int | float):
        return "a number beyond 18 digits"
    return "null" if value is None else "other than a string or a number"


def _plainer(key: str, value: object) -> str:
    if isinstance(value, Mapping) and value:
        dotted = ", ".join(f'"{path}"' for path in list(_leaves(key, value))[:3])
        return f"write each value at the top level under its dotted key: {dotted}"
    if value is None:
        return f"leave {key} out to get its default"
    return f'write it as one string: "{key}": "value"'


def _leaves(path: str, value: object) -> Iterator[str]:
    """The dotted paths below `path`; no recursion, as files may be nested deeply."""
    waiting = [(path, value)]
    while waiting:
        path, value = waiting.pop(0)
        if isinstance(value, Mapping) and value:
            waiting[:0] = [(f"{path}.{key}", inner) for key, inner in value.items()]
        else:
            yield path


def _typed(record: Record, setting: Setting, text: str) -> str | Problem:
    shown = "the value" if record.protected or setting.protected else quoted(text)
    if record.type in ("boolean", "node label"):  # these have their own rules about spaces and empty values
        return CHECKS[record.type](record, setting.key, text, shown)
    if not text.strip():
        return Problem(codes.EMPTY, "the value is empty", f"give it a value, or leave {setting.key} out")
    if text != text.strip():
        return Problem(codes.SPACES, f"{shown} has spaces around it", "remove the spaces")
    return CHECKS[record.type](record, setting.key, text, shown)


def _boolean(record: Record, key: str, text: str, shown: str) -> str | Problem:
    if text.lower() in ("true", "false"):
        return text.capitalize()
    off = text.strip().lower() in ("false", "no", "n", "off", "0", "f", "disabled")
    fix = f"write {key}={not off}: only True and False are allowed, in any case, without spaces"
    return Problem(codes.BOOLEAN, f"{shown} is neither True nor False", fix)


def _one_of(record: Record, key: str, text: str, shown: str) -> str | Problem:
    for value in record.values:
        if text.lower() == value.lower():
            return value
    return Problem(codes.CHOICE, f"{shown} is not an allowed value", f"use {' or '.join(record.values)}")


def _node_path(record: Record, key: str, text: str, shown: str) -> str | Problem:
    if text.startswith("/") and ".." not in text.split("/") and text.isprintable():
        return text
    fix = f"write the whole path on the nodes, such as {record.default_2021}"
    return Problem(codes.NODE_PATH, f"{shown} is not an absolute path", fix)


def _node_label(record: Record, key: str, text: str, shown: str) -> str | Problem:
    form = "at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends"
    label = key.removeprefix(record.prefix)
    if not names.is_label_key(label):
        fix = f"write [dns.prefix/]name, with a name of {form}"
        return Problem(codes.NODE_LABEL, f"{quoted(label)} is not a valid label key", fix)
    if not names.is_label_value(text):
        return Problem(codes.NODE_LABEL, f"{shown} is not a valid label value", f"use {form}")
    return text


def _as_is(record: Record, key: str, text: str, shown: str) -> str | Problem:
    return text


def _matching(fits: Callable[[str], bool], form: str) -> Check:
    def check(record: Record, key: str, text: str, shown: str) -> str | Problem:
        if fits(text):
            return text
        return Problem(codes.FORM, f"{shown} is not a valid {record.type}", f"write {form}")

    return check


def _is_hostname(text: str) -> bool:
    return "." in text and names.is_dns_subdomain(text.lower())


def _is_process_count(text: str) -> bool:
    return text == "auto" or (text.isascii() and text.isdigit() and int(text) > 0)


def _is_quantity(text: str) -> bool:
    from azext_amlarc.validation import quantity  # imports fractions, for one rare setting

    try:
        return quantity.parse(text) > 0
    except ValueError:
        return False


def _is_resource_id(text: str) -> bool:
    return RESOURCE_ID.fullmatch(text) is not None


def _is_connection_string(text: str) -> bool:
    return text.startswith("Endpoint=sb://") and ";SharedAccessKey=" in text


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "boolean": _boolean,
        "enum": _one_of,
        "path on node": _node_path,
        "node label": _node_label,
        "string": _as_is,
        "local file": _as_is,
        "secret name": _matching(names.is_dns_subdomain, "a Secret's name: lower-case letters, digits, '-' and '.'"),
        "config map name": _matching(
            names.is_dns_subdomain, "a ConfigMap's name: lower-case letters, digits, '-' and '.'"
        ),
        "hostname": _matching(_is_hostname, "a DNS name such as ml.example.com, without scheme, port or wildcard"),
        "whole number": _matching(_is_process_count, "a number greater than zero in digits, or auto"),
        "quantity": _matching(_is_quantity, "an amount of memory such as 2048Mi or 2Gi"),
        "resource id": _matching(_is_resource_id, "/subscriptions/…/resourceGroups/…/providers/…"),
        "connection string": _matching(
            _is_connection_string, "Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…, as Azure shows it"
        ),
    }
)
