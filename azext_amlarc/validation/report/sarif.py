"""SARIF 2.1.0, with all that GitHub's code scanning demands and shows.

That is a full description and a help text for each rule, and for each result a place with its end.
Sources: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ and
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal
from urllib.parse import quote

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class SarifRule:
    """What can be broken: its stable id, a true statement, the level of its results, and where to read more."""

    id: str
    title: str
    level: Level
    url: str


@dataclass(frozen=True)
class SarifResult:  # pylint: disable=too-many-instance-attributes
    """A broken rule: its id, the level, what is wrong with the fix, and where.

    `source` is a file's name or what stands for one; `line` and `column` count from 1, `width` is in characters;
    `where` is the place within: a JSONPath, or a resource's id.
    """

    rule: str
    level: Level
    message: str
    source: str
    line: int = 1
    column: int = 1
    width: int = 1
    where: str = ""


def log(rules: Iterable[SarifRule], results: Sequence[SarifResult]) -> dict[str, Any]:
    """A log of one run; of the rules only those that are broken, once each."""
    broken = {result.rule for result in results}
    listed = sorted({rule.id: rule for rule in rules if rule.id in broken}.values(), key=lambda rule: rule.id)
    index = {rule.id: position for position, rule in enumerate(listed)}
    driver = {"name": "amlarc", **_versions(), "rules": [_rule(rule) for rule in listed]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(result, index) for result in results],
            }
        ],
    }


def _versions() -> dict[str, str]:
    """The version, where the package is installed: the hook of pre-commit runs from a checkout."""
    try:
        installed = version("amlarc")
    except PackageNotFoundError:
        return {}
    return {"version": installed, "semanticVersion": installed}


def _rule(rule: SarifRule) -> dict[str, Any]:
    statement = f"{rule.title}."
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": statement},
        "help": {"text": f"{statement} Each result says how to fix it. See {rule.url}"},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": rule.level},
    }


def _result(result: SarifResult, index: dict[str, int]) -> dict[str, Any]:
    region = {
        "startLine": result.line,
        "startColumn": result.column,
        "endLine": result.line,
        "endColumn": result.column + result.width,
    }
    uri = quote(result.source.replace("\\", "/"), errors="surrogateescape")
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
    if result.where:
        location["logicalLocations"] = [{"fullyQualifiedName": result.where}]
    found: dict[str, Any] = {
        "ruleId": result.rule,
        "level": result.level,
        "message": {"text": result.message},
        "locations": [location],
    }
    return found | ({"ruleIndex": index[result.rule]} if result.rule in index else {})
