"""Reports of the validator as az commands give them: on stdout in every form, and exit code 1 where they say so."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.validation.report import formats as report


def deliver(cmd: Any, judged: report.Report, rules: Sequence[Rule], form: str | None) -> dict[str, Any] | None:
    """The report as an object where `-o` was given, else written as text, or in the form of --format."""
    if judged.exit_code:
        from azure.cli.core.azclierror import InvalidArgumentValueError

        end_with_one(cmd.cli_ctx, InvalidArgumentValueError(report.summary(judged)))
    if form is None and options_given(cmd) & {"-o", "--output"}:
        return report.as_object(judged)
    write(report.render(judged, form or "text", rules))
    return None


def write(text: str) -> None:
    """Text on stdout as it is: az would print it as a JSON string."""
    sys.stdout.write(text.removesuffix("\n") + "\n")


def write_file(path: str, text: str) -> None:
    """Text in a file, which is replaced where it exists; InvalidInput where that can't be."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} can't be written: {error.strerror or error}.", "Name another file.") from None


def options_given(cmd: Any) -> set[str]:
    """The options of the command line as they were written, az's own among them."""
    return set(cmd.cli_ctx.data.get("safe_params") or ())


def end_with_one(cli: Any, error: Exception) -> None:
    """Fail after az has printed the result: stdout keeps it, stderr gets the error."""
    from knack.events import EVENT_CLI_SUCCESSFUL_EXECUTE

    def fail(_cli: Any, **_event: Any) -> None:
        cli.unregister_event(EVENT_CLI_SUCCESSFUL_EXECUTE, fail)
        raise error

    cli.register_event(EVENT_CLI_SUCCESSFUL_EXECUTE, fail)


def show_findings(findings: Iterable[Finding]) -> None:
    """Say what is worth knowing about input that is sent all the same: warnings, and under --verbose the rest."""
    from knack.log import get_logger

    from azext_amlarc.validation.report.formats import as_text

    logger = get_logger(__name__)
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_text([finding]))
        else:
            logger.info("%s", as_text([finding]))
