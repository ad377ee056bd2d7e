"""Reports of findings (`config validate`, `settings validate`): on stdout, in a file, or as an object."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from azext_amlarc.commands.az import output
from azext_amlarc.findings import Rule
from azext_amlarc.validation.report import formats


def deliver(
    cmd: Any, report: formats.Report, rules: Sequence[Rule], form: str | None, file: str | None
) -> dict[str, Any] | None:
    """The report as an object if `-o` or `--query` was given, otherwise written; exit code 1 if it is not good."""
    forms = {name: partial(formats.render, report, name, rules) for name in formats.FORMATS}
    returned: dict[str, Any] | None = output.deliver(
        cmd, formats.as_object(report), forms["text"], forms=forms, form=form, file=file
    )
    if report.exit_code:
        output.end_as_reported(cmd, returned, formats.summary(report))
    return returned
