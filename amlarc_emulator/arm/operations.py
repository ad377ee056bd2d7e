"""Changes that take time: how they start, how each look moves them, and when they end."""

import hashlib
import hmac
import time
import uuid
from base64 import urlsafe_b64encode

from amlarc_emulator.arm import clock, errors
from amlarc_emulator.arm.model import Cloud, Ending, Operation, Resource

UNKNOWN = {"code": "InternalServerError", "message": "Encountered internal server error."}


def begin(
    cloud: Cloud,
    resource: Resource,
    verb: str,
    running: str,
    *,
    name: str = "",
    target: str = "",
    signed: bool = False,
    holds: bool = True,
    ending: Ending | None = None,
) -> Operation:
    """Start an operation on a resource: `verb` is what it does, `running` its status until it ends.

    One that `holds` the resource takes it from any earlier one, which then ends without touching it.
    """
    ending = ending or Ending("Succeeded")
    operation = Operation(
        name=name or str(uuid.uuid4()),
        resource=resource.id,
        kind=resource.kind,
        verb=verb,
        running=running,
        target=target,
        signed=signed,
        looks=cloud.options.polls,
        ready_at=time.time() + cloud.options.operation_seconds,
        started=clock.stamp(),
        ending=ending.status,
        error=UNKNOWN if ending.status == "Failed" and ending.error is None else ending.error,
    )
    cloud.state.operations[operation.key] = operation
    if holds:
        resource.operation = operation.key
    return operation


def running(cloud: Cloud, resource: Resource) -> Operation | None:
    """The operation in progress on a resource, if any."""
    return cloud.state.operations.get(resource.operation)


def at(cloud: Cloud, path: str, target: str) -> Operation | None:
    """The operation that is polled at a path; 403 when a signed URL isn't asked for letter by letter."""
    operation = cloud.state.operations.get(path.lower())
    if operation and operation.signed and operation.target != target:
        raise errors.ArmError(403, "Forbidden", "The signature of the operation's URL does not match the request.")
    return operation


def look(cloud: Cloud, operation: Operation) -> None:
    """Count one look at an operation, and apply its end to the resource when this look finds it due."""
    if operation.status:
        return
    if operation.looks > 0:
        operation.looks -= 1
        return
    if operation.ending == "never" or time.time() < operation.ready_at:
        return
    operation.status, operation.ended = operation.ending, clock.stamp()
    resource = cloud.state.get(operation.resource)
    if resource and resource.operation == operation.key:
        resource.operation = ""
        cloud.types[operation.kind].ended(cloud, resource, operation)


def look_at(cloud: Cloud, resource: Resource) -> Resource | None:
    """Count one look at a resource; what is left of it afterwards."""
    operation = running(cloud, resource)
    if operation:
        look(cloud, operation)
    return cloud.state.get(resource.id)


def signature(name: str) -> str:
    """The query of a signed URL: ticks, certificate, signature and hash, as long as Azure's since late 2023."""
    ticks = time.time_ns() // 100 + 621355968000000000
    certificate, signature, digest = (
        _letters(f"{part}{name}", size) for part, size in (("c", 2432), ("s", 342), ("h", 43))
    )
    return f"t={ticks}&c=MII{certificate}&s={signature}&h={digest}"


def _letters(text: str, size: int) -> str:
    """`size` letters of base64 that only depend on the text."""
    blocks = (hmac.digest(text.encode(), bytes([index]), hashlib.sha256) for index in range(size // 40 + 1))
    return urlsafe_b64encode(b"".join(blocks)).decode().replace("=", "")[:size]
