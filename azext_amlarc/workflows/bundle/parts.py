"""A part of a bundle: its files, and what could not be had of it, with the reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from azure.core.exceptions import AzureError

from azext_amlarc.azure.facts.sources import why
from azext_amlarc.errors import ArcError, Garbled, Unreachable


@dataclass(frozen=True)
class File:
    """A file, not masked yet: its path in the archive, and a text or an object of JSON's types.

    With `is_safe`, its text was made of what is masked already, and only known secrets are looked for in it.
    """

    path: str
    content: Any
    is_safe: bool = False


@dataclass(frozen=True)
class Part:
    """The files of a part, and its problems as sentences."""

    name: str
    files: tuple[File, ...] = ()
    problems: tuple[str, ...] = ()

    def joined(self, other: "Part") -> "Part":
        """With the files and problems of another one."""
        return Part(self.name, self.files + other.files, self.problems + other.problems)


@dataclass(frozen=True)
class Source:
    """Where a file comes from: `read` returns its content, None if there is none, or raises."""

    path: str
    read: Callable[[], Any]


def taken(name: str, sources: Iterable[Source]) -> Part:
    """The part, from all sources that can be read; after one that would end all others alike, no other is tried."""
    part = Part(name)
    for source in sources:
        try:
            content = source.read()
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # Whatever fails, a bundle without it is better than none.
            part = part.joined(Part(name, (), (f"{source.path}: {reason(error)}",)))
            if _ends_all(error):
                break
        else:
            part = part if content is None else part.joined(Part(name, (File(source.path, content),)))
    return part


def reason(error: Exception) -> str:
    """Why something could not be had, in one sentence."""
    if isinstance(error, ArcError):
        return error.message
    if isinstance(error, AzureError | OSError):
        return why(error).reason
    return f"unexpected answer ({type(error).__name__}: {error})"


def _ends_all(error: Exception) -> bool:
    """Whether a cluster does not answer at all, or accepts no credentials."""
    from azext_amlarc.kubernetes.client import Unauthorized

    return isinstance(error, Unreachable | Unauthorized) and not isinstance(error, Garbled)


def as_shown(thing: Any) -> Any:
    """A result of ours as commands print it (docs/output.md)."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {_camel(field.name): as_shown(getattr(thing, field.name)) for field in fields(thing)}
    if isinstance(thing, Mapping):
        return {str(key): as_shown(value) for key, value in thing.items()}
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        return [as_shown(value) for value in thing]
    return thing


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
