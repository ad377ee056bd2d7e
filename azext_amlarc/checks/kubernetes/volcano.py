"""Whether jobs have the scheduler that they need: one Volcano, of a version that works, beside an autoscaler."""

import re
from collections.abc import Iterable

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import SOME_CLUSTER, Fix, ScaleFromZero
from azext_amlarc.checks.given import EXTENSION_NAME, POOLS, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.addons import Component, described, image_name, image_tag, installed_once, running
from azext_amlarc.checks.kubernetes.facts import (
    AUTOSCALER,
    CUSTOM_RESOURCES,
    PODS,
    SCHEDULER_MARK,
    VOLCANO_CONFIGURED,
    WEBHOOKS,
    Pod,
)
from azext_amlarc.product import links, volcano
from azext_amlarc.product.extension import DEFAULT_NAME, EXTENSION_NAMESPACE
from azext_amlarc.product.steps import Note, command
from azext_amlarc.wording import number

GROUP = "scheduler"

_SCHEDULER = ("vc-scheduler", "volcano-scheduler")
_SETTING = "installVolcano"
# Below 1.6 its webhook rejects Azure Machine Learning's jobs; below 1.4 is untested.
_WEBHOOK_WORKS, _OLDEST = (1, 6), (1, 4)
_WEBHOOK = "/jobs/validate"
_FOR_NEW = Note("For a new extension, pass --scale-from-zero to `az ml arc extension create`; for an installed one:")


def volcano_is_installed_once(facts: Facts) -> Verdict:
    """Jobs need one; two of them schedule the same pods."""
    settings = facts[SETTINGS]
    if not workloads.training(settings):
        return Verdict(Status.PASS, "Training is not enabled: Volcano is not needed.")
    others = running(facts[PODS], *_SCHEDULER)
    return installed_once(Component("Volcano scheduler", _SETTING, needed=True), described(others), facts)


def own_volcano_accepts_jobs(facts: Facts) -> Verdict:
    """The cluster's own Volcano, if below 1.6, must not validate jobs: its webhook rejects Azure Machine Learning's."""
    settings = facts[SETTINGS]
    own = running(facts[PODS], *_SCHEDULER)
    if not workloads.training(settings) or workloads.is_on(settings, _SETTING) or not own:
        return Verdict(Status.PASS, "The extension does not use a Volcano of the cluster's own.")
    versions = sorted(_versions(own))
    validating = [name for name, paths in facts[WEBHOOKS].items() if _WEBHOOK in paths]
    lines = (*described(own), *(f"webhook configuration {name} calls {_WEBHOOK}" for name in validating))
    shown = ", ".join(f"{major}.{minor}" for major, minor in versions) or "of an unknown version"
    if versions and versions[0] >= _WEBHOOK_WORKS:
        return Verdict(Status.PASS, f"The cluster's Volcano is {shown}.", evidence=lines)
    if validating:
        message = f"The cluster's Volcano is {shown} and validates jobs; below 1.6 it rejects Azure Machine Learning's."
        return Verdict(Status.FAIL, message, _without_webhook(validating), lines)
    if not versions or versions[0] < _OLDEST:
        message = f"The cluster's Volcano is {shown}; 1.4 and later are known to work."
        return Verdict(Status.WARN, message, evidence=lines)
    return Verdict(Status.PASS, f"The cluster's Volcano is {shown}, which does not validate jobs.", evidence=lines)


def _without_webhook(configurations: Iterable[str]) -> Fix:
    delete = "kubectl delete validatingwebhookconfiguration {name}"
    return (
        Note(f"Remove {_WEBHOOK} from volcano-admission's --enabled-admission, then:"),
        *(command(delete, name=name) for name in configurations),
    )


def _versions(pods: Iterable[Pod]) -> set[tuple[int, int]]:
    """The versions in the tags of the scheduler's images; other tags are left out."""
    images = [container.image for pod in pods for container in pod.containers]
    tags = (re.match(r"v?(\d+)\.(\d+)", image_tag(image)) for image in images if image_name(image) in _SCHEDULER)
    return {(int(tag[1]), int(tag[2])) for tag in tags if tag is not None}


def no_foreign_crds_are_left(facts: Facts) -> Verdict:
    """Helm refuses CRDs that exist and belong to no release or another one ("invalid ownership metadata")."""
    settings = facts[SETTINGS]
    if not workloads.training(settings) or not workloads.is_on(settings, _SETTING):
        return Verdict(Status.PASS, "The extension does not install Volcano.")
    crds = [one for one in facts[CUSTOM_RESOURCES] if one.name.endswith(".volcano.sh")]
    foreign = [one for one in crds if one.release_namespace != EXTENSION_NAMESPACE]
    if not foreign:
        return Verdict(Status.PASS, "There are no leftover Volcano CRDs.")
    lines = tuple(f"{one.name} belongs to {one.owner}" for one in foreign)
    does = "does" if len(foreign) == 1 else "do"
    message = f"{number(len(foreign), 'Volcano CRD')} on the cluster {does} not belong to the extension."
    fix = (
        Note("If the cluster runs a Volcano of its own, use that."),
        *workloads.fix(facts, f"{_SETTING}=False"),
        *_adoption([one.name for one in foreign], facts[EXTENSION_NAME]),
    )
    return Verdict(Status.FAIL, message, fix, lines)


