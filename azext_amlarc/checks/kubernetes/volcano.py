"""Whether jobs have the scheduler that they need: Volcano, once, of a version that works, beside an autoscaler."""

import re
from collections.abc import Iterable

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.addons import Component, brought_once, image_name, image_tag, running, told
from azext_amlarc.checks.kubernetes.facts import AUTOSCALER, CUSTOM_RESOURCES, PODS, WEBHOOKS, Pod
from azext_amlarc.checks.kubernetes.workloads import SOME_CLUSTER
from azext_amlarc.product import links
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.wording import number

GROUP = "scheduler"

_SCHEDULER = ("vc-scheduler", "volcano-scheduler")
_SETTING = "installVolcano"
# Below 1.6 its webhook refuses the jobs of Azure Machine Learning; below 1.4 nobody tried.
_WEBHOOK_WORKS, _OLDEST = (1, 6), (1, 4)
_WEBHOOK = "/jobs/validate"
_CONFIG_MAP = "volcano-scheduler-no-gang"
_LEFT = "# Or, where only its kinds are left, give them to the extension, by its name:"
# Learn's configuration without the gang plugin, for clusters that grow on demand.
NO_GANG = f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {_CONFIG_MAP}
  namespace: {EXTENSION_NAMESPACE}
data:
  volcano-scheduler.conf: |
    actions: "enqueue, allocate, backfill"
    tiers:
    - plugins:
      - name: sla
        arguments:
          sla-waiting-time: 1m
    - plugins:
      - name: conformance
    - plugins:
      - name: overcommit
      - name: drf
      - name: predicates
      - name: proportion
      - name: nodeorder
      - name: binpack
"""


def volcano_is_brought_once(facts: Facts) -> Verdict:
    """Jobs need it; two of them schedule the same pods."""
    settings = facts[SETTINGS]
    if not workloads.training(settings):
        return Verdict(Status.PASS, "Jobs are not enabled: Volcano is not needed.")
    others = running(facts[PODS], *_SCHEDULER)
    return brought_once(Component("a Volcano scheduler", _SETTING, needed=True), told(others), facts)


def own_volcano_works_with_jobs(facts: Facts) -> Verdict:
    """A Volcano of the cluster's own below 1.6 must not validate jobs: its webhook refuses Azure Machine Learning's."""
    settings = facts[SETTINGS]
    own = running(facts[PODS], *_SCHEDULER)
    if not workloads.training(settings) or workloads.is_on(settings, _SETTING) or not own:
        return Verdict(Status.PASS, "No Volcano of the cluster's own is used.")
    versions = sorted(_versions(own))
    validating = [name for name, paths in facts[WEBHOOKS].items() if _WEBHOOK in paths]
    lines = (*told(own), *(f"webhook configuration {name} calls {_WEBHOOK}" for name in validating))
    shown = ", ".join(f"{major}.{minor}" for major, minor in versions) or "of an unknown version"
    if versions and versions[0] >= _WEBHOOK_WORKS:
        return Verdict(Status.PASS, f"The cluster's Volcano is {shown}.", evidence=lines)
    if validating:
        deletions = [f"kubectl delete validatingwebhookconfiguration {name}" for name in validating]
        remedy = "\n".join([f"# Take {_WEBHOOK} out of volcano-admission's --enabled-admission, then:", *deletions])
        return Verdict(
            Status.FAIL,
            f"The cluster's Volcano is {shown} and validates jobs, which below 1.6 refuses ours.",
            remedy,
            lines,
        )
    if not versions or versions[0] < _OLDEST:
        return Verdict(
            Status.WARN, f"The cluster's Volcano is {shown}; 1.4 and later are known to work.", evidence=lines
        )
    return Verdict(Status.PASS, f"The cluster's Volcano is {shown}, which does not validate jobs.", evidence=lines)


def _versions(pods: Iterable[Pod]) -> set[tuple[int, int]]:
    """The versions by the tags of the scheduler's images, where these are versions."""
    images = [container.image for pod in pods for container in pod.containers]
    tags = (re.match(r"v?(\d+)\.(\d+)", image_tag(image)) for image in images if image_name(image) in _SCHEDULER)
    return {(int(tag[1]), int(tag[2])) for tag in tags if tag is not None}


