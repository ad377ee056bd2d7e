"""Training jobs, the environments that they run in, and the run history that knows why one failed."""

from typing import Any

import pytest

from tests.support.azure import Azure, Reply
from tests.support.emulated import CLUSTER, COMPUTE, EXTENSION, INSTALL, WORKSPACE, attachment, finish, install

VERSION = "2023-04-01"
CURATED = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
JOBS = f"{WORKSPACE}/jobs"
IMAGE = f"{WORKSPACE}/environments/CliV2AnonymousEnvironment/versions/1"


@pytest.fixture
def azure(azure: Azure) -> Azure:
    """An Azure with a compute, whose instance type `small` has no GPU."""
    install(azure)
    finish(azure, azure.put(azure.group + COMPUTE, VERSION, attachment(azure)))
    return azure


def job(azure: Azure, **properties: Any) -> dict[str, Any]:
    """The body of a job's PUT."""
    usual = {"jobType": "Command", "command": "uname -a", "environmentId": CURATED, "computeId": azure.group + COMPUTE}
    return {"properties": {**usual, "resources": {"instanceCount": 1}, **properties}}


def submit(azure: Azure, name: str = "first", **properties: Any) -> Reply:
    return azure.put(f"{azure.group}{JOBS}/{name}", VERSION, job(azure, **properties))


def statuses(azure: Azure, name: str = "first") -> list[str]:
    """What looks see until the job is over."""
    seen: list[str] = []
    for _ in range(10):
        seen.append(azure.get(f"{azure.group}{JOBS}/{name}", VERSION).body["properties"]["status"])
        if seen[-1] in ("Completed", "Failed", "Canceled"):
            return seen
    raise AssertionError(f"still running: {seen}")


def reason(azure: Azure, name: str = "first") -> Any:
    """The error of a run's details."""
    return azure.send("GET", f"/history/v1.0{azure.group}{WORKSPACE}/runs/{name}/details").body["error"]


def test_a_job_goes_through_its_stages(azure: Azure) -> None:
    started = submit(azure)
    assert (started.status, started.body["properties"]["status"]) == (201, "Queued")
    studio = started.body["properties"]["services"]["Studio"]["endpoint"]
    assert studio.startswith("https://ml.azure.com/runs/first?wsid=/subscriptions/")
    seen = statuses(azure)
    assert seen == ["Queued", "Preparing", "Preparing", "Running", "Running", "Completed"]
    assert reason(azure) is None


def test_looks_at_the_details_of_a_run_move_its_job_on(azure: Azure) -> None:
    submit(azure)
    path = f"/history/v1.0{azure.group}{WORKSPACE}/runs/first/details"
    seen = [azure.send("GET", path).body["status"] for _ in range(6)]
    assert seen == ["Queued", "Preparing", "Preparing", "Running", "Running", "Completed"]


def test_the_same_job_again_is_200_and_another_one_of_that_name_is_refused(azure: Azure) -> None:
    assert [submit(azure).status for _ in range(2)] == [201, 200]
    refused = submit(azure, command="false")
    assert (refused.status, refused.message) == (
        400,
        "A job with this name already exists. Its command can't be changed.",
    )


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"resources": {"instanceType": "huge"}}, "Invalid instance type."),
        ({"command": "nvidia-smi -L"}, "exited with status code 127"),
    ],
)
def test_a_job_fails_where_it_would_on_the_cluster(azure: Azure, properties: dict[str, Any], words: str) -> None:
    submit(azure, **properties)
    assert statuses(azure)[-1] == "Failed"
    assert words in reason(azure)["error"]["message"]


def test_a_job_fails_where_the_extension_does_not_train(azure: Azure) -> None:
    inference = {**INSTALL["properties"], "configurationSettings": {"enableTraining": "False"}}
    finish(azure, azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", {**INSTALL, "properties": inference}))
    submit(azure)
    assert statuses(azure)[-1] == "Failed"
    assert 'E45004:"Training feature is not enabled' in reason(azure)["error"]["message"]


def test_a_fault_ends_a_job(azure: Azure) -> None:
    azure.fault(method="PUT", path="/jobs/", operation="Failed", error={"code": "UserError", "message": "137: sidecar"})
    submit(azure)
    assert statuses(azure)[-1] == "Failed"
    assert (reason(azure)["error"]["code"], reason(azure)["error"]["message"]) == ("UserError", "137: sidecar")


def test_a_fault_keeps_a_job_queued(azure: Azure) -> None:
    azure.fault(method="PUT", path="/jobs/", operation="never")
    submit(azure)
    for _ in range(5):
        assert azure.get(f"{azure.group}{JOBS}/first", VERSION).body["properties"]["status"] == "Queued"


def test_a_job_is_cancelled_and_deleted(azure: Azure) -> None:
    submit(azure)
    asked = azure.call("POST", f"{azure.group}{JOBS}/first/cancel", VERSION)
    assert (asked.status, asked.body) == (202, None)
    assert [azure.poll(asked.headers["location"]).status for _ in range(2)] == [202, 200]
    assert statuses(azure) == ["Canceled"]
    assert azure.call("POST", f"{azure.group}{JOBS}/first/cancel", VERSION).status == 200
    deleted = azure.call("DELETE", f"{azure.group}{JOBS}/first", VERSION)
    assert [azure.poll(deleted.headers["location"]).status for _ in range(2)] == [202, 200]
    assert azure.get(f"{azure.group}{JOBS}/first", VERSION).status == 404
    assert azure.get(azure.group + JOBS, VERSION).body["value"] == []


@pytest.mark.parametrize(
    ("properties", "status", "words"),
    [
        ({"computeId": "k8s"}, 400, "Unknown compute target 'k8s'"),
        ({"environmentId": "azureml:mine:1"}, 404, "was not found"),
        ({"environmentId": ""}, 400, "environmentId is required"),
        ({"jobType": "Sweep"}, 400, "'Sweep' is not supported here"),
    ],
)
def test_a_wrong_job_is_refused(azure: Azure, properties: dict[str, Any], status: int, words: str) -> None:
    refused = submit(azure, **properties)
    assert (refused.status, words in refused.message) == (status, True)


def test_an_image_becomes_an_environment_that_a_job_can_name(azure: Azure) -> None:
    image = {"properties": {"image": "docker.io/library/python:3.11", "isAnonymous": True}}
    assert [azure.put(azure.group + IMAGE, VERSION, image).status for _ in range(2)] == [201, 200]
    assert azure.put(azure.group + IMAGE, VERSION, {"properties": {"image": "another"}}).status == 409
    container = azure.get((azure.group + IMAGE).rpartition("/versions/")[0], VERSION).body
    assert container["properties"]["latestVersion"] == "1"
    assert submit(azure, environmentId=azure.group + IMAGE).status == 201
    nowhere = IMAGE.replace("amlarc-ws", "nowhere")
    assert azure.put(azure.group + nowhere, VERSION, image).code == "ParentResourceNotFound"


def test_the_workspace_says_where_the_run_history_is(azure: Azure) -> None:
    where = azure.get(azure.group + WORKSPACE, VERSION).body["properties"]["discoveryUrl"]
    found = azure.send("GET", where.removeprefix(azure.endpoint), authorization="").body
    assert (found["api"], found["history"]) == (azure.endpoint, azure.endpoint)
    run = azure.send("GET", f"/history/v1.0{azure.group}{WORKSPACE}/runs/nothing/details")
    assert (run.status, run.message) == (404, "Run nothing not found")
