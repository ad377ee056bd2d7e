"""Annotations of GitHub Actions: workflow commands that show findings beside the lines of a pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from dataclasses import dataclass
from typing import Literal

from azext_amlarc.wording import inert_within, visible

Command = Literal["error", "warning", "notice"]


@dataclass(frozen=True)
class Annotation:
    """One annotation: its command, its title and text, and where in which file, if it is about one.

    `line` and `column` count from 1, `width` is in characters.
    """

    command: Command
    title: str
    text: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    width: int = 1

    def __str__(self) -> str:
        """The workflow command, on one line: what came from elsewhere can neither end it nor start another."""
        known = {"title": self.title, "file": self.file, "line": self.line, "col": self.column}
        if self.line is not None and self.column is not None:
            known |= {"endLine": self.line, "endColumn": self.column + self.width}
        given = ",".join(f"{name}={_property(str(value))}" for name, value in known.items() if value)
        return f"::{self.command} {given}::{_data(self.text)}"


def _data(text: str) -> str:
    return inert_within(visible(text)).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
