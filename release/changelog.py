"""The section of HISTORY.rst about one version."""

import re

_HEADING = re.compile(r"^(?P<version>\d+(?:\.\d+)+\S*)\n\++\n", re.MULTILINE)


def section(history: str, version: str) -> str:
    """What the history says of a version. LookupError if it says nothing."""
    found = list(_HEADING.finditer(history))
    ends = [one.start() for one in found[1:]] + [len(history)]
    texts = {one["version"]: history[one.end() : end].strip() for one, end in zip(found, ends, strict=True)}
    if version not in texts:
        raise LookupError(f"HISTORY.rst has no section {version}")
    return texts[version] + "\n"
