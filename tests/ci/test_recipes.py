"""The recipes of examples/ci beside the schemas that others publish, actionlint, and what docs/ci.md says of them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci import recipes
from tests.support.az import ROOT

SCHEMAS = [
    ("vendor.github-actions", [recipes.ACTION], ()),
    ("vendor.github-workflows", recipes.WORKFLOWS, ()),
    ("custom.github-workflows-require-timeout", recipes.WORKFLOWS, ()),
    # Its schema has expressions that only the older mode of ECMAScript's takes.
    (
        "vendor.azure-pipelines",
        [recipes.AZURE],
        ("--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"),
    ),
    ("vendor.gitlab-ci", [recipes.GITLAB], ("--data-transform", "gitlab-ci")),
]


def checked(schema: str, files: list[Path], options: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *options, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("schema", "files", "options"), SCHEMAS, ids=[schema for schema, _, _ in SCHEMAS])
def test_recipes_are_what_their_systems_schema_allows(schema: str, files: list[Path], options: tuple[str, ...]) -> None:
    done = checked(schema, files, options)
    assert done.returncode == 0, done.stdout


def test_a_schema_finds_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "plan.yml"
    wrong.write_text((recipes.FOLDER / "github" / "plan.yml").read_text().replace("runs-on:", "runs-in:"))
    assert checked("vendor.github-workflows", [wrong], ()).returncode == 1


@pytest.fixture
def actionlint() -> str:
    """The program; skips where it has not been built."""
    found = subprocess.run([ROOT / "scripts" / "actionlint", "--cached"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("no actionlint here: `make actionlint` builds it with Go")
    return f"{found.stdout.strip()}/actionlint"


# An action of somebody else at a commit, behind which its version is said.
PINNED = re.compile(r"([\w.-]+(?:/[\w.-]+)+)@[0-9a-f]{40} # (v\d+)\.\d+\.\d+$", re.MULTILINE)


def repository(folder: Path) -> Path:
    """The workflows and the action where they belong in a repository."""
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for file in recipes.WORKFLOWS:
        # It knows the inputs of the actions of others by their major version, and nothing of a commit.
        (workflows / file.name).write_text(PINNED.sub(r"\1@\2", file.read_text()))
    shutil.copytree(recipes.ACTION.parent, folder / ".github" / "actions" / "setup-amlarc")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return workflows


def test_actionlint_finds_nothing_in_the_workflows(actionlint: str, tmp_path: Path) -> None:
    workflows = repository(tmp_path)
    done = subprocess.run([actionlint], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    plan = workflows / "plan.yml"
    plan.write_text(plan.read_text().replace("source: ", "sauce: "))
    apply = workflows / "apply.yml"
    apply.write_text(apply.read_text().replace("client-id: ", "client: "))
    broken = subprocess.run([actionlint], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert 'missing input "source"' in broken.stdout
    assert 'input "client" is not defined in action "azure/login@v3"' in broken.stdout


def foreign_actions() -> list[tuple[str, str]]:
    """The actions that examples and documents take from elsewhere: where, and how they name them."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return [
        (f"{file.relative_to(ROOT)}:{number}", found[1])
        for file in [*pages, *(file for file in recipes.FOLDER.rglob("*") if file.is_file())]
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if (found := re.search(r"\buses:\s+[\"']?((?!\./)\S.*)", line))
    ]


def test_actions_of_others_are_pinned_by_commit_with_their_version() -> None:
    """As GitHub's guide to hardening says: a tag can be moved to other code, a commit cannot.

    https://docs.github.com/actions/reference/security/secure-use#using-third-party-actions
    """
    found = foreign_actions()
    assert [(place, action) for place, action in found if not PINNED.fullmatch(action)] == []
    # One version of an action everywhere, and one commit of a version.
    assert len({action for _, action in found}) == len({action.partition("@")[0] for _, action in found}) == 4


def test_workflows_ask_for_no_right_that_they_do_not_need() -> None:
    rights = {file.stem: recipes.load(file)["permissions"] for file in recipes.WORKFLOWS}
    assert rights == {
        "validate": {"contents": "read", "security-events": "write"},
        "plan": {"contents": "read", "id-token": "write", "pull-requests": "write"},
        "apply": {"contents": "read", "id-token": "write"},
    }


def test_nothing_in_a_recipe_is_a_secret() -> None:
    for file in [recipes.ACTION, *recipes.WORKFLOWS, recipes.AZURE, recipes.GITLAB]:
        assert not re.search(r"secrets\.|password|client-?secret", file.read_text(), re.IGNORECASE), file.name


def test_every_script_of_a_shell_can_be_parsed() -> None:
    every = [*recipes.of_azure(), *recipes.of_gitlab()]
    for file in [recipes.ACTION, *recipes.WORKFLOWS]:
        every += recipes.of_github(file)
    assert len(every) == 12
    for script in every:
        done = subprocess.run(["bash", "-n"], input=script.text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script.name


# In place of az: fails when it is called for the n-th time, and says how often it was called.
AZ = """#!/usr/bin/env bash
echo >> "$CALLS"
[ "$(wc -l < "$CALLS")" != "$FAILS_AT" ]
"""


CALLING_AZ = [
    one
    for every in (recipes.of_azure(), recipes.of_gitlab(), *map(recipes.of_github, recipes.WORKFLOWS))
    for one in every
    if re.search(r"^az ", one.text, re.MULTILINE)
]


@pytest.mark.parametrize("script", CALLING_AZ, ids=lambda one: str(one.name))
def test_a_script_fails_whichever_of_its_commands_does(script: recipes.Script, tmp_path: Path) -> None:
    (tmp_path / "az").write_text(AZ)
    (tmp_path / "az").chmod(0o755)
    calls = tmp_path / "calls"
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "CALLS": str(calls)}

    def run(fails_at: int) -> int:
        calls.unlink(missing_ok=True)
        variables = {"AMLARC_WHEEL": "amlarc.whl", **script.variables, **path, "FAILS_AT": str(fails_at)}
        return subprocess.run(script.command, cwd=tmp_path, env=variables, capture_output=True, check=False).returncode

    assert run(0) == 0
    number = len(calls.read_text().splitlines())
    assert number >= 1
    assert [at for at in range(1, number + 1) if run(at) == 0] == []


def test_the_documents_name_every_recipe_and_its_variables() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    for file in [recipes.ACTION, *recipes.WORKFLOWS, recipes.AZURE, recipes.GITLAB]:
        assert f"examples/ci/{file.relative_to(recipes.FOLDER)}" in page
    used = json.dumps([file.read_text() for file in [*recipes.WORKFLOWS, recipes.GITLAB]])
    variables = {*re.findall(r"vars\.(\w+)", used), *re.findall(r"\$(AZURE_\w+_ID|AMLARC_\w+)", used)}
    assert variables == set(re.findall(r"`((?:AZURE|AMLARC)_[A-Z_]+)`", page))
