"""What the documents show is run: every example of the help, and the README's own lines."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from azext_amlarc.commands.az.help import _COMMANDS
from tests.e2e.conftest import CLUSTER
from tests.support.az import ROOT, Az
from tests.support.azure import Azure
from tests.support.cluster import Cluster
from tests.support.fleets import OWN_RELAY, OWN_STRING
from tests.support.listings import listings
from tests.support.terminal import session

EXAMPLES = [command for _, _, examples in _COMMANDS.values() for _, command in examples]
# They start az, and so every command does; the others may have it forked.
STARTED = {examples[0][1] for _, _, examples in _COMMANDS.values()}
# What must exist before an example: nothing for those that install or work offline.
NEEDS_NOTHING = ("extension create", "extension list", "config", "settings", "list", "cluster")
# The manifest of the examples, of what the local Azure has.
FLEET = """
apiVersion: amlarc/v1alpha1
kind: Fleet
metadata: {name: plants}
spec:
  clusters: [{name: amlarc-cluster, resourceGroup: amlarc-rg}]
  extension: {settings: {enableTraining: "True"}}
  computes: [{workspace: amlarc-ws, name: k8s-compute}]
"""
# The same with a Relay of the user's own, whose connection string is a protected setting.
WITH_OWN_RELAY = f"""{{
    settings: {{enableTraining: "True", relayserver.hybridConnectionResourceID: {OWN_RELAY}}},
    protected: {{relayServerConnectionString: {{file: relay.txt}}}}}}"""
POLICIES = [one for one in listings(ROOT / "docs" / "guardrails.md") if one.remark.endswith("policy.yaml")]
[RULES] = [one.text for one in listings(ROOT / "docs" / "guardrails.md") if one.remark == ".amlarc.yaml"]
NEEDS_A_COMPUTE = ("show", "detach", "wait", "verify")
# What is typed where an example asks.
ANSWERS = {
    "attach": {
        "Workspace (": "amlarc-ws",
        "Compute name:": "k8s-compute",
        "Cluster (": "amlarc-cluster",
        "Configuration file, JSON or YAML (": "attach.json",
        "Attach the cluster?": "y",
    }
}


@pytest.fixture(scope="session")
def manifests(signed_in: Az) -> str:
    """The guide's instance types as objects of Kubernetes."""
    guide = str(ROOT / "examples" / "attach-advanced.json")
    return signed_in.must("amlarc", "config", "convert", "-f", guide, "--to", "instancetype").stdout


@pytest.fixture
def folder(manifests: str, tmp_path: Path) -> Path:
    """A folder with the files that the examples name."""
    shutil.copy(ROOT / "examples" / "attach-advanced.json", tmp_path / "attach.json")
    (tmp_path / "fleet.yaml").write_text(FLEET)
    for policy in POLICIES:
        (tmp_path / policy.remark).write_text(policy.text)
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "configs").mkdir()
    shutil.copy(ROOT / "examples" / "attach-default.json", tmp_path / "configs" / "default.json")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "healthcheck.logs").write_text("Status: Passed Name: node\n")
    (tmp_path / "settings.json").write_text('{"enableTraining": true}')
    (tmp_path / "types.yaml").write_text(manifests)
    return tmp_path


@pytest.mark.parametrize("command", EXAMPLES)
def test_every_example_of_the_help_runs(
    az: Az, azure: Azure, folder: Path, command: str, request: pytest.FixtureRequest
) -> None:
    if "cluster.kubeconfig" in command:  # skipped where there is no API server to run
        cluster: Cluster = request.getfixturevalue("cluster")
        cluster.load("instancetype-crd.yaml")
        shutil.copy(cluster.kubeconfig(), folder / "cluster.kubeconfig")
    if command.startswith(NEEDS_A_COMPUTE):
        azure.reset(request.getfixturevalue("state_attached"))
    elif not command.startswith(NEEDS_NOTHING):
        azure.reset(request.getfixturevalue("state_installed"))
    if command.startswith("config init -f"):
        (folder / "attach.json").unlink()
        (folder / "fleet.yaml").unlink()
    if command == "extension wait -c amlarc-cluster -g amlarc-rg --deleted":
        az.must("amlarc", "extension", "delete", *CLUSTER, "--yes")
    if (
        command.startswith("status") or "--detailed-exitcode" in command
    ):  # they exit with 2 where there is something to do
        az.must("amlarc", "apply", "-f", "fleet.yaml", "--yes", folder=folder)
    if "--plan" in command:
        az.must("amlarc", "plan", "-f", "fleet.yaml", "--out", "fleet.plan.json", folder=folder)
    if "--resend-protected" in command:
        (folder / "fleet.yaml").write_text(FLEET.replace('{settings: {enableTraining: "True"}}', WITH_OWN_RELAY))
        (folder / "relay.txt").write_text(OWN_STRING.format("aGk"))
    if command in ANSWERS:
        assert answered(az, command, folder) == 0
        return
    asked = az.started if command in STARTED else az
    ended = asked("amlarc", *shlex.split(command), folder=folder)
    assert ended.code == 0
    # How az's wrapper of a default value looks where it reaches an output.
    assert command.startswith("extension versions") or "isDefault" not in ended.stdout


def answered(az: Az, command: str, folder: Path) -> int:
    """How a command that asks on a terminal ends."""
    with session(az, "amlarc", *shlex.split(command), folder=folder) as screen:
        for question, answer in ANSWERS[command].items():
            screen.answer(question, answer)
        return screen.end().code


def test_the_readmes_commands_run_in_their_order(az: Az, folder: Path) -> None:
    use = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Use")[2].partition("```console")[2]
    commands = re.findall(r"^az (ml arc .+)$", use.partition("```")[0], re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        az.must(*shlex.split(command), folder=folder)


def test_every_command_is_in_the_overview() -> None:
    overview = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"`([a-z ]+)`", overview.partition("| command |")[2].partition("\n\n")[0]))
    assert set(_COMMANDS) == shown


def test_every_group_of_commands_is_in_the_history() -> None:
    history = (ROOT / "HISTORY.rst").read_text(encoding="utf-8")
    for name in _COMMANDS:
        assert re.search(rf"``(az ml arc )?({name}|{name.split()[-1]})``", history), name
