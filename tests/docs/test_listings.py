"""Every listing of every document is run, or compared with what it shows.

Each command goes through what would read it: one of ours through az's parser with our rules about options, `make`'s
beside the Makefile, pytest's beside the tests. A new listing is red here until `RUN` names the test that runs it or
compares it, and a new command until it is one of `READERS` or, with its reason, of `ELSEWHERE`.
"""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from amlarc_emulator import options
from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.validation.documents import validate_documents
from tests.commands.parsing import Wrong, read
from tests.support.az import ROOT
from tests.support.documents import DOCUMENTS, text_of
from tests.support.golden import GOLDEN
from tests.support.listings import Listing, listings

HERE = "tests/docs/test_listings.py"
WALKED = "tests/e2e/test_guide.py"
# What is done with the listings of a document in a language, beside reading each command here.
RUN = {
    ("CONTRIBUTING.md", "console"): HERE,
    ("README.md", "console"): "tests/e2e/test_documents.py",
    ("amlarc_emulator/README.md", "console"): "tests/emulator/test_wheel.py",
    ("amlarc_emulator/README.md", "python"): "tests/emulator/test_wheel.py",
    ("docs/architecture.md", "text"): HERE,
    ("docs/checks.md", "console"): "tests/checks/test_checks_docs.py",
    ("docs/emulator.md", "console"): HERE,
    ("docs/fleet.md", "console"): "tests/e2e/test_fleet.py",
    ("docs/fleet.md", "yaml"): "tests/e2e/test_fleet.py",
    ("docs/guardrails.md", "console"): HERE,
    ("docs/guardrails.md", "text"): "tests/validation/guardrails/test_policies.py",
    ("docs/guardrails.md", "yaml"): "tests/e2e/test_documents.py",
    **{("docs/guide.md", language): WALKED for language in ("console", "json", "python", "text", "yaml")},
    ("docs/install.md", "console"): "tests/e2e/test_install.py",
    ("docs/migrate.md", "console"): HERE,
    ("docs/python.md", "console"): HERE,
    ("docs/python.md", "python"): "tests/sdk/test_examples.py",
    ("docs/quickstart.md", "console"): WALKED,
    ("docs/quickstart.md", "json"): WALKED,
    ("docs/troubleshooting.md", "console"): HERE,
}
# Commands that nothing here reads, by their first words: who runs them, or why nobody can.
ELSEWHERE = {
    ". azure/env.sh": "the shell's own",
    "az account set": "tests/e2e/test_guide.py runs it",
    "az aks": "az's own, for an AKS cluster",
    "az cloud": "tests/emulator/test_wheel.py compares it with the login that every test uses",
    "az connectedk8s": "another extension's, and needs a cluster",
    "az login": "needs a person at a browser; with a secret, as `az cloud`",
    "az ml job": "another extension's",
    "az ml workspace": "another extension's",
    "az relay": "az's own, for a namespace in Azure",
    "az rest": "needs Azure Policy, which the local Azure has not",
    "az role assignment": "needs an administrator of the subscription",
    "kubectl": "needs kubectl and a cluster",
}
PLACES = {"VERSION": "1.1.64"}  # others are valid as they stand
LISTINGS = [(document, one) for document, path in DOCUMENTS.items() for one in listings(path)]
CONSOLES = sorted({document for document, one in LISTINGS if one.language == "console"})
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SETUP = (ROOT / "setup.py").read_text(encoding="utf-8")
[VERSION] = re.findall(r'^VERSION = "(.+)"$', SETUP, re.MULTILINE)
WHEEL = f"dist/amlarc-{VERSION}-py3-none-any.whl"


def of_make(words: list[str]) -> None:
    target, *variables = words
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)
    for name, _, value in (variable.partition("=") for variable in variables):
        assert f"$({name})" in MAKEFILE
        assert name != "TESTS" or all((ROOT / path).exists() for path in value.split())


def of_az_itself(words: list[str]) -> None:
    """Extensions are added from the wheel that `make wheel` builds."""
    action, *rest = words
    chosen = dict(pairwise(rest))
    assert action in ("add", "show", "remove", "list")
    assert chosen.get("--name", "amlarc") == "amlarc"
    assert ("--source" in chosen) == (action == "add")
    assert chosen.get("--source", WHEEL) == WHEEL


def of_python(words: list[str]) -> None:
    module, program, *rest = words
    assert (module, program) == ("-m", "pytest")
    paths = [ROOT / word for word in rest if word.startswith("tests")]
    assert paths
    assert all(path.exists() for path in paths)
    chosen = dict(pairwise(rest))
    if "-k" in chosen:
        assert re.search(rf"^def test_\w*{chosen['-k']}", paths[0].read_text(encoding="utf-8"), re.MULTILINE)
    if "-m" in chosen:
        assert any(f"pytest.mark.{chosen['-m']}" in file.read_text("utf-8") for file in paths[0].rglob("test_*.py"))


def of_pip(words: list[str]) -> None:
    action, what = words
    wheel, _, extra = what.rstrip("]").partition("[")
    assert action == "install"
    assert wheel in ("amlarc-emulator", WHEEL, f"dist/emulator/amlarc_emulator-{VERSION}-py3-none-any.whl")
    assert not extra or re.search(rf'extras_require=.*"{extra}":', SETUP)


def of_the_local_azure(words: list[str]) -> None:
    assert options.parse(words).data


def of_providers(words: list[str]) -> None:
    chosen = dict(pairwise(words))
    assert {chosen.get("--namespace"), chosen.get("-n")} & {*API_VERSIONS, "PROVIDER"}