def _adoption(names: list[str], release: str) -> Fix:
    """Let Helm take the CRDs for the extension's own; its release has the extension's name."""
    annotations = "meta.helm.sh/release-namespace={namespace} meta.helm.sh/release-name={release}"
    return (
        Note(f"If only the CRDs are left, hand them over to the extension {release}:"),
        command("kubectl label crd {names} app.kubernetes.io/managed-by=Helm", names=names),
        command(
            f"kubectl annotate crd {{names}} {annotations}",
            names=names,
            namespace=EXTENSION_NAMESPACE,
            release=release,
        ),
    )


def autoscaler_sees_pending_pods(facts: Facts) -> Verdict:
    """Gang scheduling holds a job's pods back until all fit: an autoscaler never sees that nodes are missing."""
    settings = facts[SETTINGS]
    if not workloads.training(settings):
        return Verdict(Status.PASS, "Training is not enabled.")
    scalers = running(facts[PODS], "cluster-autoscaler")
    if not scalers and not facts[AUTOSCALER] and not any(pool.most for pool in facts[POOLS]):
        return Verdict(Status.PASS, "There is no cluster autoscaler.")
    own = workloads.text(settings, "volcanoScheduler.schedulerConfigMap")
    if own == volcano.NAME:
        return _uses_ours(facts)
    if own or not workloads.is_on(settings, _SETTING):
        return Verdict(
            Status.PASS, f"Volcano uses the configuration {own}." if own else "The cluster configures its own Volcano."
        )
    message = (
        "The cluster has an autoscaler, which cannot see the pods that the extension's Volcano holds back in gangs."
    )
    evidence = (*described(scalers), f"{volcano.NAME}.yaml:", *volcano.manifest().splitlines())
    scale = ScaleFromZero(facts[TARGET].named_cluster, facts[EXTENSION_NAME])
    return Verdict(Status.WARN, message, (_FOR_NEW, scale), evidence)


def _uses_ours(facts: Facts) -> Verdict:
    """Whether the configuration that --scale-from-zero writes is there, and the scheduler was restarted for it.

    A command that was killed may have got no further than the settings. Whoever wrote the ConfigMap without us has
    restarted the scheduler without us.
    """
    fix = (ScaleFromZero(facts[TARGET].named_cluster, facts[EXTENSION_NAME]),)
    is_ours = facts[VOLCANO_CONFIGURED]
    if is_ours is None:
        message = f"Volcano is set to use the configuration {volcano.NAME}, which the cluster does not have."
        return Verdict(Status.FAIL, message, fix)
    if is_ours and facts[SCHEDULER_MARK] not in (None, volcano.mark(True)):
        message = f"Volcano has not been restarted since it was given the configuration {volcano.NAME}."
        return Verdict(Status.WARN, message, fix)
    return Verdict(Status.PASS, f"Volcano uses the configuration {volcano.NAME}.")


CHECKS = (
    Check(
        id="AMLARC-K050",
        group=GROUP,
        title="Volcano is installed exactly once",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, EXTENSION_NAME, TARGET),
        judge=volcano_is_installed_once,
        fix=workloads.documented_fix("installVolcano=False"),
        url=f"{links.EXTENSION_TROUBLES}#volcano-scheduler",
    ),
    Check(
        id="AMLARC-K051",
        group=GROUP,
        title="The cluster's own Volcano accepts Azure Machine Learning's jobs",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, WEBHOOKS),
        judge=own_volcano_accepts_jobs,
        fix=(Note("Upgrade Volcano to 1.6 or later."),),
        url=f"{links.EXTENSION_TROUBLES}#volcano-scheduler",
    ),
    Check(
        id="AMLARC-K052",
        group=GROUP,
        title="There are no leftover Volcano CRDs",
        phase=Phase.PRE,
        needs=(SETTINGS, CUSTOM_RESOURCES, EXTENSION_NAME, TARGET),
        judge=no_foreign_crds_are_left,
        fix=workloads.documented_fix("installVolcano=False"),
        url=f"{links.EXTENSION_TROUBLES}#error-cant-be-imported-into-the-current-release-invalid-ownership-metadata",
    ),
    Check(
        id="AMLARC-K053",
        group=GROUP,
        title="The cluster autoscaler can see pending job pods",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, AUTOSCALER, POOLS, VOLCANO_CONFIGURED, SCHEDULER_MARK, EXTENSION_NAME, TARGET),
        judge=autoscaler_sees_pending_pods,
        fix=(_FOR_NEW, ScaleFromZero(SOME_CLUSTER, DEFAULT_NAME)),
        url=f"{links.EXTENSION_TROUBLES}#volcano-scheduler-integration-supporting-cluster-autoscaler",
    ),
)
