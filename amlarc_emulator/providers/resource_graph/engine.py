"""The query engine: Kusto's language, translated to DuckDB's SQL, over tables with JSON in them.

Both packages are imported with the first query. What Resource Graph doesn't allow of the language is refused here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.providers.resource_graph import refusals
from amlarc_emulator.providers.resource_graph.tables import COLUMNS, RESOURCES, TABLES, Row

# The tabular operators that Azure documents for Resource Graph.
OPERATORS = (
    "count", "distinct", "extend", "join", "limit", "mv-expand", "mvexpand", "order", "parse", "project",
    "project-away", "sample", "sort", "summarize", "take", "top", "union", "where",
)  # fmt: skip
JOINS = ("innerunique", "inner", "leftouter", "fullouter")
OTHER_JOINS = ("LeftSemi", "LeftAnti", "LeftAntiSemi", "RightSemi", "RightAnti", "RightAntiSemi", "RightOuter", "Anti")
MARK = "'\\u0001'"
WITHOUT_TABLE = re.compile(rf"\s*({'|'.join(OPERATORS)})\b(?!\s*=)", re.IGNORECASE)
NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found|column named "([^"]+)"')
TOKEN = re.compile(r"(?:input|at:|alternative at input) '(.*?)'(?: expecting|$)", re.DOTALL)


@dataclass(frozen=True)
class Result:
    """What a query gives: its columns with DuckDB's types, and all its rows; `limited` if the query limits itself."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Any]]
    limited: bool


class Engine:
    """One database in memory, with the rows of the last query."""

    def __init__(self) -> None:
        self._loaded: list[Row] = []

    def run(self, text: str, rows: list[Row]) -> Result:
        """Run a query over rows; raises 400 for one that Azure would refuse, and 501 for what can't be done here."""
        self._load(rows)
        plan = _Plan.of(text)
        try:
            answer = self._database.execute(plan.sql)
            columns = [(name, str(kind)) for name, kind, *_ in answer.description or ()]
            return Result(columns, answer.fetchall(), plan.limited)
        except self._duckdb.Error as error:
            raise _refused(error) from None

    @cached_property
    def _duckdb(self) -> Any:
        import duckdb

        return duckdb

    @cached_property
    def _database(self) -> Any:
        import duckdb_kql

        # Nothing but these tables is within reach of a query.
        settings = {"enable_external_access": "false", "threads": "1"}
        database = duckdb_kql.connect(config=settings)
        described = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        for table in TABLES:
            database.execute(f"CREATE TABLE {table} ({described})")
        return database

    def _load(self, rows: list[Row]) -> None:
        if rows == self._loaded:
            return
        shape = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        for table in TABLES:
            content = f"[{','.join(row.text for row in rows if row.table == table)}]"
            self._database.execute(f"DELETE FROM {table}")
            each = f"SELECT unnest(CAST(CAST(? AS JSON) AS STRUCT({shape})[]), max_depth := 2)"
            self._database.execute(f"INSERT INTO {table} {each}", [content])
        self._loaded = rows


@dataclass(frozen=True)
class _Plan:
    """A query in SQL."""

    sql: str
    limited: bool

    @classmethod
    def of(cls, text: str) -> "_Plan":
        """Translate a query; the table is Resources where the query begins with an operator."""
        import duckdb_kql
        from duckdb_kql import ir, lower

        shift = f"{RESOURCES} | " if WITHOUT_TABLE.match(text) else ""
        whole = shift + text
        try:
            tree = duckdb_kql.parse(whole).tree
            _check_operators(tree)
            whole = _anchored(whole, tree)
            query = lower.lower(whole)
            spelled = [_checked(source) for source in _sources(query)]
            schema = {name: list(COLUMNS) for name in spelled}
            sql = str(duckdb_kql.to_sql(whole, schema=schema, allow_write=False))
        except duckdb_kql.KqlSyntaxError as error:
            raise _not_parsed(error, text, len(shift)) from None
        except duckdb_kql.KqlError as error:
            raise _untranslated(error) from None
        return cls(sql, any(isinstance(step, ir.Take) for step in query.operators))