def of_us(words: list[str]) -> None:
    """az takes some options itself, with a value."""
    own = ("-o", "--output", "--query")
    values = {at + 1 for at, word in enumerate(words) if word in own}
    assert {words[at] for at in values if words[at - 1] != "--query"} <= {"json", "none", "table", "tsv", "yaml"}
    kept = [word for at, word in enumerate(words) if word not in (*own, "--verbose") and at not in values]
    read(shlex.join(["amlarc", *(PLACES.get(word, word) for word in kept)]))


# What reads the other commands, by their first words; it gets the words behind those.
READERS: Mapping[str, Callable[[list[str]], None]] = {
    "az ml arc": of_us,
    "az amlarc": of_us,
    "az extension": of_az_itself,
    "az provider register": of_providers,
    "make": of_make,
    ".venv-dev/bin/python": of_python,
    "pip": of_pip,
    "amlarc-emulator": of_the_local_azure,
}


def begins(command: list[str], words: str) -> bool:
    return command[: len(words.split())] == words.split()


def typed(document: str) -> Iterator[list[str]]:
    """The commands of a document, also those behind a pipe; not those on a terminal, which ask for what they lack."""
    for at, one in LISTINGS:
        if (at, one.language) == (document, "console") and one.remark != "terminal":
            for words, _ in one.commands():
                ends = [-1, *(place for place, word in enumerate(words) if word == "|"), len(words)]
                yield from (words[start + 1 : end] for start, end in pairwise(ends))


def wrong(command: list[str]) -> str:
    """What is wrong with a command, if anything is."""
    found = [words for words in READERS if begins(command, words)]
    if not found:
        known = any(begins(command, words) for words in ELSEWHERE)
        return "" if known else "nobody reads it: add its program to READERS, or the reason to ELSEWHERE"
    try:
        READERS[found[0]](command[len(found[0].split()) :])
    except (AssertionError, StopIteration, ValueError, SystemExit, Wrong) as error:
        return repr(error)
    return ""


@pytest.mark.parametrize("document", CONSOLES)
def test_every_command_is_one_that_its_program_takes(document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert {shlex.join(words): said for words in typed(document) if (said := wrong(words))} == {}


def test_every_listing_is_claimed() -> None:
    fences = {document: text_of(document).count("```") for document in DOCUMENTS}
    shown = {document: 2 * sum(at == document for at, _ in LISTINGS) for document in DOCUMENTS}
    assert fences == shown, "a listing begins with ``` and its language, and ends with ```"
    there = {(document, one.language) for document, one in LISTINGS}
    assert there - set(RUN) == set(), "nobody runs these: let a test run or compare them, and name it in RUN"
    assert set(RUN) - there == set(), "there are no such listings any more"
    assert [test for test in set(RUN.values()) if not (ROOT / test).is_file()] == []


def test_every_reader_and_every_reason_is_needed() -> None:
    shown = [words for document in CONSOLES for words in typed(document)]
    assert [words for words in (*READERS, *ELSEWHERE) if not any(begins(one, words) for one in shown)] == []


def listing(document: str, language: str, remark: str = "") -> Listing:
    (found,) = [one for at, one in LISTINGS if (at, one.language, one.remark) == (document, language, remark)]
    return found


def test_what_is_said_of_a_target_is_what_the_makefile_says() -> None:
    told = dict(re.findall(r"^([\w-]+):[^#\n]*## (.+)$", MAKEFILE, re.MULTILINE))
    text = "".join(one.text for _, one in LISTINGS if one.language == "console")
    said = re.findall(r"^make ([\w-]+)[^#\n]*# (.+)$", text, re.MULTILINE)
    assert len(said) >= 8
    assert [(target, words) for target, words in said if told.get(target) != words] == []


def test_the_readme_shows_the_error_that_is_printed() -> None:
    (shown,) = [one for at, one in LISTINGS if at == "README.md" and one.text.startswith("$ ")]
    ((_, printed),) = shown.commands()
    assert printed == (GOLDEN / "create-refused.txt").read_text(encoding="utf-8")


def test_references_to_protected_values_are_those_of_a_manifest(tmp_path: Path) -> None:
    manifest = yaml.safe_load(listing("docs/fleet.md", "yaml", "fleet.yaml").text)
    manifest["spec"]["extension"] |= yaml.safe_load(listing("docs/fleet.md", "yaml").text)
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    found = {one.code for one in validate_documents([str(tmp_path / "fleet.yaml")]).findings}
    # Only what is missing beside them: the file, the endpoint's name, inference.
    assert found == {"AMLARC-S022", "AMLARC-S030", "AMLARC-S039", "AMLARC-S060"}


def test_the_hook_is_configured_by_its_name() -> None:
    (ours,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (theirs,) = yaml.safe_load(listing("docs/guardrails.md", "yaml", ".pre-commit-config.yaml").text)
    assert theirs == {"id": ours["id"], "args": ["--policy", "policy.yaml"]}


def test_the_layout_of_the_code_is_as_drawn() -> None:
    folders, named = [ROOT], set()
    for line in listing("docs/architecture.md", "text").text.splitlines():
        indent = len(line) - len(line.lstrip())
        if indent <= 4:
            folders = folders[: indent // 2 + 1]
        for name in re.findall(r"[\w-]+/|\b\w+\.py\b", line):
            found = [folder / name for folder in folders if (folder / name).exists()]
            assert found, line
            named.add(found[-1])
            if indent <= 4 and line.lstrip().startswith(name) and name.endswith("/"):
                folders.append(found[-1])
    packages = {path.parent for path in (ROOT / "azext_amlarc").glob("*/__init__.py")}
    assert packages <= named
