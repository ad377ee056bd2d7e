"""The scripts of examples/ci, run as their systems run them, with the real az against the local Azure."""

import json
import os
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.ci import recipes
from tests.ci.recipes import Script
from tests.e2e.test_documents import FLEET
from tests.support.az import ROOT, VENV, Az
from tests.support.azure import Azure
from tests.support.fleets import writes
from tests.support.runners import HOSTILE, commands, is_still

# In place of az: says what it was called with. Signing in and installing take a tenant and a package registry; the
# rest is done by az itself, or for a recipe whose commands another one has run, said to be done.
SHIM = """#!/usr/bin/env bash
printf '%s\\n' "$(printf '%q ' "$@")" >> "$CALLS"
case "$1 $2" in "extension add" | "login --service-principal") exit ;; esac
[ -z "$PRETENDED" ] || { echo pretended; exit; }
exec "$AZ" "$@"
"""
GH = """#!/usr/bin/env bash
printf '%s\\n' "$(printf '%q ' "$@")" >> "$CALLS"
cat > comment.md
"""
# In place of python3, and of the Python in the environment that it makes.
PYTHON = """#!/usr/bin/env bash
printf '%s\\n' "$(printf '%q ' "$@")" >> "$CALLS"
[ "$2" != venv ] || { mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; }
"""
SIGNED_IN_OR_INSTALLED = ("extension", "login")


@dataclass(frozen=True)
class Runner:
    """A checkout of a user's repository, and a PATH on which az is watched."""

    folder: Path
    az: Az

    def run(self, scripts: Iterable[Script], pretended: str = "") -> list[str]:
        """What each script prints; a script that fails is the test's own failure."""
        environment = {
            **self.az.environment,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "AZ": str(VENV / "bin" / "az"),
            "CALLS": str(self.folder / "calls"),
            "PRETENDED": pretended,
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_PATH": str(self.folder / "path"),
            "RUNNER_TEMP": str(self.folder),
            **{name: "given" for name in ("AMLARC_WHEEL", "AZURE_TOKEN", "AZURE_TENANT_ID")},
            **{name: "given" for name in ("AZURE_PLAN_CLIENT_ID", "AZURE_APPLY_CLIENT_ID")},
        }
        return [self._run(script, environment) for script in scripts]

    def _run(self, script: Script, environment: dict[str, str]) -> str:
        done = subprocess.run(
            script.command,
            env={**environment, **script.variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{script.name}: {done.stderr}"
        return done.stdout

    @property
    def calls(self) -> list[list[str]]:
        return [shlex.split(line) for line in (self.folder / "calls").read_text().splitlines()]

    def commands_of_ours(self) -> Iterator[tuple[str, ...]]:
        """The commands of az amlarc without where their reports go."""
        for call in self.calls:
            if call[0] == "amlarc":
                files = {"validation.sarif", "validation.xml", "check.xml", "--output-file", "--format", "github"}
                yield tuple(word for word in call if word not in files)


@pytest.fixture
def runner(az: Az, tmp_path: Path) -> Runner:
    folder = tmp_path / "checkout"
    (folder / "clusters").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "clusters" / "fleet.yaml").write_text(FLEET)
    (folder / "clusters" / "attach.json").write_text((ROOT / "examples" / "attach-default.json").read_text())
    for name, text in (("az", SHIM), ("gh", GH)):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    return Runner(folder, az)


def test_the_action_installs_an_az_of_the_version_that_is_asked_for(runner: Runner) -> None:
    python = runner.folder / "bin" / "python3"
    python.write_text(PYTHON)
    python.chmod(0o755)
    install = next(recipes.of_github(recipes.ACTION))
    runner.run([replace(install, variables={"AZ_VERSION": "2.75.0"})])
    assert runner.calls == [
        ["-m", "venv", str(runner.folder / "az")],
        ["-m", "pip", "install", "--quiet", "azure-cli==2.75.0"],
    ]
    assert (runner.folder / "path").read_text() == f"{runner.folder}/az/bin\n"


def github(*names: str) -> list[Script]:
    return [script for name in names for script in recipes.of_github(recipes.FOLDER / "github" / name)]


def test_the_recipes_validate_check_plan_and_apply(runner: Runner, azure: Azure) -> None:
    runner.run(github("setup-amlarc/action.yml", "validate.yml"))
    assert runner.calls == [
        ["extension", "add", "--source", "given", "--upgrade", "--yes", "--only-show-errors"],
        ["amlarc", "config", "validate", "-f", "clusters", "--output-file", "validation.sarif"],
    ]
    sarif = json.loads((runner.folder / "validation.sarif").read_text())
    (note,) = sarif["runs"][0]["results"]
    (place,) = note["locations"]
    assert (note["level"], note["ruleId"]) == ("note", "AMLARC-S039")
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "clusters/fleet.yaml"}

    checked, _, _ = runner.run(github("plan.yml"))
    assert set(dict(commands(checked))) <= {"error", "warning", "notice"}
    plan = (runner.folder / "plan.txt").read_text()
    assert "amlarc-cluster (amlarc-rg, wave 1)\n  + extension amlarc-compute: to create" in plan
    summary = (runner.folder / "summary.md").read_text()
    assert summary == (runner.folder / "comment.md").read_text()
    head, _, shown = summary.partition("\n\n")
    assert head == "## What would become of the clusters"
    assert [line[4:] for line in shown.splitlines()] == plan.splitlines()
    assert all(line.startswith("    ") for line in shown.splitlines())
    assert not writes(azure)

    runner.run(github("apply.yml"))
    assert any(id_.endswith("/computes/k8s-compute") for id_ in azure.state()["resources"])
    assert "amlarc-cluster" in (runner.folder / "fleet.html").read_text()

    # The other systems' recipes run the same commands, which need not be done again.
    done = set(runner.commands_of_ours())
    runner.run([*recipes.of_azure(), *recipes.of_gitlab()], pretended="yes")
    assert set(runner.commands_of_ours()) == done
    assert {call[0] for call in runner.calls} == {"amlarc", "pr", *SIGNED_IN_OR_INSTALLED}


def test_what_azure_answers_is_no_command_for_a_runner(az: Az, azure: Azure) -> None:
    said = {"error": {"code": "Hostile", "message": "\n".join(HOSTILE)}}
    azure.fault(method="GET", path="/connectedClusters", status=400, body=said, times=9)
    failed = az("amlarc", "plan", "-f", "-", stdin=FLEET)
    failed_too = az("amlarc", "cluster", "list", "-g", "amlarc-rg")
    assert "stolen" in failed.stderr + failed_too.stderr
    for text in (failed.stdout, failed.stderr, failed_too.stdout, failed_too.stderr):
        assert not list(commands(text))
        assert is_still(text)
