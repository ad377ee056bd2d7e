"""Write docs/settings.md from the catalogue of settings: `python docs/write_settings.py`."""

from collections.abc import Iterable
from pathlib import Path

from azext_amlarc.product import catalogue
from azext_amlarc.product.catalogue import Record

PAGE = Path(__file__).with_name("settings.md")

HEAD = """# Settings of the extension

<!-- Written by docs/write_settings.py from azext_amlarc/product/settings.json: change that, run it. -->

Every setting that the documentation of Microsoft.AzureML.Kubernetes names, in 2021-06 or today, and those that its
tools set by themselves. `az ml arc settings list` and `az ml arc settings show -n KEY` print the same,
`az ml arc settings validate` judges settings without a cluster, and [findings.md](findings.md) lists what it can find.

Booleans are `True` or `False` in any case, and nothing else. Keys are case-sensitive. A setting marked *protected*
belongs in `--config-protected` or `--config-protected-file`.
"""

SECTIONS = {
    "current": ("Settings of today", "What today's versions of the extension act on."),
    "renamed": ("Renamed", "Accepted with a warning, and sent under today's names."),
    "removed": (
        "No longer documented",
        "Sent as given, with a warning; versions of their time act on them. Those of the 2021-06 guide are here too.",
    ),
    "internal": (
        "Set by the tool",
        "What the tool works out by itself. Some can be given instead; the others are refused.",
    ),
}


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_section(status, *texts) for status, texts in SECTIONS.items())


def _section(status: str, title: str, text: str) -> str:
    chosen = [record for record in catalogue.records().values() if record.status == status]
    rows = "".join(_row(record) for record in chosen)
    head = "| Setting | Type | 2021-06 | Today | For | What it does |\n|---|---|---|---|---|---|\n"
    return f"\n## {title}\n\n{text}\n\n{head}{rows}"


def _row(record: Record) -> str:
    cells = (
        f"[`{record.key}`]({record.documentation})",
        _type(record),
        _value(record.default_2021),
        _value(record.default_today),
        record.applies_to,
        " ".join(_sentences(record)),
    )
    return f"| {' | '.join(cells)} |\n"


def _type(record: Record) -> str:
    values = f": {', '.join(record.values)}" if record.values else ""
    return f"{record.type}{values}{', *protected*' if record.protected else ''}"


def _value(value: str | None) -> str:
    return f"`{value}`" if value is not None else "none"


def _sentences(record: Record) -> Iterable[str]:
    yield record.description
    if record.requires:
        yield f"Requires {'; '.join(record.requires)}."
    if record.conflicts:
        yield f"Conflicts with {', '.join(record.conflicts)}."
    for effect in record.update:
        yield f"When {effect.when}, {effect.effect}."
    for value, successors in (record.replacement or {}).items():
        new = " and ".join(f"`{key}={successor}`" for key, successor in successors.items()) or "nothing"
        yield f"`{value}` is sent as {new}."
    if record.removed:
        yield f"Undocumented since {record.removed}."
    if record.status == "internal":
        yield "Yours is kept." if record.given == "kept" else f"Yours is refused: {record.instead}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
