"""`attach --apply-instance-types --create-namespace`: real az, the local Azure, and a real Kubernetes API server."""

import json
import re
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import ADVANCED, WORKSPACE
from tests.e2e.test_imports import imported
from tests.kubernetes.test_client import changed
from tests.support.az import VENV, Az
from tests.support.azure import Azure
from tests.support.cluster import ADMIN, READ_NODES, READ_NOTHING, Cluster
from tests.support.golden import assert_steady
from tests.support.secrets import forms

INSTANCE_TYPES = "/apis/amlarc.azureml.com/v1alpha1/instancetypes"
ATTACH = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster", "--config", ADVANCED)
PREPARE = ("--apply-instance-types", "--create-namespace")


@pytest.fixture
def extended(cluster: Cluster) -> Cluster:
    """A cluster with the CRD that the extension brings."""
    cluster.load("instancetype-crd.yaml")
    return cluster


def kubeconfig(cluster: Cluster, user: str = ADMIN) -> tuple[str, str]:
    return ("--kubeconfig", str(cluster.kubeconfig(user)))


def names(cluster: Cluster) -> list[str]:
    return [item["metadata"]["name"] for item in cluster.get(INSTANCE_TYPES)["items"]]


def azure_writes(azure: Azure) -> list[str]:
    return [line["url"] for line in azure.traffic() if line["method"] not in {"GET", "HEAD"}]


def test_the_cluster_is_prepared_and_then_attached(installed: Az, azure: Azure, extended: Cluster) -> None:
    attached = installed.must(*ATTACH, *PREPARE, *kubeconfig(extended), "--yes")
    assert attached.object["namespace"] == "amlarc-testing"
    assert attached.object["provisioningState"] == "Succeeded"
    assert names(extended) == ["big-cpu-sku", "defaultinstancetype", "gpu-instance"]
    assert extended.get(f"{INSTANCE_TYPES}/gpu-instance")["spec"] == {
        "nodeSelector": {"accelerator": "nvidia-tesla-k80"},
        "resources": {
            "requests": {"cpu": "2", "memory": "16Gi"},
            "limits": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": 1},
        },
    }
    assert extended.get("/api/v1/namespaces/amlarc-testing")["status"]["phase"] == "Active"
    said = attached.stderr.replace(extended.url, "https://<server>").replace(ADVANCED, "attach.json")
    assert_steady("attach-preparation.txt", said)


def test_a_second_time_nothing_is_written(installed: Az, azure: Azure, extended: Cluster) -> None:
    attach = (*ATTACH, *PREPARE, *kubeconfig(extended))
    installed.must(*attach, "--yes")
    asked, sent = len(extended.requests()), len(azure_writes(azure))
    again = installed.must(*attach)
    assert "No changes on the cluster." in again.stderr
    assert {request.verb for request in extended.requests()[asked:]} == {"get", "list"}
    assert azure_writes(azure)[sent:] == []


def test_without_a_terminal_the_answer_has_to_be_given(az: Az, azure: Azure, extended: Cluster) -> None:
    refused = az(*ATTACH, *PREPARE, *kubeconfig(extended))
    assert refused.code == 1
    assert f"Write these instance types to {extended.url} (context cluster-admin)?" in refused.stderr
    assert "Run again with --yes to confirm." in refused.stderr
    assert "Will create instance type gpu-instance with nodeSelector.accelerator: nvidia-tesla-k80, " in refused.stderr
    assert names(extended) == []
    assert extended.get("/api/v1/namespaces/amlarc-testing") is None
    assert azure.traffic() == []


def test_a_namespace_alone_needs_no_answer(installed: Az, cluster: Cluster) -> None:
    installed.must(*ATTACH, "--create-namespace", *kubeconfig(cluster))
    assert cluster.get("/api/v1/namespaces/amlarc-testing")["metadata"]["name"] == "amlarc-testing"


def written_by_helm(cluster: Cluster) -> None:
    """An instance type of the configuration, with other amounts and under another field manager."""
    amounts = {"cpu": "1", "memory": "1Gi"}
    other = {
        "apiVersion": "amlarc.azureml.com/v1alpha1",
        "kind": "InstanceType",
        "metadata": {"name": "gpu-instance"},
        "spec": {"resources": {"requests": amounts, "limits": amounts}},
    }
    cluster.send("PATCH", f"{INSTANCE_TYPES}/gpu-instance?fieldManager=helm", other, "application/apply-patch+yaml")


