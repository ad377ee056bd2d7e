"""The reference of commands says what `--help` prints: compared word by word with az's own printer."""

import re
import runpy
from collections.abc import Callable

import pytest

from azext_amlarc.commands.az.table import COMMANDS
from tests.commands.parsing import print_help
from tests.support.az import ROOT

pages: Callable[[], dict[str, str]] = runpy.run_path(str(ROOT / "docs" / "write_commands.py"))["pages"]
NAMES = [command.name for command in COMMANDS]
# An argument as az prints it: names, a mark, and a text that goes on in the lines below.
ARGUMENT = re.compile(r"^ {4}(-\S+(?: -\S+)*)((?: +\[\w+\])*) *: (.*(?:\n {8,}.*)*)", re.MULTILINE)


def squeezed(text: str) -> str:
    """Without what differs between a terminal and Markdown: spaces, line breaks, and escapes."""
    return re.sub(r"\\(?=[*_<>\[\]|])|\s", "", text)


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    """The text of each command."""
    found = {}
    for page in pages().values():
        for part in re.split(r"^##? az ml arc ", page, flags=re.MULTILINE)[1:]:
            name, _, text = part.partition("\n")
            found[name] = text
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_the_help_prints(name: str, reference: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    print_help(f"ml arc {name}")
    printed = capsys.readouterr().out
    text = reference[name]
    summary, _, rest = printed.partition("\nArguments\n")
    said = summary.partition(" : ")[2].partition("\n")
    assert squeezed(said[0]) in squeezed(text)
    assert squeezed(said[2]) in squeezed(text)
    arguments, _, _ = rest.partition("\nGlobal Arguments")
    shown = ARGUMENT.findall(arguments)
    assert len(shown) == len(re.findall(r"^\| `-", text, re.MULTILINE))
    rows = [line for line in text.splitlines() if line.startswith("| `-")]
    for names, mark, described in shown:
        (row,) = (line for line in rows if set(re.findall(r"`(-\S+)`", line.split(" | ")[0])) == set(names.split()))
        assert ("[Required]" in mark) == ("(required)" in row)
        assert squeezed(described) in squeezed(row)


def test_every_command_has_its_description_and_an_example(reference: dict[str, str]) -> None:
    assert [name for name in NAMES if "```console\naz ml arc " not in reference.get(name, "")] == []
