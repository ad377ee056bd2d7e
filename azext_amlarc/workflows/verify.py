"""Verifies that a compute target trains: runs one small job on each instance type and watches it to its end."""

import re
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from azext_amlarc.azure import jobs
from azext_amlarc.azure.compute import lookup as computes
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import rested, until
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.jobs import Job
from azext_amlarc.azure.run_history import RunHistory
from azext_amlarc.errors import InvalidInput, Refused, StillRunning
from azext_amlarc.product.extension import DEFAULT_NAMESPACE
from azext_amlarc.product.known_errors import Subject, advice, advice_for_state
from azext_amlarc.product.steps import sentence
from azext_amlarc.resources.advice import names_of_compute
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.ids import ClusterId, WorkspaceId
from azext_amlarc.validation.document.manifests import CLUSTER_DEFAULT
from azext_amlarc.validation.names import as_dns_name
from azext_amlarc.wording import did_you_mean
from azext_amlarc.workflows.job_files import writing as job_examples

EXPERIMENT = "amlarc-verify"
# Any image with a shell can run these; NVIDIA's container runtime adds nvidia-smi.
_FACTS = "uname -srm && nproc && grep MemTotal /proc/meminfo"
COMMAND = f"{_FACTS} && (nvidia-smi -L || echo no NVIDIA GPU)"
GPU_COMMAND = f"{_FACTS} && nvidia-smi -L | grep GPU"
_MINUTES = 10  # maximum running time of a job; it needs a second

