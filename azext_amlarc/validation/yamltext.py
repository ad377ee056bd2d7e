"""YAML text to data under the rules of JSON: closed to tags, strict about keys, wary of what YAML 1.1 guesses.

Needs PyYAML, which az brings; where it is missing, one finding says so. The parser's events are put together here and
not by PyYAML's composer, whose recursion a deep text would exhaust and whose aliases can expand without end.
"""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.validation.findings import Finding, Rule
from azext_amlarc.validation.names import shown
from azext_amlarc.validation.text import (
    DEEPEST,
    DUPLICATE_KEY,
    EMPTY,
    NOT_A_NUMBER,
    NUMBER_RANGE,
    SECOND_DOCUMENT,
    SYNTAX,
    TOO_LARGE,
    TRUNCATED,
    YAML_AMBIGUOUS,
    YAML_KEY,
    YAML_MISSING,
    YAML_TAG,
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

# With its aliases expanded; a document of 10,000 instance types has 200,000 values.
MOST_VALUES = 2_000_000

_TAGS = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
# Text to YAML 1.1, and to PyYAML; numbers to YAML 1.2.
_NUMBER_IN_1_2 = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+|0o[0-7]+")
_TRUE = ("yes", "true", "on")


@dataclass
class _Node:
    position: Position
    data: Any
    written: str = ""
    tag: str = ""
    size: int = 1
    members: dict[str | int, tuple[Position, "_Node"]] = field(default_factory=dict)
    key: "_Node | None" = None  # of a map: the key whose value comes next
    merged: list["_Node"] = field(default_factory=list)


class _Refused(Exception):
    """What makes a text unusable."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def parse(text: str, source: str) -> Reading:
    """The data of a YAML text that holds one document."""
    readings = parse_all(text, source)
    if len(readings) == 1:
        return readings[0]
    position = readings[1].spots([()])[()].value
    fix = "keep one document in a file"
    return unusable(finding(SECOND_DOCUMENT, "a second document starts here", fix, source, position))


def parse_all(text: str, source: str) -> list[Reading]:
    """The data of each document in a YAML text, at least one reading: what stops the reader is the only one."""
    try:
        import yaml
    except ImportError:
        fix = "install it (pip install pyyaml), or write the document as JSON"
        return [unusable(finding(YAML_MISSING, "reading YAML takes PyYAML, which is not installed", fix, source))]
    builder = _Builder(source)
    try:
        _refuse_control_characters(text, source)
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
    except _Refused as refused:
        return [unusable(refused.finding)]
    except yaml.MarkedYAMLError as error:
        return [unusable(_stopped(text, error, builder, source))]
    if not builder.roots:
        fix = "let `az ml arc config init` write a document to start from"
        return [unusable(finding(EMPTY, "the file holds nothing but comments", fix, source, Position(1, 1)))]
    return [_reading(root, findings, source) for root, findings in builder.roots]


def _reading(root: _Node, findings: list[Finding], source: str) -> Reading:
    if nests_too_deeply(root.data):
        return unusable(too_deep(source, root.position))
    return Reading(root.data, tuple(findings), True, lambda wanted: _spots(root, wanted))


def _spots(root: _Node, wanted: Collection[JsonPath]) -> dict[JsonPath, Spot]:
    spots = {}
    for path in wanted:
        key, node = root.position, root
        for step in path:
            key, node = node.members[step]
        spots[path] = Spot(key, node.position, node.written)
    return spots


class _Builder:
    """Puts the parser's events together: data, the place of each value, and file-level findings."""

    def __init__(self, source: str) -> None:
        from yaml.resolver import Resolver

        self.roots: list[tuple[_Node, list[Finding]]] = []
        self.taken = 0  # characters: up to the end of the last event
        self._source = source
        self._open: list[_Node] = []
        self._anchors: dict[str, _Node] = {}
        self._findings: list[Finding] = []
        self._resolve: Callable[..., str] = Resolver().resolve

    @property
    def levels_left(self) -> int:
        """How many more may be opened here."""
        return DEEPEST - len(self._open)

    def take(self, event: Any) -> None:
        """One event of the parser."""
        self.taken = event.end_mark.index
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._finish(self._scalar(event), event.anchor)
        elif kind == "AliasEvent":
            self._finish(self._aliased(event), None)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(event, {} if kind == "MappingStartEvent" else [])
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end()
        elif kind == "DocumentStartEvent":
            self._anchors, self._findings = {}, []

    def _begin(self, event: Any, data: dict[str, Any] | list[Any]) -> None:
        position = _position(event.start_mark)
        if event.tag not in (None, "!", f"{_TAGS}map", f"{_TAGS}seq"):
            self._complain(YAML_TAG, f"the tag {shown(event.tag)} has no meaning here", "delete the tag", position)
        if not self.levels_left:
            raise _Refused(too_deep(self._source, position))
        self._open.append(_Node(position, data, tag=event.anchor or ""))

    def _end(self) -> None:
        node = self._open.pop()
        for source in node.merged:
            for key, member in source.members.items():
                if key not in node.members:
                    node.members[key] = member
                    node.data[key] = member[1].data
        self._finish(node, node.tag)

    def _finish(self, node: _Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self.roots.append((node, self._findings))
            return
        parent = self._open[-1]
        parent.size += node.size
        if parent.size > MOST_VALUES:
            fix = "write fewer aliases (*name)"
            message = f"with its aliases expanded, the text holds more than {MOST_VALUES} values"
            raise _Refused(finding(TOO_LARGE, message, fix, self._source, node.position))
        if isinstance(parent.data, list):
            parent.members[len(parent.data)] = (node.position, node)
            parent.data.append(node.data)
        elif parent.key is None:
            parent.key = node
        else:
            self._member(parent, parent.key, node)
            parent.key = None

    def _member(self, parent: _Node, key: _Node, value: _Node) -> None:
        if key.tag == "merge":
            self._merge(parent, key, value)
            return
        if not isinstance(key.data, str):
            scalar = not isinstance(key.data, dict | list)
            message = f"{shown(key.written) if scalar else 'this'} is no text, and a key has to be"
            fix = f"write it in quotes: {shown(key.written)}" if scalar else "write a text for the key"
            self._complain(YAML_KEY, message, fix, key.position)
        name = key.written
        if name in parent.members:
            line = parent.members[name][0].line
            message = f"the key {shown(name)} stands twice in this map, first in line {line}"
            fix = "keep one of the two: programs differ in which they read"
            self._complain(DUPLICATE_KEY, message, fix, key.position)
        parent.members[name] = (key.position, value)
        parent.data[name] = value.data

    def _merge(self, parent: _Node, key: _Node, value: _Node) -> None:
        sources = [member for _, member in value.members.values()] if isinstance(value.data, list) else [value]
        for source in sources:
            if isinstance(source.data, dict):
                parent.merged.append(source)
            else:
                self._complain(SYNTAX, "<< merges maps, and this is none", "write <<: *name of a map", source.position)

    def _aliased(self, event: Any) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            fix = f"write &{event.anchor} before what it stands for, outside of it"
            message = f"the alias *{event.anchor} stands for nothing that is complete here"
            raise _Refused(finding(SYNTAX, message, fix, self._source, _position(event.start_mark)))
        return node

    def _scalar(self, event: Any) -> _Node:
        written, position = event.value, _position(event.start_mark)
        tag = self._tag(event)
        if tag in ("int", "float") or (event.implicit[0] and _NUMBER_IN_1_2.fullmatch(written)):
            return _Node(position, self._number(written, position), written, tag)
        if tag == "bool":
            return _Node(position, written.lower() in _TRUE, written, tag)
        if tag == "null":
            return _Node(position, None, written, tag)
        if tag not in ("str", "merge", "timestamp", "value"):
            self._complain(YAML_TAG, f"the tag {shown(tag)} has no meaning here", "delete the tag", position)
        return _Node(position, written, written, tag)

    def _tag(self, event: Any) -> str:
        from yaml.nodes import ScalarNode

        tag = event.tag
        if tag is None or (tag == "!" and event.implicit[0]):
            tag = self._resolve(ScalarNode, event.value, event.implicit)
        return "str" if tag == "!" else str(tag).removeprefix(_TAGS)

    def _number(self, written: str, position: Position) -> int | float | str:
        if re.search("(?i)inf|nan", written):
            self._complain(NOT_A_NUMBER, f"{written} is no value of a document", "write a number, or null", position)
        elif not _DECIMAL.fullmatch(written) and not _FRACTION.fullmatch(written):
            message = f"YAML parsers differ in what number {shown(written)} is"
            self._complain(YAML_AMBIGUOUS, message, f"write it in quotes: {shown(written)}", position)
        elif not fits(written):
            fix = "write a smaller number; a quantity goes in quotes"
            self._complain(NUMBER_RANGE, f"the number {shown(written)} is out of range", fix, position)
        else:
            return int(written) if _DECIMAL.fullmatch(written) else float(written)
        return written

    def _complain(self, rule: Rule, message: str, fix: str, position: Position) -> None:
        self._findings.append(finding(rule, message, fix, self._source, position, self._path()))

    def _path(self) -> JsonPath:
        """Where the parser is: the current step in each open container."""
        path: list[str | int] = []
        for node in self._open:
            if isinstance(node.data, list):
                path.append(len(node.data))
            elif node.key is not None:
                path.append(node.key.written)
        return tuple(path)


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _refuse_control_characters(text: str, source: str) -> None:
    from yaml.reader import Reader

    found = Reader.NON_PRINTABLE.search(text)
    if found:
        message = f"the character {shown(found[0])} may not stand in YAML"
        position = Lines(text).position(found.start())
        fix = "delete it, or write it as an escape in double quotes"
        raise _Refused(finding(SYNTAX, message, fix, source, position))


def _stopped(text: str, error: Any, builder: _Builder, source: str) -> Finding:
    """Why the parser gave up: for its grammar, or past our limit of depth.

    It looks ahead of its events, as far as a key may reach, and may stop in there at a limit of its own: since PyYAML
    6.0.4 that is 1,000 levels.
    """
    mark = error.problem_mark or error.context_mark
    offset = _offset_beyond(builder.levels_left, text[builder.taken : mark.index])
    if offset is None:
        return _syntax_finding(text, error, mark, source)
    return too_deep(source, Lines(text).position(builder.taken + offset))


def _offset_beyond(levels: int, ahead: str) -> int | None:
    """Where a piece of YAML nests deeper than that. Only brackets can: nothing else is read ahead of its event."""
    import yaml

    if ahead.count("[") + ahead.count("{") <= levels:
        return None  # as nearly always; the scanner is slow, being the one in Python, which has no limit
    level = 0
    with suppress(yaml.YAMLError):
        for token in yaml.scan(ahead, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
                level += 1
            elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken):
                level -= 1
            if level > levels:
                return int(token.start_mark.index)
    return None


def _syntax_finding(text: str, error: Any, mark: Any, source: str) -> Finding:
    problem = error.problem or error.context or "this is no YAML"
    if not text[mark.index :].strip():
        message, end = f"the text ends too early: {problem}", Lines(text).position(len(text.rstrip()))
        return finding(TRUNCATED, message, "copy the file again, and whole", source, end)
    tab = text.startswith("\t", mark.index)
    fix = "indent with spaces: YAML takes no tabs" if tab else "see to indentation, colons, quotes"
    return finding(SYNTAX, f"the text is no YAML: {problem}", fix, source, _position(mark))
