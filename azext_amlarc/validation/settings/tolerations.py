"""The rules of Kubernetes for tolerations, which Helm makes of `toleration[0].key=…` and the like.

https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from collections.abc import Iterator, Mapping

from azext_amlarc.findings import Finding
from azext_amlarc.product import catalogue
from azext_amlarc.validation.settings import codes
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.validation.settings.together import Given

Parts = dict[str, Setting]


def agree(given: Given) -> Iterator[Finding]:
    """The findings about each toleration, and about numbers that are left out."""
    lists: dict[str, dict[int, Parts]] = {}
    for key, setting in given.settings.items():
        record = catalogue.find(key)
        if record is not None and record.is_indexed:
            head, part = record.prefix.removesuffix("["), key.rpartition(".")[2]
            lists.setdefault(head, {}).setdefault(int(record.variable(key)), {})[part] = setting
    for head, members in lists.items():
        yield from _gaps(given, head, members)
        for number, parts in members.items():
            yield from _one(given, f"{head}[{number}]", parts)


def _gaps(given: Given, head: str, members: Mapping[int, Parts]) -> Iterator[Finding]:
    missing = next((number for number in range(max(members)) if number not in members), None)
    if missing is not None and not given.tried(*(f"{head}[{missing}].{part}" for part in ("key", "operator"))):
        first, *_ = members[max(members)].values()
        message = f"{head}[{missing}] is left out, and Helm would make an empty toleration of it"
        yield about(first, codes.TOLERATION, message, f"count the tolerations from 0 without gaps: {head}[{missing}]")


def _one(given: Given, name: str, parts: Parts) -> Iterator[Finding]:
    """Equal is the default, and needs a key and a value; Exists takes none."""
    if any(given.tried(f"{name}.{part}") and part not in parts for part in ("key", "operator", "value")):
        return
    first, *_ = parts.values()
    operator = parts.get("operator")
    if operator is not None and operator.value == "Exists":
        if "value" in parts:
            message = "operator Exists takes no value: it tolerates every value of the taint"
            yield about(parts["value"], codes.TOLERATION, message, f"leave {name}.value out, or use operator Equal")
        return
    if "key" not in parts:
        message = f"{name} has no key, which only operator Exists allows"
        yield about(operator or first, codes.TOLERATION, message, f"add {name}.key, or use {name}.operator=Exists")
    elif "value" not in parts:
        message = f"operator Equal{'' if operator else ', the default,'} requires a value"
        fix = f"add {name}.value, or use {name}.operator=Exists"
        yield about(operator or parts["key"], codes.TOLERATION, message, fix)
