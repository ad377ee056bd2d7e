"""The logs of containers."""

from urllib.parse import quote

from lightkube.core.generic_client import GenericSyncClient

from azext_amlarc.kubernetes.client import Kube

# Bytes that the server sends of one log: a line may be as long as a program likes.
_MOST_SENT = 8 * 2**20
_LEFT_OUT = "(the beginning is left out)\n"


def read(kube: Kube, namespace: str, pod: str, container: str, *, previous: bool, lines: int, size: int) -> str:
    """The last lines of a container's log, or of that of the container before its restart; at most `size` bytes.

    Raises the same errors as Kube.asking.
    """
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/log"
    query = {"container": container, "tailLines": str(lines), "limitBytes": str(_MOST_SENT)}
    with kube.asking(f"read the log of {container} in {pod}"):
        reply = kube.http.get(path, params={**query, **({"previous": "true"} if previous else {})})
        GenericSyncClient.raise_for_status(reply)  # type: ignore[no-untyped-call]
    return _end(reply.content, size).decode("utf-8", errors="replace")


def _end(log: bytes, size: int) -> bytes:
    """The last whole lines that fit."""
    if len(log) <= size:
        return log
    return _LEFT_OUT.encode() + log[-size:].partition(b"\n")[2]
