"""The whole matrix: every request of every command under every fault."""

from collections.abc import Callable

import pytest

from tests.faults.commands import COMMANDS, Command
from tests.faults.matrix import ENDINGS, FAULTS, Bench, Figures

pytestmark = pytest.mark.matrix


@pytest.mark.parametrize("fault", [*FAULTS, *ENDINGS])
@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_every_request_broken(
    bench: Bench, told: Callable[[str, str, Figures], None], command: Command, fault: str
) -> None:
    figures = Figures()
    for spot in bench.spots(command):
        if fault in FAULTS or spot.starts_operation:
            figures.add(spot, bench.broken(command, spot, fault))
    told(str(command), fault, figures)
