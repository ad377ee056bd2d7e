"""Results as they come, and results that are waited for."""

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.checks.check import Phase, Result, Status
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId
from azext_amlarc.workflows import login
from azext_amlarc.workflows.check import CheckRequest, coming, run_checks, run_until_right
from tests.support.az import ROOT
from tests.support.azure import Azure, running
from tests.support.cluster import Cluster
from tests.support.connecting import Diary, connect
from tests.support.emulated import CLUSTER, COMPUTE, EXTENSION, INSTALL, attachment, finish, install

LOGIN = login.accepted("ada")


def request(azure: Azure, *only: str) -> CheckRequest:
    cluster = ClusterId(azure.subscription_id, "amlarc-rg", "connectedClusters", "amlarc-cluster")
    workspace = WorkspaceId(azure.subscription_id, "amlarc-rg", "amlarc-ws")
    return CheckRequest(Target.of_cluster(cluster, workspace), only=only)


def shown(results: Sequence[Result]) -> list[dict[str, Any]]:
    return sorted((result.as_object() for result in results), key=lambda item: str(item["id"]))


def test_each_group_is_told_once_as_soon_as_it_is_known_and_all_of_them_are_the_results(azure: Azure) -> None:
    told: list[list[Result]] = []
    with connect(azure) as client:
        results = run_checks(request(azure), client, LOGIN, lambda members: told.append(list(members)))
    groups = [{result.check.group for result in members} for members in told]
    assert all(len(names) == 1 for names in groups)
    assert len({name for names in groups for name in names}) == len(groups)
    assert shown([result for members in told for result in members]) == shown(results)
    # What takes a second round, and the cluster itself, come last.
    order = [name for names in groups for name in names]
    assert order.index("subscription") < order.index("rights") < order.index("kubernetes")


def test_a_group_is_told_while_others_are_still_asked_for(azure: Azure) -> None:
    azure.fault(method="GET", path="/providers/Microsoft.Relay$", delayMs=1500)
    told: list[str] = []
    with connect(azure) as client:
        run_checks(request(azure), client, LOGIN, lambda members: told.append(members[0].check.group))
    assert max(map(told.index, ("cluster", "extension", "workspace"))) < told.index("subscription")


def test_what_the_cluster_itself_says_is_told_while_azure_is_still_asked(azure: Azure, cluster: Cluster) -> None:
    azure.fault(method="GET", path="/workspaces/amlarc-ws$", delayMs=3000)
    told: list[str] = []
    with connect(azure) as client, KubeAccess(str(cluster.kubeconfig()), None) as kube:
        run_checks(
            request(azure)._replace(kube=kube), client, LOGIN, lambda members: told.append(members[0].check.group)
        )
    assert told.index("kubernetes") < told.index("workspace")


def slow_extension(azure: Azure, **effect: Any) -> None:
    if effect:
        azure.fault(method="PUT", path="/extensions/", **effect)
    azure.put(f"{azure.group}{CLUSTER}{EXTENSION}", "2023-05-01", INSTALL)


@dataclass
class Passing(Diary):
    """A pause in which Azure gets on with the extension: here that takes looks at it."""

    azure: Azure | None = None

    def rest(self, seconds: float) -> None:
        assert self.azure
        self.azure.get(f"{self.azure.group}{CLUSTER}{EXTENSION}", "2023-05-01")


def test_what_is_on_its_way_is_asked_again_until_it_is_there(tmp_path: Any) -> None:
    with running(tmp_path, "--polls", "3") as azure, connect(azure) as client:
        slow_extension(azure)
        diary = Passing(azure=azure)
        results = run_until_right(request(azure, "extension"), client, LOGIN, diary, 60)
    found = {result.check.id: result.verdict for result in results}
    assert found["AMLARC-A041"].status is Status.PASS
    assert coming(results) == []
    assert "amlarc-compute is Pending (provisioning state Creating). (AMLARC-A041)" in diary.states[0]


