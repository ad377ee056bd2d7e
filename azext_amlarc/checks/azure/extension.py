"""The cluster extension as Azure has it: whether it exists, its state, its version, and what it reports."""

from datetime import timedelta
from functools import partial

from azext_amlarc.checks.azure.facts import EXTENSION, EXTENSION_FOUND, NOW, Extension, it_exists
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import SOME_CLUSTER, Fix, InstallAgain, extension_options
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import DEFAULT_NAME, DEFAULT_TRAIN, SENT_AS
from azext_amlarc.product.known_errors import Subject, advice
from azext_amlarc.product.steps import Command, Note, command
from azext_amlarc.resources.advice import names_of_target
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.resources.supporting import log_analytics, service_bus
from azext_amlarc.resources.supporting.relay import ENABLED as RELAY_ENABLED
from azext_amlarc.resources.supporting.relay import PROTECTED as RELAY_SECRETS
from azext_amlarc.wording import ago

GROUP = "extension"
_DERIVED = ("cluster_name", "clusterId", "location", "domain")
# How long Microsoft's troubleshooting page says to wait for an earlier operation.
_LONGEST = timedelta(hours=1)


def extension_is_installed(facts: Facts) -> Verdict:
    """The last write to the extension succeeded."""
    extension, target = facts[EXTENSION], facts[TARGET]
    message = f"{extension.name} is {extension.install_state} (provisioning state {extension.provisioning_state})."
    if extension.install_state == "Installed":
        return Verdict(Status.PASS, message)
    if extension.in_progress:
        return Verdict(Status.WARN, message, (_command("wait", extension, target),), may_come_right=True)
    return Verdict(Status.FAIL, message, _tried_again(extension, target))


# What Azure does not show, and other tools and we read again from the resources that it is of.
_READ_AGAIN = frozenset({*RELAY_SECRETS, *service_bus.PROTECTED, log_analytics.PROTECTED})


def has_secrets_of_its_user(extension: Extension) -> bool:
    """Whether it has protected settings that only its user has, such as a TLS key: sending it again would lose them."""
    return bool(extension.protected - _READ_AGAIN - SENT_AS.keys())


def again(extension: Extension, cluster: ClusterId) -> Fix:
    """Install it again with its settings; only its user can do that if it has secrets of theirs."""
    options = extension_options(cluster, extension.name)
    if not has_secrets_of_its_user(extension):
        return (InstallAgain(cluster, extension.name),)
    template = "az ml arc extension create {options} --config-protected sslCertPemFile=CERT.pem sslKeyPemFile=KEY.pem"
    note = Note("Install it again with the TLS certificate and key, which Azure does not give back:")
    return (note, command(template, options=options))


def _tried_again(extension: Extension, target: Target) -> Fix:
    show = _command("show", extension, target)
    fix = again(extension, target.named_cluster)
    return (Note(f"`{show.text}` shows why. To try again:"), *fix)


def _command(verb: str, extension: Extension, target: Target, *options: str) -> Command:
    return command(
        "az ml arc extension {verb} -n {name} {cluster} {options}",
        verb=verb,
        name=extension.name,
        cluster=target.named_cluster.options,
        options=options,
    )


def no_errors_are_reported(facts: Facts) -> Verdict:
    """The extension's statuses hold no warning and no error."""
    extension, target = facts[EXTENSION], facts[TARGET]
    bad = [status for status in extension.statuses if (status.level or "Error").lower() != "information"]
    if not bad:
        return Verdict(Status.PASS, "No errors or warnings.")
    names = names_of_target(target)._replace(extension=extension.name)
    known = dict.fromkeys(advice(Subject.EXTENSION, status.code, status.message, names) for status in bad)
    is_warning = extension.install_state == "Installed" or all(
        (status.level or "").lower() == "warning" for status in bad
    )
    return Verdict(
        Status.WARN if is_warning else Status.FAIL,
        f"{extension.name} reports: {', '.join(dict.fromkeys(status.code for status in bad))}.",
        tuple(step for steps in known for step in steps),
        tuple(f"({status.code}) {status.message}" for status in bad),
    )


