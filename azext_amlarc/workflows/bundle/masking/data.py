"""Masks secrets within objects: by the names of their fields, and within their texts."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from azext_amlarc.workflows.bundle.masking import text
from azext_amlarc.workflows.bundle.masking.names import MASK, is_nothing, is_secret
from azext_amlarc.workflows.bundle.masking.text import Learn

# Copies of a whole object, as somebody sent it once; and who changed which field, which nobody reads.
_COPIES = ("kubectl.kubernetes.io/last-applied-configuration", "objectset.rio.cattle.io/applied")
_NOISE = "managedFields"
# What names something, wherever it stands.
_NAMING = {"name", "key", "path", "namespace", "mode", "kind", "apiVersion", "secretName", "mountPath", "defaultMode"}
_OPTION = re.compile(r"--?[\w.-]+")


def masked(value: Any, learn: Learn) -> Any:
    """An object of JSON's types without secrets."""
    if isinstance(value, str):
        return text.masked(value, learn)
    if isinstance(value, Mapping):
        return _object(value, learn)
    if isinstance(value, Sequence):
        return _list(value, learn)
    return value


def _object(value: Mapping[str, Any], learn: Learn) -> dict[str, Any]:
    if value.get("kind") == "Secret":
        value = {**value, **{key: _all_of(value[key], learn) for key in ("data", "stringData") if key in value}}
    name = value.get("name")
    is_variable = isinstance(name, str) and is_secret(name) and isinstance(value.get("value"), str | int | float)
    return {
        text.masked(str(key), learn): _hidden(item, learn)
        if is_secret(str(key)) or (is_variable and key == "value")
        else _copy(str(key), item, learn)
        for key, item in value.items()
        if key != _NOISE
    }


def _copy(key: str, item: Any, learn: Learn) -> Any:
    return MASK if key in _COPIES else masked(item, learn)


def _list(value: Sequence[Any], learn: Learn) -> list[Any]:
    """A list; in one of arguments, what follows `--password` is its value."""
    before = [None, *value]
    return [
        _hidden(item, learn) if _announces(previous) and isinstance(item, str) else masked(item, learn)
        for previous, item in zip(before, value, strict=False)
    ]


def _announces(argument: Any) -> bool:
    return isinstance(argument, str) and bool(_OPTION.fullmatch(argument)) and is_secret(argument)


def _hidden(value: Any, learn: Learn) -> Any:
    """What is under the name of a secret: only what it names itself, and truth values, stay."""
    if isinstance(value, Mapping):
        return {key: masked(item, learn) if key in _NAMING else _hidden(item, learn) for key, item in value.items()}
    return _all_of(value, learn)


def _all_of(value: Any, learn: Learn) -> Any:
    if isinstance(value, Mapping):
        return {key: _all_of(item, learn) for key, item in value.items()}
    if isinstance(value, str):
        return _kept(value, learn)
    if isinstance(value, Sequence):
        return [_hidden(item, learn) for item in value]
    return value if value is None or isinstance(value, bool) else MASK


def _kept(value: str, learn: Learn) -> str:
    if is_nothing(value):
        return value
    learn(value)
    return MASK
