"""Keeping everything in a file, so that it survives the end of the process, however that comes."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from amlarc_emulator.arm.model import State


@dataclass
class Snapshot:
    """The file of `--state`; without one nothing is kept."""

    file: Path | None
    written: str = field(default="", repr=False)

    def restore(self, state: State) -> bool:
        """Take over what the file holds; False when there is none yet."""
        if self.file is None or not self.file.exists():
            return False
        state.load(json.loads(self.file.read_text(encoding="utf-8")))
        return True

    def save(self, state: State) -> None:
        """Write the state when it has changed; a reader sees the old file or the new one, never half of it."""
        if self.file is None:
            return
        text = json.dumps(state.as_json())
        if text == self.written:
            return
        fresh = self.file.with_name(self.file.name + ".new")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, self.file)
        self.written = text
