"""Texts in other languages, in which people have settings and configurations: named, where a parser would stumble."""

import re

AS_JSON = 'write it as JSON: {"key": "value", …}'

_PAIR = re.compile(r"[A-Za-z][\w.\\/\[\]-]*=.*")
_HCL = re.compile(r'(?:resource|data|module|variable|output|provider)\s+"|(?:locals|terraform)\s*\{')
_BICEP = re.compile(r"(?:param|resource|module|var|targetScope|metadata)\b[^:=]*=|@description\(")


def is_lines_of_pairs(text: str) -> bool:
    """Whether a text has nothing but key=value lines, as an environment file has."""
    lines = _lines(text)
    return bool(lines) and all(map(_PAIR.fullmatch, lines))


def language_of(text: str) -> str:
    """What a text is in, other than JSON and YAML, by its beginning; empty for what may be one of them."""
    lines = _lines(text)
    if is_lines_of_pairs(text):
        return "key=value lines"
    if lines and _HCL.match(lines[0]):
        return "Terraform's language"
    return "Bicep" if lines and _BICEP.match(lines[0]) else ""


def _lines(text: str) -> list[str]:
    """The first lines, without empty ones and comments."""
    lines = map(str.strip, text[:4096].splitlines())
    return [line for line in lines if line and not line.startswith(("#", "//"))]
