"""A file of JSON lines that a server adds to, read from where the test began: the whole of it grows with each test."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Record:
    """The lines of `path` since the last `forget`; none where the file is another machine's."""

    path: Path
    _from: int = 0

    def forget(self) -> None:
        """Start from here."""
        self._from = self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> list[dict[str, Any]]:
        """What has been added since then, oldest first."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._from)
            return [json.loads(line) for line in file]
