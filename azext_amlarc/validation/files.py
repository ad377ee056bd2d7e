"""Finds the files that users name, and reads them up to a limit. Every failure is an InvalidInput with a code."""

import errno
import os
import select
import stat
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from io import BufferedReader, FileIO

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Rule
from azext_amlarc.validation.text.reading import (
    DIRECTORY,
    LARGEST,
    MISSING,
    NOT_REGULAR,
    NOTHING_MATCHES,
    RULES,
    UNREADABLE,
    too_large,
)
from azext_amlarc.wording import in_line

STDIN = "<stdin>"
# What az loaded for `@FILE` has no name any more.
TEXT = "<text>"

_PIECE = 65536
_PATIENCE = 1.0  # seconds until somebody must have begun to write to a pipe

# The endings of the files that are read as JSON or YAML.
SUFFIXES = (".json", ".yaml", ".yml")

# What a team has decided about findings, beside the files that these are about (docs/guardrails.md).
RULES_FILE = ".amlarc.yaml"


def read(path_or_dash: str, called: str = "") -> bytes:
    """The bytes of a regular file, or of standard input for `-`; InvalidInput if missing, unreadable or too large.

    A leading `~` is the home folder. Messages call the file by its path, or else what it is to be `called`.
    """
    limit = LARGEST + 1
    name = called or path_or_dash
    try:
        if path_or_dash == "-" and sys.stdin is None:
            raise OSError(errno.EBADF, "it is closed")
        if path_or_dash == "-":
            content = sys.stdin.buffer.read(limit)
        else:
            path = _expanded(path_or_dash)
            _refuse_other_than_files(path, name)
            content = _content(path, name, limit)
    except FileNotFoundError:
        message = f"{called} does not exist" if called else f"file not found: {path_or_dash}"
        fix = "give the path of a local file, not a URL" if "://" in path_or_dash else "check the path"
        raise _refusal(MISSING, message, fix) from None
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    if len(content) == limit:
        refused = too_large(name)
        raise InvalidInput(in_line(refused.message), refused.fix, refused.code)
    return content


def _expanded(path: str) -> str:
    """The path with the home folder for `~`, which a shell leaves as it is behind an equals sign."""
    return os.path.expanduser(path) if path.startswith("~") and not os.path.lexists(path) else path


def as_text(name: str) -> bytes | None:
    """The text that az loaded for `@FILE` and handed on in place of a file's name; None for a name."""
    is_text = "\n" in name or name.lstrip("\ufeff \t\r").startswith("{")
    return name.encode(errors="surrogateescape") if is_text else None


def exists(path: str) -> bool:
    """Whether there is anything at the path."""
    return os.path.lexists(_expanded(path))


def without_at(path: str) -> str:
    """The path without az's `@`, which loads an option's whole value but is no part of a file's name in it."""
    return path if os.path.lexists(path) else path.removeprefix("@")


def _content(path: str, name: str, limit: int) -> bytes:
    with open(path, "rb", buffering=0, opener=_without_waiting) as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            return _from_pipe(file, name, limit)
        with BufferedReader(file) as whole:
            return whole.read(limit)


def _without_waiting(path: str, flags: int) -> int:
    """Opening a pipe would wait until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _from_pipe(file: FileIO, name: str, limit: int) -> bytes:
    """What is written to a pipe until its end; InvalidInput if nobody has begun to write after a second."""
    content, is_written, deadline = bytearray(), False, time.monotonic() + _PATIENCE
    while len(content) < limit:
        piece = file.read(min(_PIECE, limit - len(content)))
        if piece is None:  # somebody has it open for writing, and has not written more yet
            is_written = True
            select.select([file], [], [], 1)
        elif piece:
            content += piece
        elif content or is_written:
            break
        elif time.monotonic() > deadline:
            raise _refusal(UNREADABLE, f"{name} is a pipe that nobody writes to", "write to it, or pass a file")
        else:
            time.sleep(0.02)
    return bytes(content)


def is_read_by_others(path: str) -> bool:
    """Whether the group or everybody may read a regular file; False if that is unknown."""
    try:
        mode = os.stat(_expanded(without_at(path))).st_mode
    except (OSError, ValueError):
        return False
    return os.name == "posix" and stat.S_ISREG(mode) and bool(mode & (stat.S_IRGRP | stat.S_IROTH))


def _refuse_other_than_files(path: str, name: str) -> None:
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise _refusal(DIRECTORY, f"{name} is a directory", "name a file in it")
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):  # a shell's <(…) is a pipe
        raise _refusal(NOT_REGULAR, f"{name} is not a regular file", "pass its content on standard input, with -")


def _refusal(rule: Rule, message: str, fix: str) -> InvalidInput:
    return InvalidInput(in_line(message), fix, rule.code)


def _unreadable(name: str, error: Exception) -> InvalidInput:
    reason = getattr(error, "strerror", None) or str(error)
    return _refusal(UNREADABLE, f"{name} cannot be read: {reason}", "check the path and its permissions")


def as_finding(error: InvalidInput, source: str) -> Finding:
    """A file that cannot be read as a finding beside the others."""
    rule = next(rule for rule in RULES if rule.code == error.code)
    return Finding(rule.code, rule.severity, error.message, error.fix, source)


def expand(name: str, *, through_links: bool = False) -> list[str]:
    """The files that a name means: itself, all JSON and YAML files below a directory, or a pattern's matches.

    A repository may have links to large folders of something else, so only the caller knows whether to go through them.
    InvalidInput if nothing matches, or if a folder is unreadable.
    """
    if name == "-":
        return [name]
    if os.path.isdir(name):
        found = sorted(_documents_in(name, through_links))
    elif not os.path.exists(name) and any(character in name for character in "*?["):
        import glob

        found = sorted(path for path in glob.glob(name, recursive=True) if not os.path.isdir(path))
    else:
        return [name]
    if not found:
        raise _refusal(NOTHING_MATCHES, f"no files match {name}", "name a .json, .yaml or .yml file")
    return found


def above(source: str, name: str) -> str | None:
    """The nearest file of this name in the folder of a file or above it, up to the root of the repository.

    For what is not a file, such as standard input, the search starts in the current folder.
    """
    start = os.path.dirname(os.path.abspath(source)) if os.path.isfile(source) else os.getcwd()
    folder = start
    while True:
        found = os.path.join(folder, name)
        if os.path.lexists(found):  # a link to nothing too: it was meant to say something
            shown = os.path.relpath(found)
            return found if shown.startswith(os.pardir) else shown
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return None
        folder = parent


def would_read(name: str, file: str) -> bool:
    """Whether a name means this file, which may not exist yet: by its path, by a pattern, or as its directory."""
    if not name:
        return False
    path, place = os.path.realpath(_expanded(without_at(name))), os.path.realpath(file)
    if os.path.isdir(path):
        return place.startswith(path + os.sep) and place.lower().endswith(SUFFIXES)
    return path == place or fnmatch(place, os.path.abspath(name))


def _documents_in(directory: str, through_links: bool) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise _unreadable(str(error.filename), error)

    seen: set[str] = set()
    for folder, subfolders, names in os.walk(directory, onerror=refuse, followlinks=through_links):
        place = os.path.realpath(folder)
        if place in seen:
            subfolders.clear()
            continue
        seen.add(place)
        subfolders[:] = sorted(subfolder for subfolder in subfolders if not subfolder.startswith("."))
        yield from (os.path.join(folder, name) for name in names if _is_document(name))


def _is_document(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and name != RULES_FILE
