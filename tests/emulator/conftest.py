"""One emulator a worker; every test starts from the seed. Operations answer "running" once."""

from collections.abc import Iterator

import pytest

from tests.support.azure import Azure, running


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with running(tmp_path_factory.mktemp("azure")) as azure:
        yield azure


@pytest.fixture
def azure(emulator: Azure) -> Azure:
    emulator.reset()
    return emulator
