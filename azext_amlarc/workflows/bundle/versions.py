"""The versions of what made the bundle."""

import platform
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from typing import Any

from azext_amlarc.workflows.bundle.parts import Part, Source, taken

FILE = "versions.json"
# What our own packages are called, or begin with: the rest of an environment is nobody's business.
_OURS = (
    "amlarc",
    "azure-",
    "lightkube",
    "msgspec",
    "httpx2",
    "httpcore2",
    "requests",
    "urllib3",
    "cryptography",
    "pyyaml",
)


def collect(of_door: Mapping[str, Any]) -> Part:
    """Those of the door (az and its extensions), of Python, of the system, and of the packages that are used."""
    return taken("versions", [Source(FILE, lambda: {**of_door, **_here()})])


def _here() -> dict[str, Any]:
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": dict(sorted(_packages().items())),
    }


def _packages() -> dict[str, str]:
    return {
        found.name.lower(): found.version
        for found in distributions()
        if found.name and found.name.lower().startswith(_OURS)
    }
