"""One local Azure and one login a worker, and the figures at the end of a run."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.azure.connection import retries, waiting
from tests.faults.commands import FOLDER, KUBECONFIG, write_pem_pair
from tests.faults.door import Door
from tests.faults.matrix import AGAIN, AT_ONCE, FAILED, OPTIONS, Bench, Figures
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.cluster import Cluster
from tests.support.gate import Gate

FIGURES = "faults"


@pytest.fixture(scope="package")
def local_azure() -> Azure:
    """For `bench`, which ends it. az's configuration is in the one folder that az's core knows in this process."""
    config = Path(os.environ["AZURE_CONFIG_DIR"])
    for old in (FOLDER, config):
        shutil.rmtree(old, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    write_pem_pair()
    azure = Azure.start(FOLDER, *OPTIONS)
    return replace(azure, env={**azure.env, "AZURE_CONFIG_DIR": str(config)})


@pytest.fixture(scope="package")
def az(local_azure: Azure) -> Az:
    az = Az(local_azure)
    az.sign_in(local_azure)
    return az


@pytest.fixture(scope="package")
def bench(local_azure: Azure, az: Az) -> Iterator[Bench]:
    """Its pauses are a hundredth as long as a user's. The cluster comes with the first test that asks for `gate`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(local_azure.ca_file))
        patch.setattr(retries, "SECOND", 0.01)
        patch.setattr(waiting, "FIRST_PAUSE", 0.01)
        bench = Bench(local_azure, Door())
        yield bench
        bench.azure.kill()


@pytest.fixture(scope="package")
def gate(bench: Bench, local_cluster: Cluster) -> Iterator[Gate]:
    """The door to a real API server, which the bench has from here on."""
    gate = bench.gate = Gate(local_cluster, KUBECONFIG)
    yield gate
    gate.close()


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[str, str, Figures], None]:
    """Hands figures on to the end of the run, and fails where a case has failed."""

    def tell(command: str, fault: str, figures: Figures) -> None:
        record_property(FIGURES, json.dumps([command, fault, figures.counts]))
        if figures.failures:
            pytest.fail("\n".join(figures.failures), pytrace=False)

    return tell


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How the cases ended, by command and fault."""
    reports = [report for word in ("passed", "failed") for report in terminalreporter.stats.get(word, [])]
    told = [value for report in reports for name, value in report.user_properties if name == FIGURES]
    figures: dict[tuple[str, str], Counter[str]] = {}
    for text in told:
        command, fault, counts = json.loads(text)
        figures.setdefault((command, fault), Counter()).update(counts)
    if figures:
        _write(terminalreporter, figures)


def _write(terminalreporter: Any, figures: Mapping[tuple[str, str], Counter[str]]) -> None:
    columns = (AT_ONCE, AGAIN, FAILED)
    line = "{:<38} {:<24} {:>6} {:>8} {:>18} {:>7}".format
    terminalreporter.section("how the cases ended")
    terminalreporter.write_line(line("command", "fault", "cases", *columns))
    for (command, fault), counts in figures.items():
        terminalreporter.write_line(line(command, fault, counts.total(), *(counts[column] for column in columns)))
    total = sum(figures.values(), Counter())
    terminalreporter.write_line(line("all", "", total.total(), *(total[column] for column in columns)))
