"""What the extension's own health check reported, with the cause and the fix of each code."""

from collections.abc import Iterable

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.checks.kubernetes.facts import HEALTH_REPORTS
from azext_amlarc.product import healthcheck, links
from azext_amlarc.product.healthcheck import CODES, Checked
from azext_amlarc.resources.ids import Target

GROUP = "health"

_READ = f"kubectl get configmap -n azureml {healthcheck.NAME} -o yaml"


def the_installation_met_nothing(facts: Facts) -> Verdict:
    """The reports of before the installation, and of before it was taken off again."""
    return _explained(facts, "install")


def the_update_met_nothing(facts: Facts) -> Verdict:
    """The reports of before the update, and of before it was rolled back."""
    return _explained(facts, "update")


def _explained(facts: Facts, operation: str) -> Verdict:
    data = facts[HEALTH_REPORTS]
    if not any(f"reports-{step}" in data for step in healthcheck.EXPLAINING[operation]):
        return Verdict(Status.SKIPPED, f"The health check reported on no {operation}.")
    return judged(healthcheck.explaining(data, operation), facts[TARGET])


def the_test_met_nothing(facts: Facts) -> Verdict:
    """The report of `helm test`, which somebody ran by hand."""
    if "reports-test" not in facts[HEALTH_REPORTS]:
        return Verdict(Status.SKIPPED, "Nobody has run the health check by hand.")
    found = healthcheck.read(facts[HEALTH_REPORTS])
    return judged([one for one in found if one.step == "test" and not one.passed], facts[TARGET])


def judged(failed: Iterable[Checked], target: Target) -> Verdict:
    """One verdict of failed checkers: each code with its cause, and the fixes."""
    failed = tuple(failed)
    if not failed:
        return Verdict(Status.PASS, "The health check found nothing.")
    codes = [CODES.get(one.code) for one in failed]
    fixes = [code.fix_of(target.cluster_options) for code in codes if code is not None]
    diagnostic = all(code is not None and not code.blocks for code in codes)
    message = f"The health check failed: {', '.join(dict.fromkeys(one.code or one.name for one in failed))}."
    status = Status.WARN if diagnostic else Status.FAIL
    remedy = "\n".join(dict.fromkeys(fixes)) or _READ
    return Verdict(status, message, remedy, tuple(_told(one) for one in failed))


def _told(checked: Checked) -> str:
    code = CODES.get(checked.code)
    title = " ".join(word for word in (checked.code, code.name if code else "") if word)
    said = f": {checked.message}" if checked.message else ""
    cause = f" ({code.cause})" if code else ""
    return f"{checked.step}, {checked.name}: {title or 'no code'}{said}{cause}"


CHECKS = (
    Check(
        id="AMLARC-K080",
        group=GROUP,
        title="The health check of the last installation found nothing",
        phase=Phase.POST,
        needs=(HEALTH_REPORTS, TARGET),
        judge=the_installation_met_nothing,
        remedy=_READ,
        url=f"{links.EXTENSION_TROUBLES}#healthcheck-of-extension",
    ),
    Check(
        id="AMLARC-K081",
        group=GROUP,
        title="The health check of the last update found nothing",
        phase=Phase.POST,
        needs=(HEALTH_REPORTS, TARGET),
        judge=the_update_met_nothing,
        remedy=_READ,
        url=f"{links.EXTENSION_TROUBLES}#healthcheck-of-extension",
    ),
    Check(
        id="AMLARC-K082",
        group=GROUP,
        title="The health check that was run by hand found nothing",
        phase=Phase.POST,
        needs=(HEALTH_REPORTS, TARGET),
        judge=the_test_met_nothing,
        remedy=_READ,
        url=f"{links.EXTENSION_TROUBLES}#healthcheck-of-extension",
    ),
)
