"""Writes files whole or not at all: into a temporary file beside, which takes the place once everything is in it."""

import os
import stat
from collections.abc import Callable

from azext_amlarc.errors import InvalidInput
from azext_amlarc.wording import in_line

_PRIVATE = 0o600


def replace(path: str, text: str) -> None:
    """Write a file, or replace one, whose mode stays; InvalidInput if that fails.

    A link is followed to a file that exists. What is no file, such as a pipe, is written to directly.
    """
    if os.path.islink(path) and not os.path.exists(path):
        raise InvalidInput(f"{in_line(path)} is a link to a file that does not exist.", "Choose another file.")
    place = os.path.realpath(path)
    mode = os.stat(place).st_mode if os.path.exists(place) else None
    if mode is not None and not stat.S_ISREG(mode):
        _explained(path, lambda: _write(place, text.encode("utf-8"), os.O_WRONLY))
    else:
        _explained(path, lambda: _put(place, text.encode("utf-8"), mode, os.replace))


def refuse_what_is_no_file(path: str) -> None:
    """InvalidInput if something else than a file has this name, or if the folder for it does not exist."""
    if os.path.lexists(path) and not os.path.isfile(path):
        raise InvalidInput(f"{in_line(path)} exists and is no file.", "Choose another name.")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise InvalidInput(f"{in_line(folder)} is no folder.", "Create it, or choose another one.")


def replace_private(path: str, content: bytes) -> None:
    """Write a file that only its owner can read, or replace one; InvalidInput if that fails, or replaces no file."""
    refuse_what_is_no_file(path)
    _explained(path, lambda: _put(os.path.realpath(path), content, _PRIVATE, os.replace))


def create(path: str, text: str) -> None:
    """Write a file that must not exist; InvalidInput if it does, or if that fails."""
    try:
        _explained(path, lambda: _put(path, text.encode("utf-8"), None, _place_new))
    except FileExistsError:
        fix = "Choose another name, or delete the file first."
        raise InvalidInput(f"{in_line(path)} already exists.", fix) from None


def _explained(path: str, work: Callable[[], None]) -> None:
    try:
        work()
    except FileExistsError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(f"{in_line(path)} cannot be written: {reason}.", "Check the path.") from None


def _put(place: str, content: bytes, mode: int | None, take_place: Callable[[str, str], None]) -> None:
    folder, name = os.path.split(place)
    beside = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        _write(beside, content, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else _PRIVATE)
        if mode is not None:
            os.chmod(beside, stat.S_IMODE(mode))
        take_place(beside, place)
    finally:
        if os.path.lexists(beside):
            os.unlink(beside)


def _write(path: str, content: bytes, flags: int, mode: int = 0o666) -> None:
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0), mode), "wb") as file:
        file.write(content)


def _place_new(beside: str, place: str) -> None:
    try:
        os.link(beside, place)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(place):
            raise FileExistsError(place) from None
        os.rename(beside, place)
