"""The entry of an index of az's extensions, which `az extension add --name` reads.

The form is that of the official index: https://github.com/Azure/azure-cli-extensions/blob/main/src/index.json
"""

import json
from collections.abc import Iterable
from typing import Any

from release.wheels import Wheel

_METADATA = "/azext_metadata.json"


def index(wheels: Iterable[Wheel], url: str) -> dict[str, Any]:
    """An index with the wheels that are extensions of az, to be found below a URL."""
    entries = {str(one.metadata["Name"]): [entry(one, url)] for one in wheels if _own(one) is not None}
    return {"formatVersion": "1", "extensions": entries}


def entry(wheel: Wheel, url: str) -> dict[str, Any]:
    said = wheel.metadata
    return {
        "downloadUrl": f"{url.rstrip('/')}/{wheel.name}",
        "filename": wheel.name,
        "metadata": {
            **json.loads(_own(wheel) or "{}"),
            "classifiers": said.get_all("Classifier", []),
            "extras": said.get_all("Provides-Extra", []),
            "license": said["License"],
            "metadata_version": said["Metadata-Version"],
            "name": said["Name"],
            "requires_python": said["Requires-Python"],
            "run_requires": [{"requires": wheel.required}],
            "summary": said["Summary"],
            "version": said["Version"],
        },
        "sha256Digest": wheel.digest,
    }


def _own(wheel: Wheel) -> str | None:
    return next((text for name, text in wheel.files.items() if name.endswith(_METADATA)), None)
