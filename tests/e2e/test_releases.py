"""`extension versions`, and the release that `extension create` and `update` take."""

import pytest

from amlarc_emulator.client import State
from tests.e2e.conftest import CLUSTER
from tests.e2e.test_output import as_text
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.golden import assert_steady

VERSIONS = ("amlarc", "extension", "versions", *CLUSTER)
CREATE = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")


def writes(azure: Azure) -> list[str]:
    return [item["url"] for item in azure.traffic() if item["method"] not in ("GET", "POST")]


def test_the_object_and_the_table(az: Az) -> None:
    az.must(*CREATE, "--version", "1.1.60")
    assert_steady("extension-versions.json", as_text(az.must(*VERSIONS).object))
    assert_steady("extension-versions.txt", az.must("ml", "arc", *VERSIONS[1:], "-o", "table").stdout)


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("create", ("--version", "1.1.6"), "Did you mean 1.1.64?"),
        ("create", ("--release-train", "prevew"), "Did you mean preview?"),
        ("update", ("--version", "1.1.70"), "The release train preview has it."),
    ],
)
def test_a_release_that_does_not_exist_is_refused_before_anything_is_written(
    az: Az, azure: Azure, state_installed: State, command: str, options: tuple[str, ...], said: str
) -> None:
    if command == "update":
        azure.reset(state_installed)
    before = writes(azure)
    result = az("amlarc", "extension", command, *CLUSTER, "--config", "enableTraining=True", *options)
    assert (result.code, result.stdout) == (1, "")
    assert said in result.stderr
    assert "stable has 1.1.64, 1.1.60, 1.1.39, 1.0.51; preview has 1.1.70, 1.1.64." in result.stderr
    assert writes(azure) == before
