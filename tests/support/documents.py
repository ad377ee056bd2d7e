"""What documents consist of beside their listings: which there are, their tables, their prose, and the code in it."""

import re
from dataclasses import dataclass

from tests.support.az import ROOT

_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"(?:^\|.*(?:\n|\Z))+", re.MULTILINE)
_CELL = re.compile(r"(?<!\\)\|")
# Where a document may be; `make` and az put files of their own into the other folders.
_PLACES = ("*.md", "docs/**/*.md", "examples/**/README*", "amlarc_emulator/README*", "azext_amlarc/**/README*")
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path for place in _PLACES for path in sorted(ROOT.glob(place)) if path.is_file()
}


@dataclass(frozen=True)
class Table:
    """A table: its document, the heading above it, the cells of its head and of its rows, and its first line."""

    document: str
    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line: int

    def column(self, number: int) -> list[str]:
        """The cells of a column, counted from 0."""
        return [row[number] for row in self.rows]

    def said(self, what: str) -> str:
        """The second cell of the row that begins with a cell."""
        (found,) = [row[1] for row in self.rows if row[0] == what]
        return found


def text_of(document: str) -> str:
    """A document's text, by its path from the root."""
    return DOCUMENTS[document].read_text(encoding="utf-8")


def prose(document: str) -> str:
    """A document without its listings, in the same lines."""
    return _FENCED.sub(lambda found: "\n" * found[0].count("\n"), text_of(document))


def heading_at(text: str, place: int) -> str:
    """The heading above a place in a text."""
    return re.findall(r"^#+ (.+)$", text[:place], re.MULTILINE)[-1] if "#" in text[:place] else ""


def tables(document: str) -> list[Table]:
    """All tables of a document, in its order."""
    text = prose(document)
    return [
        Table(document, heading_at(text, found.start()), head, rows, text.count("\n", 0, found.start()) + 1)
        for found in _TABLE.finditer(text)
        for head, _, *rest in [[cells(line) for line in found[0].splitlines()]]
        for rows in [tuple(rest)]
    ]


def table(document: str, heading: str, number: int = 0) -> Table:
    """A section's table, counted from 0."""
    return [one for one in tables(document) if one.heading == heading][number]


def cells(line: str) -> tuple[str, ...]:
    """The cells of a row; a pipe in a cell is escaped."""
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1])


def code(text: str) -> list[str]:
    """What a text shows as code, in its order; a span that goes on in the next line is one line."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def section(document: str, heading: str) -> str:
    """The text below a heading, up to the next one of its level."""
    (level, after), *_ = re.findall(rf"^(#+) {re.escape(heading)}$\n(.*)", text_of(document), re.DOTALL | re.MULTILINE)
    return str(re.split(rf"^#{{1,{len(level)}}} ", after, flags=re.MULTILINE)[0])
