"""What stops a request before its resource is looked at: rights, a disabled subscription, and locks."""

from collections.abc import Iterator

from amlarc_emulator.arm import errors, rights
from amlarc_emulator.arm.ids import parse, place
from amlarc_emulator.arm.model import Cloud

LOCK = "microsoft.authorization/locks"
CAN_NOT_DELETE, READ_ONLY = "CanNotDelete", "ReadOnly"
STATES = ("Enabled", "Warned", "PastDue", "Disabled", "Deleted")
READABLE_ONLY = ("Disabled", "Deleted")


def check(cloud: Cloud, method: str, path: str) -> None:
    """Raise ARM's 403 or 409 for a request that may not be made."""
    rights.check(cloud.state.principal, method, path)
    if method in ("GET", "HEAD") or not path.lower().startswith("/subscriptions/"):
        return
    if method != "DELETE":
        _check_subscription(cloud, place(path).subscription)
    _check_locks(cloud, method, path)


def _check_subscription(cloud: Cloud, name: str) -> None:
    """A disabled subscription takes no writes; what is in it can still be read and deleted."""
    found = cloud.state.get(f"/subscriptions/{name}")
    if found and found.body.get("state") in READABLE_ONLY:
        raise errors.disabled_subscription(name)


def _check_locks(cloud: Cloud, method: str, path: str) -> None:
    address = parse(path, method)
    target = address.id if address and address.names and not address.is_collection else path.rstrip("/")
    if f"/{LOCK}/" in f"{target.lower()}/":
        return
    scopes = list(_locked(cloud, method, target.lower()))
    if scopes:
        raise errors.scope_locked(target, "delete" if method == "DELETE" else "write", scopes)


def _locked(cloud: Cloud, method: str, target: str) -> Iterator[str]:
    """The scopes whose locks are in the way: at and above a target, and below one that is to be deleted."""
    for lock in cloud.state.of_kind(LOCK):
        scope = lock.id.rpartition("/providers/")[0]
        above = f"{target}/".startswith(f"{scope.lower()}/")
        below = method == "DELETE" and f"{scope.lower()}/".startswith(f"{target}/")
        forbids = (CAN_NOT_DELETE, READ_ONLY) if method == "DELETE" else (READ_ONLY,)
        if (above or below) and lock.properties["level"] in forbids:
            yield scope
