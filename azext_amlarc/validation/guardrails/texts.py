"""How a broken policy is put into words: what is wrong with a value, and what to write."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from azext_amlarc.wording import did_you_mean, in_line, number, quoted

# Keywords of our own, for a part of a policy and all in it: the code of its findings, and their severity.
PREFIX = "x-amlarc-"
CODE, SEVERITY = "x-amlarc-code", "x-amlarc-severity"
OWN = {CODE: r"(?!AMLARC-)[A-Z][A-Z0-9]*(-[A-Z0-9]+)+", SEVERITY: "error|warning|info"}
# What a policy is for, if it says so; otherwise it is for whatever it is given for.
FOR = "x-amlarc-for"

# What is said at a key, since there is no value or since the value is not what is wrong.
ABOUT_KEYS = (
    *("required", "dependentRequired", "dependencies", "minProperties", "maxProperties", "unevaluatedProperties"),
)

# What is wrong, and what to do about it.
Said = tuple[str, str]

_COUNTED = {
    "minLength": "character",
    "maxLength": "character",
    "minItems": "item",
    "maxItems": "item",
    "minProperties": "member",
    "maxProperties": "member",
}
_LIMITS = {
    "maximum": ("more than", "at most"),
    "minimum": ("less than", "at least"),
    "exclusiveMaximum": ("not less than", "less than"),
    "exclusiveMinimum": ("not more than", "more than"),
}


def said(keyword: str | None, value: Any, names: Sequence[str], subject: str) -> Said:
    """What is wrong with what `subject` names, by the keyword of JSON Schema that it breaks, and the fix."""
    if keyword in _LIMITS:
        wrong, right = _LIMITS[keyword]
        return f"{subject} is {wrong} {shown(value)}", f"write {right} {shown(value)}"
    if keyword in _COUNTED:
        return _counted(keyword, value, subject)
    return _BY_KEYWORD.get(keyword or "", _otherwise)(value, names, subject)


def _counted(keyword: str, value: Any, subject: str) -> Said:
    limit = "fewer" if keyword.startswith("min") else "more"
    wanted = "at least" if keyword.startswith("min") else "at most"
    counted = number(value, _COUNTED[keyword]) if isinstance(value, int) else shown(value)
    return f"{subject} has {limit} than {counted}", f"write {wanted} {counted}"


def _enum(value: Any, _names: Sequence[str], subject: str) -> Said:
    listed = value if isinstance(value, list) else [value]
    return f"{subject} is not one of {_listed(listed)}", f"write one of {_listed(listed)}"


def _const(value: Any, _names: Sequence[str], subject: str) -> Said:
    return f"{subject} is not {shown(value)}", f"write {shown(value)}"


def _pattern(value: Any, _names: Sequence[str], subject: str) -> Said:
    return f"{subject} does not match {shown(value)}", "write what the pattern describes"


def _missing(_value: Any, names: Sequence[str], subject: str) -> Said:
    listed = _listed(names)
    return f"{subject} has no {listed}", f"add {listed}"


def _unknown(_value: Any, names: Sequence[str], subject: str) -> Said:
    if not names:
        return f"{subject} is broken in one of its members", "correct it"
    return f"{subject} has {_listed(names)}, which the policy does not allow", f"leave out {_listed(names)}"


def _unevaluated(_value: Any, _names: Sequence[str], subject: str) -> Said:
    return f"{subject} has a key that no part of the policy describes", "leave out what is not described"


def _type(value: Any, _names: Sequence[str], subject: str) -> Said:
    kinds = " or ".join(map(str, value if isinstance(value, list) else [value]))
    return f"{subject} is not of type {kinds}", f"write a value of type {kinds}"


def _forbidden(_value: Any, _names: Sequence[str], subject: str) -> Said:
    return f"{subject} is what the policy forbids", "write something else"


def _otherwise(_value: Any, _names: Sequence[str], subject: str) -> Said:
    return f"{subject} is not as the policy demands", "see what is demanded"


_BY_KEYWORD: Mapping[str, Callable[[Any, Sequence[str], str], Said]] = {
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "required": _missing,
    "dependentRequired": _missing,
    "dependencies": _missing,
    "unevaluatedProperties": _unevaluated,
    "additionalProperties": _unknown,
    "type": _type,
    "not": _forbidden,
    "": _forbidden,
}


def _listed(values: Sequence[Any]) -> str:
    listed = ", ".join(map(shown, values[:10]))
    return listed + (", …" if len(values) > 10 else "")


def shown(value: Any) -> str:
    """A value for a message: a text in quotes, anything else as JSON."""
    return quoted(value) if isinstance(value, str) else quoted(json.dumps(value, ensure_ascii=False))[1:-1]


def fault(reason: str, about: Any, subject: str) -> Said:
    """What is wrong with a policy itself at the place that `subject` names, and the fix."""
    if reason == "structure":
        wrong, fix = said(about["keyword"], about["value"], [], subject)
        return wrong.replace("as the policy demands", "what JSON Schema allows here"), fix
    return {
        "dialect": ("this dialect of JSON Schema is unknown", "write https://json-schema.org/draft/2020-12/schema"),
        "pattern": (f"the pattern is not valid: {in_line(str(about), 200)}", "write a regular expression of ECMA 262"),
        "own": (f"{subject} is not what it may be", _OF_OWN),
        "reference": (f"{shown(about)} is not in the policy", "write the part into the policy: nothing is fetched"),
        "target": (f"what {shown(about)} points to is no schema", "point to an object or a boolean"),
        "inner": (f"{FOR} is for the whole policy", "write it at the top level"),
        "unknown": (f"there is no keyword {shown(about)}", did_you_mean(str(about), (FOR, *OWN))),
        "endless": (
            "the policy refers to itself without an end",
            "let a reference to itself go down into the document",
        ),
    }[reason]


_OF_OWN = f"write a code such as ACME-GPU-1 for {CODE}, and error, warning or info for {SEVERITY}"
