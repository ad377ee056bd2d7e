"""Every word of code in the documents is one of the code: a name, an option, a command with its options, a file.

What is ours neither in code nor as a file is in `THEIRS`, with who has it.
"""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from azext_amlarc.commands.az.table import COMMANDS
from tests.commands.parsing import options_of
from tests.support.az import ROOT
from tests.support.documents import DOCUMENTS, code, prose, tables

# Documents whose code is executed or generated instead, each with its test.
HELD = {
    "docs/checks.md": "tests/checks/test_checks_docs.py",
    "docs/findings.md": "tests/validation/test_findings_of_documents.py",
    "docs/settings.md": "tests/validation/settings/test_settings_docs.py",
}
# Words that others made: who has them.
THEIRS = {
    "--admin-password --admin-username --max-results --ssh-port --ssh-private-key-file": "az ml compute",
    "--proxy-cert --proxy-http --proxy-https": "az connectedk8s",
    "AZAPI_MIRROR": "tests/terraform",
    "ENDS GIVEN": "tests/kubernetes/test_facts.py",
    "PIP_INDEX_URL PIP_PROXY": "pip",
    "azurerm_arc_kubernetes_cluster_extension azurerm_kubernetes_cluster_extension destroy": "Terraform",
    "compute_target": "azureml-core",
    "errorCode errorMessage studioUrl": "our JSON, made of error_code and so on",
    "eval": "the shell",
    "index_url": "az's configuration",
    "mirror": "OpenTofu",
    "picture": "docs/site/hooks.py",
    "setvariable": "Azure Pipelines",
    "write_checks write_settings": "docs/",
    "NOUN OWNER REPOSITORY wave1": "placeholders and samples",
}
FOREIGN = {word for words in THEIRS for word in words.split()}
SOURCES = ("azext_amlarc", "amlarc_emulator", "scripts", "peers", "release", "benchmarks", "examples")
BESIDE = ("Makefile", "setup.py", "pyproject.toml", "mkdocs.yml", ".pre-commit-hooks.yaml")
FOLDERS = (ROOT, ROOT / "azext_amlarc", ROOT / "azext_amlarc" / "commands" / "az")
WORD = re.compile(r"--[a-z][\w-]*|[A-Za-z_]\w+")
FILE = re.compile(r"[\w.*-]*/[\w./*-]*|[\w-]+\.(py|md|yml|yaml|json|html|xml|toml|rst)")
NAMES = sorted((command.name for command in COMMANDS), key=len, reverse=True)
AZS_OWN = {"-o", "--output", "--query", "--debug", "--verbose", "--only-show-errors", "--subscription", "--help", "-h"}


@cache
def known() -> set[str]:
    """The words of the sources, and of their files' names."""
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    found = set(FOREIGN)
    for path in [*files, *(ROOT / name for name in BESIDE)]:
        found.update(WORD.findall(path.stem))
        if path.is_file() and path.suffix != ".md":
            found.update(WORD.findall(path.read_text(encoding="utf-8")))
    return found


def is_known(word: str) -> bool:
    return word in known() or (word.startswith("--") and word[2:].replace("-", "_") in known())


def strange(span: str) -> list[str]:
    """The words of a span that nobody has."""
    if FILE.fullmatch(span) and any((folder / span).exists() for folder in FOLDERS):
        return []
    return [word for word in WORD.findall(span) if not is_known(word)]


@pytest.mark.parametrize("document", sorted(set(DOCUMENTS) - set(HELD)))
def test_a_word_of_code_is_one_of_the_code(document: str) -> None:
    found = {span: words for span in code(prose(document)) if (words := strange(span))}
    assert found == {}, "correct them, or say in THEIRS who has them"


def test_every_word_of_others_is_needed() -> None:
    shown = {
        word for document in set(DOCUMENTS) - set(HELD) for span in code(prose(document)) for word in WORD.findall(span)
    }
    assert FOREIGN - shown == set()


def command_of(span: str) -> str | None:
    """The command that a span begins with, if any."""
    ours = re.sub(r"^az (ml arc|amlarc) ", "", span)
    return next((name for name in NAMES if f"{ours} ".startswith(f"{name} ")), None)


def options(text: str) -> set[str]:
    return {option for span in code(text) for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", span)}


def wrong_options(document: str) -> Iterator[tuple[str, set[str]]]:
    for span in code(prose(document)):
        if name := command_of(span):
            yield span, options(f"`{span}`") - options_of(name) - AZS_OWN
        else:
            assert not re.match(r"az (ml arc|amlarc) \w", span), span
    for table in tables(document):
        for first, *others in table.rows:
            names = [command_of(span) for span in code(first)]
            if all(names) and re.fullmatch(r"`[^`]+`(, `[^`]+`)*", first):
                taken = {option for name in names if name for option in options_of(name)}
                yield first, options(" ".join([first, *others])) - taken - AZS_OWN


@pytest.mark.parametrize("document", sorted(set(DOCUMENTS) - {"docs/migrate.md"}))  # tests/commands/test_migrate.py
def test_a_command_has_the_options_that_are_said_of_it(document: str) -> None:
    assert {span: found for span, found in wrong_options(document) if found} == {}
