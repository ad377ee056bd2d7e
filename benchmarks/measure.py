"""One command, measured: wall time, peak memory of its processes, requests that it made."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Subject:
    """A command to measure; `prepare` runs before each round, unmeasured. Ratios are to the subject `control`.

    `variables` are added to the environment.
    """

    name: str
    command: Sequence[str]
    control: str
    prepare: Callable[[], None] = lambda: None
    limit: float | None = None
    memory_limit: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Figures:
    """What the rounds of one subject came to: seconds, MiB, and requests a round."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    requests: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float:
        return statistics.median(self.peaks)


def run_once(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a command that must succeed."""
    with (folder / "output").open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{(folder / 'output').read_text()}")
    return seconds, usage.ru_maxrss / 1024


def measure(
    subjects: Sequence[Subject],
    rounds: int,
    environment: Mapping[str, str],
    folder: Path,
    requests: Callable[[], int],
) -> dict[str, Figures]:
    """Run the subjects in turn, `rounds` times: what disturbs the machine disturbs subject and control alike."""
    figures = {subject.name: Figures() for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            subject.prepare()
            before = requests()
            seconds, peak = run_once(subject.command, {**environment, **subject.variables}, folder)
            found = figures[subject.name]
            found.seconds.append(seconds)
            found.peaks.append(peak)
            found.requests = requests() - before
    return figures


def table(subjects: Sequence[Subject], figures: Mapping[str, Figures]) -> str:
    """A line a subject: median, ratio to its control in the same run, peak memory, requests, and the limits."""
    lines = [f"{'command':<44}{'median s':>10}{'ratio':>8}{'limit':>8}{'MiB':>6}{'limit':>7}{'requests':>10}"]
    for subject in subjects:
        found = figures[subject.name]
        ratio = found.median / figures[subject.control].median
        limit = f"{subject.limit:.2f}" if subject.limit else "-"
        memory = str(subject.memory_limit) if subject.memory_limit else "-"
        missed = (subject.limit and ratio > subject.limit) or (
            subject.memory_limit and found.peak > subject.memory_limit
        )
        lines.append(
            f"{subject.name:<44}{found.median:>10.3f}{ratio:>8.2f}{limit:>8}{found.peak:>6.0f}{memory:>7}"
            f"{found.requests:>10}{'  over' if missed else ''}"
        )
    return "\n".join(lines)
