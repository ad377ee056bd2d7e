"""`attach` on a terminal asks for what is missing, as the studio's form does; anywhere else it says what is."""

import json
import os
import shlex
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.e2e.conftest import ADVANCED
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.terminal import CTRL_C, CTRL_D, Session, session

ATTACH = ("amlarc", "attach")
WORKSPACE, NAME = "Workspace (number, name or part of a name):", "Compute name:"
CLUSTER, FILE = "Cluster (number, name or part of a name):", "Configuration file, JSON or YAML (Enter for none):"
LAST = "Attach the cluster? (y/N):"
ALL_MISSING = "Missing required options: --name, --workspace-name, --cluster-name or --resource-id, --resource-group."


def fill_in(screen: Session, file: str = "") -> None:
    """Answer everything but the last question."""
    screen.answer(WORKSPACE, "ml-ws")
    screen.answer(NAME, "k8s-edge")
    screen.answer(CLUSTER, "edge-cluster")
    screen.answer(FILE, file)


def written(azure: Azure) -> list[dict[str, Any]]:
    return [line for line in azure.traffic() if line["method"] != "GET"]


def test_the_whole_form(crowd: Az, crowded_azure: Azure) -> None:
    with session(crowd, *ATTACH) as screen:
        fill_in(screen, ADVANCED)
        screen.answer(LAST, "y")
        screen.expect("Creating (0:0")
        screen.expect("Succeeded (0:0")
        result = screen.end()
    assert result.code == 0
    assert result.object["provisioningState"] == "Succeeded"
    [put] = written(crowded_azure)
    assert put["url"].partition("?")[0].endswith("/resourceGroups/ml-rg/providers/"
        "Microsoft.MachineLearningServices/workspaces/ml-ws/computes/k8s-edge")  # fmt: skip
    properties = put["requestBody"]["properties"]
    assert properties["resourceId"].endswith("/edge-rg/providers/Microsoft.Kubernetes/connectedClusters/edge-cluster")
    assert (
        properties["properties"]["defaultInstanceType"] == json.loads(Path(ADVANCED).read_text())["defaultInstanceType"]
    )


def test_what_it_shows_before_it_sends(crowd: Az, crowded_azure: Azure) -> None:
    with session(crowd, *ATTACH) as screen:
        fill_in(screen)
        screen.expect(
            "Workspace:      ml-ws (ml-rg)\n"
            "Compute:        k8s-edge\n"
            "Cluster:        edge-cluster (connectedClusters, edge-rg)\n"
            "Namespace:      default\n"
            "Configuration:  none\n"
        )
        screen.answer(LAST, "no")
        result = screen.end()
    assert result.code == 1
    assert "Cancelled. Nothing was changed." in result.stderr
    assert written(crowded_azure) == []


def test_the_command_that_it_shows_does_the_same_without_questions(crowd: Az, crowded_azure: Azure) -> None:
    with session(crowd, *ATTACH, "--namespace", "team-a") as screen:
        screen.answer(WORKSPACE, "ml-ws")
        screen.answer(NAME, "k8s-aks")
        screen.answer(CLUSTER, "aks-cluster")
        screen.answer(FILE, ADVANCED)
        screen.expect("The same without prompts: az ")
        screen.answer(LAST, "n")
        screen.end()
    shown = screen.seen.partition("The same without prompts: az ")[2].partition("\n")[0]
    attached = crowd.must(*shlex.split(shown)).object
    assert attached["name"] == "k8s-aks"
    assert attached["resourceId"].endswith("/managedClusters/aks-cluster")
    assert attached["namespace"] == "team-a"


def test_typing_narrows_the_list_and_a_number_picks_of_what_is_shown(crowd: Az) -> None:
    with session(crowd, *ATTACH) as screen:
        screen.answer(WORKSPACE, "twin")
        screen.expect("1  twin-ws  edge-rg        westeurope")
        screen.answer(WORKSPACE, "2")
        screen.answer(NAME, "k8s-edge")
        screen.answer(CLUSTER, "EDGE-RG")
        screen.answer(CLUSTER, "moon")
        screen.expect("No match for 'moon'.")
        screen.answer(CLUSTER, "edge-cluster")
        screen.expect("Cluster: edge-cluster")
        screen.answer(FILE, "")
        screen.expect("Workspace:      twin-ws (ml-rg)")


def test_a_cluster_that_cannot_be_attached_says_why(crowd: Az) -> None:
    with session(crowd, *ATTACH, "-n", "k8s-new", "-w", "amlarc-ws", "--workspace-group", "amlarc-rg") as screen:
        for name, reason in (
            ("aks-plain", "extension not installed"),
            ("field-cluster", "not connected (Offline), extension failed"),
            ("ml-cluster", "extension still being installed"),
        ):
            screen.answer(CLUSTER, name)
            screen.expect(f"{name} can't be attached: {reason}.")


