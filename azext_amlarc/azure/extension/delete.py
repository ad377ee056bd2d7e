"""Taking the extension off a cluster."""

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation, Watcher, write
from azext_amlarc.azure.extension.lookup import Extension, address, read
from azext_amlarc.azure.extension.watch import by_absence
from azext_amlarc.resources.ids import ClusterId


def begin_delete(
    azure: AzureClient, cluster: ClusterId, existing: Extension, watcher: Watcher, *, force: bool
) -> Operation[Extension]:
    """Delete the extension, or join its deletion; `force` removes Azure's record without asking the cluster."""
    if existing.is_being_deleted and not force:
        watcher.tell("It is being deleted already: waiting for that.")
        return by_absence(azure, cluster, existing, None, "deletion of")

    def taken() -> bool:
        found = read(azure, cluster, existing.name)
        return found is None or found.is_being_deleted

    accepted = write(
        azure,
        f"the deletion of the extension {existing.name}",
        azure.extensions.begin_delete,
        *address(cluster),
        existing.name,
        force_delete=force,
        taken=taken,
    )
    return by_absence(azure, cluster, existing, accepted, "deletion of")


def goes_with_it(existing: Extension) -> list[str]:
    """What else leaves the cluster with the extension, and how long it takes, in sentences."""
    said = ["A deletion takes about ten minutes; the extension can't be installed again meanwhile."]
    if existing.configuration_settings.get("installNvidiaDevicePlugin", "").lower() == "true":
        said.append("The NVIDIA device plugin goes with it: no pod gets a GPU until another is installed.")
    return said
