"""An az or a Python that is too old is told what is needed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OLDER = ("python3.9", "python3.10")


@pytest.mark.parametrize("python", OLDER)
def test_an_older_python_gets_a_sentence(python: str) -> None:
    version = python.removeprefix("python")
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3"))
    found = str(kept[0]) if kept else shutil.which(python)
    if not found or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"no {python}")
    done = subprocess.run([found, "-c", "import azext_amlarc"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"ImportError: amlarc needs Python 3.11 or newer, and this is Python {version} (" in done.stderr


def test_the_readme_and_the_metadata_say_the_same() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    metadata = json.loads((ROOT / "azext_amlarc" / "azext_metadata.json").read_bytes())
    needed = re.search(r"needs az (\S+) or newer on Python (\S+) or newer", readme)
    assert needed is not None
    assert needed[1] == metadata["azext.minCliCoreVersion"]
    assert f"({needed[2].replace('.', ', ')})" in (ROOT / "azext_amlarc" / "__init__.py").read_text(encoding="utf-8")
