"""Fixtures for pytest, which finds them by itself once this package is installed.

`local_azure` is a local Azure as its seed has it; the process is the same for all tests of a session (of a worker, with
pytest-xdist). Its options are those of the command line, by default `--polls 0`:

    [tool.pytest.ini_options]
    local_azure_options = ["--polls", "0", "--seed", "tests/seed.json"]
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from amlarc_emulator.client import LocalAzure


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of pytest's configuration file."""
    parser.addini(
        "local_azure_options", "options of the local Azure (amlarc-emulator --help)", "args", ["--polls", "0"]
    )


@pytest.fixture(scope="session")
def local_azure_process(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[LocalAzure]":
    """The process behind `local_azure`; it holds whatever tests left in it."""
    from amlarc_emulator.client import running

    with running(tmp_path_factory.mktemp("local-azure"), *pytestconfig.getini("local_azure_options")) as azure:
        yield azure


@pytest.fixture
def local_azure(local_azure_process: "LocalAzure") -> "LocalAzure":
    """A local Azure as its seed has it."""
    local_azure_process.reset()
    return local_azure_process
