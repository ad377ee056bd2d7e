"""Masks secrets within a text, such as a line of a log, an argument or a message.

Logs are long, so that everything here begins with what Python searches for fast: a word, in small letters.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter

from azext_amlarc.workflows.bundle.masking import encoded
from azext_amlarc.workflows.bundle.masking.names import MASK, WORDS, is_nothing, is_secret

# Is told each secret that was found under a name, to mask it elsewhere too.
Learn = Callable[[str], None]

_PEM = re.compile(r"-----BEGIN (?P<what>[A-Z0-9 ]+)-----(?:.*?-----END (?P=what)-----|.*\Z)", re.DOTALL)
# The end of one whose beginning is missing.
_PEM_END = re.compile(r"\S*-----END [A-Z0-9 ]+-----")
_PEM_LINE = re.compile(r"(?:.*\s)?[A-Za-z0-9+/=]{4,}\s*")
# Tokens that say by their beginning, or by their mark, what they are.
_MARKED = {
    "eyJ": re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){0,3}"),
    "gh": re.compile(r"gh[pousr]_\w{10,}"),
    "github_pat_": re.compile(r"github_pat_\w{10,}"),
    "glpat-": re.compile(r"glpat-[\w-]{10,}"),
    "xox": re.compile(r"xox[abprs]-[\w-]{8,}"),
    "sk-": re.compile(r"sk-(?<!\wsk-)[\w-]{16,}"),
    "hf_": re.compile(r"hf_(?<!\whf_)\w{16,}"),
    "npm_": re.compile(r"npm_\w{16,}"),
    "dapi": re.compile(r"dapi[0-9a-f]{16,}"),
    "AKIA": re.compile(r"AKIA[0-9A-Z]{12,}"),
    "ASIA": re.compile(r"ASIA[0-9A-Z]{12,}"),
    "AIza": re.compile(r"AIza[\w-]{20,}"),
    "SG.": re.compile(r"SG\.[\w-]{8,}\.[\w-]{8,}"),
    "Q~": re.compile(r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{20,}"),
}
_PASSWORD = re.compile(r"(?<=:/{2})(?P<value>[^\s/\"'<>`]{1,2000})@")
_BLOCK_BEGINS = re.compile(r": *[|>][+-]?\n")
_BLOCK = re.compile(
    rf"(?im)^(?P<before>(?P<indent> *)(?:- )?(?P<name>[\w.-]{{0,60}}?(?:{WORDS})[\w.-]{{0,60}}): *[|>][+-]?\n)"
    r"(?P<value>(?:(?P=indent) +[^\n]*\n?)+)"
)
# A line without any of these has no name of a secret in it: most lines are not looked at again.
_HINTS = tuple(
    [
        "pass",
        "pwd",
        "secret",
        "token",
        "cred",
        "connection",
        "shared",
        "sig",
        "auth",
        "cookie",
        "bearer",
        "key",
        "assertion",
        "dockerc",
        "sas",
        "-u",
        "user",
        "basic",
        "negotiate",
        "htpasswd",
    ]
)
_HEADER = re.compile(
    r"(?i)((?:authorization|cookie|www-authenticate|x-[\w-]{0,40}(?:token|key|auth))(?:\\*[\"'])?\]?\s{0,3}[:=]\s{0,3}"
    r"(?:\\*[\"'])?)(?P<value>[^\n\"']+)"
)
_SCHEME = re.compile(r"(?i)\b(bearer|sharedaccesssignature|sharedkey|negotiate)[ \t]+(?!\*)[^\s\"';]+")
_BASIC = re.compile(r"\b([Bb]asic[ \t]+)(?=[A-Za-z0-9+/]*[A-Z0-9+/=])[A-Za-z0-9+/]{6,}={0,2}(?![\w+/=])")
_USER = re.compile(r"(?P<before>(?:-u|--user)(?<!\S-u)(?<!\S--user)[ \t=]+)(?P<value>[^\s:\"']+:[^\s\"']+)")
# With what each of them begins, or what is in it.
_WITHIN_LINES = (
    (("authorization", "cookie", "www-auth", "x-"), _HEADER, rf"\g<1>{MASK}"),
    (("bearer", "shared", "negotiate"), _SCHEME, rf"\g<1> {MASK}"),
    (("basic",), _BASIC, rf"\g<1>{MASK}"),
    (("-u",), _USER, rf"\g<1>{MASK}"),
)

# Names of secrets in small letters, and what may follow one.
_WORD = re.compile(WORDS)
_OF_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_REST_OF_NAME = re.compile(r"[\w.-]{0,60}")
_LONGEST_HEAD = 60
# A value: quoted with the quotes that JSON in JSON has, quoted, quoted without an end, or up to what may follow it.
_VALUE = (
    r"(?P<value>(?P<quote>\\+[\"'])(?:(?!(?P=quote))[^\n])*(?P=quote)|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|"
    r"\\*[\"'][^\n]*|[^\s&;\"']+)"
)
_IS = re.compile(rf"\\*[\"']?\]?\s{{0,3}}(?::=|=>|[:=])\s{{0,3}}{_VALUE}")
_REST_OF_LINE = re.compile(r"\\*[\"']?[ \t]{0,3}[:=][ \t]+(?P<value>[^\s\"'{\[|>*\\][^\n]*)")
_LINE_BEGINS = re.compile(r"[ \t]*(?:- )?\\*[\"']?")
_HAS_VALUE = re.compile(
    rf"\\*[\"']?\s{{0,3}}[,;]?\s{{0,40}}(?:\\*[\"'])?[Vv]alue\\*[\"']?\s{{0,3}}[:=]\s{{0,3}}{_VALUE}"
)
_IS_CALLED = re.compile(r"[Nn]ame\\*[\"']?\s{0,3}[:=]\s{0,3}\\*[\"']?\Z")
_FOLLOWS = re.compile(rf"[ \t]+(?!--?[A-Za-z]){_VALUE}")
_CONTAINS = re.compile(r"(?:\s[^<>]{0,200})?>(?P<value>[^<]+)")
_QUOTES = "\"'\\"
# `user:password` alone, as HTTP's basic authentication and container registries have it.
_CREDENTIALS = re.compile(r"[\w.@+<>-]+:[^\s:/]{4,}")


def masked(text: str, learn: Learn) -> str:
    """The text without what is, by its form or its name, a secret; `learn` is told those that stood under a name."""
    return encoded.masked(_readable(text, learn), lambda inner: _is_unsafe(inner, learn))


def _readable(text: str, learn: Learn) -> str:
    """The text without secrets that are not encoded."""
    shown = _without_ends(_PEM.sub(MASK, text))
    for mark, pattern in _MARKED.items():
        if mark in shown:
            shown = pattern.sub(MASK, shown)
    if "@" in shown:
        shown = _PASSWORD.sub(lambda found: _without_password(found, learn), shown)
    if _BLOCK_BEGINS.search(shown):
        shown = _BLOCK.sub(lambda found: _block(found, learn), shown)
    return "".join(_without_named(run, learn) if has_names else run for has_names, run in _runs(shown))


def _without_ends(text: str) -> str:
    """The text without the ends of PEM blocks whose beginnings are missing, such as in the last lines of a log."""
    if "-----END " not in text:
        return text
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        if _PEM_END.search(line):
            while kept and _PEM_LINE.fullmatch(kept[-1]):
                kept.pop()
            line = _PEM_END.sub(MASK, line)
        kept.append(line)
    return "".join(kept)


def _without_password(found: "re.Match[str]", learn: Learn) -> str:
    password = found["value"].partition(":")[2] or found["value"]
    if len(password) >= 8:
        learn(password)
    return f"{MASK}@"


def _block(found: "re.Match[str]", learn: Learn) -> str:
    """A value of several lines in YAML."""
    if not is_secret(found["name"]):
        return found[0]
    learn(found["value"])
    return f"{found['before']}{found['indent']}  {MASK}\n"


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    """The text in runs of lines: those that may have the name of a secret, with a line after them, and the others."""
    lines = text.splitlines(keepends=True)
    hinted = [any(hint in lowered for hint in _HINTS) for lowered in map(str.lower, lines)]
    marked = [here or before for here, before in zip(hinted, [False, *hinted], strict=False)]
    for has_names, run in groupby(zip(marked, lines, strict=True), key=itemgetter(0)):
        yield has_names, "".join(line for _, line in run)


def _without_named(text: str, learn: Learn) -> str:
    lowered = text.lower()
    for hints, pattern, instead in _WITHIN_LINES:
        if any(hint in lowered for hint in hints):
            text = pattern.sub(instead, text)
    return "".join(_under_names(text, learn))


def _under_names(text: str, learn: Learn) -> Iterator[str]:
    """The text in pieces, without the values of what is called like a secret."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals become two letters
        lowered = "".join(char.lower() if char.isascii() else char for char in text)
    kept = place = 0
    while word := _WORD.search(lowered, place):
        start, end = _name(text, word, place)
        value = _value(text, start, end) if is_secret(text[start:end]) else None
        place = max(end, place + 1)
        if value is not None and not is_nothing(value["value"]):
            start, end = value.span("value")
            yield text[kept:start]
            yield _hidden(value["value"], learn)
            kept = place = end
    yield text[kept:]


