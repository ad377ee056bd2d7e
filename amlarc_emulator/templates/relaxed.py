"""JSON as Azure's service reads it: with comments, names without quotes, single quotes, and commas at the end.

az relies on that: it sends a template as the text of its file, comments included, after a name without quotes. Line
breaks in strings are legal too: that is how Azure's multi-line expressions are written.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from amlarc_emulator.arm import shapes

BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
NAME = re.compile(r"[A-Za-z_$][\w$-]*")
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
PLAIN = {'"': re.compile(r'[^"\\]*'), "'": re.compile(r"[^'\\]*")}
WORDS = {"true": True, "false": False, "null": None}
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": ""}
HEX_DIGITS = 4


def parse(content: bytes) -> Any:
    """Read a body; raises ValueError that says where it can't be read."""
    try:
        return shapes.parse(content)
    except json.JSONDecodeError:
        return _Reader(content.decode("utf-8-sig")).document()


@dataclass
class _Reader:
    text: str
    at: int = 0
    depth: int = 0

    def document(self) -> Any:
        value = self.value()
        if self.peek():
            raise self.wrong("the end of the document")
        return value

    def value(self) -> Any:
        sign = self.peek()
        if sign in "{[" and sign:
            return self.nested(sign)
        if sign in "\"'" and sign:
            return self.string()
        number = NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return json.loads(number[0])
        return self.word()

    def nested(self, sign: str) -> Any:
        self.depth += 1
        if self.depth > shapes.DEPTH:
            raise ValueError(f"it is nested more than {shapes.DEPTH} levels deep")
        self.at += 1
        value = self.members() if sign == "{" else self.items()
        self.depth -= 1
        return value

    def members(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.takes("}"):
            key = self.string() if self.peek() in ('"', "'") else self.name()
            if not self.takes(":"):
                raise self.wrong("':'")
            found[key] = self.value()
            if not self.takes(",") and self.peek() != "}":
                raise self.wrong("',' or '}'")
        return found

    def items(self) -> list[Any]:
        found = []
        while not self.takes("]"):
            found.append(self.value())
            if not self.takes(",") and self.peek() != "]":
                raise self.wrong("',' or ']'")
        return found

    def name(self) -> str:
        match = NAME.match(self.text, self.at)
        if not match:
            raise self.wrong("a property name")
        self.at = match.end()
        return match[0]

    def word(self) -> bool | None:
        word = self.name() if NAME.match(self.text, self.at) else ""
        if word not in WORDS:
            raise self.wrong("a value")
        return WORDS[word]

    def string(self) -> str:
        quote, parts = self.text[self.at], []
        self.at += 1
        while True:
            plain = PLAIN[quote].match(self.text, self.at)
            parts.append(plain[0] if plain else "")
            self.at += len(parts[-1])
            if self.at >= len(self.text):
                raise self.wrong(f"a closing {quote}")
            if self.text[self.at] == quote:
                self.at += 1
                return "".join(parts)
            parts.append(self.escape())

    def escape(self) -> str:
        sign = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if sign != "u":
            return ESCAPES.get(sign, sign)
        digits = self.text[self.at : self.at + HEX_DIGITS]
        self.at += HEX_DIGITS
        try:
            return chr(int(digits, 16))
        except ValueError:
            raise self.wrong("four hexadecimal digits") from None

    def peek(self) -> str:
        blank = BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        return self.text[self.at : self.at + 1]

    def takes(self, sign: str) -> bool:
        found = self.peek() == sign
        self.at += found
        return found

    def wrong(self, expected: str) -> ValueError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        return ValueError(f"{expected} is expected. Path '', line {line}, position {column}")
