"""Tokens within a text: those that hold a secret in base64, and those that look drawn at random."""

import base64
import re
from collections.abc import Callable
from itertools import pairwise

from azext_amlarc.workflows.bundle.masking.names import MASK

_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
# Random text of letters in both cases and digits changes between these at six of ten characters, and between the cases
# at three of ten. Ids of resources have digits, too, but at most one of ten is where the case changes.
_SHORTEST, _CHANGES, _OF_CASE = 20, 0.3, 0.12
_CLASSES = re.compile(r"[A-Z]|[a-z]|[0-9]")
# A file within a value within an object; nobody encodes more often.
_DEPTH = 3


def masked(text: str, is_unsafe: Callable[[bytes], bool]) -> str:
    """The text, without the tokens whose decoded bytes are unsafe, and without random ones."""
    return _TOKEN.sub(lambda found: MASK if _is_unsafe(found[0], is_unsafe, _DEPTH) else _drawn(found[0]), text)


def _is_unsafe(token: str, is_unsafe: Callable[[bytes], bool], depth: int) -> bool:
    decoded = _decoded(token)
    if decoded is None:
        return False
    if is_unsafe(decoded):
        return True
    try:
        inner = decoded.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return depth > 1 and any(_is_unsafe(found[0], is_unsafe, depth - 1) for found in _TOKEN.finditer(inner))


def _decoded(token: str) -> bytes | None:
    plain = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError:
        return None


def _drawn(token: str) -> str:
    """The token; masked whole, or by its parts between slashes, where it looks drawn at random."""
    if is_random(token):
        return MASK
    return "/".join(MASK if is_random(part) else part for part in token.split("/"))


def is_random(token: str) -> bool:
    """Whether a token looks like a key: long, of capitals, small letters and digits without order."""
    if len(token) < _SHORTEST or token.islower() or token.isupper():
        return False
    classes = ["U" if char.isupper() else "L" if char.islower() else "D" for char in _CLASSES.findall(token)]
    changes = [{one, other} for one, other in pairwise(classes) if one != other]
    pairs = len(classes) - 1
    of_case = changes.count({"U", "L"})
    if not of_case:
        return False
    if not {"D", "+"} & {*classes, *token}:  # words have none either
        return of_case >= _CHANGES * pairs
    return len(changes) >= _CHANGES * pairs and of_case >= _OF_CASE * pairs
