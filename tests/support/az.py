"""The real `az` with our extension, as a process of its own, pointed at a local Azure.

A call is started or, where a fixture takes `Az.forking()`, forked from a process that has imported az's modules, which
takes a third of the time: tests/support/forked.py says what differs, tests/e2e/test_forked.py holds that nothing else
does. Always started are a call with `variables` that a module may read when it is imported (all but LATE ones); what
runs on a terminal (tests/support/terminal.py), is interrupted or killed; and what a test asks of `az.started`, for how
az starts, and for a sample of every command. With AMLARC_AZ=started in the environment all are, as in `make
test-started` and `make test-az`.
"""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Self

from packaging.version import Version

from tests.support.azure import Azure
from tests.support.forked import LATE, Forks

ROOT = Path(__file__).parents[2]
# Another az to test with, its extension installed below it: how the oldest supported one is tried.
VENV = Path(os.environ.get("AMLARC_VENV", ROOT / ".venv"))
# Which release of az that is; 0 if there is none.
_PACKAGES = [str(path) for path in VENV.glob("lib/python*/site-packages")]
AZ_VERSION = Version(next((one.version for one in distributions(name="azure-cli", path=_PACKAGES)), "0"))
_PATIENCE = 120  # seconds that a command may take


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
        self._forks: Forks | None = None

    @contextmanager
    def forking(self) -> Iterator[Self]:
        """The same az, whose calls are forked."""
        if os.environ.get("AMLARC_AZ") == "started":
            yield self
            return
        self._forks = Forks(VENV, self.environment)
        try:
            yield self
        finally:
            self._forks.end()
            self._forks = None

    @property
    def started(self) -> "Az":
        """The same az, whose calls are started."""
        az = copy.copy(self)
        az._forks = None
        return az

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
        # Not in the checkout: az would take the package of its working folder for the installed extension.
        folder = folder or self.config
        if self._forks and all(map(LATE.fullmatch, variables or {})):
            return Result(*self._forks.run(arguments, folder, stdin, _PATIENCE, variables))
        done = subprocess.run(
            [str(VENV / "bin" / "az"), *arguments],
            env={**self.environment, **(variables or {})},
            cwd=folder,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str, stdin: str | None = None, folder: Path | None = None) -> Result:
        """The same, where anything but success is the test's own failure."""
        result = self(*arguments, stdin=stdin, folder=folder)
        assert result.code == 0, f"az {' '.join(arguments)} ended with {result.code}:\n{result.stderr}"
        return result
