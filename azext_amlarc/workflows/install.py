"""Installing and updating the extension, with the checks around it: the same behind both doors."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azext_amlarc.azure import clusters
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.extension import install as installing
from azext_amlarc.azure.facts.clusters import facts_of
from azext_amlarc.resources.extension import Change, Extension, Wanted, plan_change
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.preflight import installation_checks

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess


@dataclass(frozen=True)
class Release:
    """Which release is wanted; None for what was not given."""

    train: str | None = None
    version: str | None = None
    auto_upgrade: bool | None = None


def begin_install(
    azure: AzureClient,
    door: Door,
    cluster_id: ClusterId,
    name: str,
    given: GivenSettings,
    release: Release,
    *,
    timeout: float,
    kube: "KubeAccess | None" = None,
    all_checks: bool = False,
) -> Operation[Extension]:
    """Validate, check, and send; the operation's failure says what the checks find then.

    Another write to the extension is waited for, `timeout` seconds at most. InvalidInput or Refused before anything is
    sent.
    """
    cluster = clusters.read(azure, cluster_id)
    judgement = given.judged(cluster, domain=azure.cloud.application_domain)
    door.show(judgement.findings)
    checks = installation_checks(azure, door, cluster, judgement.plain, kube)
    checks.before(facts_of(cluster), all_checks)
    wanted = Wanted(
        judgement.plain, judgement.protected, release.train or "stable", release.version, release.auto_upgrade
    )
    return checks.explaining(installing.begin_create(azure, cluster, name, wanted, door.watcher, timeout))


def begin_update(
    azure: AzureClient,
    door: Door,
    cluster_id: ClusterId,
    name: str,
    given: GivenSettings,
    release: Release,
    *,
    timeout: float,
) -> Operation[Extension]:
    """Validate beside what is installed, ask before something breaks, and send what differs.

    NotFound if the extension is not installed. Another write to it is waited for, `timeout` seconds at most.
    """
    from azext_amlarc.azure.extension import update as updating

    cluster = clusters.read(azure, cluster_id)
    domain = azure.cloud.application_domain
    properties = {
        "version": release.version,
        "autoUpgradeMinorVersion": release.auto_upgrade,
        "releaseTrain": release.train,
    }

    def plan(existing: Extension) -> Change:
        judgement = given.judged(cluster, existing, domain)
        return plan_change(cluster, existing, judgement.plain, judgement.protected, properties)

    def agree(existing: Extension | None) -> None:
        if existing is not None:
            door.show(given.judged(cluster, existing, domain).findings)
            _confirm_breakage(door, existing, plan(existing))

    checks = installation_checks(azure, door, cluster, {}, None)
    operation = updating.begin_update(azure, cluster, name, plan, door.watcher, timeout, agree)
    return checks.explaining(operation)


def _confirm_breakage(door: Door, existing: Extension, change: Change) -> None:
    from azext_amlarc.validation.report.formats import as_text
    from azext_amlarc.validation.settings.breakage import what_breaks

    old = existing.shown_settings
    breaks = what_breaks(old, {**old, **change.settings})
    if breaks:
        door.confirm(f"{as_text(breaks)}\nContinue with the update?")
