"""The recipes of examples/ci: their files, and the scripts in them with the variables that the recipe sets."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.az import ROOT

FOLDER = ROOT / "examples" / "ci"
ACTION = FOLDER / "github" / "setup-amlarc" / "action.yml"
WORKFLOWS = sorted((FOLDER / "github").glob("*.yml"))
AZURE, GITLAB = FOLDER / "azure-pipelines.yml", FOLDER / "gitlab-ci.yml"
_CONTEXT = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_MACRO = re.compile(r"\$\((\w+)\)")


# How each system starts a script. GitHub's `shell: bash` and GitLab's runner end it at the first failure; the AzureCLI
# task of Azure Pipelines does not, and the last command alone decides how the task ends. Sources:
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell,
# https://github.com/microsoft/azure-pipelines-tasks/blob/master/Tasks/AzureCLIV2/src/ScriptType.ts and
# https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/bash.go.
_GITHUB = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
_AZURE = ("bash", "-c")
_GITLAB = ("bash", "-eo", "pipefail", "-c")


@dataclass(frozen=True)
class Script:
    """A script: its name, its text, how its system starts it, and the variables that the recipe sets for it."""

    name: str
    text: str
    shell: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        """What runs it."""
        return [*self.shell, self.text]


def load(file: Path) -> Any:
    """A recipe as data."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def of_github(file: Path) -> Iterator[Script]:
    """The scripts of a workflow, or of the action with its inputs' defaults; any other expression is "given"."""
    content = load(file)
    inputs = {f"inputs.{name}": one.get("default", "given") for name, one in content.get("inputs", {}).items()}
    for job in content["jobs"].values() if "jobs" in content else [{"steps": content["runs"]["steps"]}]:
        for step in job["steps"]:
            if "run" in step:
                given = {**job.get("env", {}), **step.get("env", {})}
                assert not _CONTEXT.search(step["run"]), "an expression in a script is code of whoever named it"
                filled = {name: _CONTEXT.sub(lambda one: inputs.get(one[1], "given"), given[name]) for name in given}
                yield Script(step["name"], step["run"], _GITHUB, filled)


def of_azure() -> Iterator[Script]:
    """The scripts of the Azure pipeline, macros filled in from its variables."""
    content = load(AZURE)
    variables = content["variables"]
    for stage in content["stages"]:
        (job,) = stage["jobs"]
        for step in job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]:
            if step.get("task") == "AzureCLI@2":
                text = step["inputs"]["inlineScript"]
                assert not _MACRO.search(text), "a macro in a script is code of whoever sets the variable"
                given = {k: _MACRO.sub(lambda found: variables[found[1]], v) for k, v in step["env"].items()}
                yield Script(step["displayName"], text, _AZURE, given)


def of_gitlab() -> Iterator[Script]:
    """The scripts of the GitLab jobs, behind what runs before each."""
    content = load(GITLAB)
    before = content["default"]["before_script"]
    for stage in content["stages"]:
        yield Script(stage, "\n".join([*before, *content[stage]["script"]]), _GITLAB, content["variables"])
