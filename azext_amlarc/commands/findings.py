"""What becomes of findings that do not stop a command: they are said."""

from collections.abc import Iterable

from azext_amlarc.validation.findings import Finding, Severity


def show_findings(findings: Iterable[Finding]) -> None:
    """Say what is worth knowing about input that is sent all the same: warnings, and under --verbose the rest."""
    from knack.log import get_logger

    from azext_amlarc.validation.report import as_text

    logger = get_logger(__name__)
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_text([finding]))
        else:
            logger.info("%s", as_text([finding]))
