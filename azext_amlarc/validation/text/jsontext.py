"""JSON text to data, with a finding at the exact position of each fault.

The standard parser reads the text. A second scan, which keeps positions, runs only if there is something to report.
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
    key_width: int
    start: int
    written: str

    @property
    def width(self) -> int:
        return len(self.written) or 1


def parse(text: str, source: str) -> Reading:
    """The data of a JSON text; after a syntax error only one finding, where the standard parser stopped."""
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
    """The standard parser's data; `suspicious` gets what the second scan should look for."""

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
    """The positions of the values at the wanted paths, in a text that the standard parser accepts."""
    paths, lines = frozenset(wanted), Lines(text)
    return {
        node.path: Spot(lines.position(node.key, node.key_width), lines.position(node.start, node.width), node.written)
        for node in _nodes(text)
        if node.path in paths
    }


def _nodes(text: str) -> Iterator[_Node]:
    """Each value of a well-formed text, in order. Tokens are enough, as the grammar has been checked."""
    path: list[Any] = []  # the current step in each open container; None where an object's key comes next
    opened = [-1]
    key: tuple[int, int] | None = None
    for token in _TOKEN.finditer(text):
        written, start = token[0], token.start()
        if written == ",":
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None
        elif written in "}]":
            path.pop()
            opened.pop()
        elif path and path[-1] is None:
            path[-1], key = json.loads(written), (start, len(written))
        else:
            container = written in "{["
            at, width = key or (start, 1 if container else len(written))
            yield _Node(tuple(path), opened[-1], at, width, start, "" if container else written)
            key = None
            if container:
                opened.append(start)
                path.append(None if written == "{" else 0)


def _faults(text: str, source: str) -> Iterator[Finding]:
    """Duplicate keys, NaN and Infinity, and numbers out of range, each at its position."""
    lines, seen = Lines(text), dict[tuple[int, str | int], int]()
    for node in _nodes(text):
        name = (node.parent, node.path[-1] if node.path else 0)
        if name in seen:
            first = lines.position(seen[name])
            message = f"duplicate key {quoted(str(name[1]))}, first used on line {first.line}"
            fix = "keep one of the two: programs differ in which one they use"
            yield finding(DUPLICATE_KEY, message, fix, source, lines.position(node.key, node.key_width), path=node.path)
        seen.setdefault(name, node.key)
        if node.written in ("NaN", "Infinity", "-Infinity"):
            message = f"{node.written} is not a valid JSON value"
            fix = "use a number or null"
            yield finding(NOT_A_NUMBER, message, fix, source, lines.position(node.start, node.width), path=node.path)
        elif re.match("-?[0-9]", node.written) and not fits(node.written):
            message = f"the number {quoted(node.written)} is out of range"
            fix = "use a smaller number, or put a quantity in quotes"
            yield finding(NUMBER_RANGE, message, fix, source, lines.position(node.start, node.width), path=node.path)


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
    """The most likely mistake where the standard parser stopped: rule, message, fix."""
    place = error.pos
    here, before = text[place:][:20], text[:place].rstrip()[-1:]
    if error.msg.startswith("Unterminated string"):
        return (
            TRUNCATED,
            "the string that starts here is not closed",
            "close the string, or copy the whole file again",
        )
    if not here.strip():
        return TRUNCATED, "the document is incomplete", "copy the whole file again"
    if (before == "," and here[0] in "}]") or "trailing comma" in error.msg:
        return TRAILING_COMMA, f'trailing comma before "{here[0]}"', "delete the comma"
    if here.startswith(("//", "/*", "#")):
        return COMMENT, "JSON has no comments", "delete the comment, or use YAML (.yaml)"
    if error.msg.startswith("Extra data") and here[0] in "{[":
        return SECOND_DOCUMENT, "a second document starts here", "keep one document per file"
    return SYNTAX, *_syntax(here, error.msg)


def _syntax(here: str, error: str) -> tuple[str, str]:
    word = re.match(r"[A-Za-z_][\w.-]*", here)
    known = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "NULL": "null"}
    if here[0] in "'\u2018\u2019\u201c\u201d":
        return f"{here[0]} is not a valid quote in JSON", 'put keys and strings in plain double quotes: "'
    if word and error.startswith("Expecting value"):
        return (
            f"{quoted(word[0])} is not a valid JSON value",
            f"write {known.get(word[0], chr(34) + word[0] + chr(34))}",
        )
    if here[0] in "}]" and error.startswith("Expecting ','"):
        return f'unexpected "{here[0]}"', "close the innermost open bracket first"
    found = "a double quote" if here[0] == '"' else quoted(here[0])
    messages = {
        "Expecting value": (f"expected a value, found {found}", "write a quoted string, an object or null"),
        "Expecting property name": (f"expected a key in double quotes, found {found}", 'write "key": value'),
        "Expecting ',' delimiter": (f"missing comma before {found}", "separate members with commas"),
        "Expecting ':' delimiter": (f"missing colon before {found}", 'write "key": value'),
        "Invalid control character": (
            "a string cannot contain line breaks or tabs",
            "close the quotes, or write \\n or \\t",
        ),
        "Invalid \\": ("not a valid JSON escape", "double a backslash to write it literally"),
        "Extra data": (f"unexpected {found} after the end of the document", "delete what follows the document"),
    }
    return next(
        (answer for start, answer in messages.items() if error.startswith(start)),
        (error.lower(), "correct the JSON syntax"),
    )
