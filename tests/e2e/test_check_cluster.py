"""`check --kubeconfig`: both sides together, against the local Azure and a real Kubernetes API server."""

import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import ADVANCED, CLUSTER, WORKSPACE
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.cluster import ADMIN, READ_NODES, READ_NOTHING, Cluster
from tests.support.golden import assert_steady

CHECK = ("amlarc", "check", *CLUSTER, "--as-object")
OF_THE_CLUSTER = ("kubernetes", "nodes", "instance-types", "gpu", "add-ons", "scheduler", "agents", "pods", "health")
CREATE = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
FAILED = {"code": "ExtensionOperationFailed", "message": "Helm installation failed : pod healthcheck failed"}


@pytest.fixture
def checked(cluster: Cluster) -> Cluster:
    """A cluster with something for each check."""
    cluster.load("checked.yaml")
    return cluster


def kubeconfig(cluster: Cluster, user: str = ADMIN) -> tuple[str, str]:
    return ("--kubeconfig", str(cluster.kubeconfig(user)))


def by_id(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {result["id"]: result for result in results}


def test_the_cluster_is_judged_with_what_azure_says_of_it(installed: Az, checked: Cluster) -> None:
    found = by_id(installed(*CHECK, *kubeconfig(checked), "--config", ADVANCED).object)
    assert found["AMLARC-K001"]["status"] == "pass"
    assert (found["AMLARC-K002"]["status"], found["AMLARC-K002"]["fix"]) == (
        "fail",
        "kubectl create namespace amlarc-testing",
    )
    assert found["AMLARC-K080"]["status"] == "fail"
    assert "E40002" in found["AMLARC-K080"]["message"] + "".join(found["AMLARC-K080"]["evidence"])
    assert found["AMLARC-A041"]["status"] == "pass"
    assert not [item for item in found.values() if "No kubeconfig" in item["message"]]


def test_what_is_wrong_is_said_with_names_and_fixes(installed: Az, checked: Cluster, tmp_path: Path) -> None:
    checked.load("agents.yaml", "instancetype-crd.yaml", "instance-type.yaml")
    shutil.copy(ADVANCED, tmp_path / "edge attach.json")
    options = (*kubeconfig(checked), "--config", "edge attach.json", "--only", *OF_THE_CLUSTER)
    assert_steady("check-cluster.txt", installed("amlarc", "check", *CLUSTER, *options, folder=tmp_path).stdout)


def test_a_node_pool_at_zero_explains_that_no_node_matches(az: Az, azure: Azure, checked: Cluster) -> None:
    known = azure.get(
        f"{azure.group}/providers/Microsoft.ContainerService/managedClusters/aks-cluster", "2024-05-01"
    ).body
    gpus = {"name": "gpu", "count": 0, "enableAutoScaling": True, "maxCount": 2, "nodeLabels": {"team": "ml"}}
    known["properties"]["agentPoolProfiles"].append(gpus)
    azure.fault(method="GET", path="/managedClusters/aks-cluster$", status=200, body=known)
    aks = ("-c", "aks-cluster", "-g", "amlarc-rg", "-t", "managedClusters")
    planned = ("--settings", "enableTraining=True", "nodeSelector.team=ml", "--only", "AMLARC-K011")
    [found] = az("amlarc", "check", *aks, *planned, *kubeconfig(checked), "--as-object").object
    assert (found["status"], found["message"]) == (
        "warn",
        "No node has team=ml now: the pool gpu is at zero and grows to 2.",
    )
    assert found["fix"].endswith(
        "az aks nodepool update --cluster-name aks-cluster -g amlarc-rg -n gpu --update-cluster-autoscaler "
        "--min-count 1 --max-count 2"
    )


def test_a_cluster_that_cannot_be_reached_is_said_in_one_line(installed: Az, checked: Cluster, tmp_path: Path) -> None:
    config = yaml.safe_load(checked.kubeconfig().read_text(encoding="utf-8"))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        server = f"https://127.0.0.1:{closed.getsockname()[1]}"
    config["clusters"][0]["cluster"]["server"] = server
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config), encoding="utf-8")
    options = ("--kubeconfig", str(tmp_path / "kubeconfig"), "--config", ADVANCED)
    result = installed("amlarc", "check", *CLUSTER, *options)
    assert result.code == 1
    [line] = [line for line in result.stdout.splitlines() if "cannot be reached" in line]
    # All but the three for which the settings alone are enough.
    assert line.startswith(f"! {', '.join(OF_THE_CLUSTER)}: 31 errors: {server} cannot be reached: ")
    found = installed(*CHECK, *options).object
    assert sum("cannot be reached" in item["message"] for item in found) == 31


def test_a_password_of_the_agents_proxy_is_never_said(installed: Az, checked: Cluster) -> None:
    checked.load("agents.yaml")
    result = installed(*CHECK, *kubeconfig(checked), "--only", "agents", "--debug")
    assert "proxy skip range: 10.0.0.0/16,localhost" in result.stdout
    assert "geheim" not in result.stdout + result.stderr


def test_the_cluster_is_only_read(installed: Az, azure: Azure, checked: Cluster) -> None:
    installed(*CHECK, *kubeconfig(checked), "-w", "amlarc-ws")
    assert {request.verb for request in checked.requests()} <= {"get", "list"}


@pytest.mark.parametrize("user", [READ_NOTHING, READ_NODES])
def test_rights_that_are_missing_on_the_cluster_take_nothing_else_away(
    installed: Az, checked: Cluster, user: str
) -> None:
    result = installed(*CHECK, *kubeconfig(checked, user))
    assert result.code == 1
    found = by_id(result.object)
    assert found["AMLARC-A021"]["status"] == "pass"
    assert found["AMLARC-K071"]["status"] == "error"
    assert "(403)" in found["AMLARC-K071"]["message"]
    assert (found["AMLARC-K010"]["status"] == "error") == (user == READ_NOTHING)


def test_without_azure_the_cluster_is_still_judged(az: Az, checked: Cluster, tmp_path: Any) -> None:
    result = az(*CHECK, *kubeconfig(checked), variables={"AZURE_CONFIG_DIR": str(tmp_path)})
    found = by_id(result.object)
    assert (found["AMLARC-A001"]["status"], found["AMLARC-K001"]["status"]) == ("fail", "pass")


def test_a_failed_installation_ends_with_the_health_report(az: Az, azure: Azure, checked: Cluster) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=FAILED)
    failed = az(*CREATE, *kubeconfig(checked))
    assert failed.code == 1
    cause = failed.stderr.partition("Possible causes:")[2]
    assert "(AMLARC-K080)" in cause
    assert "E40002" in cause
    assert failed.stderr.count("pod healthcheck failed") == 1


def test_a_preflight_looks_at_the_cluster_and_knows_the_namespace_that_is_to_be_made(
    installed: Az, azure: Azure, checked: Cluster
) -> None:
    attach = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster", "--namespace", "team-new")
    options = (*kubeconfig(checked), "--preflight")
    refused = installed(*attach, *options)
    assert refused.code == 1
    assert "There is no namespace team-new." in refused.stderr
    assert not [line for line in azure.traffic() if line["method"] == "PUT" and "/computes/" in line["url"]]
    assert "AMLARC-K002" not in installed(*attach, *options, "--create-namespace").stderr
