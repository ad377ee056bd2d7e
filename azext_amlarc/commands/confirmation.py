"""Questions before something is lost."""

import sys

from azext_amlarc.commands.terminal import ask
from azext_amlarc.errors import InvalidInput


def confirm(question: str, yes: bool) -> None:
    """Go on where the user says so, on a terminal or by --yes; InvalidInput otherwise, with nothing sent."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(f"{question} There is no terminal to ask on; nothing was sent.", "Answer with --yes.")
    if ask(f"{question} (y/N):").lower() not in {"y", "yes"}:
        raise InvalidInput("Nothing was sent, as you answered no.")
