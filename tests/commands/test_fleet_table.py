"""The table of a fleet's work on stderr, on a terminal and without one."""

import io

import pytest

from azext_amlarc.commands.terminal import fleet_table
from azext_amlarc.commands.terminal.fleet_table import FleetTable
from tests.workflows.fleet.test_page import board


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_table, "_TICK", 0.0)


def test_without_a_terminal_each_event_is_a_line() -> None:
    stream, made = io.StringIO(), board("a", "b")
    table = FleetTable(stream, silent=False)
    entry = made.begin(next(iter(made)).id)
    made.step(entry, "create amlarc-compute")
    made.seen(entry, "Creating\x1b[2J")
    made.seen(entry, "Creating\x1b[2J")
    table.tell("Azure is busy")
    table.show(made)
    assert stream.getvalue().splitlines() == [
        "Azure is busy",
        "a: create amlarc-compute (0:12)",
        r"a: create amlarc-compute: Creating\x1b[2J (0:12)",
    ]
    table.end(made)
    assert stream.getvalue().splitlines()[-1] == "1 running, 1 done (0:00)"


def test_on_a_terminal_what_runs_is_drawn_anew_within_its_width_and_leaves_the_totals() -> None:
    stream, made = Terminal(), board("a", "b")
    table = FleetTable(stream, silent=False)
    entry = made.begin(next(iter(made)).id)
    made.step(entry, "create amlarc-compute")
    made.seen(entry, "Creating")
    table.show(made)
    lines = stream.getvalue().replace("\r\x1b[J", "").splitlines()
    assert lines[0].split() == ["Cluster", "Step", "State", "Elapsed"]
    assert lines[1].split() == ["a", "create", "amlarc-compute", "Creating", "0:12"]
    assert lines[2] == "1 running, 1 done (0:00)"
    assert max(map(len, lines)) < 80
    table.tell("Azure is busy")
    table.show(made)
    assert stream.getvalue().rpartition("\x1b[3A")[2].startswith("\r\x1b[JAzure is busy\nCluster")
    table.end(made)
    assert stream.getvalue().endswith("\x1b[3A\r\x1b[J1 running, 1 done (0:00)\n")


def test_more_than_fits_is_counted() -> None:
    stream, made = Terminal(), board(*(f"c{number}" for number in range(50)))
    for entry in list(made):
        made.begin(entry.id)
    FleetTable(stream, silent=False).show(made)
    assert "… and 30 more\n" in stream.getvalue()


def test_silent_is_silent_and_a_reader_that_has_gone_is_no_error() -> None:
    stream, made = io.StringIO(), board("a")
    table = FleetTable(stream, silent=True)
    table.tell("x")
    table.end(made)
    assert stream.getvalue() == ""

    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    left = FleetTable(Gone(), silent=False)
    left.tell("x")
    left.end(made)
    left.end(made)