def test_what_goes_wrong_is_not_waited_for(azure: Azure) -> None:
    error = {"code": "ExtensionOperationFailed", "message": "Helm has failed."}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    finish(azure, azure.put(f"{azure.group}{CLUSTER}{EXTENSION}", "2023-05-01", INSTALL))
    diary = Diary()
    with connect(azure) as client:
        results = run_until_right(request(azure, "extension"), client, LOGIN, diary, 60)
    assert {result.check.id: result.verdict.status for result in results}["AMLARC-A041"] is Status.FAIL
    assert diary.states == []


def test_a_wait_ends_with_the_state_that_each_is_in(azure: Azure) -> None:
    slow_extension(azure, operation="never")
    diary = Diary()
    with connect(azure) as client:
        results = run_until_right(request(azure, "extension"), client, LOGIN, diary, 1)
    waiting = {result.check.id: result.verdict.message for result in coming(results)}
    assert waiting["AMLARC-A041"] == "amlarc-compute is Pending (provisioning state Creating)."
    assert len(diary.states) >= 1


def test_only_what_may_come_right_is_asked_again(azure: Azure) -> None:
    slow_extension(azure, operation="never")
    with connect(azure) as client:
        before = len(azure.traffic())
        run_checks(request(azure), client, LOGIN)
        once = len(azure.traffic()) - before
        run_until_right(request(azure), client, LOGIN, Diary(), 0.5)
        again = [line["url"] for line in azure.traffic()[before + 2 * once :]]
    assert again
    assert all("/extensions?" in url for url in again)


@pytest.mark.parametrize("phase", [None, Phase.POST])
@pytest.mark.parametrize("slow", ["/computes$", "/extensions$"])
def test_what_is_told_early_is_never_told_before_what_it_follows_from(
    azure: Azure, cluster: Cluster, phase: Phase | None, slow: str
) -> None:
    install(azure)
    azure.put(f"{azure.group}{COMPUTE}", "2023-04-01", attachment(azure))
    azure.fault(method="GET", path=slow, delayMs=1500)
    told: list[Result] = []
    with connect(azure) as client, KubeAccess(str(cluster.kubeconfig()), None) as kube:
        results = run_checks(request(azure)._replace(kube=kube, phase=phase), client, LOGIN, told.extend)
    assert shown(told) == shown(results)


# Checks of an Azure, or of a cluster, that takes connections and says nothing; interrupted after a second.
INTERRUPTED = """
import os, signal, sys, threading
from azure.core.credentials import AccessToken
from azext_amlarc.azure.connection.client import AzureClient, Cloud
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.workflows import login
from azext_amlarc.workflows.check import CheckRequest, run_checks

class Ada:
    def get_token(self, *scopes, **options):
        return AccessToken("t", 2**40)

server, kubeconfig = sys.argv[1:]
target = Target.of_cluster(ClusterId("123", "g", "connectedClusters", "c"))
kube = KubeAccess(kubeconfig, None) if kubeconfig else None
azure = None if kubeconfig else AzureClient(Cloud(server, ("s",)), Ada(), "123")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    run_checks(CheckRequest(target, kube=kube), azure, login.accepted("ada"), lambda _results: None)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("silent", ["azure", "cluster"])
def test_ctrl_c_waits_neither_for_a_silent_azure_nor_for_a_silent_cluster(tmp_path: Path, silent: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        server = f"https://127.0.0.1:{mute.getsockname()[1]}"
        (tmp_path / "config").write_text(json.dumps(kubeconfig(server)), encoding="utf-8")
        words = [server, str(tmp_path / "config") if silent == "cluster" else ""]
        program = [sys.executable, "-c", INTERRUPTED, *words]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=9)
    assert (done.stdout, done.stderr, done.returncode) == ("interrupted\n", "", 0)


def kubeconfig(server: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