def volcano_resources_can_be_taken_over(facts: Facts) -> Verdict:
    """Helm refuses kinds that exist and belong to nobody or another release ("invalid ownership metadata")."""
    settings = facts[SETTINGS]
    if not workloads.training(settings) or not workloads.is_on(settings, _SETTING):
        return Verdict(Status.PASS, "The extension brings no Volcano.")
    kinds = [one for one in facts[CUSTOM_RESOURCES] if one.name.endswith(".volcano.sh")]
    foreign = [one for one in kinds if one.release_namespace != EXTENSION_NAMESPACE]
    if not foreign:
        return Verdict(Status.PASS, "No kinds of another Volcano are in the way.")
    names = " ".join(one.name for one in foreign)
    adopt = (
        f"kubectl label crd {names} app.kubernetes.io/managed-by=Helm\nkubectl annotate crd {names} "
        f"meta.helm.sh/release-namespace={EXTENSION_NAMESPACE} meta.helm.sh/release-name=amlarc-compute"
    )
    lines = tuple(f"{one.name} belongs to {one.owner}" for one in foreign)
    message = f"{number(len(foreign), 'kind')} of Volcano on the cluster, not the extension's."
    use = workloads.setting(facts[TARGET], f"{_SETTING}=False")
    remedy = f"# Use the Volcano that runs here:\n{use}\n{_LEFT}\n{adopt}"
    return Verdict(Status.FAIL, message, remedy, lines)


def autoscaler_works_with_the_scheduler(facts: Facts) -> Verdict:
    """Gang scheduling keeps a job's pods back until all find room: an autoscaler then never sees what is missing."""
    settings = facts[SETTINGS]
    if not workloads.training(settings):
        return Verdict(Status.PASS, "Jobs are not enabled.")
    scalers = running(facts[PODS], "cluster-autoscaler")
    if not scalers and not facts[AUTOSCALER]:
        return Verdict(Status.PASS, "There is no cluster autoscaler.")
    own = workloads.text(settings, "volcanoScheduler.schedulerConfigMap")
    if own or not workloads.is_on(settings, _SETTING):
        return Verdict(Status.PASS, f"Volcano is configured by {own or 'the cluster'}.")
    change = workloads.update(
        facts[TARGET], f"volcanoScheduler.schedulerConfigMap={_CONFIG_MAP}", "amloperator.skipResourceValidation=True"
    )
    remedy = (
        f"# Once the extension is there, save the manifest as a file:\nkubectl apply -f {_CONFIG_MAP}.yaml\n{change}"
    )
    message = "There is a cluster autoscaler, and the extension's Volcano schedules in gangs, which it cannot see."
    return Verdict(Status.WARN, message, remedy, (*told(scalers), f"{_CONFIG_MAP}.yaml:", *NO_GANG.splitlines()))


CHECKS = (
    Check(
        id="AMLARC-K050",
        group=GROUP,
        title="Volcano is brought by one side only",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, TARGET),
        judge=volcano_is_brought_once,
        remedy=workloads.setting(SOME_CLUSTER, "installVolcano=False"),
        url=f"{links.EXTENSION_TROUBLES}#volcano-scheduler",
    ),
    Check(
        id="AMLARC-K051",
        group=GROUP,
        title="A Volcano of the cluster's own takes the jobs of Azure Machine Learning",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, WEBHOOKS),
        judge=own_volcano_works_with_jobs,
        remedy="Upgrade Volcano to 1.6 or later.",
        url=f"{links.EXTENSION_TROUBLES}#volcano-scheduler",
    ),
    Check(
        id="AMLARC-K052",
        group=GROUP,
        title="No kinds of another Volcano are in the way of the extension's",
        phase=Phase.PRE,
        needs=(SETTINGS, CUSTOM_RESOURCES, TARGET),
        judge=volcano_resources_can_be_taken_over,
        remedy=workloads.setting(SOME_CLUSTER, "installVolcano=False"),
        url=f"{links.EXTENSION_TROUBLES}#error-cant-be-imported-into-the-current-release-invalid-ownership-metadata",
    ),
    Check(
        id="AMLARC-K053",
        group=GROUP,
        title="A cluster autoscaler sees the pods that jobs wait for",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, AUTOSCALER, TARGET),
        judge=autoscaler_works_with_the_scheduler,
        remedy=workloads.update(SOME_CLUSTER, f"volcanoScheduler.schedulerConfigMap={_CONFIG_MAP}"),
        url=f"{links.EXTENSION_TROUBLES}#volcano-scheduler-integration-supporting-cluster-autoscaler",
    ),
)