def test_what_somebody_else_wrote_is_not_taken(az: Az, azure: Azure, extended: Cluster) -> None:
    written_by_helm(extended)
    refused = az(*ATTACH, *PREPARE, *kubeconfig(extended), "--yes")
    assert refused.code == 1
    assert "'gpu-instance' is managed by others: helm manages .spec.resources.limits.cpu;" in refused.stderr
    assert names(extended) == ["gpu-instance"]
    assert azure.traffic() == []


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed here")
def test_the_remedy_takes_it_over(installed: Az, extended: Cluster, tmp_path: Path) -> None:
    written_by_helm(extended)
    attach = (*ATTACH, *PREPARE, *kubeconfig(extended), "--yes")
    said = " ".join(installed(*attach).stderr.split())
    [(convert, apply)] = re.findall(r"take it over: az (.+) \| (kubectl .+--field-manager=amlarc)", said)
    manifests = installed.must(*convert.replace("FILE", ADVANCED).split()).stdout
    command = [*apply.split(), *kubeconfig(extended), "--cache-dir", str(tmp_path)]
    subprocess.run(command, input=manifests, text=True, capture_output=True, check=True, timeout=60)
    assert extended.get(f"{INSTANCE_TYPES}/gpu-instance")["spec"]["resources"]["limits"]["cpu"] == "2"
    before = len(extended.requests())
    installed.must(*attach)
    assert {request.verb for request in extended.requests()[before:] if "instancetypes" in request.path} == {"list"}


@pytest.mark.parametrize(
    ("options", "user", "said"),
    [
        (PREPARE, READ_NOTHING, "No permission to read the namespace 'amlarc-testing' (403): namespaces"),
        (
            ("--apply-types",),
            READ_NODES,
            "No permission to list instancetypes (403): instancetypes.amlarc.azureml.com",
        ),
    ],
)
def test_a_missing_right_stops_the_attach(
    az: Az, azure: Azure, extended: Cluster, options: tuple[str, ...], user: str, said: str
) -> None:
    refused = az(*ATTACH, *options, *kubeconfig(extended, user), "--yes")
    assert refused.code == 1
    assert said in refused.stderr
    assert f'User "{user}" cannot' in refused.stderr
    assert refused.stderr.count("ERROR:") == 1
    assert azure.traffic() == []


def test_a_cluster_without_the_extension_stops_the_attach(az: Az, azure: Azure, cluster: Cluster) -> None:
    refused = az(*ATTACH, "--apply-instance-types", *kubeconfig(cluster), "--yes")
    assert refused.code == 1
    assert "Install the extension first: az ml arc extension create" in refused.stderr
    assert azure.traffic() == []


def test_another_cluster_than_the_one_named_to_azure_is_refused(az: Az, azure: Azure, extended: Cluster) -> None:
    extended.load("agents.yaml")
    refused = az(*ATTACH, *PREPARE, *kubeconfig(extended), "--yes")
    assert refused.code == 1
    zeros = "00000000-0000-0000-0000-000000000000"
    assert (
        f"The kubeconfig's cluster is edge in the resource group edge-rg of the subscription {zeros}, "
        f"not amlarc-cluster in the resource group amlarc-rg of the subscription {azure.subscription_id}."
    ) in refused.stderr
    assert "`kubectl config get-contexts` lists the contexts" in refused.stderr
    assert {request.verb for request in extended.requests()} <= {"get"}
    assert names(extended) == []
    assert azure.traffic() == []


def test_an_unknown_context_stops_the_attach(az: Az, azure: Azure, cluster: Cluster) -> None:
    refused = az(*ATTACH, *PREPARE, *kubeconfig(cluster), "--context", "cluster-admn", "--yes")
    assert refused.code == 1
    assert "has no context 'cluster-admn', only: cluster-admin" in refused.stderr
    assert "Did you mean cluster-admin?" in refused.stderr
    assert azure.traffic() == []


def test_what_was_written_is_named_where_azure_refuses(installed: Az, azure: Azure, extended: Cluster) -> None:
    azure.fault(method="PUT", path="/computes/", status=400, body={"error": {"code": "Bad", "message": "No."}})
    refused = installed(*ATTACH, *PREPARE, *kubeconfig(extended), "--yes")
    assert refused.code == 1
    assert f"namespace amlarc-testing on {extended.url}; instance type gpu-instance on {extended.url}" in refused.stderr
    assert names(extended) == ["big-cpu-sku", "defaultinstancetype", "gpu-instance"]


