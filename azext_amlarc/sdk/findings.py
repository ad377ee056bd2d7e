"""What becomes of findings that do not stop the work: they are logged."""

from collections.abc import Iterable

from azext_amlarc.findings import Finding, Severity
from azext_amlarc.sdk.watching import logger
from azext_amlarc.validation.report.formats import as_line


def log(findings: Iterable[Finding]) -> None:
    """Warn of what is worth knowing about input that is sent all the same."""
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_line(finding))
        else:
            logger.info("%s", as_line(finding))
