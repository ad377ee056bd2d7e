"""The jobs of a verification, against a local Azure: what is sent, and what is known of those that fail."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.azure import jobs
from azext_amlarc.errors import InvalidInput, Refused
from azext_amlarc.resources.ids import WorkspaceId
from azext_amlarc.workflows import verify as verification
from tests.support.azure import Azure
from tests.support.connecting import Diary, connect
from tests.support.emulated import CLUSTER, COMPUTE, EXTENSION, INSTALL, attachment, finish, install

VERSION = "2023-04-01"


@pytest.fixture
def workspace(azure: Azure) -> WorkspaceId:
    """A workspace whose compute k8s has the one instance type `small`."""
    install(azure)
    finish(azure, azure.put(azure.group + COMPUTE, VERSION, attachment(azure)))
    return WorkspaceId(azure.subscription_id, "amlarc-rg", "amlarc-ws")


def run(azure: Azure, workspace: WorkspaceId, *types: str | None, watcher: Diary | None = None) -> list[jobs.Job]:
    with connect(azure) as arm:
        compute = verification.ready(arm, workspace, "k8s")
        wanted = verification.Wanted(types or (None,), jobs.CURATED)
        return verification.verify(arm, workspace, compute, wanted, watcher=watcher or Diary(), timeout=60)


def sent(azure: Azure) -> list[Any]:
    return [line["requestBody"] for line in azure.traffic() if line["method"] == "PUT" and "/jobs/" in line["url"]]


def test_what_is_sent(azure: Azure, workspace: WorkspaceId) -> None:
    run(azure, workspace, "small")
    assert sent(azure) == [
        {
            "properties": {
                "jobType": "Command",
                "command": verification.COMMAND,
                "environmentId": "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
                "computeId": azure.group + COMPUTE,
                "displayName": "Verify k8s small",
                "experimentName": "amlarc-verify",
                "resources": {"instanceCount": 1, "instanceType": "small"},
                "limits": {"jobLimitsType": "Command", "timeout": "PT10M"},
                "tags": {"madeBy": "amlarc"},
            }
        }
    ]


def test_each_run_submits_jobs_of_new_names(azure: Azure, workspace: WorkspaceId) -> None:
    names = {job.name for _ in range(2) for job in run(azure, workspace, "small", None)}
    assert len(names) == 4


def test_changes_of_state_are_told(azure: Azure, workspace: WorkspaceId) -> None:
    watcher = Diary()
    [job] = run(azure, workspace, "small", watcher=watcher)
    assert job.studio_url is not None
    assert watcher.told == [f"small: submitted {job.name}: {job.studio_url}", "small: Completed"]
    assert watcher.states == ["small: Preparing", "small: Running"]


def test_a_job_whose_submission_was_not_answered_is_joined(azure: Azure, workspace: WorkspaceId) -> None:
    azure.fault(method="PUT", path="/jobs/", reset="after")
    [job] = run(azure, workspace)
    assert (job.status, len(sent(azure))) == ("Completed", 1)


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ('AML Kubernetes Compute job failed. 9: {"Msg":"Invalid instance type. The', "kubectl get instancetypes"),
        (
            'AzureML Kubernetes job failed. E45004:"Training feature is not enabled, please',
            "-c amlarc-cluster -g amlarc-rg",
        ),
        ("The compute does not support job type RegularJob", "--config enableTraining=True"),
        ('137:PodPattern matched: {"containers":[{"name":"training-identity-sidecar"', "--proxy-skip-range 127.0.0.1"),
        ("400:{Encountered an error when attempting to connect to the token service", "private link"),
        ("Unable to mount data store. Give either an account key or SAS token", "--identity-type SystemAssigned"),
        ("failed to get plugin from volumeSpec err=no volume plugin matched", "Mount input data"),
        ("Unable to upload project files to working directory in AzureBlob", "storage account"),
        ('400:{"Msg":"Failed to acquire CSI storage account credentials for volume x, encountered an error: HTTP 403',
         "Storage Account Contributor"),
        ('400:{"Msg":"Failed to acquire CSI storage account credentials for mountVolume x, encountered an error: '
         "Failed to successfully make an http request after 10 attempts", "private link"),
        ("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", "kubectl describe pods -n training"),
        ("Back-off pulling image contoso.azurecr.io/x:1", "AcrPull"),
        ("User process '/bin/bash' exited with status code 1.", "std_log.txt"),
    ],
)  # fmt: skip
def test_a_failure_brings_its_hint(azure: Azure, workspace: WorkspaceId, message: str, hint: str) -> None:
    azure.fault(method="PUT", path="/jobs/", operation="Failed", error={"code": "UserError", "message": message})
    [job] = run(azure, workspace)
    assert (job.status, job.error_code, job.error_message) == ("Failed", "UserError", message)
    assert hint in str(job.hint)


@pytest.mark.parametrize("status", ["Completed", "Failed", "Canceled"])
def test_a_job_ends_in_each_state_that_is_an_end(azure: Azure, workspace: WorkspaceId, status: str) -> None:
    if status != "Completed":
        azure.fault(method="PUT", path="/jobs/", operation=status, error={})
    [job] = run(azure, workspace)
    assert (job.status, job.is_over, job.is_good) == (status, True, status == "Completed")


def test_the_reasons_of_several_jobs_are_read_from_one_run_history(azure: Azure, workspace: WorkspaceId) -> None:
    for code in ("First", "Second", "Third"):
        azure.fault(method="PUT", path="/jobs/", operation="Failed", error={"code": code, "message": "m"})
    found = run(azure, workspace, "small", None, None)
    assert [job.error_code for job in found] == ["First", "Second", "Third"]
    reads = [line["url"].partition("?")[0] for line in azure.traffic() if line["method"] == "GET"]
    looked_for = [url for url in reads if url.endswith(("/workspaces/amlarc-ws", "/discovery"))]
    assert (len(looked_for), sum("/history/" in url for url in reads)) == (2, 3)


def test_a_cluster_that_does_not_train_is_told_how_to(azure: Azure, workspace: WorkspaceId) -> None:
    inference = {**INSTALL["properties"], "configurationSettings": {"enableTraining": "False"}}
    finish(azure, azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", {**INSTALL, "properties": inference}))
    [job] = run(azure, workspace)
    assert job.hint == (
        "Turn training on: az ml arc extension update -c amlarc-cluster -g amlarc-rg --config enableTraining=True"
    )


@pytest.mark.parametrize("path", ["/discovery", "/history/"])
def test_a_history_that_can_not_be_read_leaves_the_studio(azure: Azure, workspace: WorkspaceId, path: str) -> None:
    azure.fault(method="PUT", path="/jobs/", operation="Failed")
    azure.fault(path=path, status=403)
    [job] = run(azure, workspace)
    assert (job.status, job.error_code, job.error_message, job.hint) == ("Failed", None, None, None)
    assert job.studio_url


def test_a_second_submission_that_fails_names_the_first_job(azure: Azure, workspace: WorkspaceId) -> None:
    azure.fault(method="PUT", path="/jobs/", skip=1, status=403)
    with pytest.raises(Exception, match="AuthorizationFailed") as caught:
        run(azure, workspace, "small", None)
    [note] = caught.value.__notes__
    assert note.startswith("Sent so far: amlarc-verify-k8s-")
    assert "to cancel it: az ml job cancel" in note


def test_a_compute_that_is_not_attached_takes_no_jobs(azure: Azure, workspace: WorkspaceId) -> None:
    azure.put(azure.group + COMPUTE, VERSION, attachment(azure, CLUSTER + "-gone"))
    with connect(azure) as arm, pytest.raises(Refused, match="cannot run jobs: its state is "):
        verification.ready(arm, workspace, "k8s")


@pytest.mark.parametrize(
    ("reference", "taken"),
    [
        ("azureml:mine:3", "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
         "/environments/mine/versions/3"),
        ("azureml://registries/azureml/environments/sklearn-1.5/versions/21",) * 2,
        ("azureml://registries/azureml/environments/sklearn-1.5/labels/latest",) * 2,
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/environments/e"
         "/versions/1",) * 2,
    ],
)  # fmt: skip
def test_an_environment_is_named_as_azure_takes_it(reference: str, taken: str) -> None:
    assert verification.environment_id(WorkspaceId("s", "g", "w"), reference) == taken


@pytest.mark.parametrize("reference", ["mine:3", "azureml:mine", "azureml:mine@latest", "/subscriptions/s", "a b"])
def test_an_environment_without_a_version_is_refused(reference: str) -> None:
    with pytest.raises(InvalidInput, match="is not a valid reference to an environment and its version"):
        verification.environment_id(WorkspaceId("s", "g", "w"), reference)


def in_a_shell(command: str, folder: Path, *, gpu: bool) -> subprocess.CompletedProcess[str]:
    """A job's command in a plain shell, on a machine that has a GPU or not."""
    if gpu:
        program = folder / "nvidia-smi"
        program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA A100 (UUID: GPU-1)'\n")
        program.chmod(0o755)
    path = f"{folder}:/usr/bin:/bin"
    return subprocess.run(["bash", "-c", command], env={"PATH": path}, capture_output=True, text=True, check=False)


def test_the_jobs_command_says_what_machine_it_is_on(tmp_path: Path) -> None:
    done = in_a_shell(verification.COMMAND, tmp_path, gpu=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "no NVIDIA GPU")
    assert "MemTotal:" in done.stdout
    done = in_a_shell(verification.COMMAND, tmp_path, gpu=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "GPU 0: NVIDIA A100 (UUID: GPU-1)")


def test_the_command_for_a_gpu_fails_without_one(tmp_path: Path) -> None:
    assert in_a_shell(verification.GPU_COMMAND, tmp_path, gpu=False).returncode == 1
    assert in_a_shell(verification.GPU_COMMAND, tmp_path, gpu=True).returncode == 0
