"""What becomes of findings in a command that sends something: errors stop it, the rest is said."""

from collections.abc import Iterable

from azext_amlarc.errors import InvalidInput
from azext_amlarc.validation.findings import Finding, Severity, errors_in


def stop_at_errors(subject: str, findings: Iterable[Finding]) -> None:
    """InvalidInput with all of `findings` where one is an error: nothing may be sent then."""
    found = tuple(findings)
    errors = len(errors_in(found))
    if errors:
        raise InvalidInput(
            f"{subject}: {errors} {'error' if errors == 1 else 'errors'}; nothing was sent.", findings=found
        )


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
