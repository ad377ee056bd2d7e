"""Wheels that are the same, byte for byte, whoever builds them from the same commit."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
# Folders with a project, each of which becomes a wheel.
PROJECTS = (".", "amlarc_emulator")
# Two builders that have nothing in common but the commit and the rights of files, which a wheel takes from the umask.
BUILDERS: tuple[Mapping[str, str], ...] = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "2", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
)
_UMASK = 0o022


class NotReproducible(Exception):
    """Two builds of one commit differ: the message says where."""


@dataclass(frozen=True)
class Wheel:
    """A wheel's name, content and metadata."""

    name: str
    content: bytes
    metadata: Message
    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def required(self) -> list[str]:
        """What it needs without any of its extras."""
        return [one for one in self.metadata.get_all("Requires-Dist", []) if "extra ==" not in one]


def read(path: Path) -> Wheel:
    with ZipFile(path) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name).decode() for name in names if name.endswith((".json", "/METADATA"))}
    (metadata,) = (text for name, text in texts.items() if name.endswith(".dist-info/METADATA"))
    return Wheel(path.name, path.read_bytes(), message_from_string(metadata), texts)


def built(project: str, commit: str) -> Wheel:
    """The wheel of a project, built twice, in folders and time zones of their own."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        folders = [Path(one), Path(other) / "elsewhere"]
        first, second = (
            _build(project, commit, folder, builder) for folder, builder in zip(folders, BUILDERS, strict=True)
        )
        if first.read_bytes() != second.read_bytes():
            raise NotReproducible(f"two builds of {first.name} differ in {', '.join(different(first, second))}")
        return read(first)


def different(one: Path, other: Path) -> list[str]:
    """The files that differ in two wheels, by content or by what the archive says of them."""
    with ZipFile(one) as first, ZipFile(other) as second:
        ours, theirs = (
            {item.filename: (archive.read(item), item.date_time, item.external_attr) for item in archive.infolist()}
            for archive in (first, second)
        )
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)) or ["their order"]


def _build(project: str, commit: str, folder: Path, variables: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    out = folder / "out"
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    source = folder / "source"
    source.mkdir()
    subprocess.run(["tar", "-x"], cwd=source, input=archive, check=True, umask=_UMASK)
    command = ["-m", "build", "-q", "--wheel", "--no-isolation", "--outdir", str(out), str(source / project)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": time_of(commit), **variables}
    subprocess.run([sys.executable, *command], cwd=folder, env=environment, check=True, umask=_UMASK)
    (made,) = out.glob("*.whl")
    return made


def time_of(commit: str) -> str:
    """When it was committed, in seconds since 1970: https://reproducible-builds.org/specs/source-date-epoch/"""
    command = ["git", "log", "-1", "--format=%ct", commit]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
