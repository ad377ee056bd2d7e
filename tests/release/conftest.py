"""A release that `make release` has made, an az that installs from it, and a server that publishes it."""

import functools
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from release.wheels import Wheel, read
from tests.support.az import ROOT, VENV, Result


@dataclass(frozen=True)
class Az:
    """The real az with configuration and extensions of its own, in a folder that has no package of ours."""

    folder: Path

    def __call__(self, *arguments: str, variables: Mapping[str, str] | None = None) -> Result:
        environment = {
            **os.environ,
            "AZURE_CONFIG_DIR": str(self.folder / "azure"),
            "AZURE_EXTENSION_DIR": str(self.folder / "extensions"),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "PIP_CONSTRAINT": str(ROOT / "requirements" / "extension.txt"),
            **(variables or {}),
        }
        command = [str(VENV / "bin" / "az"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=170
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str) -> Result:
        done = self(*arguments)
        assert done.code == 0, done.stderr
        return done


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where the release is."""
    named = os.environ.get("AMLARC_RELEASE")
    if not named:
        pytest.skip("AMLARC_RELEASE names no release: make release makes one, and runs this")
    return Path(named)


@pytest.fixture(scope="session")
def wheel(folder: Path) -> Wheel:
    (path,) = folder.glob("amlarc-*.whl")  # not amlarc_emulator-*
    return read(path)


@pytest.fixture
def published(folder: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a server on this machine, and the folder that it shows: the wheels, and what a test writes there."""
    shown = tmp_path / "published"
    shown.mkdir()
    for path in folder.glob("*.whl"):
        (shown / path.name).symlink_to(path.resolve())
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(shown)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", shown
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def az(tmp_path: Path) -> Az:
    (tmp_path / "az").mkdir()
    return Az(tmp_path / "az")
