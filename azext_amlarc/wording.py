"""Wording of messages: the nearest known word, quoted and printable text, counts and time spans."""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta


def nearest(word: str, known: Collection[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """The known word that `word` most likely means (ignoring case, `-` and `_`), or None.

    `aliases` maps folded words (`memoryrequest`) to known ones that spelling alone would not find.
    """
    import difflib  # only for mistakes: it takes longer to import than all the rest

    folded = {_folded(candidate): candidate for candidate in known} | dict(aliases or {})
    if _folded(word) in folded:
        return folded[_folded(word)]
    close = difflib.get_close_matches(_folded(word)[:100], folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def did_you_mean(word: str, known: Collection[str], aliases: Mapping[str, str] | None = None) -> str:
    """`did you mean "x"?`, or at most ten of the known words if none is near."""
    near = nearest(word, known, aliases)
    if near is not None:
        return f'did you mean "{near}"?'
    listed = ", ".join(sorted(known)[:10])
    return f"expected one of: {listed}{', …' if len(known) > 10 else ''}"


def _folded(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def quoted(value: str) -> str:
    """Text in quotes for a message: at most 80 characters, without control characters."""
    short = value if len(value) <= 80 else value[:77] + "…"
    return in_line(json.dumps(short, ensure_ascii=not short.isprintable()))


def legible(content: str) -> str:
    """The text with what a terminal or a CI system would act on, and XML cannot hold, written out: `\\x1b`, `\\u202e`.

    Line breaks and tabs stay; in_line writes them out too.
    """
    return inert(visible(content))


def visible(content: str) -> str:
    """The text with what a terminal would act on written out, for a form that keeps CI systems from reading it."""
    lines = content.replace("\r\n", "\n")
    return lines if lines.isprintable() else "".join(char if char in "\n\t" else _shown(char) for char in lines)


def is_unicode(text: str) -> bool:
    """Whether the text can be sent: bytes that are not UTF-8 reach Python as lone surrogates, which no JSON carries."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def in_line(content: str, most: int | None = None) -> str:
    """Somebody else's text, legible within a line of ours, which it cannot end; only its beginning if it is longer."""
    short = content if most is None or len(content) <= most else f"{content[:most]}…"
    return inert(short if short.isprintable() else "".join(map(_shown, short)))


def inert(text: str) -> str:
    """The text without the commands that CI systems look for in what a job prints: `\\x3a:error::`, `\\x23#[error]`.

    GitHub's runner takes `::name` at the start of a line, white space aside, and `##[name]` anywhere in it; the agent
    of Azure Pipelines takes `##vso[area.event]` anywhere, TeamCity `##teamcity[`.
    Sources: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs and
    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands.
    """
    within = inert_within(text)
    if "::" not in text:
        return within
    import re  # hardly any text has these

    return re.sub(r"^([^\S\n]*):(?=:[A-Za-z])", r"\1\\x3a", within, flags=re.MULTILINE)


def inert_within(text: str, escape: str = r"\x23") -> str:
    """The text without what is a command anywhere in a line, for text that no line starts with."""
    if "##" not in text:
        return text
    import re

    return re.sub(r"#(?=#[A-Za-z]*\[)", lambda _: escape, text)


def legible_json(text: str, kept: str = "\n") -> str:
    """JSON that means the same, with escapes for what a terminal or a CI system would act on.

    `kept` are the unprintable characters that stay: they lay the text out, or color it.
    """
    if not text.replace("\n", "").isprintable():
        text = "".join(char if char.isprintable() or char in kept else json.dumps(char)[1:-1] for char in text)
    return inert_quoted(text)


def inert_quoted(text: str) -> str:
    """A string in double quotes of JSON, YAML or Terraform, or a file of them, that means the same and is inert."""
    return inert_within(text, r"\u0023")


def _shown(character: str) -> str:
    """The character, or its escape if it is a control character, a mark of direction or nothing to be seen."""
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def number(count: int, noun: str) -> str:
    """`1 node`, `2 nodes`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def clock(seconds: float) -> str:
    """Minutes and seconds: `1:05`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def ago(span: timedelta) -> str:
    """A time span in its largest whole unit: `3 days`, `1 hour`, `20 minutes`, `5 seconds`."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return number(seconds // length, unit)
    return number(seconds, "second")