def _name(text: str, word: "re.Match[str]", least: int) -> tuple[int, int]:
    """Where the name that a word is part of begins and ends."""
    start, end = word.span()
    least = max(least, start - _LONGEST_HEAD)
    before = text[least:start]
    rest = _REST_OF_NAME.match(text, end)
    return start - len(before) + len(before.rstrip(_OF_NAME)), rest.end() if rest else end


def _value(text: str, start: int, end: int) -> "re.Match[str] | None":
    """What the name at this place stands for: `name=value`, `name: value` and its like."""
    line = _LINE_BEGINS.match(text, text.rfind("\n", 0, start) + 1)
    if line and line.end() == start and (rest := _REST_OF_LINE.match(text, end)):
        return rest
    if _IS_CALLED.search(text, max(0, start - 20), start) and (named := _HAS_VALUE.match(text, end)):
        return named
    if text.startswith("-", start) and (following := _FOLLOWS.match(text, end)):
        return following
    if text.startswith("<", start - 1) and start and (inner := _CONTAINS.match(text, end)):
        return inner
    return _IS.match(text, end)


def _hidden(value: str, learn: Learn) -> str:
    opening, closing = _quotes(value)
    inner = value.removeprefix(opening).removesuffix(closing)
    if opening or not inner.isalpha():
        learn(inner)
    return f"{opening}{MASK}{closing}"


def _quotes(value: str) -> tuple[str, str]:
    """What a value is quoted with, at its beginning and at its end."""
    opening = value[: len(value) - len(value.lstrip(_QUOTES))] if value[0] in _QUOTES else ""
    return (opening, opening) if opening and value.endswith(opening) and len(value) >= 2 * len(opening) else ("", "")


def _is_unsafe(decoded: bytes, learn: Learn) -> bool:
    """Whether a text in base64 has a secret in it. Other bytes are not looked into: they say nothing by names."""
    try:
        inner = decoded.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if not "".join(inner.split()).isprintable():
        return False
    return bool(_CREDENTIALS.fullmatch(inner.strip())) or _readable(inner, learn) != inner
