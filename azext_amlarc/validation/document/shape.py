"""Complaints about shape: keys outside the closed set, and values of the wrong type."""

from collections.abc import Iterator, Mapping

from azext_amlarc.findings import Rule, Severity
from azext_amlarc.validation.text.reading import Complaint, JsonPath
from azext_amlarc.wording import did_you_mean, quoted

UNKNOWN_KEY = Rule("AMLARC-D001", Severity.ERROR, "a document has only the documented keys")
WRONG_TYPE = Rule("AMLARC-D002", Severity.ERROR, "a value has its documented type")

RULES = (UNKNOWN_KEY, WRONG_TYPE)

# Keys of the 2021 CLI, of Kubernetes and of other tools, folded, that spelling alone would not find.
_ALIASES = {"request": "requests", "limit": "limits", "selector": "nodeSelector", "ns": "namespace"}


def unknown_keys(path: JsonPath, given: Mapping[str, object], known: tuple[str, ...]) -> Iterator[Complaint]:
    """One complaint for each key that is not among the known ones."""
    for key in given:
        if key not in known:
            aliases = {alias: key for alias, key in _ALIASES.items() if key in known}
            fix = did_you_mean(key, known, aliases)
            yield Complaint(
                UNKNOWN_KEY, (*path, key), f"{quoted(key)} is not a key of {_owner(path)}", fix, at_key=True
            )


def _owner(path: JsonPath) -> str:
    levels = {0: "the document", 2: "an instance type", 3: "resources"}
    return levels.get(len(path), "this object")


def wrong_type(path: JsonPath, value: object, wanted: str, fix: str = "") -> Complaint:
    """The complaint about a value that is not of the wanted kind; a scalar where text is wanted is to be quoted."""
    quote = wanted == "text" and isinstance(value, bool | int | float)
    message = (
        f"{quoted(str(path[-1]))} is {kind(value)}, not {wanted}" if path else f"this is {kind(value)}, not {wanted}"
    )
    usual = f"write {wanted}" + (", or leave it out" if value is None else "")
    return Complaint(WRONG_TYPE, path, message, fix or usual, quote=quote and not fix)


def kind(value: object) -> str:
    """What JSON calls the value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "a number"


def integer(value: object) -> int | None:
    """The whole number that a JSON value is (JSON Schema takes 1.0 for one, and true for none), or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None
