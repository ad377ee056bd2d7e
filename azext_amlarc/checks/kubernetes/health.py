"""What the extension's own health check reported, with the cause of each code and its fix."""

from collections.abc import Iterable, Mapping

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Unavailable, Verdict
from azext_amlarc.checks.fix import Fix
from azext_amlarc.checks.given import EXTENSION_NAME, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.facts import HEALTH_REPORTS
from azext_amlarc.product import healthcheck, links
from azext_amlarc.product.healthcheck import CODES, Checked, Code
from azext_amlarc.product.steps import command, filled

GROUP = "health"

_READ = command("kubectl get configmap -n azureml {name} -o yaml", name=healthcheck.NAME)
# What a user calls the operations that healthcheck.EXPLAINING knows.
_WORDS = {"install": "installation", "update": "update"}


def the_last_installation_was_healthy(facts: Facts) -> Verdict:
    """The reports before the last installation, and before it was removed again."""
    return _explained(facts, "install")


def the_last_update_was_healthy(facts: Facts) -> Verdict:
    """The reports before the last update, and before it was rolled back."""
    return _explained(facts, "update")


def _explained(facts: Facts, operation: str) -> Verdict:
    data = facts[HEALTH_REPORTS]
    if not any(f"reports-{step}" in data for step in healthcheck.EXPLAINING[operation]):
        return Verdict(Status.SKIPPED, f"There is no health check report of an {_WORDS[operation]}.")
    return judged(healthcheck.explaining(data, operation), facts)


def the_last_test_was_healthy(facts: Facts) -> Verdict:
    """The report of a `helm test` that somebody ran by hand."""
    if "reports-test" not in facts[HEALTH_REPORTS]:
        return Verdict(Status.SKIPPED, "The health check has not been run by hand.")
    found = healthcheck.read(facts[HEALTH_REPORTS])
    return judged([one for one in found if one.step == "test" and not one.passed], facts)


def judged(failed: Iterable[Checked], facts: Facts) -> Verdict:
    """One verdict for failed checkers: each code with its cause, and the fixes, once each."""
    failed = tuple(failed)
    if not failed:
        return Verdict(Status.PASS, "The health check found no problems.")
    codes = [CODES.get(one.code) for one in failed]
    fixes = dict.fromkeys(_fix(code, facts) for code in codes if code is not None)
    diagnostic = all(code is not None and not code.blocks for code in codes)
    message = f"The health check failed: {', '.join(dict.fromkeys(one.code or one.name for one in failed))}."
    status = Status.WARN if diagnostic else Status.FAIL
    fix = tuple(step for steps in fixes for step in steps) or (_READ,)
    return Verdict(status, message, fix, tuple(_described(one) for one in failed))


def _fix(code: Code, facts: Facts) -> Fix:
    """Settings, unless the extension has them already: then they are not what is missing."""
    has = _installed(facts)
    if code.settings and all(_has(has, setting) for setting in code.settings):
        return filled(code.otherwise, {"nodes": _options_for(workloads.selector(has))})
    advice = filled(code.advice, {"cluster": facts[TARGET].named_cluster.options})
    return (*advice, workloads.change(facts, *code.settings)) if code.settings else advice


def _installed(facts: Facts) -> Mapping[str, str]:
    """The extension's settings; none where only a saved report is known."""
    try:
        return facts[SETTINGS]
    except Unavailable:
        return {}


def _has(settings: Mapping[str, str], setting: str) -> bool:
    key, _, value = setting.partition("=")
    return workloads.text(settings, key).lower() == value.lower()


def _options_for(labels: Mapping[str, str]) -> tuple[str, ...]:
    return ("-l", ",".join(f"{key}={value}" for key, value in labels.items())) if labels else ()


def _described(checked: Checked) -> str:
    code = CODES.get(checked.code)
    title = " ".join(word for word in (checked.code, code.name if code else "") if word)
    message = f": {checked.message}" if checked.message else ""
    cause = f" ({code.cause})" if code else ""
    return f"{checked.step}, {checked.name}: {title or 'no code'}{message}{cause}"


CHECKS = (
    Check(
        id="AMLARC-K080",
        group=GROUP,
        title="The last installation's health check found no problems",
        phase=Phase.POST,
        needs=(HEALTH_REPORTS, SETTINGS, EXTENSION_NAME, TARGET),
        judge=the_last_installation_was_healthy,
        fix=(_READ,),
        url=f"{links.EXTENSION_TROUBLES}#healthcheck-of-extension",
    ),
    Check(
        id="AMLARC-K081",
        group=GROUP,
        title="The last update's health check found no problems",
        phase=Phase.POST,
        needs=(HEALTH_REPORTS, SETTINGS, EXTENSION_NAME, TARGET),
        judge=the_last_update_was_healthy,
        fix=(_READ,),
        url=f"{links.EXTENSION_TROUBLES}#healthcheck-of-extension",
    ),
    Check(
        id="AMLARC-K082",
        group=GROUP,
        title="The health check that was run by hand found no problems",
        phase=Phase.POST,
        needs=(HEALTH_REPORTS, SETTINGS, EXTENSION_NAME, TARGET),
        judge=the_last_test_was_healthy,
        fix=(_READ,),
        url=f"{links.EXTENSION_TROUBLES}#healthcheck-of-extension",
    ),
)
