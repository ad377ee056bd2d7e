"""The pre-commit hook runs out of the checkout: nothing is installed for it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.validation.documents import CASES, GUIDE_DEFAULT

ROOT = Path(__file__).parents[2]
[HOOK] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_the_hook_needs_no_environment_of_its_own() -> None:
    assert HOOK["language"] == "script"
    assert os.access(ROOT / HOOK["entry"], os.X_OK)


@pytest.mark.parametrize(("file", "code"), [(GUIDE_DEFAULT, 0), (CASES / "document/invalid/F012-list.json", 1)])
def test_the_hook_runs_on_the_standard_library_alone(file: Path, code: int, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", str(ROOT / HOOK["entry"]), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize("name", ["attach.json", "deploy/attach-gpu.yaml", "attach.yml"])
def test_the_hook_takes_the_usual_names(name: str) -> None:
    assert re.search(HOOK["files"], name)
