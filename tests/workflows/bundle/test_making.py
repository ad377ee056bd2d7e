"""A bundle of a local Azure and a real API server: what is in it, what never is, and what becomes of trouble."""

import base64
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from azext_amlarc.checks.report.page import Heading
from azext_amlarc.errors import Denied, InvalidInput
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId
from azext_amlarc.workflows import login
from azext_amlarc.workflows.bundle import checks, logs, making
from azext_amlarc.workflows.check import CheckRequest
from tests.support.azure import Azure
from tests.support.cluster import ADMIN, OBJECTS, READ_NOTHING, Cluster
from tests.support.connecting import Diary, connect
from tests.support.emulated import CLUSTER, COMPUTE, attachment, finish, install
from tests.support.kubelet import Kubelet, serving
from tests.support.secrets import forms

HEADING = Heading("amlarc-cluster", "amlarc-ws", "", "2026-11-26T19:00:00+00:00", "0.1.0")
VERSIONS = {"az": "2.91.0", "extensions": {"amlarc": "0.1.0"}}
# In every form a tool may write, one for each place.
PLANTED = {f"PLANTED-{place}": f"hunter{place}-q9Zt!x{place}" for place in range(1, 20)}
LOG = """starting with password: PLANTED-13
Authorization: Bearer PLANTED-14
{"level":"info","token":"PLANTED-15"}
connected to amqps://me:PLANTED-16@bus.example.com
config: ENCODED
-----BEGIN PRIVATE KEY-----
PLANTED-18
-----END PRIVATE KEY-----
the last line: connection refused
"""


def planted(text: str) -> str:
    """The text with the secrets in their places."""
    encoded = base64.b64encode(b'{"accountKey": "PLANTED-17"}'.replace(b"PLANTED-17", PLANTED["PLANTED-17"].encode()))
    shown = text.replace("ENCODED", encoded.decode())
    return re.sub(r"PLANTED-\d+", lambda found: PLANTED[found[0]], shown)


@dataclass
class Desk:
    """Somebody with a cluster in trouble, and the folder for the bundle."""

    azure: Azure
    folder: Path
    kubeconfig: Path | None = None
    diary: Diary = field(default_factory=Diary)

    @property
    def target(self) -> Target:
        subscription = self.azure.subscription_id
        cluster = ClusterId(subscription, "amlarc-rg", "connectedClusters", "amlarc-cluster")
        return Target.of_cluster(cluster, WorkspaceId(subscription, "amlarc-rg", "amlarc-ws"))

    def make(self, lines: int | None = 500, signed_in: bool = True) -> dict[str, Any]:
        """What the command prints."""
        with KubeAccess(str(self.kubeconfig), None) as kube, connect(self.azure) as client:
            checked = CheckRequest(self.target, kube=kube if self.kubeconfig else None)
            request = making.BundleRequest(checked, HEADING, VERSIONS, lines)
            known = login.accepted("ada") if signed_in else login.refused(login.NOT_SIGNED_IN)
            return making.make(str(self.file), request, client if signed_in else None, known, self.diary)

    @property
    def file(self) -> Path:
        return self.folder / "ticket.zip"

    def read(self) -> dict[str, str]:
        """The files of the archive with their texts."""
        with zipfile.ZipFile(self.file) as packed:
            assert packed.testzip() is None
            return {name: packed.read(name).decode("utf-8") for name in packed.namelist()}


@pytest.fixture
def desk(azure: Azure, tmp_path: Path) -> Desk:
    install(azure)
    finish(azure, azure.put(azure.group + COMPUTE, "2023-04-01", attachment(azure)))
    return Desk(azure, tmp_path)


@pytest.fixture
def kubelet(tmp_path: Path) -> Iterator[Kubelet]:
    texts = {
        "azureml/relayserver-1/relayserver": planted(LOG),
        "azureml/relayserver-1/relayserver/previous": planted("".join(f"line {n}\n" for n in range(40)) + LOG),
    }
    with serving(texts, tmp_path) as served:
        yield served


@pytest.fixture
def in_trouble(desk: Desk, cluster: Cluster, kubelet: Kubelet) -> Desk:
    documents = yaml.safe_load_all(planted((OBJECTS / "ticket.yaml").read_text(encoding="utf-8")))
    cluster.create(kubelet.node("edge-1"))
    cluster.create(*documents)
    desk.kubeconfig = cluster.kubeconfig(ADMIN)
    return desk


def problems(made: Mapping[str, Any]) -> dict[str, str | None]:
    return {part["name"]: part["problem"] for part in made["parts"]}


