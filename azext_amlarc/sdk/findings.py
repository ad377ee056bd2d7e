"""What becomes of the validator's findings here: an error stops the work, the rest is logged."""

from collections.abc import Iterable

from azext_amlarc.errors import InvalidInput
from azext_amlarc.sdk.watching import logger
from azext_amlarc.validation.findings import Finding, Severity, errors_in
from azext_amlarc.validation.report import as_line


def stop_at_errors(subject: str, findings: Iterable[Finding]) -> None:
    """InvalidInput with all of `findings` where one is an error: nothing may be sent then."""
    found = tuple(findings)
    errors = len(errors_in(found))
    if errors:
        counted = f"{errors} {'error' if errors == 1 else 'errors'}"
        raise InvalidInput(f"{subject}: {counted}; nothing was sent.", findings=found)


def log(findings: Iterable[Finding]) -> None:
    """Warn of what is worth knowing about input that is sent all the same."""
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_line(finding))
        else:
            logger.info("%s", as_line(finding))
