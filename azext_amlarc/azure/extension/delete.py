"""Delete the extension from a cluster."""

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation, write
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.extension.lookup import address, find, read
from azext_amlarc.azure.extension.watch import subject
from azext_amlarc.errors import NotFound
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension, refuse_another_type


def find_to_delete(azure: AzureClient, cluster: ClusterId, name: str | None) -> Extension | None:
    """The extension to delete; None if it is gone, or the cluster is. Refused if it is of another type."""
    try:
        found = find(azure, cluster, name)
    except NotFound:
        return None
    if found is not None:
        refuse_another_type(found)
    return found


def begin_delete(
    azure: AzureClient, cluster: ClusterId, existing: Extension, watcher: Watcher, *, force: bool
) -> Operation[Extension]:
    """Delete the extension, or join its deletion; `force` deletes Azure's record without contacting the cluster."""
    followed = subject(azure, cluster, existing.name)
    if existing.is_being_deleted and not force:
        watcher.tell("A deletion is already in progress; waiting for it.")
        return followed.by_absence("deleting", existing, None)

    def took_effect() -> bool:
        found = read(azure, cluster, existing.name)
        return found is None or found.is_being_deleted

    accepted = write(
        azure,
        f"deletion of the extension {existing.name}",
        azure.extensions.begin_delete,
        *address(cluster),
        existing.name,
        force_delete=force,
        took_effect=took_effect,
    )
    return followed.by_absence("deleting", existing, accepted)


def consequences(existing: Extension) -> list[str]:
    """How long the deletion takes and what else it removes from the cluster, one sentence each."""
    lines = ["Deletion takes about ten minutes; you cannot reinstall the extension until it finishes."]
    if existing.configuration_settings.get("installNvidiaDevicePlugin", "").lower() == "true":
        lines.append("This also removes the NVIDIA device plugin: pods cannot use GPUs until it is installed again.")
    return lines
