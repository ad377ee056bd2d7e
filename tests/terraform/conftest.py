import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.az import ROOT

# A folder with the provider azapi, as `tofu providers mirror` writes it.
MIRROR = "AZAPI_MIRROR"


class OpenTofu:
    """The real `tofu` in a folder, without settings of the user and without a request to anybody."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self.folder = program, folder
        self._settings = folder / "settings.tfrc"
        self._settings.touch()

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(self._settings), "TF_IN_AUTOMATION": "1"}
        return subprocess.run(
            [str(self._program), *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def must(self, *words: str) -> str:
        done = self(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def value(self, expression: str) -> Any:
        """What an expression is when it has been applied."""
        (self.folder / "main.tf").write_text(f'output "value" {{\n  value = {expression}\n}}\n', encoding="utf-8")
        self.must("apply", "-auto-approve", "-no-color")
        return json.loads(self.must("output", "-json"))["value"]["value"]


@pytest.fixture
def tofu(tmp_path: Path) -> OpenTofu:
    cached = [str(ROOT / "scripts" / "opentofu"), "--cached"]
    found = subprocess.run(cached, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("there is no OpenTofu yet: make test-terraform builds it")
    return OpenTofu(Path(found.stdout.strip()) / "tofu", tmp_path)


@pytest.fixture
def validate(tofu: OpenTofu) -> Callable[[], Any]:
    """`tofu validate` of the file in the folder, with the real azapi."""
    mirror = os.environ.get(MIRROR)
    if not mirror:
        pytest.skip(f"no provider azapi here: {MIRROR} names a folder that `tofu providers mirror` has written")

    def diagnostics() -> Any:
        tofu.must("init", "-backend=false", f"-plugin-dir={mirror}")
        return json.loads(tofu("validate", "-json").stdout)["diagnostics"]

    return diagnostics
