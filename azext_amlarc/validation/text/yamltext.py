"""YAML text to data under the rules of JSON: no tags, unique string keys, no guessing at ambiguous numbers.

Requires PyYAML, which az installs; without it there is one finding. The parser's events are composed here, because
PyYAML's composer recurses (a deep text exhausts the stack) and expands aliases without limit.
"""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.findings import Finding, Rule
from azext_amlarc.validation.text.reading import (
    DEEPEST,
    DUPLICATE_KEY,
    EMPTY,
    NOT_A_NUMBER,
    NUMBER_RANGE,
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
from azext_amlarc.wording import quoted

# Counted with aliases expanded. A document of 10,000 instance types has 200,000 values.
MOST_VALUES = 2_000_000

_TAGS = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
# Strings in YAML 1.1 and PyYAML, numbers in YAML 1.2.
_NUMBER_IN_1_2 = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+|0o[0-7]+")
_TRUE = ("yes", "true", "on")


@dataclass
class _Node:  # pylint: disable=too-many-instance-attributes
    position: Position
    data: Any
    written: str = ""
    tag: str = ""
    size: int = 1
    members: dict[str | int, tuple[Position, "_Node"]] = field(default_factory=dict)
    key: "_Node | None" = None  # in a map, the key whose value comes next
    merged: list["_Node"] = field(default_factory=list)


class _Refused(Exception):
    """The text cannot be used."""

    def __init__(self, what: Finding) -> None:
        super().__init__(what.message)
        self.finding = what


def parse_all(text: str, source: str) -> list[Reading]:
    """The data of each document in a YAML text, without empty ones; an unusable reading if it cannot be parsed."""
    try:
        import yaml
    except ImportError:
        fix = "install it (pip install pyyaml), or use JSON"
        return [unusable(finding(YAML_MISSING, "reading YAML requires PyYAML, which is not installed", fix, source))]
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
        fix = "run `az ml arc config init` if you need an attach configuration to start from"
        return [unusable(finding(EMPTY, "the file contains only comments", fix, source, Position(1, 1)))]
    given = [pair for pair in builder.roots if not _is_empty(pair[0])] or builder.roots[:1]
    return [_reading(root, findings, source) for root, findings in given]


def _is_empty(root: _Node) -> bool:
    """Whether nothing was written between two `---`, or behind the last."""
    return root.data is None and not root.written


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
    """Composes the parser's events: data, the position of each value, and findings about the file."""

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
        """Add one event of the parser."""
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
            self._complain(YAML_TAG, f"the tag {quoted(event.tag)} is not allowed", "delete the tag", position)
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
            fix = "use fewer aliases (*name)"
            message = f"the file has more than {MOST_VALUES} values when its aliases are expanded"
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
            self._merge(parent, value)
            return
        if not isinstance(key.data, str):
            scalar = not isinstance(key.data, dict | list)
            message = f"the key {quoted(key.written)} is not a string" if scalar else "the key is not a string"
            fix = f"write it in quotes: {quoted(key.written)}" if scalar else "use a string as the key"
            self._complain(YAML_KEY, message, fix, key.position)
        name = key.written
        if name in parent.members:
            line = parent.members[name][0].line
            message = f"duplicate key {quoted(name)}, first used on line {line}"
            fix = "keep one of the two: programs differ in which one they use"
            self._complain(DUPLICATE_KEY, message, fix, key.position)
        parent.members[name] = (key.position, value)
        parent.data[name] = value.data

    def _merge(self, parent: _Node, value: _Node) -> None:
        sources = [member for _, member in value.members.values()] if isinstance(value.data, list) else [value]
        for source in sources:
            if isinstance(source.data, dict):
                parent.merged.append(source)
            else:
                fix = "write <<: *name, with the anchor of a map"
                self._complain(SYNTAX, "the value of << is not a map", fix, source.position)

    def _aliased(self, event: Any) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            fix = f"define the anchor &{event.anchor} earlier, on a value that does not contain the alias"
            message = f"the alias *{event.anchor} has no complete anchor before it"
            raise _Refused(finding(SYNTAX, message, fix, self._source, _position(event.start_mark, event.end_mark)))
        return node

    def _scalar(self, event: Any) -> _Node:
        written, position = event.value, _position(event.start_mark, event.end_mark)
        tag = self._tag(event)
        if tag in ("int", "float") or (event.implicit[0] and _NUMBER_IN_1_2.fullmatch(written)):
            return _Node(position, self._number(written, position), written, tag)
        if tag == "bool":
            return _Node(position, written.lower() in _TRUE, written, tag)
        if tag == "null":
            return _Node(position, None, written, tag)
        if tag not in ("str", "merge", "timestamp", "value"):
            self._complain(YAML_TAG, f"the tag {quoted(tag)} is not allowed", "delete the tag", position)
        return _Node(position, written, written, tag)

    def _tag(self, event: Any) -> str:
        from yaml.nodes import ScalarNode

        tag = event.tag
        if tag is None or (tag == "!" and event.implicit[0]):
            tag = self._resolve(ScalarNode, event.value, event.implicit)
        return "str" if tag == "!" else str(tag).removeprefix(_TAGS)

    def _number(self, written: str, position: Position) -> int | float | str:
        if re.search("(?i)inf|nan", written):
            self._complain(NOT_A_NUMBER, f"{written} is not a valid value", "use a number or null", position)
        elif not _DECIMAL.fullmatch(written) and not _FRACTION.fullmatch(written):
            message = f"YAML parsers disagree about which number {quoted(written)} is"
            self._complain(YAML_AMBIGUOUS, message, f"write it in quotes: {quoted(written)}", position)
        elif not fits(written):
            fix = "use a smaller number, or put a quantity in quotes"
            self._complain(NUMBER_RANGE, f"the number {quoted(written)} is out of range", fix, position)
        else:
            return int(written) if _DECIMAL.fullmatch(written) else float(written)
        return written

    def _complain(self, rule: Rule, message: str, fix: str, position: Position) -> None:
        self._findings.append(finding(rule, message, fix, self._source, position, path=self._path()))

    def _path(self) -> JsonPath:
        """The path of the current event: the current step in each open container."""
        path: list[str | int] = []
        for node in self._open:
            if isinstance(node.data, list):
                path.append(len(node.data))
            elif node.key is not None:
                path.append(node.key.written)
        return tuple(path)


def _position(mark: Any, end: Any = None) -> Position:
    is_on_one_line = end is not None and end.line == mark.line
    return Position(mark.line + 1, mark.column + 1, max(end.column - mark.column, 1) if is_on_one_line else 1)


def _refuse_control_characters(text: str, source: str) -> None:
    from yaml.reader import Reader

    found = Reader.NON_PRINTABLE.search(text)
    if found:
        message = f"the character {quoted(found[0])} is not allowed in YAML"
        position = Lines(text).position(found.start())
        fix = "delete it, or write it as an escape in double quotes"
        raise _Refused(finding(SYNTAX, message, fix, source, position))


def _stopped(text: str, error: Any, builder: _Builder, source: str) -> Finding:
    """Why the parser gave up: for its grammar, or past our limit of depth.

    It looks ahead of its events, as far as a key may reach, and may stop in there at a limit of its own: since PyYAML
    6.0.4 that is 1,000 levels.
    """
    mark = error.problem_mark or error.context_mark
    taken, stop = builder.taken, mark.index
    offset = _offset_beyond(builder.levels_left, text[taken:stop])
    if offset is None:
        return _syntax_finding(text, error, mark, source)
    return too_deep(source, Lines(text).position(taken + offset))


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
    problem = error.problem or error.context or "not valid YAML"
    if mark.index >= len(text.rstrip()):
        message, end = f"the file is incomplete: {problem}", Lines(text).position(len(text.rstrip()))
        return finding(TRUNCATED, message, "copy the whole file again", source, end)
    tab = text.startswith("\t", mark.index)
    fix = "indent with spaces: YAML does not allow tabs" if tab else "check the indentation, colons and quotes"
    return finding(SYNTAX, f"invalid YAML: {problem}", fix, source, _position(mark))
