"""JUnit XML as CI systems read it (https://github.com/testmoapp/junitxml): suites of cases with their results."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from azext_amlarc.wording import legible

Kind = Literal["failure", "error", "skipped", "system-out"]

_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


@dataclass(frozen=True)
class Note:
    """A case's failure, error, skip or output; a case without notes passed."""

    kind: Kind
    text: str = ""
    message: str = ""


@dataclass(frozen=True)
class Case:
    """One thing that was tested: a file, or a check."""

    name: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Suite:
    """Cases that belong together, with the class name that all of them get."""

    name: str
    classname: str
    cases: tuple[Case, ...]


def xml(suites: Sequence[Suite], seconds: float | None = None) -> str:
    """The XML, well-formed whatever the texts contain; `seconds` is the total time."""
    from xml.etree import ElementTree

    time = {} if seconds is None else {"time": f"{seconds:.3f}"}
    every = [case for suite in suites for case in suite.cases]
    root = ElementTree.Element("testsuites", {"name": "amlarc"} | _counts(every) | time)
    for suite in suites:
        inner = ElementTree.SubElement(root, "testsuite", {"name": legible(suite.name)} | _counts(suite.cases))
        for case in suite.cases:
            names = {"classname": legible(suite.classname), "name": legible(case.name)}
            element = ElementTree.SubElement(inner, "testcase", names)
            for note in case.notes:
                message = {"message": legible(note.message)} if note.message else {}
                ElementTree.SubElement(element, note.kind, message).text = legible(note.text) or None
    ElementTree.indent(root)
    return str(ElementTree.tostring(root, encoding="unicode", xml_declaration=True))


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    kinds = [{note.kind for note in case.notes} for case in cases]
    return {"tests": str(len(cases))} | {
        attribute: str(sum(kind in of_case for of_case in kinds)) for attribute, kind in _COUNTED.items()
    }