def no_operation_is_in_progress(facts: Facts) -> Verdict:
    """No operation on the extension is in progress, which another one would have to wait for."""
    extension, target = facts[EXTENSION], facts[TARGET]
    if not extension.in_progress:
        return Verdict(Status.PASS, "No operation is in progress.")
    since = facts[NOW] - extension.changed if extension.changed else None
    message = f"{extension.name} is {extension.provisioning_state}."
    if since is not None:
        began = f"{extension.changed:%Y-%m-%d %H:%M} UTC"
        message = f"{extension.name} has been {extension.provisioning_state} for {ago(since)}, since {began}."
    until = ["--deleted"] if extension.provisioning_state.lower() == "deleting" else []
    wait = _command("wait", extension, target, *until)
    if since is None or since <= _LONGEST:
        return Verdict(Status.WARN, message, (wait,), may_come_right=True)
    force = _command("delete", extension, target, "--force")
    return Verdict(Status.FAIL, message, (wait, Note("If the cluster is gone for good:"), force))


def version_is_the_requested_one(facts: Facts) -> Verdict:
    """The pinned version runs; without a pinned one, any version."""
    extension, target = facts[EXTENSION], facts[TARGET]
    running = extension.current_version
    if running is None:
        return Verdict(Status.SKIPPED, "Azure does not say which version runs.")
    if extension.version in (None, running) or extension.upgrades_itself:
        how = "with auto-upgrade on" if extension.upgrades_itself else "and is pinned"
        return Verdict(Status.PASS, f"Version {running} runs {how}.")
    message = f"Version {running} runs, but {extension.version} was requested."
    return Verdict(Status.WARN, message, (_command("update", extension, target, "--version", extension.version or ""),))


def release_train_is_stable(facts: Facts) -> Verdict:
    """The extension comes from the release train that Microsoft supports."""
    extension, target = facts[EXTENSION], facts[TARGET]
    train = extension.release_train or "unknown"
    if train.lower() == DEFAULT_TRAIN:
        return Verdict(Status.PASS, f"The release train is {train}.")
    update = _command("update", extension, target, "--release-train", DEFAULT_TRAIN)
    return Verdict(Status.WARN, f"The release train is {train}, not {DEFAULT_TRAIN}.", (update,))


def what_the_chart_needs_is_there(facts: Facts) -> Verdict:
    """The settings that the chart needs, and no document lists: Terraform, Bicep and bare PUTs leave them out.

    hashicorp/terraform-provider-azurerm#24547 and #21457; `az k8s-extension` and `extension create` send them.
    """
    extension, target = facts[EXTENSION], facts[TARGET]
    has_relay = extension.settings.get(RELAY_ENABLED, "").lower() != "false" and target.cluster_type == CONNECTED
    wanted = (*_DERIVED, *(RELAY_SECRETS if has_relay else ()))
    missing = [key for key in wanted if key not in extension.settings and key not in extension.protected]
    if not missing:
        return Verdict(Status.PASS, f"{extension.name} has the settings that its chart needs.")
    message = f"{extension.name} lacks settings that its chart needs; `extension create` adds them."
    return Verdict(Status.WARN, message, again(extension, target.named_cluster), tuple(missing))


CHECKS = (
    Check(
        id="AMLARC-A040",
        group=GROUP,
        title="The cluster has the extension",
        phase=Phase.POST,
        needs=(EXTENSION_FOUND,),
        judge=partial(it_exists, fact=EXTENSION_FOUND),
        fix=(command("az ml arc extension create -c CLUSTER -g GROUP --config enableTraining=True"),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A041",
        group=GROUP,
        title="The extension is installed",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=extension_is_installed,
        fix=(
            Note("`az ml arc extension show -c CLUSTER -g GROUP` shows why. To try again:"),
            InstallAgain(SOME_CLUSTER, DEFAULT_NAME),
        ),
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A042",
        group=GROUP,
        title="The extension reports no errors",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=no_errors_are_reported,
        fix=(command("kubectl get configmap arcml-healthcheck -n azureml -o yaml"),),
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A043",
        group=GROUP,
        title="No operation on the extension is in progress",
        phase=Phase.ALL,
        needs=(EXTENSION, TARGET, NOW),
        judge=no_operation_is_in_progress,
        fix=(command("az ml arc extension wait -c CLUSTER -g GROUP"),),
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A044",
        group=GROUP,
        title="The extension runs the requested version",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=version_is_the_requested_one,
        fix=(command("az ml arc extension update -c CLUSTER -g GROUP --version VERSION"),),
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-A045",
        group=GROUP,
        title="The extension's release train is stable",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=release_train_is_stable,
        fix=(command("az ml arc extension update -c CLUSTER -g GROUP --release-train stable"),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A046",
        group=GROUP,
        title="The extension has the settings that its chart needs",
        phase=Phase.POST,
        needs=(EXTENSION, TARGET),
        judge=what_the_chart_needs_is_there,
        fix=(InstallAgain(SOME_CLUSTER, DEFAULT_NAME),),
        url=links.EXTENSION_TROUBLES,
    ),
)
