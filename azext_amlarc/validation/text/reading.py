"""What JSON and YAML share: decoding, limits, positions, and the rules about files as such."""

import codecs
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from azext_amlarc.findings import Finding, Rule, Severity, position_of
from azext_amlarc.wording import quoted

# A document of 10,000 instance types has 4 MB, which is also Azure's limit for a request body.
LARGEST = 32 * 2**20
# A document has five levels; the standard parser gives up near 1,000.
DEEPEST = 100

EMPTY = Rule("AMLARC-F001", Severity.ERROR, "the file is not empty")
ENCODING = Rule("AMLARC-F002", Severity.ERROR, "the file is encoded in UTF-8")
SYNTAX = Rule("AMLARC-F003", Severity.ERROR, "the file is valid JSON or YAML")
TRAILING_COMMA = Rule("AMLARC-F004", Severity.ERROR, "JSON has no trailing commas")
TRUNCATED = Rule("AMLARC-F005", Severity.ERROR, "the file is complete")
COMMENT = Rule("AMLARC-F006", Severity.ERROR, "JSON has no comments")
DUPLICATE_KEY = Rule("AMLARC-F007", Severity.ERROR, "keys are unique within an object")
NOT_A_NUMBER = Rule("AMLARC-F008", Severity.ERROR, "NaN and Infinity are not valid values")
NUMBER_RANGE = Rule("AMLARC-F009", Severity.ERROR, "numbers are within the range that programs can represent")
TOO_DEEP = Rule("AMLARC-F010", Severity.ERROR, f"nesting is at most {DEEPEST} levels deep")
TOO_LARGE = Rule("AMLARC-F011", Severity.ERROR, f"the file is at most {LARGEST // 2**20} MiB")
TOP_LEVEL = Rule("AMLARC-F012", Severity.ERROR, "the document is an object")
SECOND_DOCUMENT = Rule("AMLARC-F013", Severity.ERROR, "the file contains one document")
YAML_KEY = Rule("AMLARC-F014", Severity.ERROR, "YAML keys are strings")
YAML_AMBIGUOUS = Rule("AMLARC-F015", Severity.ERROR, "a number means the same to every YAML parser")
YAML_TAG = Rule("AMLARC-F016", Severity.ERROR, "only standard YAML tags are used")
YAML_MISSING = Rule("AMLARC-F017", Severity.ERROR, "reading YAML requires PyYAML")
MISSING = Rule("AMLARC-F018", Severity.ERROR, "the file exists")
DIRECTORY = Rule("AMLARC-F019", Severity.ERROR, "the path is a file, not a directory")
NOT_REGULAR = Rule("AMLARC-F020", Severity.ERROR, "the path is a regular file")
UNREADABLE = Rule("AMLARC-F021", Severity.ERROR, "the file is readable")
NOTHING_MATCHES = Rule("AMLARC-F022", Severity.ERROR, "a pattern or directory matches at least one file")

RULES = (
    EMPTY,
    ENCODING,
    SYNTAX,
    TRAILING_COMMA,
    TRUNCATED,
    COMMENT,
    DUPLICATE_KEY,
    NOT_A_NUMBER,
    NUMBER_RANGE,
    TOO_DEEP,
    TOO_LARGE,
    TOP_LEVEL,
    SECOND_DOCUMENT,
    YAML_KEY,
    YAML_AMBIGUOUS,
    YAML_TAG,
    YAML_MISSING,
    MISSING,
    DIRECTORY,
    NOT_REGULAR,
    UNREADABLE,
    NOTHING_MATCHES,
)

IF_EMPTY = "check that this is the right file, and that it was saved"

JsonPath = tuple[str | int, ...]


STRING = "a string"


class Position(NamedTuple):
    """A position in a text; both count from 1, columns in characters. `width` is how many characters stand there."""

    line: int
    column: int
    width: int = 1


class Spot(NamedTuple):
    """The positions of a key and of its value, and the scalar as written (empty for objects and lists)."""

    key: Position
    value: Position
    written: str


class Reading(NamedTuple):
    """A parsed text: its data, the findings about the file, and the positions of values by their paths.

    `usable` is False if there is no data to validate. Positions are worked out only when `spots` is called.
    """

    data: object
    findings: tuple[Finding, ...]
    usable: bool
    spots: Callable[[Collection[JsonPath]], Mapping[JsonPath, Spot]]


def unusable(*findings: Finding) -> Reading:
    """A reading without data: only the findings that stopped it."""
    return Reading(None, findings, False, lambda wanted: {})


class Lines:  # pylint: disable=too-few-public-methods
    """Turns offsets into positions; the starts of all lines are found once."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, offset: int, width: int = 1) -> Position:
        """The position of `width` characters. Only a line feed ends a line, as in the standard JSON parser."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1, width)


def finding(
    rule: Rule, message: str, fix: str, source: str, position: Position | None = None, *, path: JsonPath = ()
) -> Finding:
    """A finding of a rule at a position in a text."""
    line, column, width = position or (None, None, 1)
    return Finding(rule.code, rule.severity, message, fix, source, line, column, json_path(path), width)


