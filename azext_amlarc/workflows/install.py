"""Install and update the extension, with checks before and after, for both doors."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from azext_amlarc.azure import clusters, supporting
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.converge import converge
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.azure.extension.lookup import find, show
from azext_amlarc.azure.facts.clusters import facts_of
from azext_amlarc.product.extension import DEFAULT_TRAIN
from azext_amlarc.resources.extension import Change, Wanted, lost, plan_change, protected_to_send
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.preflight import installation_checks

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.validation.settings import Judgement
    from azext_amlarc.workflows.scaling import Scaling


class Release(NamedTuple):
    """The wanted release; None for what was not given."""

    train: str | None = None
    version: str | None = None
    auto_upgrade: bool | None = None


def begin_install(
    azure: AzureClient,
    door: Door,
    cluster_id: ClusterId,
    name: str | None,
    *,
    given: GivenSettings,
    release: Release,
    timeout: float,
    kube: "KubeAccess | None" = None,
    all_checks: bool = False,
    tags: Mapping[str, str] | None = None,
    scaling: "Scaling | None" = None,
    resumes: bool = False,
) -> Operation[Extension]:
    """Validate, check, ask before something breaks or is lost, and send.

    What is not given stays as it is on an extension that exists. The operation's failure says what the checks find
    then. Another write to the extension is waited for, `timeout` seconds at most. `tags` are for the Azure resources
    that are created, `scaling` is what happens on the cluster before and after; with `resumes` they are read first, one
    request more, since an earlier run may have been cut short. InvalidInput or Refused before anything is sent, also
    for a release that does not exist.
    """
    if kube:
        kube.read()  # one that is of no use is said before anybody is asked
    _warn_of_train(door, release)
    cluster = clusters.read(azure, cluster_id)
    existing = find(azure, cluster.id, name)
    judgement = given.judged(cluster, existing, azure.cloud.application_domain)
    door.show(judgement.findings)
    checks = installation_checks(azure, door, cluster, name=name, settings=judgement.plain, kube=kube)
    checks.before(facts_of(azure, cluster), all_checks)
    stop_at_unknown(azure, door, cluster.id, existing, release)
    protected = supporting.read_own(azure, judgement.plain, judgement.protected) | judgement.protected
    released = (release.train, release.version, release.auto_upgrade)
    wanted = Wanted(judgement.plain, protected, *released, tags or {}, scaling.removed if scaling else frozenset())
    change = Installation(azure, cluster, name, wanted, door.watcher, resumes)
    write_to_cluster = _writer(azure, scaling, judgement, existing)

    def agree(now: Extension | None) -> None:
        if now is not None:
            resolved, kept = change.resolved(now), change.kept(now)
            _confirm(door, now, resolved.settings, lost(now, {*protected_to_send(resolved, wanted), *kept}))
        write_to_cluster()

    operation = converge(change, existing, door.watcher, timeout, agree)
    write_to_cluster()  # if Azure had nothing to be sent, nobody was asked
    return checks.explaining(scaling.around(operation, azure.writes) if scaling else operation)


def begin_update(
    azure: AzureClient,
    door: Door,
    cluster_id: ClusterId,
    name: str | None,
    *,
    given: GivenSettings,
    release: Release,
    timeout: float,
    scaling: "Scaling | None" = None,
) -> Operation[Extension]:
    """Validate the settings together with the installed ones, confirm what would break, and send what differs.

    NotFound if the extension is not installed. Another write to it is waited for, `timeout` seconds at most. `scaling`
    is what happens on the cluster before and after; where settings go, it is an installation: updates take none away.
    """
    if scaling and scaling.removed:
        show(azure, cluster_id, name)
        return begin_install(
            azure, door, cluster_id, name, given=given, release=release, timeout=timeout, scaling=scaling
        )
    from azext_amlarc.azure.extension.update import Update

    _warn_of_train(door, release)
    cluster = clusters.read(azure, cluster_id)
    domain = azure.cloud.application_domain
    properties = {
        "version": release.version,
        "autoUpgradeMinorVersion": release.auto_upgrade,
        "releaseTrain": release.train,
    }

    def judged(existing: Extension) -> "Judgement":
        return given.judged(cluster, existing, domain)

    def planned(existing: Extension, judgement: "Judgement") -> Change:
        return plan_change(cluster, existing, judgement.plain, judgement.protected, properties)

    def agree(existing: Extension | None) -> None:
        if existing is not None:
            judgement = judged(existing)
            door.show(judgement.findings)
            _confirm(door, existing, planned(existing, judgement).settings, [])
        write_to_cluster()

    change = Update(azure, cluster, name, lambda existing: planned(existing, judged(existing)), door.watcher)
    checks = installation_checks(azure, door, cluster, name=name, settings={}, kube=None)
    existing = change.read()
    stop_at_unknown(azure, door, cluster.id, existing, release)
    write_to_cluster = _writer(azure, scaling, judged(existing), existing) if scaling else _nothing
    operation = converge(change, existing, door.watcher, timeout, agree)
    write_to_cluster()
    return checks.explaining(scaling.around(operation, azure.writes) if scaling else operation)


def _nothing() -> None:
    pass


def _writer(
    azure: AzureClient, scaling: "Scaling | None", judgement: "Judgement", existing: Extension | None
) -> Callable[[], None]:
    """What writes to the cluster when the extension is about to be written, or need not be, whichever comes first."""
    if scaling is None:
        return _nothing
    scaling.stop_without_volcano({**(existing.shown_settings if existing else {}), **judgement.plain})
    return scaling.writer(azure.writes)


def stop_at_unknown(
    azure: AzureClient, door: Door, cluster_id: ClusterId, existing: Extension | None, release: Release
) -> None:
    """Refused for a train or a version that does not exist; no request where neither is named."""
    if release.train or release.version:
        from azext_amlarc.azure.extension import releases

        releases.stop_at_unknown(
            azure, door.watcher, cluster_id, existing, train=release.train, version=release.version
        )


def _warn_of_train(door: Door, release: Release) -> None:
    if release.train and release.train.lower() != DEFAULT_TRAIN:
        door.warn(f"The release train is {release.train!r}, not {DEFAULT_TRAIN!r}: its releases are for testing.")


def _confirm(door: Door, existing: Extension, settings: Mapping[str, str], gone: Sequence[str]) -> None:
    """Ask before a write that breaks what runs, or that loses protected settings."""
    said = consequences(existing, settings, gone)
    if said:
        door.confirm("\n".join(said))


def consequences(existing: Extension, settings: Mapping[str, str], gone: Sequence[str]) -> list[str]:
    """What a write of these settings breaks, and the protected settings that it loses; empty if it does neither."""
    from azext_amlarc.validation.report.text import as_text
    from azext_amlarc.validation.settings.breakage import what_breaks

    old = existing.shown_settings
    breaks = what_breaks(old, {**old, **settings})
    said = [as_text(breaks)] if breaks else []
    if gone:
        said.append(f"These protected settings would be lost, since Azure gives none back: {', '.join(gone)}.")
    return said
