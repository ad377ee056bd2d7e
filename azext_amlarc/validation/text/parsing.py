"""A file's text is JSON or YAML: decoded, then parsed as what it is."""

from collections.abc import Sequence

from azext_amlarc.findings import Finding
from azext_amlarc.validation.text import jsontext
from azext_amlarc.validation.text.reading import (
    IF_EMPTY,
    SECOND_DOCUMENT,
    SYNTAX,
    Position,
    Reading,
    decode,
    finding,
    unusable,
)


def parse(raw: bytes, source: str) -> Reading:
    """The data of a JSON text, or of a YAML text with one document, with the findings about the file."""
    return only_one(parse_all(raw, source), source)


def parse_all(raw: bytes, source: str, if_empty: str = IF_EMPTY) -> list[Reading]:
    """The data of each document in a text, at least one; an unusable reading if it cannot be parsed.

    `if_empty` is the fix for a file without content.
    """
    decoded = decode(raw, source, if_empty)
    if isinstance(decoded, Finding):
        return [unusable(decoded)]
    if decoded.lstrip()[0] not in "{[":
        foreign = _in_another_language(decoded, source)
        if foreign:
            return [unusable(foreign)]
    if _is_yaml(decoded, source):
        from azext_amlarc.validation.text import yamltext

        return yamltext.parse_all(decoded, source)
    return [jsontext.parse(decoded, source)]


def only_one(readings: Sequence[Reading], source: str) -> Reading:
    """The one document of a text, or the finding that there are more."""
    if len(readings) == 1:
        return readings[0]
    position = readings[1].spots([()])[()].value
    fix = "keep one document per file"
    return unusable(finding(SECOND_DOCUMENT, "a second document starts here", fix, source, position))


def _in_another_language(decoded: str, source: str) -> Finding | None:
    from azext_amlarc.validation.text.languages import AS_JSON, language_of

    language = language_of(decoded)
    message = f"the file is in {language}, not in JSON or YAML"
    return finding(SYNTAX, message, AS_JSON, source, Position(1, 1)) if language else None


def _is_yaml(decoded: str, source: str) -> bool:
    """Whether a text is YAML: by the source's extension, otherwise if it does not start like JSON."""
    name = source.lower()
    if name.endswith((".yaml", ".yml")):
        return True
    return not name.endswith(".json") and decoded.lstrip()[0] not in "{[\"'"
