"""`check --fix` and `attach --grant` with the real az: what is printed where, what is asked, and how they end."""

import json

import pytest

from tests.e2e.conftest import CLUSTER, WORKSPACE
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.golden import assert_steady
from tests.support.terminal import session, shell

FIX = ("amlarc", "check", *CLUSTER, "-w", "amlarc-ws", "--only", "rights", "relay", "--fix")
RULE = "authorizationRules/azureml_rw"


def rule_of(azure: Azure) -> str:
    [found] = [item["id"] for id_, item in azure.state()["resources"].items() if id_.endswith(RULE.lower())]
    return str(found)


@pytest.fixture
def broken(installed: Az, azure: Azure) -> Az:
    """An az whose cluster's Relay has lost its rule, and whose workspace has no role on the cluster."""
    azure.call("DELETE", rule_of(azure), "2021-11-01")
    return installed


def writes(azure: Azure) -> int:
    return len([line for line in azure.traffic() if line["method"] not in ("GET", "HEAD")])


def test_a_plan_alone_changes_nothing(broken: Az, azure: Azure) -> None:
    before = writes(azure)
    result = broken(*FIX, "--dry-run")
    assert result.code == 1
    assert "✘ relay: 1 failed, 3 passed" in result.stdout
    assert_steady("check-fix-plan.txt", result.stderr)
    assert writes(azure) == before


def test_without_a_terminal_it_takes_a_yes(broken: Az, azure: Azure) -> None:
    before = writes(azure)
    result = broken(*FIX)
    assert result.code == 1
    assert "There is no terminal to ask on. Nothing was changed." in result.stderr
    assert writes(azure) == before


def test_what_is_mended_is_said_and_the_result_is_that_of_the_checks_after_it(broken: Az) -> None:
    result = broken.must(*FIX, "--yes", "-o", "json")
    assert {item["status"] for item in json.loads(result.stdout)} == {"pass", "skipped"}
    assert_steady("check-fix.txt", result.stderr)
    again = broken.must(*FIX, "--yes")
    assert again.stdout.endswith("✔ 9 checks: 8 passed, 1 skipped\n")
    assert again.stderr == "\nNothing here can be mended by this command.\n"


def test_a_grant_is_told_and_given_before_the_attach(installed: Az, azure: Azure) -> None:
    words = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster", "--grant")
    refused = installed(*words)
    assert refused.code == 1
    assert "Give these roles? There is no terminal to ask on" in refused.stderr
    result = installed.must(*words, "--yes")
    assert json.loads(result.stdout)["provisioningState"] == "Succeeded"
    assert result.stderr.index("Give the identity") < result.stderr.index("[1/3]")
    assert len([id_ for id_ in azure.state()["resources"] if "/roleassignments/" in id_]) == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--dry-run",), "--fix is required with --dry-run."),
        (("--yes",), "--fix is required with --yes."),
        (("--fix", "--health-report", "x"), "--health-report and --fix cannot be used together"),
    ],
)
def test_options_that_do_not_go_together(az: Az, options: tuple[str, ...], said: str) -> None:
    result = az("amlarc", "check", *CLUSTER, *options)
    assert (result.code, said in result.stderr) == (2, True)


def test_on_a_terminal_the_plan_is_asked_and_a_no_changes_nothing(broken: Az, azure: Azure) -> None:
    before = writes(azure)
    with session(broken, *FIX) as screen:
        screen.expect("4 changes can mend this:")
        screen.answer("Make these 4 changes? (y/N):", "n")
        result = screen.end()
    assert (result.code, "Cancelled. Nothing was changed." in result.stderr) == (1, True)
    assert writes(azure) == before
    with session(broken, *FIX) as screen:
        screen.answer("Make these 4 changes? (y/N):", "y")
        result = screen.end()
    assert result.code == 0
    assert "4 changes made, 0 failed." in result.stderr
    assert result.stdout.endswith("✔ 9 checks: 8 passed, 1 skipped\n")


def test_on_a_terminal_groups_appear_as_they_come(installed: Az, azure: Azure) -> None:
    azure.fault(method="GET", path="/roleAssignments$", delayMs=3000)
    with shell(installed) as screen:
        screen.expect("$ ")
        screen.press(f"NO_COLOR=1 az {' '.join(FIX[:-4])}; echo ended $?\n")
        screen.expect("subscription: 6 passed")
        assert "ended 0" not in screen.seen
        assert "rights:" not in screen.seen
        screen.expect("⚠ rights: 2 warnings, 2 passed, 1 skipped")
        screen.expect("\n⚠ 77 checks")
        screen.expect("ended 0")


def test_what_may_still_come_right_is_waited_for(az: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="never")
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--no-wait")
    result = az.must("amlarc", "check", *CLUSTER, "--only", "A041", "--wait", "--timeout", "2")
    assert "amlarc-compute is Pending (provisioning state Creating). (AMLARC-A041) (0:0" in result.stderr
    assert "⚠ The extension is installed (AMLARC-A041)" in result.stdout
