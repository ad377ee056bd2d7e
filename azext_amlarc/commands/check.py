"""`az ml arc check`: what prevents an installation, and why one does not work."""

import logging
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import AzDoor, active_subscription, connected

if TYPE_CHECKING:
    from azext_amlarc.checks.check import Result
    from azext_amlarc.checks.report.page import Heading
    from azext_amlarc.workflows.check import CheckRequest

Objects = list[dict[str, Any]]


def check(
    cmd: Any,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    workspace_name: str | None = None,
    workspace_group: str | None = None,
    name: str | None = None,
    config: str | None = None,
    settings: Sequence[str] | None = None,
    kubeconfig: str | None = None,
    context: str | None = None,
    phase: str | None = None,
    only: Sequence[str] | None = None,
    skip: Sequence[str] | None = None,
    strict: bool = False,
    as_object: bool = False,
    output_file: str | None = None,
) -> Objects | None:
    """Run every check that can run, and report by group what did not pass, why, and what fixes it."""
    from azext_amlarc.checks.check import Phase
    from azext_amlarc.commands.inputs.document import read_document
    from azext_amlarc.commands.inputs.settings import read_plain
    from azext_amlarc.commands.inputs.targets import target_of
    from azext_amlarc.kubernetes import access
    from azext_amlarc.workflows.check import CheckRequest

    request = CheckRequest(
        target=target_of(
            cmd, resource_group_name, cluster_name, cluster_type, resource_id, workspace_name, workspace_group, name
        ),
        settings=read_plain(settings, "--settings") if settings else None,
        document=read_document(config, None).document if config else None,
        source=config if config and config != "-" else "",
        phase=Phase(phase) if phase else None,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        kube=access.named(kubeconfig, context),
    )
    _hush_requests(cmd)
    began = time.monotonic()
    results = _results(cmd, request)
    if output_file:
        _write_report(output_file, request, results, time.monotonic() - began, strict)
    return _deliver(cmd, results, strict, as_object)


def _results(cmd: Any, request: "CheckRequest") -> "list[Result]":
    """The results; if you are not signed in, that is one of them."""
    from azext_amlarc.workflows import login
    from azext_amlarc.workflows.check import run_checks

    with request.kube or nullcontext():
        if not active_subscription(cmd):
            return run_checks(request, None, login.refused(login.NOT_SIGNED_IN))
        with connected(cmd, request.target.subscription_id) as azure:
            accepted, known = AzDoor(cmd).login(azure)
            return run_checks(request, azure if accepted else None, known)


def _hush_requests(cmd: Any) -> None:
    """Log requests only with --debug: here --verbose, with which az logs them too, means all results of the checks."""
    from azext_amlarc.commands.az.output import options_given

    if "--debug" not in options_given(cmd):
        logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


def _deliver(cmd: Any, results: "Sequence[Result]", strict: bool, as_object: bool) -> Objects | None:
    """Write the results to stdout as text, or return them (--as-object, -o); exit code 1 if they are not good."""
    from azure.cli.core.azclierror import ValidationError

    from azext_amlarc.checks.report import tally
    from azext_amlarc.checks.report import terminal as report
    from azext_amlarc.commands.az.output import end_with_one, options_given, write
    from azext_amlarc.workflows.check import is_good

    given = options_given(cmd)
    if not is_good(results, strict):
        end_with_one(cmd.cli_ctx, ValidationError(f"{len(results)} checks: {tally.in_words(results)}."))
    if as_object or given & {"-o", "--output"}:
        return [result.as_object() for result in results]
    color = cmd.cli_ctx.enable_color and sys.stdout.isatty()
    write(report.text(results, bool(given & {"--verbose", "--debug"}), color, sys.stdout.encoding))
    return None


def _write_report(
    path: str, request: "CheckRequest", results: "Sequence[Result]", seconds: float, strict: bool
) -> None:
    """Write a JUnit file if the name ends in .xml, otherwise a page."""
    from azext_amlarc.checks.report import page
    from azext_amlarc.checks.report import terminal as report
    from azext_amlarc.commands.az.output import write_file

    if path.lower().endswith(".xml"):
        write_file(path, report.junit(results, seconds, strict))
    else:
        write_file(path, page.html(results, _heading(request)))


def _heading(request: "CheckRequest") -> "Heading":
    from datetime import UTC, datetime
    from importlib.metadata import version

    from azext_amlarc.checks.report.page import Heading

    target = request.target
    return Heading(
        cluster=target.cluster.name if target.cluster else "No cluster",
        workspace=target.workspace.name if target.workspace else "",
        subscription=target.subscription_id,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        version=version("amlarc"),
    )
