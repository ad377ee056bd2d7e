"""Follow what Azure does with an extension after accepting a write, and find out why it failed."""

from functools import partial

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.converge import Subject
from azext_amlarc.azure.extension.lookup import read, show
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension

_VERBS = {"creating": "installing", "updating": "updating", "deleting": "deleting"}


def subject(azure: AzureClient, cluster: ClusterId, name: str) -> Subject[Extension]:
    """The extension with this name, to be followed."""
    where = " ".join(["-n", name, *cluster.options])
    return Subject(
        azure=azure,
        title=f"the extension {name!r}",
        read=partial(read, azure, cluster, name),
        show=partial(show, azure, cluster, name),
        own_error=partial(_own_error, azure, cluster),
        hint=partial(_hint, cluster, name),
        wait_command=f"az ml arc extension wait {where}",
        wait_for_deletion=f"az ml arc extension wait {where} --deleted",
    )


def join(azure: AzureClient, cluster: ClusterId, extension: Extension) -> Operation[Extension]:
    """Follow a write to the extension that is already in progress."""
    return subject(azure, cluster, extension.name).joined(_VERBS, extension)


def _hint(cluster: ClusterId, name: str, _last: Extension, code: str, message: str) -> str:
    from azext_amlarc.product import known_errors
    from azext_amlarc.product.steps import sentence
    from azext_amlarc.resources.advice import names_of_extension

    known = known_errors.advice(known_errors.Subject.EXTENSION, code, message, names_of_extension(cluster, name))
    where = " ".join(["-n", name, *cluster.options])
    return sentence(known) or f"To see its statuses: az ml arc extension show {where}"


def _own_error(azure: AzureClient, cluster: ClusterId, last: Extension) -> tuple[str, str] | None:
    """A failed extension continues to exist, and keeps the reason in its statuses."""
    found = last if last.statuses else read(azure, cluster, last.name)
    for status in found.statuses if found else []:
        if status.get("message"):
            return str(status.get("code", "")), str(status["message"])
    return None
