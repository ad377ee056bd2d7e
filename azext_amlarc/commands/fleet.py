"""`az ml arc plan`, `apply` and `status`: a fleet of clusters by one manifest."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az import output
from azext_amlarc.commands.az.connection import AzDoor, connected
from azext_amlarc.commands.az.options import DEFAULT_TIMEOUT
from azext_amlarc.commands.terminal.fleet_table import fleet_progress

if TYPE_CHECKING:
    from azext_amlarc.workflows.fleet.manifests import Manifest
    from azext_amlarc.workflows.fleet.plan import FleetPlan
    from azext_amlarc.workflows.fleet.report.page import Heading
    from azext_amlarc.workflows.fleet.running.apply import Engine

Objects = list[dict[str, Any]]


def plan(
    cmd: Any,
    *,
    file: str,
    policy: Sequence[str] | None = None,
    out: str | None = None,
    detailed_exitcode: bool = False,
    resend_protected: bool = False,
) -> dict[str, Any] | None:
    """Show what an apply would do, without doing it; with `detailed_exitcode` exit code 2 if there is anything."""
    from azext_amlarc.workflows.fleet.door import Work
    from azext_amlarc.workflows.fleet.report import wording

    manifest = _read(file, policy)
    with connected(cmd, watcher=fleet_progress(cmd)) as azure:
        work = Work(azure, manifest).resending(resend_protected)
        found = work.plan()
        if out:
            work.save(out, found)
    text = wording.plan_text(found)
    returned: dict[str, Any] | None = output.deliver(
        cmd, wording.plan_object(found), lambda: text, forms={}, form=None, file=None
    )
    _end_plan(cmd, found, returned, detailed_exitcode)
    return returned


def _end_plan(cmd: Any, found: "FleetPlan", returned: object, detailed: bool) -> None:
    """Exit with 1 if something can't be done, with 2 if there is something to do and the caller wants to know."""
    from azext_amlarc.workflows.fleet.report.wording import plan_summary

    if found.has_obstacles:
        output.end_as_reported(cmd, returned, plan_summary(found))
    elif detailed and found.has_changes:
        output.end_with(cmd.cli_ctx, SystemExit(2))


def apply(  # pylint: disable=too-many-locals  # each option is one
    cmd: Any,
    *,
    file: str | None = None,
    plan_file: str | None = None,
    policy: Sequence[str] | None = None,
    wave: int | None = None,
    concurrency: int | None = None,
    engine: "Engine | None" = None,
    resend_protected: bool = False,
    report: str | None = None,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
) -> Objects | None:
    """Bring the fleet to what the manifest says, wave by wave; exit code 1 if that failed on any cluster."""
    from azext_amlarc.workflows.fleet import saved
    from azext_amlarc.workflows.fleet.door import Work
    from azext_amlarc.workflows.fleet.report import page, wording
    from azext_amlarc.workflows.fleet.running.apply import CONCURRENCY, Options

    planned = saved.load(plan_file) if plan_file else None
    manifest = _read(planned.manifest if planned else str(file), policy)
    options = Options(wave, concurrency or CONCURRENCY, timeout, engine)
    door, progress = AzDoor(cmd, yes), fleet_progress(cmd)
    with connected(cmd, watcher=progress, registers=True, timeout=timeout) as azure:
        work = Work(azure, manifest).resending(planned.resends if planned else resend_protected)
        board = work.apply(door, lambda _: progress, options, planned)
    objects = wording.board_objects(board)
    forms = _forms(objects, lambda: wording.board_text(board), lambda: page.applied(board, _heading(manifest, "apply")))
    returned: Objects | None = output.deliver(cmd, objects, forms["text"], forms=forms, form=None, file=report)
    if not board.is_good:
        output.end_as_reported(cmd, returned, wording.board_summary(board))
    return returned


def status(cmd: Any, file: str, policy: Sequence[str] | None = None, report: str | None = None) -> Objects | None:
    """Show how the fleet stands, and what differs from the manifest; exit code 2 if anything does."""
    from azext_amlarc.workflows.fleet.door import Work
    from azext_amlarc.workflows.fleet.report import page
    from azext_amlarc.workflows.fleet.status import status_objects, status_text

    manifest = _read(file, policy)
    with connected(cmd, watcher=fleet_progress(cmd)) as azure:
        found = Work(azure, manifest).status()
    objects = status_objects(found.clusters)
    forms = _forms(objects, lambda: status_text(found), lambda: page.stood(found, _heading(manifest, "status"), file))
    returned: Objects | None = output.deliver(cmd, objects, forms["text"], forms=forms, form=None, file=report)
    if found.drifts:
        output.end_with(cmd.cli_ctx, SystemExit(2))
    return returned


def _forms(objects: Objects, text: Callable[[], str], html: Callable[[], str]) -> dict[str, Callable[[], str]]:
    return {"text": text, "json": lambda: json.dumps(objects, indent=2, ensure_ascii=False), "html": html}


def _read(file: str, policy: Sequence[str] | None = None) -> "Manifest":
    """The manifest, which has to keep the policies; its warnings are shown."""
    from azext_amlarc.workflows.fleet.manifests import load

    found = load(file, policy or ())
    output.show_findings(found.findings)
    return found


def _heading(manifest: "Manifest", command: str) -> "Heading":
    from importlib.metadata import version

    from azext_amlarc.workflows.fleet.report.page import Heading

    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Heading(manifest.fleet.name, f"az ml arc {command}", when, version("amlarc"))
