"""`az ml arc verify`: verifies that a compute target trains."""

from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected, subscription_id
from azext_amlarc.commands.terminal.progress import terminal_watcher

if TYPE_CHECKING:
    from azext_amlarc.azure.jobs import Job
    from azext_amlarc.resources.ids import WorkspaceId
    from azext_amlarc.workflows.job_files.writing import Written


def verify(
    cmd: Any,
    *,
    name: str,
    workspace_name: str,
    resource_group_name: str,
    instance_type: str | None = None,
    every_type: bool = False,
    gpu: bool = False,
    image: str | None = None,
    environment: str | None = None,
    timeout: int = 1800,
    write_examples: str | None = None,
) -> "list[Job] | list[Written]":
    """Run one small job on each chosen instance type; exit code 1 unless all complete.

    With `write_examples`, writes job files for this compute target to that folder instead.
    """
    from azext_amlarc.azure import jobs
    from azext_amlarc.resources.ids import WorkspaceId
    from azext_amlarc.workflows import verify as verification

    workspace = WorkspaceId(subscription_id(cmd), resource_group_name, workspace_name)
    known = verification.environment_id(workspace, environment) if environment else jobs.CURATED
    watcher = terminal_watcher(cmd)
    with connected(cmd, watcher=watcher) as azure:
        compute = verification.ready(azure, workspace, name)
        types = verification.chosen_types(compute, instance_type, every_type)
        if write_examples:
            return verification.write_examples(write_examples, workspace, compute, instance_type)
        used = jobs.environment_of_image(azure, workspace, image) if image else known
        wanted = verification.Wanted(types, used, gpu)
        found = verification.verify(azure, workspace, compute, wanted, watcher=watcher, timeout=timeout)
    _end_with_one_unless_good(cmd, found, workspace)
    return found


def _end_with_one_unless_good(cmd: Any, found: "list[Job]", workspace: "WorkspaceId") -> None:
    from azure.cli.core.azclierror import AzureResponseError

    from azext_amlarc.commands.az.output import end_with
    from azext_amlarc.product.links import TROUBLESHOOTING
    from azext_amlarc.wording import number
    from azext_amlarc.workflows import verify as verification

    bad = [job for job in found if not job.is_good]
    running = [job.name for job in bad if not job.is_over]
    if bad:
        lines = [f"{len(bad)} of {number(len(found), 'job')} did not complete.", *(_line(job) for job in bad)]
        lines.append(f"Troubleshooting by symptom: {TROUBLESHOOTING}")
        end_with(
            cmd.cli_ctx,
            AzureResponseError("\n".join(lines), verification.follow(workspace, running) if running else None),
        )


def _line(job: "Job") -> str:
    from azext_amlarc.workflows.verify import label

    code = f"({job.error_code}) " if job.error_code else ""
    reason = f"{code}{job.error_message}" if job.error_message else "see the studio"
    what = f"{label(job)}: {job.status}" + (f": {reason}" if job.is_over else "; the job is not finished")
    return "\n".join(
        line for line in (what, job.hint and f"    fix: {job.hint}", f"    {job.studio_url or job.id}") if line
    )