def test_a_cluster_can_be_attached_a_second_time_under_another_name(crowd: Az) -> None:
    with session(crowd, *ATTACH, "-n", "k8s-new", "-w", "amlarc-ws", "--workspace-group", "amlarc-rg") as screen:
        screen.expect("k8s-compute, k8s-team")  # what it is attached as already
        screen.answer(CLUSTER, "amlarc-cluster")
        screen.expect("Cluster: amlarc-cluster")


def test_a_bad_name_is_asked_for_again(crowd: Az) -> None:
    with session(crowd, *ATTACH, "-w", "ml-ws", "-g", "ml-rg") as screen:
        screen.answer(NAME, "k8s_compute")
        screen.expect("AMLARC-N003")
        screen.answer(NAME, "a-name-that-is-too-long-by-far")
        screen.expect("AMLARC-N001")
        screen.answer(NAME, "k8s-compute")
        screen.expect("Loading clusters…")


def test_a_bad_file_is_asked_for_again_with_its_findings(crowd: Az, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"namespace": "Default", "instanceTypes": {"a": {"nodeSelectr": null}}}')
    (tmp_path / "good.yaml").write_text("namespace: training\n")
    with session(
        crowd, *ATTACH, "-n", "k8s-new", "-w", "ml-ws", "--workspace-group", "ml-rg", folder=tmp_path
    ) as screen:
        screen.answer(CLUSTER, "edge-cluster")
        screen.answer(FILE, "nowhere.json")
        screen.expect("file not found: nowhere.json")
        screen.answer(FILE, "-")
        screen.expect("Standard input is used for your answers.")
        screen.answer(FILE, "bad.json")
        screen.expect("bad.json:1:15: error AMLARC-N007")
        screen.expect("nodeSelector")
        screen.answer(FILE, "good.yaml")
        screen.expect("Namespace:      training\nConfiguration:  good.yaml\n")


def test_a_configuration_is_read_only_once_as_from_a_pipe(crowd: Az, tmp_path: Path) -> None:
    pipe = tmp_path / "attach.yaml"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=("namespace: training\n",))
    writer.start()
    with session(
        crowd, *ATTACH, "-n", "k8s-pipe", "-w", "ml-ws", "-c", "edge-cluster", "--config", str(pipe)
    ) as screen:
        screen.expect("Namespace:      training\n")
        screen.answer(LAST, "y")
        result = screen.end()
    writer.join()
    assert result.object["namespace"] == "training"


def test_standard_input_is_no_configuration_where_questions_are_answered(crowd: Az) -> None:
    with session(crowd, *ATTACH, "--config", "-") as screen:
        result = screen.end()
    assert result.code == 2
    assert "--config - reads standard input" in result.stderr


def test_what_the_command_line_says_is_not_asked(crowd: Az, crowded_azure: Azure) -> None:
    """The group alone is missing, and each name is there once."""
    with session(crowd, *ATTACH, "-n", "k8s-new", "-w", "ML-ws", "-c", "edge-cluster", "--config", ADVANCED) as screen:
        screen.answer(LAST, "y")
        result = screen.end()
    assert result.code == 0
    assert not any(question in result.stderr for question in (WORKSPACE, NAME, CLUSTER, FILE))
    assert result.object["resourceId"].endswith("/connectedClusters/edge-cluster")


@pytest.mark.parametrize(
    ("option", "code"), [(("-n", "k8s_compute"), "AMLARC-N003"), (("--namespace", "Team"), "AMLARC-N007")]
)
def test_what_the_command_line_says_wrong_is_said_before_any_question(
    crowd: Az, crowded_azure: Azure, option: tuple[str, str], code: str
) -> None:
    with session(crowd, *ATTACH, *option) as screen:
        result = screen.end()
    assert result.code == 1
    assert code in result.stderr
    assert crowded_azure.traffic() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-g", "empty-rg"), "No workspaces found that you can see."),
        (("-n", "k8s-new", "-w", "amlarc-ws", "--workspace-group", "amlarc-rg", "-g", "empty-rg"),
         "No clusters found that you can see."),
        (("-n", "k8s-new", "-w", "ml-ws", "-c", "nowhere"), "No cluster 'nowhere' found that you can see."),
    ],
)  # fmt: skip
def test_where_there_is_nothing_to_pick_it_ends_with_3(crowd: Az, arguments: tuple[str, ...], said: str) -> None:
    with session(crowd, *ATTACH, *arguments) as screen:
        result = screen.end()
    assert result.code == 3
    assert said in result.stderr


