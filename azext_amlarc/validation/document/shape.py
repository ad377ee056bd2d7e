"""Complaints about unknown keys and values of the wrong type."""

from collections.abc import Iterator, Mapping

from azext_amlarc.findings import Rule, Severity
from azext_amlarc.validation.text.reading import STRING, Complaint, JsonPath, kind
from azext_amlarc.wording import did_you_mean, quoted

UNKNOWN_KEY = Rule("AMLARC-D001", Severity.ERROR, "only documented keys are used")
WRONG_TYPE = Rule("AMLARC-D002", Severity.ERROR, "values have their documented types")

RULES = (UNKNOWN_KEY, WRONG_TYPE)

# Keys of the CLI of 2021, of Kubernetes and of other tools that are spelled too differently to be suggested.
_ALIASES = {"request": "requests", "limit": "limits", "selector": "nodeSelector", "ns": "namespace"}


def unknown_keys(path: JsonPath, given: Mapping[str, object], known: tuple[str, ...]) -> Iterator[Complaint]:
    """One complaint for each unknown key."""
    for key in given:
        if key not in known:
            aliases = {alias: key for alias, key in _ALIASES.items() if key in known}
            fix = did_you_mean(key, known, aliases)
            yield Complaint(UNKNOWN_KEY, (*path, key), f"unknown key {quoted(key)} in {_owner(path)}", fix, at_key=True)


def _owner(path: JsonPath) -> str:
    levels = {0: "the document", 2: "an instance type", 3: "resources"}
    return levels.get(len(path), "this object")


def wrong_type(path: JsonPath, value: object, wanted: str, fix: str = "") -> Complaint:
    """The complaint about a value of the wrong type; a number or boolean that should be a string is to be quoted."""
    quote = wanted == STRING and isinstance(value, bool | int | float)
    name = quoted(str(path[-1])) if path else "this"
    message = f"{name} is {kind(value)}, not {wanted}"
    usual = f"write {wanted}" + (", or leave it out" if value is None else "")
    return Complaint(WRONG_TYPE, path, message, fix or usual, quote=quote and not fix)


def integer(value: object) -> int | None:
    """The value as an integer in the sense of JSON Schema (1.0 is one, true is not), or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None