def test_a_bundle_has_what_a_ticket_needs(in_trouble: Desk, cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml", "instance-type.yaml")
    made = in_trouble.make()
    files = in_trouble.read()
    assert [path for part in made["parts"] for path in part["files"]] == list(files)
    assert json.loads(files["versions.json"])["az"] == "2.91.0"
    [extension] = json.loads(files["azure/extension.json"])
    assert (extension["name"], extension["installState"]) == ("amlarc-compute", "Installed")
    assert extension["configurationProtectedSettings"] == ["relayServerConnectionString"]
    [compute] = json.loads(files["azure/computes.json"])
    assert (compute["name"], compute["namespace"]) == ("k8s", "training")
    assert json.loads(files["azure/cluster.json"])["name"] == "amlarc-cluster"
    assert files["checks.html"].startswith("<!doctype html>")
    assert {one["id"] for one in json.loads(files["checks.json"])} >= {"AMLARC-A020", "AMLARC-K080"}
    assert [one["metadata"]["name"] for one in json.loads(files["cluster/nodes.json"])] == ["edge-1"]
    assert [one["metadata"]["name"] for one in json.loads(files["cluster/pods/azureml.json"])] == ["relayserver-1"]
    assert json.loads(files["cluster/pods/training.json"]) == []
    assert [one["reason"] for one in json.loads(files["cluster/events/azureml.json"])] == ["Failed"]
    assert len(json.loads(files["cluster/instance-types.json"])) == 1
    assert "E45003" in json.loads(files["cluster/health-reports.json"])["reports-pre-install"]
    assert json.loads(files["cluster/helm-releases/azureml.json"]) == [
        {"name": "amlarc-compute", "namespace": "azureml", "revision": "1", "status": "failed", "changed": "1764180000"}
    ]
    assert files["logs/azureml/relayserver-1/relayserver.log"].endswith("the last line: connection refused\n")
    assert files["logs/azureml/relayserver-1/relayserver.previous.log"].startswith("line 0\n")


def test_no_secret_is_in_it(in_trouble: Desk) -> None:
    """Nor in the answer, nor in what was said on the way."""
    made = in_trouble.make()
    said = {**in_trouble.read(), "answer": json.dumps(made), "told": "\n".join(map(str, in_trouble.diary.told))}
    leaks = [(path, name) for path, text in said.items() for name, one in PLANTED.items() if one in text]
    assert leaks == []
    leaks = [(path, name) for path, text in said.items() for name, one in PLANTED.items() for form in forms(one)
             if len(form) > 8 and form in text]  # fmt: skip
    assert leaks == []


def test_what_helps_is_still_in_it(in_trouble: Desk) -> None:
    in_trouble.make()
    files = in_trouble.read()
    [pod] = json.loads(files["cluster/pods/azureml.json"])
    [container] = pod["spec"]["containers"]
    assert container["command"] == ["relayserver", "--client-secret", "***"]
    assert container["args"] == ["--password=***", "--verbose"]
    assert container["env"][1:] == [
        {"name": "HTTPS_PROXY", "value": "http://***@proxy.example.com:3128"},
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "relay", "key": "token"}}},
    ]
    assert "managedFields" not in pod["metadata"]


def test_no_content_of_a_secret_is_asked_for(in_trouble: Desk, cluster: Cluster) -> None:
    """Of Helm's Secrets, metadata; of the agents' own, which the checks read for the proxy, nothing is there."""
    in_trouble.make()
    asked = [request for request in cluster.requests() if "/secrets" in request.path]
    assert asked
    assert {request.verb for request in asked} == {"list"}
    assert all("labelSelector=owner" in request.path for request in asked)


def test_logs_are_bounded(in_trouble: Desk, kubelet: Kubelet, monkeypatch: pytest.MonkeyPatch) -> None:
    in_trouble.make(lines=2)
    log = in_trouble.read()["logs/azureml/relayserver-1/relayserver.log"]
    assert log.splitlines()[-1] == "the last line: connection refused"
    assert len(log.splitlines()) <= 2
    assert {query["tailLines"][0] for query in kubelet.asked} == {"2"}
    monkeypatch.setattr(logs, "MOST_OF_ONE", 60)
    in_trouble.make()
    log = in_trouble.read()["logs/azureml/relayserver-1/relayserver.log"]
    assert log == "(the beginning is left out)\nthe last line: connection refused\n"
    monkeypatch.setattr(logs, "MOST", 70)
    found = problems(in_trouble.make())["logs"]
    assert "relayserver.previous.log: left out, the logs are too large together." in str(found)


