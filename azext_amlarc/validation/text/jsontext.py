"""JSON text to data, with every file-level fault as its own finding at its exact place.

The standard parser reads; a second scan, which keeps positions, runs only when there is something to report.
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from azext_amlarc.findings import Finding, Rule
from azext_amlarc.validation.text.reading import (
    COMMENT,
    DEEPEST,
    DUPLICATE_KEY,
    NOT_A_NUMBER,
    NUMBER_RANGE,
    SECOND_DOCUMENT,
    SYNTAX,
    TRAILING_COMMA,
    TRUNCATED,
    JsonPath,
    Lines,
    Position,
    Reading,
    Spot,
    finding,
    fits,
    nests_too_deeply,
    too_deep,
    unusable,
)
from azext_amlarc.wording import quoted

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]|[^\s{}\[\],:"]+', re.DOTALL)


class _Node(NamedTuple):
    path: JsonPath
    parent: int  # offset of the container
    key: int  # offset of the key, or of the value where it has none
    start: int
    written: str


def parse(text: str, source: str) -> Reading:
    """The data of a JSON text. With a syntax error there is none, and one finding where the standard parser gave up."""
    suspicious: list[str] = []
    try:
        data = _load(text, suspicious)
    except json.JSONDecodeError as error:
        return unusable(_syntax_finding(text, error, source))
    except RecursionError:
        return unusable(_depth_finding(text, source))
    if nests_too_deeply(data):
        return unusable(_depth_finding(text, source))
    faults = tuple(_faults(text, source)) if suspicious else ()
    return Reading(data, faults, True, lambda wanted: spots(text, wanted))


def _load(text: str, suspicious: list[str]) -> object:
    """What the standard parser makes of the text; notes that a second scan has something to find."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            suspicious.append("duplicate key")
        return members

    def number(written: str) -> float:
        if not fits(written):
            suspicious.append(written)
            return 0
        return float(written) if re.search("[.eE]", written) else int(written)

    def constant(written: str) -> float:
        suspicious.append(written)
        return float(written)

    return json.loads(text, object_pairs_hook=members, parse_int=number, parse_float=number, parse_constant=constant)


def spots(text: str, wanted: Collection[JsonPath]) -> dict[JsonPath, Spot]:
    """Where the values at the wanted paths stand, in a text that the standard parser has read."""
    paths, lines = frozenset(wanted), Lines(text)
    return {
        node.path: Spot(lines.position(node.key), lines.position(node.start), node.written)
        for node in _nodes(text)
        if node.path in paths
    }


def _nodes(text: str) -> Iterator[_Node]:
    """Each value of a well-formed text, in its order. The grammar has been checked, so tokens are enough."""
    path: list[Any] = []  # the current step in each open container; None where an object's key comes next
    opened = [-1]
    key: int | None = None
    for token in _TOKEN.finditer(text):
        written, start = token[0], token.start()
        if written == ",":
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None
        elif written in "}]":
            path.pop()
            opened.pop()
        elif path and path[-1] is None:
            path[-1], key = json.loads(written), start
        else:
            container = written in "{["
            yield _Node(tuple(path), opened[-1], start if key is None else key, start, "" if container else written)
            key = None
            if container:
                opened.append(start)
                path.append(None if written == "{" else 0)


def _faults(text: str, source: str) -> Iterator[Finding]:
    """Duplicate keys, and numbers that are none or out of range, each where it stands."""
    lines, seen = Lines(text), dict[tuple[int, str | int], int]()
    for node in _nodes(text):
        name = (node.parent, node.path[-1] if node.path else 0)
        if name in seen:
            first = lines.position(seen[name])
            message = f"the key {quoted(str(name[1]))} stands twice in this object, first in line {first.line}"
            fix = "keep one of the two: programs differ in which they read"
            yield finding(DUPLICATE_KEY, message, fix, source, lines.position(node.key), node.path)
        seen.setdefault(name, node.key)
        if node.written in ("NaN", "Infinity", "-Infinity"):
            message = f"{node.written} is no JSON value"
            fix = "write a number, or null"
            yield finding(NOT_A_NUMBER, message, fix, source, lines.position(node.start), node.path)
        elif re.match("-?[0-9]", node.written) and not fits(node.written):
            message = f"the number {quoted(node.written)} is out of range"
            fix = "write a smaller number; a quantity goes in quotes"
            yield finding(NUMBER_RANGE, message, fix, source, lines.position(node.start), node.path)


def _depth_finding(text: str, source: str) -> Finding:
    depth, start = 0, 0
    for token in _TOKEN.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        start = token.start()
        if depth > DEEPEST:
            break
    return too_deep(source, Lines(text).position(start))


def _syntax_finding(text: str, error: json.JSONDecodeError, source: str) -> Finding:
    rule, message, fix = _diagnosis(text, error)
    return finding(rule, message, fix, source, Position(error.lineno, error.colno))


def _diagnosis(text: str, error: json.JSONDecodeError) -> tuple[Rule, str, str]:
    """What people most often did where the standard parser gave up: rule, message, fix."""
    here, before = text[error.pos : error.pos + 20], text[: error.pos].rstrip()[-1:]
    if error.msg.startswith("Unterminated string"):
        return (
            TRUNCATED,
            "the text ends inside the string that starts here",
            "close the string, or copy the file again",
        )
    if not here.strip():
        return TRUNCATED, "the text ends before the document does", "copy the file again, and whole"
    if (before == "," and here[0] in "}]") or "trailing comma" in error.msg:
        return TRAILING_COMMA, f'the comma before "{here[0]}" has nothing after it', "delete the comma"
    if here.startswith(("//", "/*", "#")):
        return COMMENT, "JSON has no comments", "delete it, or write the document as YAML (.yaml), which has them"
    if error.msg.startswith("Extra data") and here[0] in "{[":
        return SECOND_DOCUMENT, "a second document starts here", "keep one document in a file"
    return SYNTAX, *_syntax(here, error.msg)


def _syntax(here: str, said: str) -> tuple[str, str]:
    word = re.match(r"[A-Za-z_][\w.-]*", here)
    known = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "NULL": "null"}
    if here[0] in "'\u2018\u2019\u201c\u201d":
        return f"JSON does not take {here[0]} for quotes", 'write keys and texts between plain double quotes: "'
    if word and said.startswith("Expecting value"):
        return f"{quoted(word[0])} is no JSON value", f"write {known.get(word[0], chr(34) + word[0] + chr(34))}"
    if here[0] in "}]" and said.startswith("Expecting ','"):
        return f'"{here[0]}" closes what is not open here', f"close what was opened last before the {here[0]}"
    found = "a double quote" if here[0] == chr(34) else quoted(here[0])
    messages = {
        "Expecting value": (f"a value is expected here, not {found}", "write a text in quotes, an object, or null"),
        "Expecting property name": (f"a key in double quotes is expected here, not {found}", 'write "key": value'),
        "Expecting ',' delimiter": (f"a comma is missing before {found}", "put a comma between two members"),
        "Expecting ':' delimiter": (f"a colon is missing before {found}", 'write "key": value'),
        "Invalid control character": (
            "a text may not hold a line break or a tab",
            "close the quotes, or write \\n or \\t",
        ),
        "Invalid \\": ("this is no JSON escape", "write a backslash itself as two of them"),
        "Extra data": (f"the document has ended, but {found} follows", "delete what follows the document"),
    }
    return next(
        (answer for start, answer in messages.items() if said.startswith(start)),
        (said.lower(), "write it as JSON has it"),
    )
