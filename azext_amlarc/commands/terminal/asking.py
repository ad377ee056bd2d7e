"""Prompts: questions go to stderr, since stdout is for the object, and answers are lines.

Lines work on every terminal, over ssh and with a screen reader, and need no library.
"""

import os
import sys

from azext_amlarc.errors import InvalidInput


def can_ask() -> bool:
    """Whether the user can be prompted: both streams are terminals, and CI is not set, as CI systems do."""
    terminals = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return terminals and not os.environ.get("CI")


def ask(question: str) -> str:
    """The answer to a question, stripped. The end of input raises KeyboardInterrupt, as Ctrl-C does."""
    say(question, end=" ")
    answer = sys.stdin.readline()
    if not answer:
        say("")
        raise KeyboardInterrupt
    return answer.strip()


def say(text: str, end: str = "\n") -> None:
    """Write text to stderr."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def confirm(question: str, yes: bool) -> None:
    """Return if the user confirms, on a terminal or with --yes; InvalidInput otherwise."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"{question} There is no terminal to ask on. Nothing was changed.", "Run again with --yes to confirm."
        )
    if ask(f"{question} (y/N):").lower() not in {"y", "yes"}:
        raise InvalidInput("Cancelled. Nothing was changed.")
