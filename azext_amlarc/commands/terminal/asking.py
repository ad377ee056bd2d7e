"""Prompts: questions go to stderr, since stdout is for the object, and answers are lines.

Lines work on every terminal, over ssh and with a screen reader, and need no library.
"""

import os
import sys
from contextlib import suppress

from azext_amlarc.errors import InvalidInput
from azext_amlarc.wording import legible

_CANCELLED = "Cancelled. Nothing was changed."


def can_ask() -> bool:
    """Whether the user can be prompted: both streams are terminals, and CI is not set, as CI systems do."""
    terminals = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return terminals and not os.environ.get("CI")


def ask(question: str) -> str:
    """The answer to a question, stripped. The end of input (Ctrl-D) is a no: InvalidInput."""
    answer = _answer(question)
    if answer is None:
        raise InvalidInput(_CANCELLED)
    return answer


def _answer(question: str) -> str | None:
    say(question, end=" ")
    answer = sys.stdin.readline()
    if not answer:
        say("")
        return None
    return answer.strip()


def _is_yes(answer: str) -> bool:
    return answer.lower() in {"y", "yes"}


def say(text: str, end: str = "\n") -> None:
    """Write text to stderr, if anybody reads it."""
    with suppress(OSError):  # nobody reads on
        sys.stderr.write(legible(text) + end)
        sys.stderr.flush()


def confirm(question: str, yes: bool) -> None:
    """Return if the user confirms, on a terminal or with --yes; InvalidInput otherwise."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"{question} There is no terminal to ask on. Nothing was changed.", "Run again with --yes to confirm."
        )
    if not _is_yes(ask(f"{question} (y/N):")):
        raise InvalidInput(_CANCELLED)
