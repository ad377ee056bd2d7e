"""The whole matrix: every request of every command under every fault."""

from collections.abc import Callable

import pytest

from tests.faults.commands import COMMANDS, MENDING, SCALING, Command
from tests.faults.matrix import ENDINGS, FAULTS, Bench, Figures

pytestmark = [
    pytest.mark.matrix,
    # az's sign-in library leaves its connections to the garbage collector, and here the local Azure is killed.
    pytest.mark.filterwarnings("ignore:.*unclosed <ssl.SSLSocket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]


Told = Callable[[str, str, Figures], None]
FAULTS_AND_ENDINGS = pytest.mark.parametrize("fault", [*FAULTS, *ENDINGS])


@FAULTS_AND_ENDINGS
@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_every_request_broken(bench: Bench, told: Told, command: Command, fault: str) -> None:
    told(str(command), fault, _broken(bench, command, fault))


@FAULTS_AND_ENDINGS
@pytest.mark.parametrize("command", [*SCALING, *MENDING], ids=str)
@pytest.mark.usefixtures("gate")
def test_every_request_to_azure_and_to_the_cluster_broken(
    bench: Bench, told: Told, command: Command, fault: str
) -> None:
    told(str(command), fault, _broken(bench, command, fault))


def _broken(bench: Bench, command: Command, fault: str) -> Figures:
    figures = Figures()
    for spot in bench.spots(command):
        if spot.can(fault):
            figures.add(spot, bench.broken(command, spot, fault))
    return figures
