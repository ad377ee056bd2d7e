"""The whole matrix: every request of every command under every fault."""

from collections.abc import Callable, Mapping

import pytest

from tests.faults.commands import TITLES, Command
from tests.faults.matrix import ENDINGS, FAULTS, Bench, Figures

pytestmark = pytest.mark.matrix


@pytest.mark.parametrize("fault", [*FAULTS, *ENDINGS])
@pytest.mark.parametrize("title", TITLES)
def test_every_request_broken(
    bench: Bench, commands: Mapping[str, Command], told: Callable[[str, str, Figures], None], title: str, fault: str
) -> None:
    command, figures = commands[title], Figures()
    for spot in bench.spots(command):
        if fault in FAULTS or spot.starts_operation:
            figures.add(spot, bench.broken(command, spot, fault))
    told(title, fault, figures)
