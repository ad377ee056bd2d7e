"""Masks what was recognized as a secret somewhere wherever else it is, in the forms in which it may be written."""

import json
import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from azext_amlarc.workflows.bundle.masking import encoded
from azext_amlarc.workflows.bundle.masking.names import MASK

# What is shorter is a word of every other line.
_SHORTEST = 6
_AT_A_TIME = 500


class Known:
    """The secrets that were found so far."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def learn(self, secret: str) -> None:
        """Remember a secret; of one in several lines, each line too."""
        for one in (secret, *secret.splitlines()):
            if len(one.strip()) >= _SHORTEST:
                self._found.add(one.strip())

    def masked(self, text: str) -> str:
        """The text without any of them."""
        forms = sorted({form for one in self._found for form in _forms(one)}, key=len, reverse=True)
        for start in range(0, len(forms), _AT_A_TIME):
            beyond = start + _AT_A_TIME
            text = re.sub("|".join(map(re.escape, forms[start:beyond])), MASK, text)
        hidden = [one.encode() for one in self._found]
        return encoded.masked(text, lambda decoded: any(one in decoded for one in hidden)) if hidden else text


def _forms(secret: str) -> Iterable[str]:
    """As it is, and as JSON (twice: a log's line in JSON quotes another one), HTML and URLs write it."""
    once = json.dumps(secret)[1:-1]
    once_plain = json.dumps(secret, ensure_ascii=False)[1:-1]
    twice = json.dumps(once_plain, ensure_ascii=False)[1:-1]
    return {secret, once, once_plain, twice, escape(secret), escape(once_plain), quote(secret), quote(secret, safe="")}
