"""`verify`: one small job an instance type, and what is said where one does not complete."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import WORKSPACE
from tests.e2e.test_output import as_text
from tests.support.az import VENV, Az
from tests.support.azure import Azure
from tests.support.golden import assert_steady

VERIFY = ("amlarc", "verify", "-n", "k8s-compute", *WORKSPACE)


def jobs(azure: Azure) -> list[dict[str, dict[str, object]]]:
    """The jobs that Azure has, oldest first."""
    return [item["body"] for key, item in azure.state()["resources"].items() if "/jobs/" in key]


def test_a_job_on_the_default_instance_type(attached: Az, azure: Azure) -> None:
    done = attached.must(*VERIFY)
    assert_steady("verify.json", as_text(done.object))
    assert_steady("verify-progress.txt", done.stderr)
    [job] = jobs(azure)
    assert "instanceType" not in job["properties"]["resources"]  # type: ignore[operator]


def test_a_job_on_every_instance_type_and_one_that_has_no_gpu(attached: Az) -> None:
    done = attached(*VERIFY, "--all", "--gpu", "-o", "table")
    assert done.code == 1
    assert_steady("verify-failed.txt", done.stdout)
    assert_steady("verify-failed-progress.txt", done.stderr)


def test_an_instance_type_that_the_configuration_lacks_is_refused(attached: Az, azure: Azure) -> None:
    refused = attached(*VERIFY, "--instance-type", "gpu-instanc")
    assert (refused.code, refused.stdout, jobs(azure)) == (1, "", [])
    assert "has no instance type 'gpu-instanc': did you mean \"gpu-instance\"?" in refused.stderr


def test_an_image_is_registered_once_and_used(attached: Az, azure: Azure) -> None:
    for _ in range(2):
        attached.must(*VERIFY, "--instance-type", "big_cpu_sku", "--image", "docker.io/library/python:3.11")
    [environment] = [key for key in azure.state()["resources"] if "/environments/" in key and "/versions/" in key]
    used = [str(job["properties"]["environmentId"]).lower() for job in jobs(azure)]
    assert used == [environment, environment]


def test_a_job_that_is_not_over_goes_on(attached: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/jobs/", operation="never")
    late = attached(*VERIFY, "--timeout", "1")
    [job] = late.object
    assert (late.code, job["status"]) == (1, "Queued")
    assert "kubectl describe pods -n amlarc-testing" in job["hint"]
    assert f"cancel it: az ml job cancel -n {job['name']} -w amlarc-ws -g amlarc-rg" in late.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_says_that_the_job_goes_on(attached: Az, azure: Azure, tmp_path: Path, number: int) -> None:
    azure.fault(method="PUT", path="/jobs/", operation="never")
    errors = tmp_path / "stderr"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [str(VENV / "bin" / "az"), *VERIFY],
            env=attached.environment,
            cwd=attached.config,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        deadline = time.monotonic() + 30
        while "Queued" not in errors.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(20) == 1
    assert "Interrupted. These jobs keep running in Azure: amlarc-verify-k8s-compute-" in errors.read_text()
    assert "Traceback" not in errors.read_text()


def test_options_that_do_not_go_together_are_usage_errors(az: Az) -> None:
    both = az(*VERIFY, "--all", "--instance-type", "gpu_instance")
    assert (both.code, "cannot be used together" in both.stderr) == (2, True)
    both = az(*VERIFY, "--image", "a", "--environment", "azureml:b:1")
    assert (both.code, "cannot be used together" in both.stderr) == (2, True)


def test_a_missing_compute_is_3(az: Az) -> None:
    assert az(*VERIFY).code == 3


def test_examples_are_written_for_the_compute_and_nothing_is_run(attached: Az, azure: Azure, tmp_path: Path) -> None:
    write = (*VERIFY, "--write-examples", "jobs", "-o", "table")
    assert_steady("verify-examples.txt", attached.must(*write, folder=tmp_path).stdout)
    job = (tmp_path / "jobs" / "single.yml").read_text()
    assert ("compute: azureml:k8s-compute" in job, 'instance_type: "gpu-instance"' in job) == (True, True)
    assert 'namespace: "amlarc-testing"' in (tmp_path / "jobs" / "nfs-volume.yaml").read_text()
    assert jobs(azure) == []
    again = attached(*write, folder=tmp_path)
    assert (again.code, "These files already exist: jobs/README.md" in again.stderr) == (1, True)


def test_examples_go_with_no_run(az: Az) -> None:
    both = az(*VERIFY, "--write-examples", "jobs", "--all")
    assert (both.code, "runs no job" in both.stderr) == (2, True)
