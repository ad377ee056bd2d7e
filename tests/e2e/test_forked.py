"""A forked az does what a started one does, which is why tests may save the time."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from amlarc_emulator.client import State
from tests.e2e.conftest import ADVANCED, CLUSTER, WORKSPACE
from tests.e2e.test_documents import FLEET
from tests.e2e.test_imports import imported
from tests.support.az import VENV, Az
from tests.support.az_forks import MODULES
from tests.support.azure import Azure
from tests.support.forked import LATE, Forks
from tests.support.golden import steady

forks = pytest.mark.skipif(os.environ.get("AMLARC_AZ") == "started", reason="AMLARC_AZ has every az started")
KEY = re.compile(r"(?<=SharedAccessKey=)[^;\"]+")
SECONDS = re.compile(r"\d+\.\d{3}")


class Call(NamedTuple):
    """A command behind `az`, what there is before it, how it ends, and its stdin."""

    words: tuple[str, ...]
    before: str = "attached"
    code: int = 0
    stdin: str | None = None
    variables: Mapping[str, str] = MappingProxyType({})


CALLS = (
    Call(("version",)),
    Call(("nothing", "of", "the", "kind"), code=2),
    Call(("amlarc", "extension", "create", "-h")),
    Call(("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True"), "seed"),
    Call(("amlarc", "extension", "delete", *CLUSTER), "installed", 1),
    Call(("amlarc", "attach", "-n", "k8s", *WORKSPACE, *CLUSTER[:2], "--config", ADVANCED), "installed"),
    Call(("amlarc", "show", "-n", "nothing", *WORKSPACE), code=3),
    Call(("amlarc", "show", "-n", "k8s-compute", *WORKSPACE), variables={"AZURE_CORE_OUTPUT": "yaml"}),
    Call(
        (),
        variables={
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": "words",
            "_ARGCOMPLETE_IFS": ",",
            "COMP_LINE": "az amlarc show -n ",
            "COMP_POINT": "18",
        },
    ),
    Call(("amlarc", "check", *CLUSTER, "-w", "amlarc-ws", "--verbose")),
    Call(("amlarc", "config", "validate", "-f", "-", "--format", "json"), code=1, stdin='{"namespace": "Ü\r\n"}'),
    Call(("amlarc", "config", "init", "-f", "made.yaml")),
    Call(("amlarc", "apply", "-f", "fleet.yaml", "--yes", "--report", "report.json")),
)


@pytest.fixture
def before(request: pytest.FixtureRequest, call: Call) -> State | None:
    """What the local Azure is to hold."""
    state: State | None = None if call.before == "seed" else request.getfixturevalue(f"state_{call.before}")
    return state


@forks
@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call.words[:3]))
def test_output_files_and_requests_are_the_same(
    az: Az, azure: Azure, before: State | None, call: Call, tmp_path: Path
) -> None:
    started = outcome(az.started, azure, before, call, tmp_path / "started")
    assert started.code == call.code
    assert outcome(az, azure, before, call, tmp_path / "forked") == started


class Outcome(NamedTuple):
    """All that can be seen of a command, without ids, times, durations and the local Azure's keys."""

    code: int
    stdout: str
    stderr: str
    files: dict[str, str]
    requests: list[str]


def outcome(az: Az, azure: Azure, before: State | None, call: Call, folder: Path) -> Outcome:
    azure.reset(before)
    folder.mkdir()
    (folder / "fleet.yaml").write_text(FLEET)
    ended = az(*call.words, stdin=call.stdin, folder=folder, variables=call.variables)
    files = {file.name: bare(file.read_text("utf-8")) for file in folder.iterdir()}
    requests = [[sent["method"], sent["url"], sent["requestHeaders"], sent["requestBody"]] for sent in azure.traffic()]
    return Outcome(
        ended.code,
        bare(ended.stdout),
        bare(ended.stderr),
        files,
        sorted(bare(json.dumps(request)) for request in requests),
    )


def bare(text: str) -> str:
    return KEY.sub("<key>", SECONDS.sub("<seconds>", steady(text)))


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    """Makes an environment whose az is this program."""

    def make(text: str) -> Path:
        for name in MODULES:
            folder = tmp_path.joinpath("bin", "src", *name.split("."))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").touch()
        (tmp_path / "bin" / "src" / "azure" / "cli" / "__main__.py").write_text(text)
        (tmp_path / "bin" / "python").symlink_to(sys.executable)
        return tmp_path

    return make


def both(venv: Path, *arguments: str, stdin: str | None = None) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
    """How the program ends, started and forked: exit code, stdout and stderr."""
    (venv / "folder").mkdir()
    environment = {**os.environ, "AZURE_CONFIG_DIR": str(venv), "GIVEN": "ä\n", "PYTHONPATH": str(venv / "other")}
    forks = Forks(venv, environment)
    try:
        forked = forks.run(arguments, venv / "folder", stdin, 20)
    finally:
        forks.end()
    done = subprocess.run(
        [str(venv / "bin" / "python"), "-m", "azure.cli", *arguments],
        env={**environment, "AZ_INSTALLER": "PIP", "PYTHONPATH": f"{venv / 'bin' / 'src'}{os.pathsep}{venv / 'other'}"},
        cwd=venv / "folder",
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.returncode, done.stdout, done.stderr), forked


