"""The cluster extension as Azure has it: present, in which state, at which version, and what it says of itself."""

from datetime import timedelta
from functools import partial

from azext_amlarc.checks.azure.facts import EXTENSION, EXTENSION_FOUND, NOW, found_verdict
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links
from azext_amlarc.product.hints import hint_for
from azext_amlarc.wording import ago

GROUP = "extension"
STABLE = "stable"
# What Azure's troubleshooting page says to wait for an earlier operation.
_PATIENCE = timedelta(hours=1)


def extension_is_installed(facts: Facts) -> Verdict:
    """The last write of the extension has ended well."""
    extension, options = facts[EXTENSION], facts[TARGET].cluster_options
    said = f"{extension.name} is {extension.install_state} (provisioning state {extension.provisioning_state})."
    if extension.install_state == "Installed":
        return Verdict(Status.PASS, said)
    if extension.in_progress:
        return Verdict(Status.WARN, said, f"az ml arc extension wait -n {extension.name} {options}")
    return Verdict(Status.FAIL, said, f"az ml arc extension show -n {extension.name} {options}")


def statuses_are_good(facts: Facts) -> Verdict:
    """Neither the extension nor Azure complains of anything."""
    extension, target = facts[EXTENSION], facts[TARGET]
    bad = [status for status in extension.statuses if (status.level or "Error").lower() != "information"]
    if not bad:
        return Verdict(Status.PASS, "There are no complaints.")
    hints = dict.fromkeys(hint for status in bad if (hint := hint_for(status.code, status.message)))
    is_warning = extension.install_state == "Installed" or all(
        (status.level or "").lower() == "warning" for status in bad
    )
    return Verdict(
        Status.WARN if is_warning else Status.FAIL,
        f"{extension.name} complains: {', '.join(dict.fromkeys(status.code for status in bad))}.",
        target.filled("\n".join(hints)),
        tuple(f"({status.code}) {status.message}" for status in bad),
    )


def nothing_is_under_way(facts: Facts) -> Verdict:
    """No operation on the extension is running, which another one would have to wait for."""
    extension, target = facts[EXTENSION], facts[TARGET]
    if not extension.in_progress:
        return Verdict(Status.PASS, "No operation is running.")
    since = facts[NOW] - extension.changed if extension.changed else None
    said = f"{extension.name} is {extension.provisioning_state}"
    said += f", since {ago(since)} ({extension.changed:%Y-%m-%d %H:%M} UTC)." if since is not None else "."
    wait = f"az ml arc extension wait -n {extension.name} {target.cluster_options}"
    if extension.provisioning_state.lower() == "deleting":
        wait += " --deleted"
    if since is None or since <= _PATIENCE:
        return Verdict(Status.WARN, said, wait)
    force = f"az ml arc extension delete -n {extension.name} {target.cluster_options} --force"
    return Verdict(Status.FAIL, said, f"{wait}\n# Where the cluster is gone for good:\n{force}")


def version_is_the_one_asked_for(facts: Facts) -> Verdict:
    """What runs is what was pinned, and something runs at all."""
    extension, options = facts[EXTENSION], facts[TARGET].cluster_options
    running = extension.current_version
    if running is None:
        return Verdict(Status.SKIPPED, "Azure does not say which version runs.")
    if extension.version in (None, running) or extension.upgrades_itself:
        how = "upgrades itself" if extension.upgrades_itself else "is pinned"
        return Verdict(Status.PASS, f"Version {running} runs and {how}.")
    fix = f"az ml arc extension update -n {extension.name} {options} --version {extension.version}"
    return Verdict(Status.WARN, f"Version {running} runs, where {extension.version} is asked for.", fix)


def release_train_is_stable(facts: Facts) -> Verdict:
    """The extension comes from the release train that is supported."""
    extension, options = facts[EXTENSION], facts[TARGET].cluster_options
    train = extension.release_train or "unknown"
    if train.lower() == STABLE:
        return Verdict(Status.PASS, f"The release train is {train}.")
    fix = f"az ml arc extension update -n {extension.name} {options} --release-train {STABLE}"
    return Verdict(Status.WARN, f"The release train is {train}, not {STABLE}.", fix)


CHECKS = (
    Check(
        id="AMLARC-A040",
        group=GROUP,
        title="The cluster has the extension",
        phase=Phase.POST,
        needs=(EXTENSION_FOUND,),
        judge=partial(found_verdict, fact=EXTENSION_FOUND),
        remedy="az ml arc extension create -c CLUSTER -g GROUP --config enableTraining=True",
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A041",
        group=GROUP,
        title="The extension is installed",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=extension_is_installed,
        remedy="az ml arc extension show -c CLUSTER -g GROUP",
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A042",
        group=GROUP,
        title="The extension's statuses are good",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=statuses_are_good,
        remedy="kubectl get configmap arcml-healthcheck -n azureml -o yaml",
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A043",
        group=GROUP,
        title="No operation on the extension is under way",
        phase=Phase.ALL,
        needs=(EXTENSION, TARGET, NOW),
        judge=nothing_is_under_way,
        remedy="az ml arc extension wait -c CLUSTER -g GROUP",
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A044",
        group=GROUP,
        title="The extension runs the version that was asked for",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=version_is_the_one_asked_for,
        remedy="az ml arc extension update -c CLUSTER -g GROUP --version VERSION",
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A045",
        group=GROUP,
        title="The extension's release train is stable",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=release_train_is_stable,
        remedy="az ml arc extension update -c CLUSTER -g GROUP --release-train stable",
        url=links.INSTALL,
    ),
)
