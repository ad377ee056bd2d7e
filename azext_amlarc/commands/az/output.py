"""Writes reports to stdout and files, and warnings to az's log; sets exit code 1 after az has printed the result."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.validation.report import formats as report


def deliver(cmd: Any, judged: report.Report, rules: Sequence[Rule], form: str | None) -> dict[str, Any] | None:
    """The report as an object if `-o` was given; otherwise written to stdout, as text or in the format of --format."""
    if judged.exit_code:
        from azure.cli.core.azclierror import InvalidArgumentValueError

        end_with_one(cmd.cli_ctx, InvalidArgumentValueError(report.summary(judged)))
    if form is None and options_given(cmd) & {"-o", "--output"}:
        return report.as_object(judged)
    write(report.render(judged, form or "text", rules))
    return None


def write(text: str) -> None:
    """Write text to stdout as it is: az would print it as a JSON string."""
    sys.stdout.write(text.removesuffix("\n") + "\n")


def write_file(path: str, text: str) -> None:
    """Write text to a file, replacing an existing one; InvalidInput if that fails."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"Cannot write {path}: {error.strerror or error}.", "Choose another file.") from None


def options_given(cmd: Any) -> set[str]:
    """The options on the command line as they were typed, including az's own."""
    return set(cmd.cli_ctx.data.get("safe_params") or ())


def end_with_one(cli: Any, error: Exception) -> None:
    """Raise the error after az has printed the result, so that stdout has the result and stderr the error."""
    from knack.events import EVENT_CLI_SUCCESSFUL_EXECUTE

    def fail(_cli: Any, **_event: Any) -> None:
        cli.unregister_event(EVENT_CLI_SUCCESSFUL_EXECUTE, fail)
        raise error

    cli.register_event(EVENT_CLI_SUCCESSFUL_EXECUTE, fail)


def show_findings(findings: Iterable[Finding]) -> None:
    """Log the findings that do not stop the command: warnings, and with --verbose the others."""
    from knack.log import get_logger

    from azext_amlarc.validation.report.formats import as_text

    logger = get_logger(__name__)
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_text([finding]))
        else:
            logger.info("%s", as_text([finding]))
