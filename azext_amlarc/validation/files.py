"""Finds the files that users name, and reads them up to a limit. Every failure is an InvalidInput with a code."""

import os
import stat
import sys
from collections.abc import Iterator

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Rule
from azext_amlarc.validation.text.reading import (
    DIRECTORY,
    LARGEST,
    MISSING,
    NOT_REGULAR,
    NOTHING_MATCHES,
    UNREADABLE,
    too_large,
)

STDIN = "<stdin>"

_SUFFIXES = (".json", ".yaml", ".yml")


def read(path_or_dash: str) -> bytes:
    """The bytes of a regular file, or of standard input for `-`; InvalidInput if missing, unreadable or too large."""
    limit = LARGEST + 1
    try:
        if path_or_dash == "-":
            content = sys.stdin.buffer.read(limit)
        else:
            _refuse_other_than_files(path_or_dash)
            with open(path_or_dash, "rb") as file:
                content = file.read(limit)
    except FileNotFoundError:
        raise _refusal(MISSING, f"file not found: {path_or_dash}", "check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refusal(
            UNREADABLE, f"{path_or_dash} cannot be read: {reason}", "check the path and its permissions"
        ) from None
    if len(content) == limit:
        refused = too_large(path_or_dash)
        raise InvalidInput(refused.message, refused.fix, refused.code)
    return content


def is_read_by_others(path: str) -> bool:
    """Whether the group or everybody may read a regular file; False if that is unknown."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return os.name == "posix" and stat.S_ISREG(mode) and bool(mode & (stat.S_IRGRP | stat.S_IROTH))


def _refuse_other_than_files(path: str) -> None:
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise _refusal(DIRECTORY, f"{path} is a directory", "name a file in it")
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):  # a shell's <(…) is a pipe
        raise _refusal(NOT_REGULAR, f"{path} is not a regular file", "pass its content on standard input, with -")


def _refusal(rule: Rule, message: str, fix: str) -> InvalidInput:
    return InvalidInput(message, fix, rule.code)


def expand(name: str) -> list[str]:
    """The files that a name means: itself, all JSON and YAML files below a directory, or a pattern's matches."""
    if name == "-":
        return [name]
    if os.path.isdir(name):
        found = sorted(_documents_in(name))
    elif not os.path.exists(name) and any(character in name for character in "*?["):
        import glob

        found = sorted(path for path in glob.glob(name, recursive=True) if not os.path.isdir(path))
    else:
        return [name]
    if not found:
        raise _refusal(NOTHING_MATCHES, f"no files match {name}", "name a .json, .yaml or .yml file")
    return found


def _documents_in(directory: str) -> Iterator[str]:
    for folder, subfolders, names in os.walk(directory):
        subfolders[:] = [subfolder for subfolder in subfolders if not subfolder.startswith(".")]
        yield from (os.path.join(folder, name) for name in names if name.lower().endswith(_SUFFIXES))