def json_path(path: JsonPath) -> str:
    """A path as JSONPath: `$.instanceTypes.gpu.resources.limits['nvidia.com/gpu']`."""
    return "$" + "".join(_step(step) for step in path)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$-]*", step):
        return f".{step}"
    return "['" + quoted(step)[1:-1].replace("'", "\\'") + "']"


def decode(raw: bytes, source: str, if_empty: str = IF_EMPTY) -> str | Finding:
    """The text of UTF-8 bytes without its byte order mark, or a finding if it cannot be decoded.

    `if_empty` is the fix for a file without content.
    """
    if len(raw) > LARGEST:
        return too_large(source)
    encoding = _foreign_encoding(raw)
    if encoding:
        fix = "save the file as UTF-8"
        return finding(ENCODING, f"the file is {encoding}, not UTF-8", fix, source, Position(1, 1))
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        return _undecodable(error, source)
    if not text.strip():
        return finding(EMPTY, "the file is empty", if_empty, source, Position(1, 1))
    return text


def too_large(source: str) -> Finding:
    """The finding for a file beyond the limit."""
    fix = "check that this is the right file: a configuration has a few kilobytes"
    return finding(TOO_LARGE, f"the file is larger than {LARGEST // 2**20} MiB", fix, source)


def too_deep(source: str, position: Position) -> Finding:
    """The finding for a text that nests beyond the limit, at the position where it does."""
    fix = "check that this is the right file: a configuration has five levels"
    return finding(TOO_DEEP, f"nesting is more than {DEEPEST} levels deep", fix, source, position)


def fits(number: str) -> bool:
    """Whether a decimal number is a finite double (Python itself may refuse 640 digits or more)."""
    return len(number) <= 400 and math.isfinite(float(number))


def kind(value: object) -> str:
    """The JSON type of the value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return STRING
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "a number"


def nests_too_deeply(data: object) -> bool:
    """Whether objects and lists are nested beyond the limit; takes time linear in the size, and no recursion."""
    level = [data] if isinstance(data, dict | list) else []
    for _ in range(DEEPEST):
        if not level:
            return False
        members = (container.values() if isinstance(container, dict) else container for container in level)
        level = [member for group in members for member in group if isinstance(member, dict | list)]
    return bool(level)


class Complaint(NamedTuple):
    """A broken rule whose position in the text is not known yet.

    It is reported at the value, or with `at_key` at its key. With `quote` the fix is the value as written, in quotes.
    """

    rule: Rule
    path: JsonPath
    message: str
    fix: str = ""
    at_key: bool = False
    quote: bool = False


def placed(complaints: Sequence[Complaint], reading: Reading, source: str) -> list[Finding]:
    """Places complaints in the text and merges them with the reader's findings; at one position the reader's wins."""
    if not complaints:
        return sorted(reading.findings, key=position_of)
    spots = reading.spots({complaint.path for complaint in complaints})
    of_reader = {position_of(finding) for finding in reading.findings}
    found = [_place_one(complaint, spots[complaint.path], source) for complaint in complaints]
    return sorted([*reading.findings, *(one for one in found if position_of(one) not in of_reader)], key=position_of)


def _place_one(complaint: Complaint, spot: Spot, source: str) -> Finding:
    fix = f'write it in quotes: "{spot.written}"' if complaint.quote else complaint.fix
    position = spot.key if complaint.at_key else spot.value
    return finding(complaint.rule, complaint.message, fix, source, position, path=complaint.path)


def _foreign_encoding(raw: bytes) -> str | None:
    marks = {
        codecs.BOM_UTF32_LE: "UTF-32 (little endian)",
        codecs.BOM_UTF32_BE: "UTF-32 (big endian)",
        codecs.BOM_UTF16_LE: "UTF-16 (little endian)",
        codecs.BOM_UTF16_BE: "UTF-16 (big endian)",
        b"\x1f\x8b": "gzip data",
    }
    marked = next((name for mark, name in marks.items() if raw.startswith(mark)), None)
    if marked or b"\0" not in raw[:4]:
        return marked
    # Without a byte order mark, the zero bytes of ASCII characters tell the encoding (RFC 4627, section 3).
    zeros = "".join("-" if byte else "0" for byte in raw[:4])
    return {
        "-000": "UTF-32 (little endian)",
        "000-": "UTF-32 (big endian)",
        "-0-0": "UTF-16 (little endian)",
        "0-0-": "UTF-16 (big endian)",
    }.get(zeros, "binary data")


def _undecodable(error: UnicodeDecodeError, source: str) -> Finding:
    before = error.object[: error.start].decode("utf-8")
    position = Lines(before).position(len(before))
    byte = error.object[error.start]
    if error.end == len(error.object) and "unexpected end" in error.reason:
        message = "the file ends in the middle of a character"
        return finding(TRUNCATED, message, "copy the whole file again", source, position)
    guess = bytes([byte]).decode("cp1252", errors="ignore")
    likely = f' (in Windows-1252 it is "{guess}")' if guess.isprintable() and guess else ""
    message = f"the file is not UTF-8: unexpected byte 0x{byte:02X}{likely}"
    return finding(ENCODING, message, "save the file as UTF-8", source, position)
