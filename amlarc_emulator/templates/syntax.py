"""Expressions in brackets: from text to a tree.

`[` and `]` around a whole string make it an expression; `[[` at its start stands for a bracket. Names of functions
may have a namespace (`contoso.name`), and are taken in any casing.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?\d+)|(?P<name>[A-Za-z_][\w]*)|(?P<sign>[()\[\],.?]))", re.DOTALL
)
LONGEST = 24_576  # characters of an expression


class ExpressionError(Exception):
    """An expression that is wrong, in ARM's words."""


@dataclass(frozen=True)
class Literal:
    """A string or an integer."""

    value: str | int


@dataclass(frozen=True)
class Call:
    """A function with what it is given; `name` as written."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Access:
    """A property by name or an item by index; one that is `safe` (`.?`, `[?…]`) is null where there is none."""

    target: "Node"
    key: "Node"
    safe: bool = False


Node = Literal | Call | Access


def is_expression(text: str) -> bool:
    """Whether a string is evaluated."""
    return len(text) > 1 and text[0] == "[" and text[-1] == "]" and text[1] != "["


def plain(text: str) -> str:
    """A string that isn't evaluated, without the bracket that escapes one."""
    return text[1:] if text.startswith("[[") else text


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Read an expression, brackets included; raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(
            f"The language expression length limit exceeded. Limit: '{LONGEST}' and actual: '{len(text)}'."
        )
    return _Parser(text, _tokens(text)).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    inner, at, found = text[1:-1], 0, []
    while inner[at:].strip():
        match = TOKEN.match(inner, at)
        if not match:
            raise _invalid(text)
        found.append((match.lastgroup or "", match[match.lastgroup or 0]))
        at = match.end()
    return found


def _invalid(text: str) -> ExpressionError:
    return ExpressionError(
        f"Unable to parse language expression '{text[1:-1]}': please see https://aka.ms/arm-functions for usage "
        "details."
    )


@dataclass
class _Parser:
    text: str
    tokens: list[tuple[str, str]]
    at: int = 0

    def whole(self) -> Node:
        node = self.node()
        if self.at < len(self.tokens):
            raise _invalid(self.text)
        return node

    def node(self) -> Node:
        kind, word = self.next()
        node: Node
        if kind == "text":
            node = Literal(word[1:-1].replace("''", "'"))
        elif kind == "number":
            node = Literal(int(word))
        elif kind == "name":
            node = self.call(word)
        else:
            raise _invalid(self.text)
        return self.accesses(node)

    def call(self, name: str) -> Node:
        while self.takes("."):
            name = f"{name}.{self.expect('name')}"
        if not self.takes("("):
            raise _invalid(self.text)
        arguments: list[Node] = []
        while not self.takes(")"):
            if arguments and not self.takes(","):
                raise _invalid(self.text)
            arguments.append(self.node())
        return Call(name, tuple(arguments))

    def accesses(self, node: Node) -> Node:
        while True:
            if self.takes("."):
                safe = self.takes("?")
                node = Access(node, Literal(self.expect("name")), safe)
            elif self.takes("["):
                safe = self.takes("?")
                node = Access(node, self.node(), safe)
                if not self.takes("]"):
                    raise _invalid(self.text)
            else:
                return node

    def next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise _invalid(self.text)
        self.at += 1
        return self.tokens[self.at - 1]

    def takes(self, sign: str) -> bool:
        found = self.at < len(self.tokens) and self.tokens[self.at] == ("sign", sign)
        self.at += found
        return found

    def expect(self, kind: str) -> str:
        found, word = self.next()
        if found != kind:
            raise _invalid(self.text)
        return word
