"""The cluster extension Microsoft.AzureML.Kubernetes: install, show, wait, delete.

Imports are lazy, so that programs that only attach clusters do not pay for them.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from azure.core.credentials import TokenCredential

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.errors import together
from azext_amlarc.resources import naming
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.sdk.arguments import FLAG, SECONDS, SETTINGS, TEXTS, Files, names_of, stop_at_types
from azext_amlarc.sdk.connection import (
    DEFAULT_TIMEOUT,
    ClusterLogin,
    PythonDoor,
    closing_if_it_fails,
    connect,
    writing,
)
from azext_amlarc.sdk.exceptions import ExtensionException, raised_as
from azext_amlarc.sdk.watching import wait_printing

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.product.releases import Offer
    from azext_amlarc.resources.installed import Extension
    from azext_amlarc.validation.settings.given import GivenSettings
    from azext_amlarc.workflows.scaling import Scaling


class ArcExtension:
    """A cluster's extension. `details` is what `az ml arc extension show` shows, as last seen.

    `credential` and `cloud` are those of `Workspace`.
    """

    def __init__(
        self,
        azure: AzureClient,
        cluster: ClusterId,
        operation: "Operation[Extension]",
        kube: "KubeAccess | None" = None,
    ) -> None:
        """Use `ArcExtension.install` or `ArcExtension.show`. `kube` is what the operation still needs."""
        self._azure = azure
        self._cluster = cluster
        self._operation = operation
        self._kube = kube

    @classmethod
    def install(  # pylint: disable=too-many-locals  # each option is one
        cls,
        cluster_resource_id: str,
        settings: Mapping[str, object],
        protected_settings: Mapping[str, object] | None = None,
        *,
        name: str | None = None,
        release_train: str | None = None,
        version: str | None = None,
        auto_upgrade_minor_version: bool | None = None,
        allow_unknown_settings: bool = False,
        tags: Mapping[str, str] | None = None,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        yes: bool = False,
        policy: Files | None = None,
        scale_from_zero: bool | None = None,
        kubeconfig: str | os.PathLike[str] | None = None,
        context: str | None = None,
        get_credentials: bool = False,
    ) -> "ArcExtension":
        """Install the extension; Azure continues after this returns: `wait_for_completion`.

        All settings are validated first: ExtensionException with all findings. Changes nothing if it is up to date, and
        retries a failed one. `version` pins it, and turns automatic upgrades off. An existing extension keeps
        what is not given; ExtensionException if protected settings would be lost and `yes`, as az's --yes, does not
        allow it. `tags` are for the Relay, Service Bus and Log Analytics resources that are created. `timeout` (s) is
        for what must be ready first. `policy` names JSON Schemas of your own that the settings have to keep as well.

        `scale_from_zero` lets an autoscaler add nodes for waiting jobs, False undoes that; `wait_for_completion`
        restarts the scheduler. It changes the cluster itself, so it takes `yes`, and `kubeconfig`, `context`, or for
        AKS `get_credentials`, as in ClusterChecks. With these, a failure says what checks of the cluster find.
        """
        from azext_amlarc.resources.extension import auto_upgrade
        from azext_amlarc.workflows.install import Release, begin_install

        with raised_as(ExtensionException):
            stop_at_types(SETTINGS, settings=settings, protected_settings=protected_settings)
            stop_at_types(TEXTS, tags=tags)
            stop_at_types(FLAG, yes=yes, scale_from_zero=scale_from_zero)
            stop_at_types(SECONDS, timeout=timeout)
            given = given_settings(
                settings, protected_settings, allow_unknown_settings, bool(scale_from_zero), names_of(policy, "policy")
            )
            login = ClusterLogin.given(kubeconfig, context, get_credentials)
            cluster_id, *_ = together(
                partial(naming.cluster_of, cluster_resource_id, "cluster_resource_id"),
                partial(_stop_at_release, name, version, release_train, auto_upgrade_minor_version),
                given.stop_at_single_errors,
                partial(login.stop_without_cluster, ["scale_from_zero"] if scale_from_zero is not None else []),
            )
            release = Release(release_train, version, auto_upgrade(version, auto_upgrade_minor_version))
            azure = _connected(cluster_id, credential, cloud)
            kube = login.access_to(cluster_id, lambda: azure)
            with closing_if_it_fails(kube), writing(azure, timeout, registers=True, confirmed=yes) as (writer, door):
                scaling = _scaling(kube, door, cluster_id, scale_from_zero)
                begin = partial(begin_install, writer, door, cluster_id, name)
                operation = begin(given=given, release=release, timeout=timeout, tags=tags, kube=kube, scaling=scaling)
        return cls(azure, cluster_id, operation, kube)

    @classmethod
    def show(
        cls,
        cluster_resource_id: str,
        *,
        name: str | None = None,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
    ) -> "ArcExtension":
        """The cluster's extension; ExtensionException if it has none. One request."""
        from azext_amlarc.azure.extension import lookup as extension
        from azext_amlarc.azure.extension import watch as extension_watch

        with raised_as(ExtensionException):
            cluster = naming.cluster_of(cluster_resource_id, "cluster_resource_id")
            naming.stop_at_faults({"name": (naming.EXTENSION, name)})
            azure = _connected(cluster, credential, cloud)
            found = extension.show(azure, cluster, name)
        return cls(azure, cluster, extension_watch.join(azure, cluster, found))

    @classmethod
    def versions(
        cls, cluster_resource_id: str, *, credential: TokenCredential | None = None, cloud: str | None = None
    ) -> "list[Offer]":
        """The versions that the cluster can have, as `az ml arc extension versions` lists them.

        ExtensionException if Azure lists none.
        """
        from azext_amlarc.azure.extension import releases

        with raised_as(ExtensionException):
            cluster = naming.cluster_of(cluster_resource_id, "cluster_resource_id")
            return releases.list_all(_connected(cluster, credential, cloud), cluster)

    @property
    def details(self) -> "Extension":
        return self._operation.resource

    @property
    def name(self) -> str:
        return self.details.name

    @property
    def install_state(self) -> str:
        """Pending, Installed or Failed, as last seen."""
        return self.details.install_state

    def wait_for_completion(self, show_output: bool = False, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Wait until Azure has finished the operation on the extension; prints the same as for a compute target.

        ExtensionException if the operation fails, or after `timeout` seconds.
        """
        with raised_as(ExtensionException):
            stop_at_types(FLAG, show_output=show_output)
            stop_at_types(SECONDS, timeout=timeout)
            found = wait_printing(self._operation, show_output, timeout)
        self._operation = Operation.done(found)
        if self._kube:
            self._kube.close()

    def delete(self, *, force: bool = False, purge: bool = False, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Delete the extension from the cluster, and wait for that, which takes about ten minutes.

        `force` deletes Azure's record without contacting the cluster; `purge` also deletes the Azure resources that
        were created for it. A warning is logged for the compute targets that will stop working.
        """
        from azext_amlarc.azure.extension import delete as deletion
        from azext_amlarc.azure.supporting import purging
        from azext_amlarc.workflows import removal

        azure = self._azure
        with raised_as(ExtensionException):
            stop_at_types(FLAG, force=force, purge=purge)
            stop_at_types(SECONDS, timeout=timeout)
        with raised_as(ExtensionException), writing(azure, timeout, registers=False) as (writer, door):
            watcher = door.watcher
            owned = purging.owned(writer, self._cluster, self.details.configuration_settings) if purge else []
            for line in deletion.consequences(self.details):
                watcher.tell(line)
            for line in removal.attached_to(writer, self._cluster):
                door.warn(line)
            operation = deletion.begin_delete(writer, self._cluster, self.details, watcher, force=force)
            operation.wait(watcher, timeout)
            purging.purge(writer, owned, watcher)

    def __repr__(self) -> str:
        shown = f"name={self.name!r}, cluster={self._cluster.name!r}, install_state={self.install_state!r}"
        return f"ArcExtension({shown})"


def _connected(cluster: ClusterId, credential: TokenCredential | None, cloud: str | None) -> AzureClient:
    azure = connect(cluster.subscription_id, credential, cloud)
    azure.import_ahead(azure.EXTENSIONS)
    return azure


def _stop_at_release(name: str | None, version: str | None, release_train: str | None, upgrades: bool | None) -> None:
    stop_at_types(FLAG, auto_upgrade_minor_version=upgrades)
    given = {
        "name": (naming.EXTENSION, name),
        "version": (naming.VERSION, version),
        "release_train": (naming.RELEASE_TRAIN, release_train),
    }
    naming.stop_at_faults(given)


def _scaling(kube: "KubeAccess | None", door: PythonDoor, cluster: ClusterId, on: bool | None) -> "Scaling | None":
    if kube is None or on is None:
        return None
    from azext_amlarc.workflows.scaling import planned

    scaling = planned(kube, cluster, on)
    if scaling.plan.lines:
        door.confirm("\n".join([f"On the cluster {scaling.plan.kube.where}:", *scaling.plan.lines]))
    return scaling


def given_settings(
    plain: Mapping[str, object] | None,
    protected: Mapping[str, object] | None = None,
    allow_unknown: bool = False,
    from_zero: bool = False,
    policies: Sequence[str] = (),
) -> "GivenSettings":
    """Settings from parameters, with those of Volcano's configuration for an autoscaler if it is `from_zero`."""
    from azext_amlarc.product import volcano
    from azext_amlarc.validation import settings as settings_rules
    from azext_amlarc.validation.settings.given import GivenSettings

    stop_at_types(FLAG, allow_unknown_settings=allow_unknown)
    parts = [
        settings_rules.from_mapping(plain or {}, "settings"),
        settings_rules.from_mapping(protected or {}, "protected_settings", protected=True),
        settings_rules.parse_pairs(volcano.pairs() if from_zero else [], "scale_from_zero"),
    ]
    return GivenSettings.read(parts, allow_unknown, policies)
