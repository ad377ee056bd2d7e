"""The bill of materials (CycloneDX) of what an installation of the extension brings."""

import json
import subprocess
import tempfile
from pathlib import Path

from release.wheels import ROOT, Wheel, time_of

_TOOL = ROOT / ".venv-release" / "bin"


def bill(wheel: Wheel, installed: Path, commit: str) -> str:
    """JSON that its tool has validated against the schema; the packages are those of an installation from our locks."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "pyproject.toml"
        project.write_text(_project(wheel), encoding="utf-8")
        python = _environment(Path(folder) / "environment", installed)
        command = ["cyclonedx-py", "environment", "--output-reproducible", "--spec-version", "1.6", "--validate"]
        done = subprocess.run(
            [str(_TOOL / command[0]), *command[1:], "--mc-type", "library", "--pyproject", str(project), str(python)],
            check=True,
            capture_output=True,
            text=True,
            env={"SOURCE_DATE_EPOCH": time_of(commit)},
        )
        return done.stdout


def _project(wheel: Wheel) -> str:
    """What the bill is about, in the words that its tool reads."""
    said = {
        "name": wheel.metadata["Name"],
        "version": wheel.metadata["Version"],
        "description": wheel.metadata["Summary"],
        "dependencies": wheel.required,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in said.items()]
    return "\n".join(["[project]", *lines, f"license = {{text = {json.dumps(wheel.metadata['License'])}}}", ""])


def _environment(folder: Path, installed: Path) -> Path:
    """An interpreter that sees the packages of a folder, and no others."""
    subprocess.run([str(_TOOL / "python"), "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "installed.pth").write_text(f"{installed}\n", encoding="utf-8")
    return folder / "bin" / "python"
