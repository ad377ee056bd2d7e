"""The job files that users start from: as azure-ai-ml's schemas want them, and their scripts run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_amlarc.errors import InvalidInput
from azext_amlarc.workflows.job_files import writing as job_examples

NAMES = {
    "compute": "k8s-compute",
    "instance-type": "gpu-instance",
    "workspace": "amlarc-ws",
    "resource-group": "amlarc-rg",
    "namespace": "training",
    "cluster": "amlarc-cluster",
    "cluster-group": "edge-rg",
}
TEXTS = Path(job_examples.__file__).parent
MODULES = {TEXTS / "__init__.py", TEXTS / "writing.py"}

# What azure-ai-ml 1.35.2 takes (CommandJobSchema, SweepJobSchema, PipelineJobSchema), as far as it is used.
ANY: dict[str, Any] = {}
TEXT = {"type": "string"}
CURATED = {"type": "string", "pattern": r"^azureml://registries/azureml/environments/[^/]+/labels/latest$"}
COMPUTE = {"const": "azureml:k8s-compute"}


def an_object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


BASE = {"$schema": TEXT, "type": TEXT, "display_name": TEXT, "experiment_name": TEXT}
RESOURCES = an_object("instance_type", instance_type={"const": "gpu-instance"}, instance_count={"type": "integer"})
COMMAND = {
    "code": {"const": "src"},
    "command": {"type": "string", "pattern": r"^python \w+\.py "},
    "environment": {
        "anyOf": [CURATED, an_object("image conda_file", image=TEXT, conda_file={"const": "mpi-environment.yml"})]
    },
    "environment_variables": {"type": "object", "additionalProperties": TEXT},
    "inputs": {"type": "object"},
    "outputs": {"type": "object"},
    "resources": RESOURCES,
    "distribution": an_object(
        "type process_count_per_instance",
        type={"enum": ["pytorch", "mpi"]},
        process_count_per_instance={"type": "integer"},
    ),
}
NEEDED = "type code command environment resources"
SCHEMAS = {
    "command": an_object(f"{NEEDED} compute", **BASE, **COMMAND, compute=COMPUTE),
    "sweep": an_object(
        "type trial objective limits search_space sampling_algorithm compute resources",
        **BASE,
        trial=an_object(
            "code command environment", **{key: COMMAND[key] for key in ("code", "command", "environment")}
        ),
        inputs=ANY,
        search_space=ANY,
        sampling_algorithm={"enum": ["random", "grid", "bayesian"]},
        objective=an_object(
            "goal primary_metric", goal={"enum": ["minimize", "maximize"]}, primary_metric={"const": "mse"}
        ),
        limits=an_object(
            "max_total_trials",
            max_total_trials={"type": "integer"},
            max_concurrent_trials={"type": "integer"},
            timeout={"type": "integer"},
        ),
        compute=COMPUTE,
        resources=RESOURCES,
    ),
    "pipeline": an_object(
        "type settings jobs",
        **BASE,
        settings=an_object("default_compute", default_compute=COMPUTE),
        jobs={"type": "object", "additionalProperties": an_object(NEEDED, type={"const": "command"}, **COMMAND)},
    ),
}
JOBS = ["single.yml", "pytorch.yml", "mpi.yml", "sweep.yml", "pipeline.yml", "nfs.yml", "proxy.yml"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    job_examples.write(str(tmp_path / "jobs"), NAMES)
    return tmp_path / "jobs"


def run(folder: Path, *arguments: str) -> str:
    """Run one of the scripts with a plain Python, as a job does: in the folder of its code."""
    done = subprocess.run(
        [sys.executable, "-B", *arguments], cwd=folder / "src", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_text_is_written_and_none_is_left_out(folder: Path) -> None:
    kept = {
        path.relative_to(TEXTS).as_posix()
        for path in TEXTS.rglob("*")
        if path.is_file() and "pyc" not in path.name and path not in MODULES
    }
    assert kept == set(job_examples.FILES)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_what_the_schema_wants(folder: Path, name: str) -> None:
    import jsonschema

    job = yaml.safe_load((folder / name).read_text())
    jsonschema.validate(job, SCHEMAS[job["type"]])
    assert job["$schema"] == f"https://azuremlschemas.azureedge.net/latest/{job['type']}Job.schema.json"


@pytest.mark.parametrize("name", [name for name in job_examples.FILES if not name.startswith("src/")])
def test_no_name_is_left_open(folder: Path, name: str) -> None:
    text = (folder / name).read_text()
    assert not [word for word in NAMES if f"<{word}>" in text]


def test_a_job_runs_the_scripts_that_are_there(folder: Path) -> None:
    for name in JOBS:
        job = yaml.safe_load((folder / name).read_text())
        for part in (job, job.get("trial", {}), *job.get("jobs", {}).values()):
            if "command" in part:
                assert (folder / part["code"] / part["command"].split()[1]).is_file()


def test_the_volume_is_one_that_the_extension_mounts_where_nfs_yml_looks(folder: Path) -> None:
    volume, claim = yaml.safe_load_all((folder / "nfs-volume.yaml").read_text())
    assert claim["metadata"] == {
        "name": "amlarc-nfs",
        "namespace": "training",
        "labels": {"ml.azure.com/pvc": "true"},
        "annotations": {"ml.azure.com/mountpath": "/mnt/nfs"},
    }
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert "--data /mnt/nfs/" in yaml.safe_load((folder / "nfs.yml").read_text())["command"]


def test_the_mount_config_of_2021_has_the_names_that_it_must_have(folder: Path) -> None:
    found = yaml.safe_load((folder / "nfs-mount-config-2021.yaml").read_text())
    assert (found["kind"], found["metadata"]) == ("ConfigMap", {"name": "mount-config", "namespace": "azureml"})
    [point] = yaml.safe_load(found["data"]["mounts.yaml"])["mountPoints"]
    assert sorted(point) == ["mountPath", "mountType", "name", "path", "server"]
    assert (point["mountType"], point["mountPath"]) == ("nfs", "/mnt/nfs")


def test_a_proxy_is_not_used_for_the_pod_itself(folder: Path) -> None:
    variables = yaml.safe_load((folder / "proxy.yml").read_text())["environment_variables"]
    assert variables["NO_PROXY"].startswith("127.0.0.1,localhost,")
    readme = (folder / "README.md").read_text()
    assert "az connectedk8s connect -n amlarc-cluster -g edge-rg" in readme
    assert "--proxy-skip-range 127.0.0.1,localhost," in readme


def test_the_training_script_fits_the_line(folder: Path) -> None:
    said = run(folder, "train.py", "--learning-rate", "0.1", "--epochs", "50")
    assert said.splitlines()[-1] == "y = 1.93 x + 1.00"
    model = json.loads((folder / "src" / "outputs" / "model.json").read_text())
    assert sorted(model) == ["offset", "slope"]


def test_the_pipelines_steps_hand_their_data_over(folder: Path, tmp_path: Path) -> None:
    run(folder, "make_data.py", "--folder", str(tmp_path / "points"))
    said = run(folder, "train.py", "--data", str(tmp_path / "points" / "points.csv"), "--epochs", "50")
    assert said.splitlines()[-1] == "y = 1.93 x + 1.00"


@pytest.mark.parametrize("script", ["train_pytorch.py", "train_mpi.py"])
def test_the_distributed_scripts_compile(folder: Path, script: str) -> None:
    """They need PyTorch and MPI to run, which Azure's images have."""
    file = folder / "src" / script
    compile(file.read_text(), str(file), "exec")


def test_a_folder_that_has_one_of_the_files_is_left_alone(folder: Path) -> None:
    for name in ("single.yml", "README.md"):
        (folder / name).write_text("mine")
    with pytest.raises(InvalidInput, match=r"These files already exist: .*README\.md"):
        job_examples.write(str(folder), NAMES)
    assert (folder / "single.yml").read_text() == "mine"


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="Cannot write to "):
        job_examples.write(str(tmp_path / "file"), NAMES)