_OWN = re.compile(r"azureml:([A-Za-z0-9][A-Za-z0-9_-]{0,254}):([^/:@]+)")
_ELSEWHERE = re.compile(
    r"azureml://registries/[^/]+/environments/[^/]+/(versions|labels)/[^/]+"
    r"|/subscriptions/.+/providers/Microsoft\.MachineLearningServices/.+/environments/[^/]+/versions/[^/]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wanted:
    """What to verify: the instance types (None is the compute target's default one), the environment, GPUs."""

    instance_types: Sequence[str | None]
    environment_id: str
    gpu: bool = False


def ready(azure: AzureClient, workspace: WorkspaceId, name: str) -> Compute:
    """The compute target; NotFound if it does not exist, Refused if its state is not Succeeded."""
    found = computes.show(azure, workspace, name)
    if found.provisioning_state.lower() != "succeeded":
        where = f"-n {name} -w {workspace.name} -g {workspace.resource_group}"
        raise Refused(
            f"The compute target {name!r} cannot run jobs: its state is {found.provisioning_state}.",
            f"To see why: az ml arc show {where}; to wait for it: az ml arc wait {where}",
        )
    return found


def chosen_types(compute: Compute, instance_type: str | None, every: bool) -> tuple[str | None, ...]:
    """The instance types to verify; InvalidInput for one that is not in the compute target's configuration.

    Jobs use the names of the cluster's InstanceType objects, which are DNS names: gpu_instance is gpu-instance. ARM
    does not show these objects: if the compute target was attached without a configuration, any name is accepted.
    """
    known = tuple(as_dns_name(name) for name in compute.instance_types or ())
    if every:
        return known or (None,)
    if instance_type is None:
        return (None,)
    if known and as_dns_name(instance_type) not in (*known, CLUSTER_DEFAULT):
        raise InvalidInput(
            f"The configuration of the compute target {compute.name!r} has no instance type {instance_type!r}: "
            f"{did_you_mean(instance_type, known)}",
            "Azure does not know instance types that exist only on the cluster: attach again with a configuration that "
            "includes it.",
        )
    return (as_dns_name(instance_type),)


def environment_id(workspace: WorkspaceId, reference: str) -> str:
    """An environment reference in the form of Azure's REST API; InvalidInput for an unknown form."""
    own = _OWN.fullmatch(reference)
    if own:
        return f"{workspace}/environments/{own[1]}/versions/{own[2]}"
    if _ELSEWHERE.fullmatch(reference):
        return reference
    raise InvalidInput(
        f"{reference!r} is not a valid reference to an environment and its version.",
        "Use azureml:NAME:VERSION, azureml://registries/REGISTRY/environments/NAME/versions/VERSION (or "
        "…/labels/latest), or a resource id.",
    )


def verify(
    azure: AzureClient, workspace: WorkspaceId, compute: Compute, wanted: Wanted, *, watcher: Watcher, timeout: float
) -> list[Job]:
    """The jobs once all have finished, or as they are after `timeout` seconds; unfinished jobs keep running.

    StillRunning on Ctrl-C. Every run submits jobs with new names.
    """
    run = _Run(azure, workspace, compute, wanted, watcher)
    with run.named():
        return rested(run.verified(timeout), watcher)


def verifying(
    azure: AzureClient, workspace: WorkspaceId, compute: Compute, wanted: Wanted, *, watcher: Watcher, timeout: float
) -> Generator[float, None, list[Job]]:
    """The same for whoever verifies many compute targets: each pause (s) is yielded instead of slept."""
    return _Run(azure, workspace, compute, wanted, watcher).verified(timeout)


def write_examples(
    folder: str, workspace: WorkspaceId, compute: Compute, instance_type: str | None
) -> list[job_examples.Written]:
    """Write job files for this compute target; InvalidInput if a file already exists."""
    cluster = ClusterId.find(compute.resource_id)
    names = {
        "compute": compute.name,
        "instance-type": as_dns_name(instance_type or compute.default_instance_type or CLUSTER_DEFAULT),
        "workspace": workspace.name,
        "resource-group": workspace.resource_group,
        "namespace": compute.namespace or DEFAULT_NAMESPACE,
        "cluster": cluster.name if cluster else "CLUSTER",
        "cluster-group": cluster.resource_group if cluster else "GROUP",
    }
    return job_examples.write(folder, names)


def follow(workspace: WorkspaceId, names: Sequence[str]) -> str:
    """How to follow or cancel unfinished jobs."""
    name = names[0] if len(names) == 1 else "NAME"
    where = f"-n {name} -w {workspace.name} -g {workspace.resource_group}"
    return f"To follow it: az ml job show {where}; to cancel it: az ml job cancel {where}"


def label(job: Job) -> str:
    """The label of a job in messages: its instance type."""
    return job.instance_type or "default instance type"


def states(found: Sequence[Job] | None) -> str:
    """The jobs' states in one line."""
    return ", ".join(f"{label(job)}: {job.status}" for job in found or ())


def _are_over(found: Sequence[Job] | None) -> bool:
    return all(job.is_over for job in found or ())


@dataclass
class _Run:
    """The jobs of one verification: the names that were sent, and each accepted job as last seen."""

    azure: AzureClient
    workspace: WorkspaceId
    compute: Compute
    wanted: Wanted
    watcher: Watcher
    sent: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    def verified(self, timeout: float) -> Generator[float, None, list[Job]]:
        """Submit the jobs and wait for them; each pause (s) is yielded."""
        for instance_type in self.wanted.instance_types:
            self.submit(instance_type)
        with suppress(StillRunning):
            yield from until(self.poll, _are_over, states, self.watcher, timeout=timeout)
        history = RunHistory(self.azure, self.workspace)
        return [self.explained(job, history) for job in self.jobs]

    def submit(self, instance_type: str | None) -> None:
        name = f"{EXPERIMENT}-{self.compute.name}-{uuid.uuid4().hex[:12]}"
        self.sent.append(name)
        command = jobs.Command(
            command=GPU_COMMAND if self.wanted.gpu else COMMAND,
            environment_id=self.wanted.environment_id,
            compute_id=self.compute.id,
            instance_type=instance_type,
            display_name=f"Verify {self.compute.name} {instance_type or ''}".strip(),
            experiment_name=EXPERIMENT,
            minutes=_MINUTES,
        )
        job = jobs.submit(self.azure, self.workspace, name, command)
        self.jobs.append(job)
        self.watcher.tell(f"{label(job)}: submitted {name}: {job.studio_url}")

    def poll(self) -> list[Job]:
        """The jobs as they are now; finished ones are not read again."""
        for place, job in enumerate(self.jobs):
            if not job.is_over:
                self.jobs[place] = found = jobs.read(self.azure, self.workspace, job.name)
                if found.is_over:
                    self.watcher.tell(f"{label(found)}: {found.status}")
        return self.jobs

    def explained(self, job: Job, history: RunHistory) -> Job:
        """The job with what is known about why it failed or does not progress."""
        if job.is_good:
            return job
        names = names_of_compute(self.workspace, self.compute)
        if not job.is_over:
            return replace(job, hint=sentence(advice_for_state(job.status, names)))
        code, message = history.failure(job.name) or ("", "")
        hint = sentence(advice(Subject.JOB, code, message, names))
        return replace(job, error_code=code or None, error_message=message or None, hint=hint or None)

    @contextmanager
    def named(self) -> Iterator[None]:
        """On interruption or failure, name the jobs that keep running in Azure."""
        try:
            yield
        except KeyboardInterrupt:
            if not self.sent:
                raise
            message = f"Interrupted. These jobs keep running in Azure: {', '.join(self.sent)}."
            raise StillRunning(message, follow(self.workspace, self.sent)) from None
        except Exception as error:
            if self.sent:
                error.add_note(f"Sent so far: {', '.join(self.sent)}. {follow(self.workspace, self.sent)}")
            raise
