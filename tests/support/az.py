"""The real `az` with our extension, as a subprocess, pointed at a local Azure."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.azure import Azure

ROOT = Path(__file__).parents[2]
# Another az to test with, its extension installed below it: how the oldest supported one is tried.
VENV = Path(os.environ.get("AMLARC_VENV", ROOT / ".venv"))


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    stdout: str
    stderr: str

    @property
    def object(self) -> Any:
        """stdout as JSON: it holds the object and nothing else."""
        return json.loads(self.stdout)


class Az:
    """`az` for a local Azure, with that one's configuration folder."""

    def __init__(self, azure: Azure) -> None:
        self.config = Path(azure.env["AZURE_CONFIG_DIR"])
        if not self.config.exists():
            # With az's index of commands in it, which takes seconds to make.
            shutil.copytree(
                VENV / "azure", self.config, ignore=shutil.ignore_patterns("commands", "telemetry*", "logs")
            )
        self.environment = {
            **azure.env,
            "AZURE_EXTENSION_DIR": str(VENV / "extensions"),
        }

    def sign_in(self, azure: Azure) -> None:
        """What the demo does before its first command."""
        for command in azure.login:
            self.must(*command)

    def __call__(
        self,
        *arguments: str,
        stdin: str | None = None,
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Result:
        """Run `az` with the arguments in a folder; `variables` override those of the environment."""
        done = subprocess.run(
            [str(VENV / "bin" / "az"), *arguments],
            env={**self.environment, **(variables or {})},
            # Not in the checkout: az would take the package of its working folder for the installed extension.
            cwd=folder or self.config,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str, stdin: str | None = None, folder: Path | None = None) -> Result:
        """The same, where anything but success is the test's own failure."""
        result = self(*arguments, stdin=stdin, folder=folder)
        assert result.code == 0, f"az {' '.join(arguments)} ended with {result.code}:\n{result.stderr}"
        return result