def test_what_could_not_be_had_is_listed_with_its_reason(in_trouble: Desk) -> None:
    made = in_trouble.make()
    assert "agent.log" in str(problems(made)["logs"])  # its node is gone
    summary = in_trouble.read()["summary.md"]
    assert "## What could not be collected" in summary
    assert "logs/azure-arc/clusterconnect-agent/agent.log" in summary
    assert "azureml/amlarc-compute, revision 1: failed" in summary


def test_without_logs_no_log_is_asked_for(in_trouble: Desk, kubelet: Kubelet) -> None:
    made = in_trouble.make(lines=None)
    assert [part["name"] for part in made["parts"]] == ["versions", "azure", "checks", "cluster", "summary"]
    assert kubelet.asked == []


def test_somebody_who_may_read_nothing_gets_a_bundle_that_says_so(in_trouble: Desk, cluster: Cluster) -> None:
    in_trouble.kubeconfig = cluster.kubeconfig(READ_NOTHING)
    found = problems(in_trouble.make())
    assert "No permission to list nodes (403)" in str(found["cluster"])
    assert "No permission to list pods (403)" in str(found["logs"])
    assert "cluster/version.json" in in_trouble.read()


def test_without_a_kubeconfig_the_clusters_parts_say_so(desk: Desk) -> None:
    found = problems(desk.make())
    assert (found["cluster"], found["logs"]) == ("No kubeconfig was given.", "No kubeconfig was given.")
    assert found["azure"] is None
    assert "No kubeconfig was given." in desk.read()["summary.md"]


def test_without_a_login_what_is_left_is_collected(desk: Desk) -> None:
    found = problems(desk.make(signed_in=False))
    assert (found["versions"], found["azure"]) == (None, "You are not signed in.")
    assert {"versions.json", "checks.json", "summary.md"} <= desk.read().keys()


def test_a_server_that_does_not_answer_is_said_once(desk: Desk, cluster: Cluster) -> None:
    config = yaml.safe_load(cluster.kubeconfig().read_text(encoding="utf-8"))
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    desk.kubeconfig = desk.folder / "gone.kubeconfig"
    desk.kubeconfig.write_text(yaml.safe_dump(config))
    found = problems(desk.make())
    assert str(found["cluster"]).count("cannot be reached") == 1
    assert str(found["logs"]).count("cannot be reached") == 1


@pytest.mark.parametrize("error", [Denied("Azure does not give them."), OSError("no route"), RuntimeError("az login")])
def test_credentials_that_cannot_be_fetched_are_a_problem(desk: Desk, error: Exception) -> None:
    def refuse() -> NoReturn:
        raise error

    access = KubeAccess(None, None, refuse)
    request = making.BundleRequest(CheckRequest(desk.target, kube=access), HEADING, VERSIONS, 5)
    known = login.refused(login.NOT_SIGNED_IN)
    found = problems(making.make(str(desk.file), request, None, known, desk.diary))
    assert str(error) in str(found["cluster"])
    assert str(error) in str(found["logs"])


def test_a_part_of_azure_that_fails_stops_no_other(desk: Desk) -> None:
    desk.azure.fault(method="GET", path="/computes$", status=403, body={"error": {"code": "Nope", "message": "No."}})
    desk.azure.fault(method="GET", path=f"{CLUSTER}$", status=400, body={}, times=99)
    found = str(problems(desk.make())["azure"])
    assert "azure/computes.json: No permission (403)" in found
    assert "azure/cluster.json: " in found
    assert "azure/extension.json" in desk.read()


def test_only_its_owner_can_read_it(desk: Desk) -> None:
    desk.file.write_text("an earlier one")
    desk.file.chmod(0o644)
    desk.make()
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o600
    assert os.listdir(desk.folder) == ["ticket.zip"]


def test_what_is_no_file_is_not_replaced(desk: Desk) -> None:
    desk.file.mkdir()
    with pytest.raises(InvalidInput, match=r"ticket\.zip exists and is no file"):
        desk.make()
    assert desk.diary.told == []
    desk.folder = desk.folder / "missing"
    with pytest.raises(InvalidInput, match="is no folder"):
        desk.make()


def test_nothing_is_written_by_one_that_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checks, "part", stop)
    with pytest.raises(KeyboardInterrupt):
        desk.make()
    assert os.listdir(desk.folder) == []


def test_names_of_a_server_cannot_lead_out_of_the_archive() -> None:
    log = logs.Log("azureml", "../../etc", "..", False)
    assert log.path == "logs/azureml/__.._etc/_.log"


def test_progress_is_said_part_by_part(desk: Desk) -> None:
    desk.make()
    assert [line for line in map(str, desk.diary.told) if line.startswith("Collecting")] == [
        "Collecting versions", "Collecting azure", "Collecting checks", "Collecting cluster", "Collecting logs",
    ]  # fmt: skip
