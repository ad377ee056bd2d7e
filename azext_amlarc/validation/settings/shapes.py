"""What texts are by their shape: contents where a path belongs, and secrets that no message may repeat."""

import re
from typing import Final

_PEM: Final = "-----BEGIN"
_PEM_IN_BASE64: Final = "LS0tLS1CRUdJTi"
# DER begins with a sequence: so do certificates, keys and PFX files in base64.
_DER_IN_BASE64: Final = r"MI[A-Za-z0-9+/]{2}[A-Za-z0-9+/\s]{60,}=*\s*"
_SECRET: Final = r"-----BEGIN|PRIVATE KEY|(SharedAccess|Account|access_?|api_?)Key\s*=|[A-Za-z0-9+/]{40,}"
_PLAIN_KEY: Final = r"(?=.{1,80}$)[A-Za-z_][\w-]{0,31}([.\[][\w\\/-]{1,31}\]?)+"


def contents(text: str) -> str | None:
    """What a text is that is no name of a file, but what files contain; None for what may be a name."""
    start = text.strip().strip("\"'").lstrip("\ufeff")
    if _PEM in text:
        return "PEM text"
    if start.startswith(_PEM_IN_BASE64):
        return "PEM text in base64"
    if re.fullmatch(_DER_IN_BASE64, start):
        return "a certificate or key in base64"
    if start.startswith(("{", "[")):
        return "JSON text"
    if "SharedAccessKey=" in text:
        return "a connection string"
    return "text of several lines" if "\n" in start else None


def may_be_secret(text: str) -> bool:
    """Whether a text looks like a key, a certificate, a connection string or a file's contents."""
    return contents(text) is not None or re.search(_SECRET, text, re.I) is not None


def is_dotted_key(key: str) -> bool:
    """Whether a key is spelled as the chart's own values are, and not as a password or token might be."""
    return re.fullmatch(_PLAIN_KEY, key) is not None and not may_be_secret(key)


def is_file_name(text: str, *endings: str) -> bool:
    """Whether a text can only be the name of a file, so that a message may repeat it."""
    return len(text) <= 255 and text.lower().endswith(endings) and "=" not in text and contents(text) is None