def _check_operators(tree: Any) -> None:
    """Raise 400 for an operator or a flavor of join that Resource Graph hasn't."""
    if tree is None:
        raise refusals.not_in_language(".")
    for node in _nodes(tree):
        kind = type(node).__name__
        if kind == "AfterPipeOperatorContext" and node.start.text not in OPERATORS:
            raise refusals.not_in_language(node.start.text)
        if kind == "JoinOperatorContext":
            _check_join(node)


def _check_join(node: Any) -> None:
    for given in (child.getText() for child in node.children):
        kind = given.removeprefix("kind=")
        if kind != given and kind.lower() not in JOINS:
            raise refusals.join_kind(next((name for name in OTHER_JOINS if name.lower() == kind.lower()), kind))


def _anchored(text: str, tree: Any) -> str:
    """The query with a mark before what `parse` takes apart: the engine wants a pattern to begin with a text or a star.

    `parse id with cluster '/providers/' *` becomes `parse strcat(MARK, id) with MARK cluster '/providers/' *`.
    """
    for node in reversed([node for node in _nodes(tree) if type(node).__name__ == "ParseOperatorContext"]):
        parts = {type(child).__name__: child for child in node.children}
        pattern = parts["ParseOperatorPatternContext"]
        if type(pattern.children[0]).__name__ != "ParseOperatorNameAndOptionalTypeContext":
            continue
        subject = node.children[list(map(str, node.children)).index("with") - 1]
        begin, end, first = subject.start.start, subject.stop.stop + 1, pattern.start.start
        text = f"{text[:begin]}strcat({MARK}, {text[begin:end]}){text[end:first]}{MARK} {text[first:]}"
    return text


def _nodes(tree: Any) -> Iterator[Any]:
    yield tree
    for child in getattr(tree, "children", None) or ():
        yield from _nodes(child)


def _sources(query: Any) -> Iterator[Any]:
    """Where the parts of a query take their rows from, but for those that it names itself."""
    named = {name for name, _ in query.lets}
    for part in _parts(query):
        if hasattr(part, "source") and getattr(part.source, "name", None) not in named:
            yield part.source


def _parts(value: Any) -> Iterator[Any]:
    """A tree of dataclasses, flat."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from _parts(item)
    elif is_dataclass(value):
        yield value
        for field in fields(value):
            yield from _parts(getattr(value, field.name))


def _checked(source: Any) -> str:
    """The name of a table as a query spells it; raises 400 where it isn't one of Resource Graph's."""
    kind, name = type(source).__name__, str(getattr(source, "name", ""))
    if kind != "TableRef":
        raise refusals.not_in_language(kind.removesuffix("Source").lower())
    known = name.lower() in {table.lower() for table in TABLES}
    if not known or source.database or source.cluster:
        raise refusals.no_table(name)
    return name


def _not_parsed(error: Any, text: str, shift: int) -> ArmError:
    """The parser's findings as Azure tells them, at places of the text that was sent."""
    details = []
    for found in error.diagnostics:
        line, column = found.span.line, found.span.column - (shift if found.span.line == 1 else 0)
        token = TOKEN.search(found.message)
        told = token[1] if token else ""
        details.append(refusals.not_parsed(line, max(0, column), told if column >= 0 else text.split()[0]))
    return refusals.invalid_query(*details)


def _untranslated(error: Any) -> ArmError:
    construct = str(getattr(error, "construct", ""))
    if construct.startswith("function:"):
        return refusals.unknown_function(construct.removeprefix("function:"))
    if construct == "multi-statement":
        return refusals.not_in_language(";")
    if "SEM0100" in str(error):
        return refusals.invalid_query(refusals.invalid_columns([construct.rpartition(":")[2]]))
    if construct.startswith("source:"):
        return refusals.not_in_language(construct.removeprefix("source:"))
    return refusals.not_here(str(error))


def _refused(error: Exception) -> ArmError:
    """What the database has against a query: a column that there isn't, values that don't go together, or its own."""
    text = str(error).partition("\n")[0]
    missing = NO_COLUMN.search(text)
    if missing:
        return refusals.invalid_query(refusals.invalid_columns([missing[1] or missing[2]]))
    fault = type(error).__name__
    if fault in ("BinderException", "ConversionException", "InvalidInputException") and "Malformed JSON" not in text:
        return refusals.invalid_query({"code": "SemanticError", "message": text})
    return refusals.not_here(text)
