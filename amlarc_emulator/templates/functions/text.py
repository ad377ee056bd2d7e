"""Functions on strings. As documented, indexOf and startsWith ignore case, replace and split don't."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urljoin

from amlarc_emulator.templates.values import Arguments, text_of

HOLE = re.compile(r"\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^}]*))?\}")
DATA_URI = re.compile(r"data:([^;,]*)(?:;charset=[^;,]*)?(;base64)?,(.*)", re.DOTALL)


def concat(given: Arguments) -> Any:
    """concat(a, …): strings into one, or arrays into one."""
    if isinstance(given.count(1, -1).any(0), list):
        return [item for at in range(len(given)) for item in given.list(at)]
    for at, value in enumerate(given.values):
        if isinstance(value, list | dict) or value is None:
            raise given.wrong_type(at, "string")
    return "".join(map(text_of, given.values))


def composed(given: Arguments) -> str:
    """format(template, …), with .NET's `{index,width:format}`."""

    def filled(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        text = _formatted(given, int(match[1]) + 1, match[3] or "")
        width = int(match[2] or 0)
        return text.rjust(width) if width >= 0 else text.ljust(-width)

    return HOLE.sub(filled, given.count(1, -1).text(0))


def _formatted(given: Arguments, at: int, shape: str) -> str:
    value = given.any(at)
    if not shape or isinstance(value, bool) or not isinstance(value, int):
        return text_of(value)
    kind, digits = shape[0].upper(), int(shape[1:] or (2 if shape[0].upper() in "NF" else 0))
    makers: dict[str, Callable[[], str]] = {
        "N": lambda: f"{value:,.{digits}f}",
        "F": lambda: f"{value:.{digits}f}",
        "D": lambda: ("-" if value < 0 else "") + str(abs(value)).zfill(digits),
        "X": lambda: (f"{value:X}" if shape[0] == "X" else f"{value:x}").zfill(digits),
    }
    if kind not in makers:
        raise given.invalid(f"the format '{shape}' is not known here")
    return makers[kind]()


def split(given: Arguments) -> list[str]:
    """split(text, delimiter or delimiters)."""
    text, by = given.count(2).text(0), given.any(1)
    delimiters = [str(item) for item in by] if isinstance(by, list) else [given.text(1)]
    return re.split("|".join(re.escape(item) for item in delimiters if item) or r"\b\B", text)


def join(given: Arguments) -> str:
    """join(array, delimiter)."""
    return given.text(1).join(text_of(item) for item in given.count(2).list(0))


def replace(given: Arguments) -> str:
    """replace(text, old, new)."""
    old = given.count(3).text(1)
    if not old:
        raise given.invalid("the text to be replaced is empty")
    return given.text(0).replace(old, given.text(2))


def substring(given: Arguments) -> str:
    """substring(text, start, length)."""
    text, start = given.count(2, 3).text(0), given.integer(1)
    count = given.integer(2, default=len(text) - start)
    if start < 0 or count < 0 or start + count > len(text):
        raise given.invalid("the index and length parameters must refer to a location within the string")
    return text[start : start + count]


def pad_left(given: Arguments) -> str:
    """padLeft(text or integer, width, character)."""
    return text_of(given.count(2, 3).any(0)).rjust(given.integer(1), given.text(2, default=" "))


def from_json(given: Arguments) -> Any:
    """json(text)."""
    try:
        return json.loads(given.count(1).text(0))
    except (ValueError, RecursionError):
        raise given.invalid("the parameter is not valid JSON") from None


def from_base64(given: Arguments) -> str:
    """base64ToString(text)."""
    try:
        return base64.b64decode(given.count(1).text(0), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise given.invalid("the parameter is not valid base64") from None


def from_data_uri(given: Arguments) -> str:
    """dataUriToString(text)."""
    match = DATA_URI.fullmatch(given.count(1).text(0))
    if not match:
        raise given.invalid("the parameter is not a data URI")
    return from_base64(Arguments(given.name, [match[3]])) if match[2] else unquote(match[3])


def _encoded(given: Arguments) -> str:
    return base64.b64encode(given.count(1).text(0).encode()).decode()


def _of(function: Callable[[str], Any]) -> Callable[[Arguments], Any]:
    return lambda given: function(given.count(1).text(0))


def _searching(function: Callable[[str, str], Any]) -> Callable[[Arguments], Any]:
    return lambda given: function(given.count(2).text(0).lower(), given.text(1).lower())


FUNCTIONS = {
    "base64": _encoded,
    "base64ToJson": lambda given: from_json(Arguments(given.name, [from_base64(given)])),
    "base64ToString": from_base64,
    "concat": concat,
    "dataUri": lambda given: f"data:text/plain;charset=utf8;base64,{_encoded(given)}",
    "dataUriToString": from_data_uri,
    "endsWith": _searching(str.endswith),
    "format": composed,
    "indexOf": _searching(str.find),
    "join": join,
    "json": from_json,
    "lastIndexOf": _searching(str.rfind),
    "padLeft": pad_left,
    "replace": replace,
    "split": split,
    "startsWith": _searching(str.startswith),
    "string": lambda given: text_of(given.count(1).any(0)),
    "substring": substring,
    "toLower": _of(str.lower),
    "toUpper": _of(str.upper),
    "trim": _of(str.strip),
    "uri": lambda given: urljoin(given.count(2).text(0), given.text(1)),
    "uriComponent": _of(lambda text: quote(text, safe="-_.~")),
    "uriComponentToString": _of(unquote),
}
