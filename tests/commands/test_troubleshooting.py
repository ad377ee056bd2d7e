"""docs/troubleshooting.md and docs/faq.md: each command in them is one that az takes, each group of checks exists."""

import re

import pytest

from tests.commands.parsing import read
from tests.support.az import ROOT

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


def test_there_are_commands_for_what_people_see() -> None:
    assert len(COMMANDS) >= 12
    assert len(ASKED) >= 4