def test_instance_types_come_from_a_configuration(az: Az) -> None:
    without = az(*ATTACH[:-2], "--apply-instance-types")
    assert without.code == 2
    assert "--apply-instance-types requires --config FILE" in without.stderr


def test_the_environments_kubeconfig_is_used(installed: Az, extended: Cluster) -> None:
    done = installed(*ATTACH, *PREPARE, "--yes", variables={"KUBECONFIG": str(extended.kubeconfig(ADMIN))})
    assert done.code == 0
    assert names(extended) == ["big-cpu-sku", "defaultinstancetype", "gpu-instance"]


@pytest.mark.parametrize("user", [ADMIN, READ_NODES])
def test_no_credentials_of_the_kubeconfig_are_printed(installed: Az, extended: Cluster, user: str) -> None:
    result = installed(*ATTACH, *PREPARE, *kubeconfig(extended, user), "--yes", "--debug")
    assert result.code == (0 if user == ADMIN else 1)
    [entry] = yaml.safe_load(extended.kubeconfig(user).read_text())["users"]
    secrets = [value for name, value in entry["user"].items() if name in ("token", "client-key-data")]
    assert len(secrets) == 1
    for form in {form for secret in secrets for form in forms(secret)}:
        assert form not in result.stdout + result.stderr


def test_the_client_is_imported_where_a_cluster_is_asked_only(installed: Az, extended: Cluster) -> None:
    assert not {name for name in imported(installed, *ATTACH) if name.startswith(("lightkube", "httpx2", "msgspec"))}
    assert "lightkube" in imported(installed, *ATTACH, *PREPARE, *kubeconfig(extended), "--yes")


def test_what_az_brings_itself_is_azs_own(installed: Az, extended: Cluster) -> None:
    """The client's wheel comes with packages that az has as well: az puts the folder of an extension behind its own."""
    folder = VENV / "extensions" / "amlarc"
    [packages] = (VENV / "lib").glob("python3*/site-packages")
    options = (*PREPARE, *kubeconfig(extended), "--yes")
    said = installed(*ATTACH, *options, variables={"PYTHONVERBOSE": "1"}).stderr
    loaded = set(re.findall(rf"code object from '{re.escape(str(folder))}/(\w+)", said))
    assert {"azext_amlarc", "lightkube", "httpx2"} <= loaded
    assert {name for name in loaded if (packages / name).exists()} <= {"azure"}  # shared by all that is named azure.*


def counting(cluster: Cluster, folder: Path) -> tuple[Path, Path]:
    """A kubeconfig whose sign-in program leaves a line in a file each time it runs, and that file."""
    runs, program = folder / "runs", folder / "sign-in"
    user = yaml.safe_load(cluster.kubeconfig(ADMIN).read_text())["users"][0]["user"]
    status = {
        "clientCertificateData": b64decode(user["client-certificate-data"]).decode(),
        "clientKeyData": b64decode(user["client-key-data"]).decode(),
    }
    (folder / "credential.json").write_text(json.dumps({"status": status}))
    program.write_text(f"#!/bin/sh\necho run >> {runs}\ncat {folder / 'credential.json'}\n")
    program.chmod(0o755)
    described = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(program),
        "interactiveMode": "IfAvailable",
    }
    return changed(cluster, folder, user={"exec": described}), runs


@pytest.mark.parametrize("course", ["attached", "refused by a check", "failed and explained"])
def test_the_kubeconfigs_sign_in_program_runs_once_a_command(
    installed: Az, azure: Azure, extended: Cluster, tmp_path: Path, course: str
) -> None:
    file, runs = counting(extended, tmp_path)
    if course == "failed and explained":
        error = {"code": "GenericComputeError", "message": "It failed."}
        azure.fault(method="PUT", path="/computes/", operation="Failed", error=error)
    preflight = ["--preflight"] if course == "refused by a check" else []
    done = installed(*ATTACH, *PREPARE, *preflight, "--kubeconfig", str(file), "--yes")
    assert (done.code == 0) == (course == "attached")
    assert ("AMLARC-K" in done.stderr) == (course != "attached")
    assert runs.read_text() == "run\n"
