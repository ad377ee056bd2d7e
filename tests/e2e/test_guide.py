"""The guide is walked: its listings run one after the other, as somebody would who follows it."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from tests.support.az import ROOT, Az
from tests.support.azure import Azure
from tests.support.golden import steady
from tests.support.listings import Interpreter, Listing, listings
from tests.support.terminal import session

GUIDE = ROOT / "docs" / "guide.md"
QUICK_START = ROOT / "docs" / "quickstart.md"
DOCUMENTS = (GUIDE, QUICK_START, ROOT / "docs" / "python.md")
# What keeps a command from running beside the local Azure: what it needs, and how commands that need it begin.
NEEDS = {
    "a Kubernetes cluster": ("az ml arc attach", "az ml arc check", "kubectl"),
    "a Kubernetes cluster and the extension connectedk8s": ("az connectedk8s",),
    "a package registry": ("pip",),
    "a person at a browser": ("az login",),
    "an administrator of the subscription": ("az provider register",),
    "the extension ml": ("az ml job",),
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")
# A line of the form that asks, with its answer.
QUESTION = re.compile(r"^(.*\(.*\):|Compute name:) ?(.*)$", re.MULTILINE)
LANGUAGES = {"console", "json", "python", "text", "yaml"}


def settled(text: str) -> str:
    return steady(TIME.sub("<time>", text))


def walk(listing: Listing, az: Az, python: Interpreter, folder: Path) -> str:
    """Do what a listing shows; what a Python one prints."""
    if listing.language == "python":
        return python.run(listing.text)
    if listing.language in ("json", "yaml"):
        (folder / listing.remark).write_text(listing.text, encoding="utf-8")
    if listing.language == "console" and listing.remark != "no-emulator":
        for (program, *arguments), shown in listing.commands():
            assert program == "az", f"line {listing.line}: what runs {program}?"
            if listing.remark == "terminal":
                converse(az, arguments, shown, folder)
            else:
                printed = az.must(*arguments, folder=folder).stdout
                assert not shown or settled(printed) == settled(shown)
    return ""


def converse(az: Az, arguments: list[str], shown: str, folder: Path) -> None:
    """Run a command on a terminal, and answer its questions as it is shown; the screen is as shown then."""
    with session(az, *arguments, folder=folder) as screen:
        for question, answer in QUESTION.findall(shown):
            screen.answer(question, answer)
        result = screen.end()
    assert result.code == 0
    seen = "\n".join(line.rpartition("\r\x1b[K")[2].rstrip() for line in result.stderr.split("\n"))
    assert settled(seen.rstrip()) == settled(shown.rstrip())


@pytest.mark.timeout(600)  # some twenty commands, one after the other
def test_the_guide_leads_from_a_cluster_to_a_run_and_back(az: Az, azure: Azure, tmp_path: Path) -> None:
    names = {"subscription_id": azure.subscription_id, "resource_group": "amlarc-rg", "workspace_name": "amlarc-ws"}
    (tmp_path / "config.json").write_text(json.dumps(names))
    printed = ""
    with Interpreter(tmp_path, {**os.environ, **azure.python_env}) as python:
        for listing in listings(GUIDE):
            if listing.language == "text":
                assert settled(printed) == settled(listing.text), f"line {listing.line}"
            printed = walk(listing, az, python, tmp_path)
    assert left_over(azure) == []


def left_over(azure: Azure) -> list[str]:
    """The extensions and compute targets that there are."""
    return [id_ for id_ in azure.state()["resources"] if "/extensions/" in id_ or "/computes/" in id_]


def test_the_quick_start_leads_to_a_run_and_back(az: Az, azure: Azure, tmp_path: Path) -> None:
    shown = listings(QUICK_START)
    assert [one.language for one in shown] == ["console", "console", "json", "console", "console", "console"]
    with Interpreter(tmp_path, {}) as python:
        for listing in shown[:-1]:
            walk(listing, az, python, tmp_path)
        assert len(left_over(azure)) == 2
        walk(shown[-1], az, python, tmp_path)
    assert left_over(azure) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_listing_is_of_a_kind_that_is_run(document: Path) -> None:
    for listing in listings(document):
        assert listing.language in LANGUAGES, f"line {listing.line}"
        if listing.language in ("json", "yaml"):
            assert listing.remark, f"line {listing.line}: it has no file's name"
            assert list(yaml.safe_load_all(listing.text)) != [None]  # JSON is YAML


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_does_not_run_here_says_why(document: Path) -> None:
    for listing in (found for found in listings(document) if found.language == "console"):
        if listing.remark != "no-emulator":
            assert document in (GUIDE, QUICK_START), f"line {listing.line}: nobody runs it"
            continue
        need = listing.text.partition("\n")[0].removeprefix("# needs ")
        assert all(" ".join(words).startswith(NEEDS[need]) for words, _ in listing.commands()), f"line {listing.line}"
