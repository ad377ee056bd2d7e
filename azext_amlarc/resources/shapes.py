"""What is read from an answer, as the type that it has to have.

TypeError for anything else: whoever reads the answer says then that it is Azure's shape that is unexpected. Otherwise
the value would go on until something far away stumbles over it, as if that were at fault.
"""

from collections.abc import Mapping


def text(value: object) -> str | None:
    """A text, or None."""
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"{_shown(value)} is not a text")


def texts(values: object) -> tuple[str, ...]:
    """A list of texts; none for None."""
    if values is None:
        return ()
    if not isinstance(values, list):
        raise TypeError(f"{_shown(values)} is not a list")
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{_shown(values)} is not a list of texts")
    return tuple(values)


def text_by_name(values: object) -> dict[str, str]:
    """Texts by name, as Azure's maps of settings are; numbers and truth values as texts, null as an empty one."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise TypeError(f"{_shown(values)} is not an object")
    return {str(name): _scalar(value) for name, value in values.items()}


def _scalar(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | bool | int | float):
        return str(value)
    raise TypeError(f"{_shown(value)} is not a text")


def _shown(value: object) -> str:
    return repr(value)[:50]
