"""`az ml arc check`: what prevents an installation, and why one does not work."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from azext_amlarc.commands.az.connection import AzDoor, signed_in
from azext_amlarc.commands.az.options import DEFAULT_TIMEOUT
from azext_amlarc.commands.inputs.targets import target_of
from azext_amlarc.errors import together
from azext_amlarc.wording import number

if TYPE_CHECKING:
    from azext_amlarc.checks.check import Phase, Result
    from azext_amlarc.checks.report.page import Heading
    from azext_amlarc.checks.report.terminal import Stream
    from azext_amlarc.workflows.check import CheckRequest

Objects = list[dict[str, Any]]


def check(  # pylint: disable=too-many-locals  # each option is one
    cmd: Any,
    *,
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
    get_credentials: bool = False,
    phase: str | None = None,
    only: Sequence[str] | None = None,
    skip: Sequence[str] | None = None,
    strict: bool = False,
    as_object: bool = False,
    report_format: str | None = None,
    output_file: str | None = None,
    health_report: str | None = None,
    fix: bool = False,
    dry_run: bool = False,
    yes: bool = False,
    wait: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
) -> Objects | None:
    """Run every check that can run, and report by group what did not pass, why, and what fixes it, or fix it."""
    from azext_amlarc.commands.inputs.credentials import access_to
    from azext_amlarc.commands.inputs.document import read_document
    from azext_amlarc.commands.inputs.settings import read_planned
    from azext_amlarc.workflows.check import CheckRequest

    cluster = (resource_group_name, cluster_name, cluster_type, resource_id)
    target, planned, configuration = together(  # pylint: disable=unbalanced-tuple-unpacking  # one for each step
        lambda: target_of(cmd, *cluster, workspace_name=workspace_name, workspace_group=workspace_group, compute=name),
        lambda: read_planned(settings, "--settings") if settings else None,
        lambda: read_document(config, None) if config else None,
    )
    request = CheckRequest(
        target=target,
        settings=planned,
        document=configuration.document if configuration else None,
        source=config if config and config != "-" else "",
        phase=_phase(phase),
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        kube=access_to(cmd, kubeconfig, context, get_credentials, *cluster),
    )
    hush_requests(cmd)
    form = "object" if as_object else report_format
    shown = _Shown.on(cmd, streams=not (fix or wait or health_report or (form and not output_file) or as_object))
    began = time.monotonic()
    results, said, went_well = _found(cmd, request, health_report, Manner(fix, dry_run, yes, wait, timeout), shown)
    report = _Report(results, heading(request), time.monotonic() - began, strict, request.source, went_well)
    delivered = _deliver(cmd, report, shown, form, output_file)
    _say_last(said)
    return delivered


def _phase(word: str | None) -> "Phase | None":
    from azext_amlarc.checks.check import Phase

    return Phase(word) if word else None


class Manner(NamedTuple):
    """What happens beyond one look: mending, after a question or not; waiting, `timeout` seconds for each."""

    fix: bool
    dry_run: bool
    yes: bool
    wait: bool
    timeout: float


@dataclass(frozen=True)
class _Shown:
    """How text is shown on standard output; where it `streams`, group by group as results come."""

    verbose: bool
    color: bool
    encoding: str
    streams: bool

    @classmethod
    def on(cls, cmd: Any, streams: bool) -> "_Shown":
        from azext_amlarc.commands.az import output

        is_terminal = sys.stdout.isatty()
        color = cmd.cli_ctx.enable_color and is_terminal and not os.environ.get("NO_COLOR")
        verbose = bool(output.options_given(cmd) & {"--verbose", "--debug"})
        wants_text = streams and is_terminal and not output.wants_object(cmd)
        return cls(verbose, bool(color), sys.stdout.encoding, wants_text)

    @property
    def stream(self) -> "Stream":
        from azext_amlarc.checks.report.terminal import Stream

        return Stream(self.verbose, self.color, self.encoding)

    def tell(self, results: "Sequence[Result]") -> None:
        from azext_amlarc.commands.az import output

        text = self.stream.group(results)
        if text:
            output.write(text)


def _found(
    cmd: Any, request: "CheckRequest", health_report: str | None, manner: Manner, shown: _Shown
) -> "tuple[Sequence[Result], list[str], bool]":
    """The results, one of which may be that nobody is signed in; what was mended, in lines; whether nothing failed."""
    from azext_amlarc.workflows.check import run_checks, run_until_right

    if health_report:
        return _explained(health_report, request), [], True
    if manner.fix:
        from azext_amlarc.commands import mending

        asked = {"yes": manner.yes, "dry_run": manner.dry_run, "wait": manner.wait}
        return mending.mended(cmd, request, manner.timeout, **asked)
    door = AzDoor(cmd)
    with request.kube or nullcontext(), signed_in(cmd, door, request.target.subscription_id) as (azure, known):
        if manner.wait:
            return run_until_right(request, azure, known, door.watcher, manner.timeout), [], True
        return run_checks(request, azure, known, shown.tell if shown.streams else None), [], True


def _say_last(lines: "Sequence[str]") -> None:
    from azext_amlarc.commands.terminal.asking import say

    if lines:
        say("\n".join(["", *lines]))


def _explained(health_report: str, request: "CheckRequest") -> "list[Result]":
    """What a saved report says, which takes neither a login nor the cluster."""
    from azext_amlarc.commands.inputs.health_report import read_health_report
    from azext_amlarc.workflows.check import explain_health_report

    return explain_health_report(request, read_health_report(health_report))


def hush_requests(cmd: Any) -> None:
    """Log requests only with --debug: here --verbose, with which az logs them too, means all results of the checks."""
    from azext_amlarc.commands.az.output import options_given

    if "--debug" not in options_given(cmd):
        logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


def _deliver(cmd: Any, found: "_Report", shown: _Shown, form: str | None, file: str | None) -> Objects | None:
    """Write the results to stdout and to a file, or return them; exit code 1 if they are not good."""
    from azext_amlarc.checks.report import tally
    from azext_amlarc.commands.az import output
    from azext_amlarc.workflows.check import is_good

    results = found.results
    text = partial(found.text, shown.verbose, shown.color, shown.encoding)
    if shown.streams:
        text = partial(shown.stream.end, results)
    returned: Objects | None = output.deliver(
        cmd, found.objects(), text, forms=found.forms(shown.verbose), form=form, file=file
    )
    if not (is_good(results, found.strict) and found.went_well):
        output.end_as_reported(cmd, returned, f"{number(len(results), 'check')}: {tally.in_words(results)}.")
    return returned


@dataclass(frozen=True)
class _Report:
    """The results of one run, in every form."""

    results: "Sequence[Result]"
    heading: "Heading"
    seconds: float
    strict: bool
    source: str = ""
    went_well: bool = True

    def objects(self) -> Objects:
        return [result.as_object() for result in self.results]

    def text(self, verbose: bool, color: bool = False, encoding: str = "utf-8") -> str:
        from azext_amlarc.checks.report import terminal

        return terminal.text(self.results, verbose, color, encoding)

    def sarif(self) -> str:
        from azext_amlarc.checks.report import ci

        cluster = self.heading.cluster
        return json.dumps(ci.sarif(self.results, self.source or f"clusters/{cluster}", cluster, self.strict), indent=2)

    def forms(self, verbose: bool) -> dict[str, Callable[[], str]]:
        from azext_amlarc.checks.report import ci, page

        return {
            "text": lambda: self.text(verbose),
            "json": lambda: json.dumps(self.objects(), indent=2, ensure_ascii=False),
            "sarif": self.sarif,
            "junit": lambda: ci.junit(self.results, self.seconds, self.strict),
            "github": lambda: ci.annotations(self.results, self.strict),
            "html": lambda: page.html(self.results, self.heading),
        }


def heading(request: "CheckRequest") -> "Heading":
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