LOOK = """
import json, os, resource, signal, sys, threading
files = sorted(int(name) for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name))
kinds = [oct(os.stat(number).st_mode)[:-4] for number in files]
signals = {one: str(signal.getsignal(one)).partition(" at ")[0] for one in signal.valid_signals()}
text = sys.stdin.read()
print(json.dumps([sorted(os.environ.items()), sys.argv, sys.path, os.getcwd(), files, kinds, signals, text]))
print(__name__, __file__, __spec__.name, os.getpgrp(), os.getsid(0), os.umask(0), threading.active_count())
print([sys.stdin.isatty(), sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.errors, sys.stderr.encoding])
print(signal.pthread_sigmask(signal.SIG_BLOCK, []), resource.getrlimit(resource.RLIMIT_NOFILE), sys.flags)
"""


@pytest.mark.parametrize("stdin", [None, "", "typed\nä", "long " * 100_000])
def test_its_process_is_as_that_of_a_started_one(program: Callable[[str], Path], stdin: str | None) -> None:
    started, forked = both(program(LOOK), "a", "", "--b=ä c\n", stdin=stdin)
    assert started[0] == 0, started
    assert forked == started


# A shell has what it runs in the background ignore interrupts, and so do that program's own ones.
INTERRUPTED = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
os.kill(os.getpid(), signal.SIGINT)
time.sleep(9)
"""
ENDS = {
    "import sys; print('out', end=''); sys.exit(7)": 7,
    "import sys; sys.exit('a text')": 1,
    "import os, signal; os.kill(os.getpid(), signal.SIGTERM)": -15,
    INTERRUPTED: -2,
    "import atexit; atexit.register(print, 'at last')": 0,
    "import threading, time; threading.Timer(0.1, print, ['of a thread']).start()": 0,
    "import os; os.write(1, 'ä\\r\\n\\r'.encode()) and os.close(1)": 0,
}


@pytest.mark.parametrize(("text", "code"), ENDS.items())
def test_it_ends_as_a_started_one(program: Callable[[str], Path], text: str, code: int) -> None:
    started, forked = both(program(text))
    assert started[0] == code
    assert (forked[0], forked[1]) == started[:2]
    assert forked[2].splitlines()[-1:] == started[2].splitlines()[-1:]  # tracebacks begin elsewhere


def test_one_that_does_not_end_is_killed_and_the_next_is_as_ever(program: Callable[[str], Path]) -> None:
    venv = program("import sys, time; print('seen', flush=True); time.sleep(60 if sys.argv[1:] else 0)")
    forks = Forks(venv, {**os.environ, "AZURE_CONFIG_DIR": str(venv)})
    with pytest.raises(subprocess.TimeoutExpired):
        forks.run(["long"], venv, None, 0.2)
    assert forks.run([], venv, None, 20) == (0, "seen\n", "")
    forks.end()


def test_a_module_that_cannot_be_imported_is_said(program: Callable[[str], Path]) -> None:
    venv = program("")
    (venv / "bin" / "src" / "azure" / "mgmt" / "core" / "__init__.py").write_text("raise ImportError('no such thing')")
    forks = Forks(venv, {**os.environ, "AZURE_CONFIG_DIR": str(venv)})
    with pytest.raises(RuntimeError, match="no such thing"):
        forks.run([], venv, None, 20)
    forks.end()


LOOK_AT_IMPORTS = """
import importlib, json, os, runpy, socket, sys
opened, read = set(), set()
sys.addaudithook(lambda event, what: event == "open" and opened.add(str(what[0])))
class Environment(type(os.environ)):
    def __getitem__(self, name):
        read.add(name)
        return super().__getitem__(name)
    def __iter__(self):
        raise AssertionError("all of the environment is read")
os.environ.__class__ = Environment
before = {*sys.modules}
for name in sys.argv[1:]:
    importlib.import_module(name)
specs = {name: getattr(sys.modules[name], "__spec__", None) for name in {*sys.modules} - before}
files = [name for name, spec in specs.items() if spec and spec.has_location and spec.name == name]
print(json.dumps([files, [*read], [file for file in opened if not file.startswith((sys.prefix, sys.base_prefix))]]))
"""


@forks
def test_what_is_in_memory_before_is_what_every_command_imports(az: Az, tmp_path: Path) -> None:
    """For that no file but Python's own and az's configuration has been read, and no variable that may come later."""
    done = subprocess.run(
        [str(VENV / "bin" / "python"), "-c", LOOK_AT_IMPORTS, *MODULES],
        env={**az.environment, "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    modules, variables, opened = json.loads(done.stdout)
    assert [file for file in opened if not file.startswith(str(tmp_path))] == [str(az.config / "config")]
    assert "AZURE_EXTENSION_DIR" in variables
    assert [name for name in variables if LATE.fullmatch(name)] == []
    known = imported(az, "amlarc", "list", *WORKSPACE)
    known |= imported(az, "amlarc", "show", "-n", "nothing", *WORKSPACE, code=3)
    assert len({*modules} & known) > 300
    # Python's log of imports leaves out what importlib.import_module was given; of a package it has the modules.
    assert {name for name in {*modules} - known if not any(one.startswith(name + ".") for one in known)} == set()
