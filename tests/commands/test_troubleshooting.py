"""docs/troubleshooting.md and docs/faq.md: each command in them is one that az takes, each group of checks exists."""

import re

import pytest

from azext_amlarc.product.known_errors import Names, Subject, advice
from tests.commands.parsing import read
from tests.support.az import ROOT
from tests.support.documents import table

PLACES = {
    "CLUSTER": "-c amlarc-cluster -g amlarc-rg",
    "COMPUTE": "-n k8s -w amlarc-ws -g amlarc-rg",
    "WORKSPACE": "amlarc-ws",
    "KEY": "enableTraining",
    "FILE": "README.md",
    "key=value …": "enableTraining=True",
}
PAGES = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("troubleshooting.md", "faq.md")]
# Without the texts of pictures, which are in comments.
COMMANDS, ASKED = (
    sorted(set(re.findall(r"az ml arc ([^`\n]+)", re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)))) for page in PAGES
)


@pytest.mark.parametrize("command", sorted({*COMMANDS, *ASKED}))
def test_every_command_is_one_that_az_takes(command: str) -> None:
    for place, value in PLACES.items():
        command = command.replace(place, value)
    command = command.removesuffix(" -o table")  # az's own option
    assert read(f"amlarc {command}")


def test_an_error_that_is_quoted_is_one_that_is_known() -> None:
    quoted = re.findall(r'"([^"]+)"', " ".join(table("docs/troubleshooting.md", "Troubleshooting").column(0)))
    assert len(quoted) >= 3
    names, subjects = Names(cluster_type="connectedClusters"), (Subject.EXTENSION, Subject.COMPUTE)
    assert [text for text in quoted if not any(advice(subject, "", text, names) for subject in subjects)] == []


def test_there_are_commands_for_what_people_see() -> None:
    assert len(COMMANDS) >= 12
    assert len(ASKED) >= 4
