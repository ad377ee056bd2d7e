"""Asking somebody: questions go to stderr, since stdout is for the object, and answers come line by line.

Lines work on every terminal, over ssh, and with a screen reader; nothing has to be imported for them.
"""

import os
import sys

from azext_amlarc.errors import InvalidInput


def can_ask() -> bool:
    """Whether somebody is there to answer: a terminal on both sides, and no CI system, all of which set CI."""
    terminals = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return terminals and not os.environ.get("CI")


def ask(question: str) -> str:
    """The answer to a question, without space around it. The end of input is a wish to stop, just as Ctrl-C is."""
    say(question, end=" ")
    answer = sys.stdin.readline()
    if not answer:
        say("")
        raise KeyboardInterrupt
    return answer.strip()


def say(text: str, end: str = "\n") -> None:
    """Something that is no question."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def confirm(question: str, yes: bool) -> None:
    """Go on where the user says so, on a terminal or by --yes; InvalidInput otherwise, with nothing sent."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(f"{question} There is no terminal to ask on; nothing was sent.", "Answer with --yes.")
    if ask(f"{question} (y/N):").lower() not in {"y", "yes"}:
        raise InvalidInput("Nothing was sent, as you answered no.")
