"""What a release is proven with: which az, what counts as passed, and that a release without it is refused."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from release import __main__ as making
from release import proof
from release.proof import NotProven, Proof
from tests.support.az import AZ_VERSION, ROOT, VENV

PASSED = "def test_a(): pass\n"
SKIPPED = "import pytest\ndef test_b(): pytest.skip()\n"
FAILED = "def test_c(): 1 / 0\n"


@cache
def reported(text: str) -> bytes:
    """What pytest writes about these tests."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "test_it.py").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--junitxml", "it.xml"]
        alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        subprocess.run(command, cwd=folder, env=alone, check=False, capture_output=True)
        return (Path(folder) / "it.xml").read_bytes()


def test_the_oldest_az_is_that_of_the_metadata_and_the_newest_is_that_of_the_locks() -> None:
    told = json.loads((ROOT / "azext_amlarc" / "azext_metadata.json").read_text(encoding="utf-8"))
    assert proof.version("oldest") == told["azext.minCliCoreVersion"]
    if not (VENV / "locked").exists():
        pytest.skip("this is not the az of the locks")
    assert proof.version("newest") == str(AZ_VERSION)


def test_a_version_means_itself() -> None:
    assert proof.version("2.80.0") == "2.80.0"


def test_what_passed_and_what_was_skipped_is_counted_over_all_reports() -> None:
    reports = [reported(text) for text in (PASSED, PASSED + SKIPPED)]
    found = proof.proof("2.75.0", "c0ffee", reports)
    assert (found.passed, found.skipped, found.az, found.commit) == (2, 1, "2.75.0", "c0ffee")


@pytest.mark.parametrize(
    ("text", "message"),
    [(FAILED, "1 tests failed with az 2.75.0"), (SKIPPED, "not every suite ran with az 2.75.0"), ("", "not every")],
)
def test_what_failed_or_did_not_run_proves_nothing(text: str, message: str) -> None:
    with pytest.raises(NotProven, match=message):
        proof.proof("2.75.0", "c0ffee", [reported(PASSED), reported(text)])


def test_a_proof_counts_for_its_az_and_its_commit(tmp_path: Path) -> None:
    assert proof.missing("c0ffee", tmp_path) == ["oldest", "newest"]
    proof.keep(Proof(proof.oldest(), "c0ffee", "3.11.7", 20, 3), tmp_path)
    assert proof.missing("c0ffee", tmp_path) == ["newest"]
    assert proof.missing("decaf", tmp_path) == ["oldest", "newest"]
    with pytest.raises(NotProven, match=r"make test-az VERSION=newest$"):
        proof.proven("c0ffee", tmp_path)
    proof.keep(Proof(proof.newest(), "c0ffee", "3.11.7", 21, 2), tmp_path)
    assert proof.proven("c0ffee", tmp_path) == (
        f"az {proof.oldest()}: 20 tests passed, 3 skipped, Python 3.11.7, c0ffee\n"
        f"az {proof.newest()}: 21 tests passed, 2 skipped, Python 3.11.7, c0ffee\n"
    )


@pytest.mark.parametrize(("changed", "commit"), [([" M setup.py"], "c0ffee"), ([], "decaf")])
def test_tests_of_what_is_not_that_commit_prove_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: list[str], commit: str
) -> None:
    kept: list[Proof] = []
    monkeypatch.setattr(proof, "unfinished", lambda: changed)
    monkeypatch.setattr(proof, "head", lambda: "c0ffee")
    monkeypatch.setattr(proof, "keep", kept.append)
    file = tmp_path / "report.xml"
    file.write_text('<testsuites><testsuite tests="1" /></testsuites>', encoding="utf-8")
    assert "no proof" in proof.main(["record", "2.75.0", commit, str(file)])
    assert kept == []
    monkeypatch.setattr(proof, "unfinished", list)
    assert proof.main(["record", "2.75.0", "c0ffee", str(file)]).startswith("az 2.75.0: 1 tests passed, 0 skipped")
    assert [one.az for one in kept] == ["2.75.0"]


def test_a_release_without_it_is_refused_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def proven(commit: str) -> str:
        return proof.proven(commit, tmp_path)

    monkeypatch.setattr(making, "proven", proven)
    monkeypatch.setattr(making, "unfinished", list)
    monkeypatch.setattr(making, "built", lambda *_: pytest.fail("it was built"))
    given = ["--folder", str(tmp_path / "release"), "--url", "http://localhost", "--installed", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["release", *given, "--tested"])
    assert making.main() == 1
    assert "make test-az VERSION=oldest and make test-az VERSION=newest" in capsys.readouterr().err
    assert not (tmp_path / "release").exists()


def recipes(target: str) -> str:
    """What make would run, without what an outer make was told."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "-n", "-o", "types", "-o", "style", target]
    return subprocess.run(command, cwd=ROOT, env=outer, check=True, capture_output=True, text=True).stdout


def test_make_release_asks_for_it_and_make_release_build_does_not() -> None:
    told = recipes("release")
    assert told.index("release.proof missing") < told.index("--tested") < told.index("pytest -q -rs tests/release")
    alone = recipes("release-build")
    assert "-m release --folder" in alone
    assert "--tested" not in alone
