"""Which names of fields, variables, options and settings are those of secrets."""

import re

# In place of a secret.
MASK = "***"

_KEYS = (
    "access|account|admin|api|auth|client|deploy|encryption|function|host|instrumentation|license|master|primary|"
    "private|query|registry|s3|secondary|server|service|shared|signing|ssh|ssl|storage|subscription|tls"
)
# Within a name or a text, in small letters. What is short must stand by itself: a signal is no `sig`. Each begins with
# a letter, and is held against what is before it afterwards: so Python skips fast what cannot be one.
WORDS = "|".join(
    [
        "passw(?:or)?d|passwd|passphrase|secret|token|credential|connection[ _.-]?string|shared[ _.-]?access",
        "signature|authorization|cookie|bearer|assertion|htpasswd|dockercfg|dockerconfig",
        *(f"{key}[ _.-]?(?:shared)?key" for key in _KEYS.split("|")),
        *(f"{sign}key(?<=[a-z0-9]{sign}key)(?![a-z])" for sign in "_-"),
        *(f"{word}(?<![a-z]{word})(?![a-z])" for word in ("pwd", "pass", "auth", "sas", "sig")),
    ]
)
_SECRET = re.compile(WORDS, re.IGNORECASE)
# `tokenPath`, `secretName`: where a secret is, what it is called or how long it lasts, not what it is.
_ABOUT = re.compile(
    r"(?:path|file|dir|name|namespace|ref|refs|ur[il]|endpoint|type|kind|seconds|expir\w*|enabled|count|version|length|"
    r"ids?|mount|issuer|audience|policy|provider|class|method|scope)$",
    re.IGNORECASE,
)
# Names of Secrets, and what a Kubernetes object may or may not do with a token.
_NAMES = {
    "sslsecret",
    "imagepullsecrets",
    "secrets",
    "automountserviceaccounttoken",
    "scoringfesslsecret",
    "topologykey",
}
_NOTHING = {"", "true", "false", "none", "null", "<nil>", "nil", "{}", "[]", MASK}
_UNWORDED = re.compile(r"[\W_]")


def is_secret(name: str) -> bool:
    """Whether what goes by this name is a secret."""
    return bool(_SECRET.search(name)) and not _ABOUT.search(name) and _UNWORDED.sub("", name).lower() not in _NAMES


def is_nothing(value: str) -> bool:
    """Whether a value gives nothing away: empty, a truth value, or masked already."""
    return value.strip().strip("\"'\\").lower() in _NOTHING