def test_a_failed_attachment_is_shown_with_its_reason(crowd: Az, crowded_azure: Azure) -> None:
    crowded_azure.fault(method="PUT", path="/computes/", operation="Failed",
                        error={"code": "ClusterNotReachable", "message": "The cluster does not answer."})  # fmt: skip
    with session(crowd, *ATTACH) as screen:
        fill_in(screen)
        screen.answer(LAST, "y")
        screen.expect("Failed (0:0")
        result = screen.end()
    assert result.code == 1
    assert "The cluster does not answer." in result.stderr


@pytest.mark.parametrize(
    ("question", "keys", "said"),
    [
        (WORKSPACE, CTRL_C, "Interrupted."),
        (LAST, CTRL_C, "Interrupted."),
        *((question, CTRL_D, "Cancelled.") for question in (WORKSPACE, NAME, CLUSTER, FILE, LAST)),
    ],
)
def test_whoever_stops_at_a_question_has_sent_nothing(
    crowd: Az, crowded_azure: Azure, question: str, keys: str, said: str
) -> None:
    with session(crowd, *ATTACH) as screen:
        for asked, answer in ((WORKSPACE, "ml-ws"), (NAME, "k8s-new"), (CLUSTER, "edge-cluster"), (FILE, "")):
            if asked == question:
                break
            screen.answer(asked, answer)
        screen.expect(question)
        screen.press(keys)
        result = screen.end()
    assert result.code == 1
    assert f"{said} Nothing was changed." in result.stderr
    assert "Traceback" not in result.stderr
    assert written(crowded_azure) == []


def test_ctrl_d_at_another_question_is_a_no(installed: Az) -> None:
    with session(installed, "amlarc", "extension", "delete", "-c", "amlarc-cluster", "-g", "amlarc-rg") as screen:
        screen.expect("(y/N):")
        screen.press(CTRL_D)
        result = screen.end()
    assert result.code == 1
    assert "Cancelled. Nothing was changed." in result.stderr


def test_ctrl_d_at_the_question_of_a_detach_is_a_no(crowd: Az, crowded_azure: Azure) -> None:
    with session(crowd, "amlarc", "detach", "-n", "k8s-compute", "-w", "amlarc-ws", "-g", "amlarc-rg") as screen:
        screen.expect("Jobs and endpoints can no longer use 'k8s-compute'; its cluster AMLARC-CLUSTER (namespace")
        screen.expect("Detach 'k8s-compute' from the workspace 'amlarc-ws'? (y/N):")
        screen.press(CTRL_D)
        result = screen.end()
    assert result.code == 1
    assert "Cancelled. Nothing was changed." in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert {line["method"] for line in crowded_azure.traffic()} == {"GET"}


@pytest.mark.parametrize(("variables", "arguments"), [({"CI": "true"}, ()), ({}, ("--yes",))])
def test_nothing_is_asked_under_ci_and_yes(
    crowd: Az, crowded_azure: Azure, variables: dict[str, str], arguments: tuple[str, ...]
) -> None:
    with session(crowd, *ATTACH, *arguments, variables=variables) as screen:
        result = screen.end()
    assert result.code == 2
    assert ALL_MISSING in result.stderr
    assert crowded_azure.traffic() == []


def test_nothing_is_asked_without_a_terminal(crowd: Az, crowded_azure: Azure) -> None:
    result = crowd(*ATTACH, stdin="ml-ws\n")
    assert result.code == 2
    assert ALL_MISSING in result.stderr
    assert crowded_azure.traffic() == []


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (
            ("-n", "k8s-new"),
            "Missing required options: --workspace-name, --cluster-name or --resource-id, --resource-group.",
        ),
        (("-n", "k8s-new", "-w", "ml-ws", "-c", "edge-cluster"), "Missing required options: --resource-group."),
        (("-w", "ml-ws", "--resource-id", "/x"), "Missing required options: --name, --workspace-group."),
    ],
)
def test_only_what_is_missing_is_named(crowd: Az, arguments: tuple[str, ...], missing: str) -> None:
    result = crowd(*ATTACH, *arguments)
    assert result.code == 2
    assert missing in result.stderr


def test_an_answer_is_judged_for_all_that_it_is_for(crowd: Az, crowded_azure: Azure, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"namespace": "jobs"}')
    with session(crowd, *ATTACH, "--apply-instance-types", "--namespace", "jobs") as screen:
        screen.answer(WORKSPACE, "ml-ws")
        screen.answer(NAME, "k8s_edge-")
        screen.expect("AMLARC-N003")
        screen.expect("AMLARC-N005")
        screen.answer(NAME, "k8s-edge")
        screen.answer(CLUSTER, "edge-cluster")
        screen.answer("Configuration file, JSON or YAML:", "")
        screen.expect("--apply-instance-types needs the file that defines them.")
        screen.answer("Configuration file, JSON or YAML:", str(wrong))
        screen.expect("AMLARC-C008")
        screen.answer("Configuration file, JSON or YAML:", ADVANCED)
        screen.answer(LAST, "n")
        screen.end()
    assert written(crowded_azure) == []
