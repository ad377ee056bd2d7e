"""How each kind of change is previewed and made. A new kind (checks/fix.py) gets its way here, in WAYS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.azure import clusters, role_assignments
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.registration import Registrar
from azext_amlarc.azure.connection.watcher import WriteLog
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.azure.converge import converge
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.azure.extension.lookup import show
from azext_amlarc.azure.extension.update import Update
from azext_amlarc.azure.supporting import relay
from azext_amlarc.checks.fix import (
    AllowRelay,
    ApplyInstanceTypes,
    ChangeSettings,
    CreateNamespace,
    GrantRole,
    InstallAgain,
    RegisterProvider,
    RestoreRelay,
    ScaleFromZero,
)
from azext_amlarc.errors import Refused
from azext_amlarc.kubernetes import volcano as kubernetes_volcano
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.product import volcano
from azext_amlarc.resources.extension import Wanted, lost, plan_change, plan_renewal, protected_to_send
from azext_amlarc.resources.ids import Target
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.install import Release, begin_install, begin_update
from azext_amlarc.workflows.login import NOT_SIGNED_IN
from azext_amlarc.workflows.prepare import Preparation, compare, stop_at_another_cluster
from azext_amlarc.workflows.scaling import Scaling


@dataclass(frozen=True)
class Means:
    """What changes are made with; without a sign-in, or a kubeconfig that was named, its changes are refused.

    `timeout` is for each change, in seconds.
    """

    door: Door
    target: Target
    timeout: float
    signed_in: AzureClient | None
    kubeconfig: KubeAccess | None
    own_writes: WriteLog = field(default_factory=WriteLog)

    @property
    def writes(self) -> WriteLog:
        """What has been written so far."""
        return self.signed_in.writes if self.signed_in else self.own_writes

    @property
    def azure(self) -> AzureClient:
        if self.signed_in is None:
            raise Refused(NOT_SIGNED_IN, "Sign in: az login")
        return self.signed_in

    @property
    def cluster(self) -> Kube:
        if self.kubeconfig is None:
            raise Refused("No kubeconfig was given.", "Name the cluster's kubeconfig.")
        return self.kubeconfig.open()

    def prepared(self, namespace: str | None, *manifests: Mapping[str, Any]) -> Preparation:
        """What would be written to the cluster itself; Refused if it is another cluster than the one that was named."""
        return compare(self.cluster, self.target, namespace, manifests)


@dataclass(frozen=True)
class Way:
    """How a kind of change is made.

    `preview` reads what would change, a line each, and raises if the change can't or must not be made; `make` makes it.
    """

    preview: Callable[[Means, Any], list[str]]
    make: Callable[[Means, Any], None]


def _said_by_itself(means: Means, _change: object) -> list[str]:
    """No lines, since the change says all; Refused without a sign-in."""
    _ = means.azure
    return []


def _register(means: Means, change: RegisterProvider) -> None:
    azure, watcher = means.azure, means.door.watcher
    registrar = Registrar(azure.get, azure.post, change.subscription_id, watcher, means.timeout)
    with recorded(azure.writes, f"registration of {change.namespace}"):
        registrar.register(change.namespace)


def _grant(means: Means, change: GrantRole) -> None:
    role_assignments.give(means.azure, means.door.watcher, change.principal_id, change.role_id, change.scope)


def _allow(means: Means, change: AllowRelay) -> None:
    relay.allow(means.azure, means.door.watcher, change.rule_id)


def _renewal(means: Means, change: RestoreRelay) -> Update:
    azure = means.azure
    cluster, domain = clusters.read(azure, change.cluster), azure.cloud.application_domain
    return Update(
        azure,
        cluster,
        change.extension,
        lambda existing: plan_renewal(cluster, domain, existing),
        means.door.watcher,
        renews=True,
    )


def _preview_restoring(means: Means, change: RestoreRelay) -> list[str]:
    update = _renewal(means, change)
    return [*update.differences(update.read())]


def _restore(means: Means, change: RestoreRelay) -> None:
    update = _renewal(means, change)
    converge(update, update.read(), means.door.watcher, means.timeout).wait(means.door.watcher, means.timeout)


def _given(*pairs: str) -> GivenSettings:
    return GivenSettings.read([settings.parse_pairs(pairs, "the fix")], allow_unknown=False)


def _preview_settings(means: Means, change: ChangeSettings) -> list[str]:
    lines = _differences(means, change)
    if not lines:
        raise Refused("The extension has these settings already.", "What was found is from before them.")
    return lines


def _differences(means: Means, change: ChangeSettings) -> list[str]:
    azure = means.azure
    cluster, existing = clusters.read(azure, change.cluster), show(azure, change.cluster, change.extension)
    judgement = _given(*change.settings).judged(cluster, existing, azure.cloud.application_domain)
    return [*plan_change(cluster, existing, judgement.plain, judgement.protected, {}).lines]


def _change_settings(means: Means, change: ChangeSettings) -> None:
    door, given = means.door, _given(*change.settings)
    operation = begin_update(
        means.azure, door, change.cluster, change.extension, given=given, release=Release(), timeout=means.timeout
    )
    operation.wait(door.watcher, means.timeout)


def _scaling(means: Means, change: ScaleFromZero) -> Scaling:
    kube = means.cluster
    stop_at_another_cluster(kube, Target.of_cluster(change.cluster))
    return Scaling(kubernetes_volcano.plan(kube, on=True))


def _preview_scaling(means: Means, change: ScaleFromZero) -> list[str]:
    changed = ChangeSettings(change.cluster, change.extension, tuple(volcano.pairs()))
    lines = [*_scaling(means, change).plan.lines, *_differences(means, changed)]
    if not lines:
        raise Refused("Volcano is as it should be already.", "What was found is from before that.")
    return lines


def _scale(means: Means, change: ScaleFromZero) -> None:
    door, given = means.door, _given(*volcano.pairs())
    operation = begin_update(
        means.azure,
        door,
        change.cluster,
        change.extension,
        given=given,
        release=Release(),
        timeout=means.timeout,
        scaling=_scaling(means, change),
    )
    operation.wait(door.watcher, means.timeout)


def _preview_installation(means: Means, change: InstallAgain) -> list[str]:
    """Refused if something would be lost that Azure does not give back: only its user can install it again then."""
    azure, wanted = means.azure, Wanted({})
    cluster, existing = clusters.read(azure, change.cluster), show(azure, change.cluster, change.extension)
    installation = Installation(azure, cluster, change.extension, wanted, means.door.watcher)
    gone = lost(existing, protected_to_send(installation.resolved(existing), wanted))
    if gone:
        raise Refused(f"These protected settings would be lost: {', '.join(gone)}.", "Install it again with them.")
    is_sound = existing.install_state == "Installed"
    again = [] if is_sound else [f"state: {existing.provisioning_state} -> tried again"]
    return [*again, *installation.differences(existing)]


def _install(means: Means, change: InstallAgain) -> None:
    door = means.door
    _preview_installation(means, change)
    operation = begin_install(
        means.azure, door, change.cluster, change.extension, given=_given(), release=Release(), timeout=means.timeout
    )
    operation.wait(door.watcher, means.timeout)


def _preview_namespace(means: Means, change: CreateNamespace) -> list[str]:
    return [*means.prepared(change.name).lines()]


def _create_namespace(means: Means, change: CreateNamespace) -> None:
    means.prepared(change.name).write(means.writes)


def _preview_types(means: Means, change: ApplyInstanceTypes) -> list[str]:
    return [*means.prepared(None, *change.manifests).lines()]


def _apply_types(means: Means, change: ApplyInstanceTypes) -> None:
    means.prepared(None, *change.manifests).write(means.writes)


WAYS: Mapping[type, Way] = {
    RegisterProvider: Way(_said_by_itself, _register),
    GrantRole: Way(_said_by_itself, _grant),
    AllowRelay: Way(_said_by_itself, _allow),
    RestoreRelay: Way(_preview_restoring, _restore),
    ChangeSettings: Way(_preview_settings, _change_settings),
    ScaleFromZero: Way(_preview_scaling, _scale),
    InstallAgain: Way(_preview_installation, _install),
    CreateNamespace: Way(_preview_namespace, _create_namespace),
    ApplyInstanceTypes: Way(_preview_types, _apply_types),
}
