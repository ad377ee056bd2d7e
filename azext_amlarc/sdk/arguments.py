"""Types of arguments: a notebook has no type checker, and a wrong type must not reach Azure, or end in a TypeError."""

import os
from collections.abc import Iterable, Mapping, Sequence

from azure.core.credentials import TokenCredential

from azext_amlarc.errors import InvalidInput
from azext_amlarc.wording import is_unicode

TEXTS, SETTINGS, FLAG, SECONDS = "a dictionary of texts", "a dictionary with texts as keys", "True or False", "a number"
TEXT = "a text"


def stop_at_types(expected: str, **given: object) -> None:
    """InvalidInput for each argument that is not what is expected; None is no argument."""
    wrong = [name for name, value in given.items() if value is not None and not _IS[expected](value)]
    if wrong:
        raise InvalidInput(f"{', '.join(wrong)}: expected {expected}.", "Nothing was sent.")


def _is_settings(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and is_unicode(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


_IS = {
    TEXTS: _is_texts,
    SETTINGS: _is_settings,
    FLAG: lambda value: isinstance(value, bool),
    SECONDS: _is_seconds,
    TEXT: _is_text,
}


# One file or several.
Files = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def names_of(given: Files | None, name: str) -> tuple[str, ...]:
    """The names of files; InvalidInput for anything else."""
    listed = (given,) if isinstance(given, str | os.PathLike) else given or ()
    if not isinstance(listed, Sequence) or not all(isinstance(one, str | os.PathLike) and str(one) for one in listed):
        raise InvalidInput(f"{name}: expected the path of a file, or a list of them.", "Nothing was sent.")
    return tuple(os.fspath(one) for one in listed)


def path_of(given: str | os.PathLike[str] | None, name: str) -> str | None:
    """The name of a file or folder, None if none is given; InvalidInput for what can be none."""
    if given is None:
        return None
    found = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if isinstance(found, str) and _is_encoded(found):
        return found
    raise InvalidInput(f"{name}: expected a path.", "Nothing was sent.")


def _is_encoded(path: str) -> bool:
    try:
        return bool(os.fsencode(path)) or not path
    except UnicodeEncodeError:
        return False


def words_of(given: Iterable[str] | None, name: str) -> tuple[str, ...]:
    """One word or several; InvalidInput for anything else."""
    listed = (given,) if isinstance(given, str) else () if given is None else given
    words = tuple(listed) if isinstance(listed, Iterable) else (None,)
    if not all(isinstance(one, str) for one in words):
        raise InvalidInput(f"{name}: expected a list of texts.", "Nothing was sent.")
    return words


def credential_of(credential: TokenCredential | None, auth: object) -> TokenCredential | None:
    """The credential under our name or under azureml-core's, whose own classes are credentials too.

    InvalidInput for two, or for something that gives no token.
    """
    if auth is not None and credential is not None:
        raise InvalidInput("credential and auth are the same argument.", "Pass one of them.")
    given = auth if credential is None else credential
    if given is None or isinstance(given, TokenCredential):
        return given
    raise InvalidInput(
        "The credential has no method get_token.",
        "Pass one of azure-identity, such as DefaultAzureCredential(), or leave it out for that one.",
    )
