"""Gives a managed identity a role."""

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.answers import envelope
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.watcher import Deadline, Watcher
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.errors import StillRunning
from azext_amlarc.resources.role_assignment import Grant

# Seconds between tries while the directory does not know a new identity yet: it takes some minutes at most.
_PAUSE, _LONGEST_PAUSE = 2.0, 15.0


def give(azure: AzureClient, watcher: Watcher, principal_id: str, role_id: str, scope: str) -> bool:
    """Give the role, of which `role_id` is the GUID, at the scope; False if the identity has it already.

    An identity that was just created is waited for, as long as the connection says: StillRunning after that.
    HttpResponseError for what Azure refuses otherwise.
    """
    deadline, pause = Deadline(azure.timeout), _PAUSE
    while True:
        deadline.asking()
        try:
            return _send(azure, principal_id, role_id, scope)
        except HttpResponseError as error:
            if envelope(error).code != "PrincipalNotFound":
                raise
        watcher.seen(f"The directory does not know the identity {principal_id} yet", deadline.elapsed)
        if deadline.is_over():
            raise StillRunning(
                f"The directory does not know the identity {principal_id} after {deadline.elapsed:.0f} s.",
                "Run the command again in some minutes.",
            )
        watcher.rest(min(pause, deadline.left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _send(azure: AzureClient, principal_id: str, role_id: str, scope: str) -> bool:
    grant = Grant(principal_id, role_id, scope)
    try:
        with recorded(azure.writes, f"role assignment {grant.address}"):
            azure.put(grant.address, grant.body)
    except HttpResponseError as error:
        if envelope(error).code != "RoleAssignmentExists":
            raise
        return False
    return True
