"""The client of `az_forks`: an az whose process is forked from one that has imported az's modules.

It is a process of its own, with the environment, arguments, folder, standard streams and exit code of a started one.
What differs: it has no terminal, az's modules are in memory when it begins (nothing can go wrong while they are
imported, and nothing in its folder is found before them), and its hashes have the seed of what it comes from.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# By its text: Python would look for modules beside a file, and the names there are not az's.
_PROGRAM = Path(__file__).with_name("az_forks.py").read_text(encoding="utf-8")
# Environment variables that nothing reads before a command runs: of az's options, and of the Tab key's question.
LATE = re.compile(r"AZURE_CORE_\w+|COMP_(LINE|POINT)|_ARGCOMPLETE(_IFS|_COMP_WORDBREAKS|_STDOUT_FILENAME)?")


class Forks:
    """What the processes come from; each has the environment that this one began with. `end` ends it."""

    def __init__(self, venv: Path, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        # As the script `az` sets them.
        path = [str(venv / "bin" / "src"), *filter(None, [environment.get("PYTHONPATH")])]
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [str(venv / "bin" / "python"), "-c", _PROGRAM, str(theirs.fileno())],
                cwd=environment["AZURE_CONFIG_DIR"],
                env={"AZ_INSTALLER": "PIP", **environment, "PYTHONPATH": os.pathsep.join(path)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
            )

    def end(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.communicate()

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        stdin: str | None,
        timeout: float,
        variables: Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        """Exit code, stdout and stderr. TimeoutExpired as with `subprocess.run`; RuntimeError if there is none to ask.

        One at a time; `variables` are added to the environment, and have to be LATE ones.
        """
        out, errors = os.pipe(), os.pipe()
        given = (os.open(os.devnull, os.O_RDONLY), None) if stdin is None else os.pipe()
        self._ask([str(folder), list(arguments), dict(variables or {})], [given[0], out[1], errors[1]])
        with ThreadPoolExecutor(3) as threads:
            threads.submit(_write, given[1], stdin or "")
            texts = [threads.submit(_read, file) for file in (out[0], errors[0])]
            code = self._ended(arguments, timeout)
            return code, texts[0].result(), texts[1].result()

    def _ask(self, request: object, files: Sequence[int]) -> None:
        try:
            socket.send_fds(self._socket, [json.dumps(request).encode()], files)
        except ConnectionError:
            raise self._gone() from None
        finally:
            for file in files:
                os.close(file)

    def _ended(self, arguments: Sequence[str], timeout: float) -> int:
        child = self._told(None)
        try:
            return self._told(timeout)
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            self._told(None)
            raise subprocess.TimeoutExpired(list(arguments), timeout) from None

    def _told(self, timeout: float | None) -> int:
        self._socket.settimeout(timeout)
        try:
            answer = self._socket.recv(100)
        except ConnectionError:
            answer = b""
        if not answer:
            raise self._gone()
        return int(answer)

    def _gone(self) -> RuntimeError:
        return RuntimeError(f"nothing forks az any more:\n{self._process.communicate()[1].decode()}")


def _read(file: int) -> str:
    with open(file, encoding="locale") as text:
        return text.read()


def _write(file: int | None, text: str) -> None:
    if file is not None:
        with contextlib.suppress(BrokenPipeError), open(file, "w", encoding="locale") as opened:
            opened.write(text)
