"""One resource of a deployment: its request, the answer, and the look that tells how it goes on.

Requests go the way of any client's: through faults, rights, guards and the provider. What a provider asks to be
repeated (429, 503) is sent again when it says so.
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from amlarc_emulator.arm import clock
from amlarc_emulator.arm.front import Request
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import Cloud, Json, Reply, Resource, Step

Send = Callable[[Request], Reply]
TERMINAL = ("succeeded", "failed", "canceled")
AGAIN = (429, 502, 503, 504)
MOST_TRIES = 6
PACE, SHORTEST, LONGEST = 20, 0.002, 0.5  # a pause is a twentieth of the time that has passed, in seconds within bounds


@dataclass(frozen=True)
class Engine:
    """How a deployment's requests are sent; `endpoint` is what its URLs begin with."""

    endpoint: str
    send: Send

    def ask(self, method: str, target: str, body: Any = None) -> Reply:
        """Send one request; the answer, an error's too."""
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(Request(method, target.partition("?")[0], target, {}, content))

    def start(self, step: Step, body: Json | None) -> None:
        """Send a step's request and take in its answer."""
        step.began = step.began or clock.stamp()
        step.operation = step.operation or uuid.uuid4().hex[:16].upper()
        step.tries, step.since = step.tries + 1, time.time()
        reply = self.ask(step.verb, f"{step.id}?api-version={step.version}", body)
        step.status = reply.status
        if reply.status in AGAIN and step.tries < MOST_TRIES:
            step.state, step.due = "Waiting", time.time() + float(reply.headers.get("retry-after", 1))
        elif reply.status >= 400 and not (step.verb == "DELETE" and reply.status == 404):
            self._refused(step, reply)
        else:
            self._follow(step, reply)

    def look(self, step: Step) -> None:
        """Ask how a step goes on; the longer it has run, the longer is the pause until the next look."""
        now = time.time()
        step.due = now + min(max((now - step.since) / PACE, SHORTEST), LONGEST)
        reply = self.ask("GET", step.polled)
        if reply.status in AGAIN:
            step.due = time.time() + float(reply.headers.get("retry-after", 1))
        elif reply.status == 202:
            return
        elif reply.status >= 400:
            self._gone(step, reply)
        else:
            self._judge(step, reply)

    def fail(self, step: Step, error: Json) -> None:
        """End a step with an error."""
        step.state, step.error, step.ended, step.polled = "Failed", error, clock.stamp(), ""

    def _refused(self, step: Step, reply: Reply) -> None:
        """A role that is assigned under this very name already is what a template that is deployed again wants."""
        error = error_in(reply)
        known = error["code"] == "RoleAssignmentExists" and self.ask("GET", f"{step.id}?api-version={step.version}")
        if known and known.status == 200:
            step.status = known.status
            self._judge(step, known)
        else:
            self.fail(step, error)

    def _follow(self, step: Step, reply: Reply) -> None:
        step.due = time.time() + SHORTEST
        url = reply.headers.get("azure-asyncoperation") or (
            reply.headers.get("location") if reply.status == 202 else ""
        )
        step.state = "Running"
        if url:
            parts = urlsplit(url)
            step.polled = parts.path + (f"?{parts.query}" if parts.query else "")
        elif _state_of(reply) in (*TERMINAL, ""):
            self._judge(step, reply)
        else:
            step.polled = f"{step.id}?api-version={step.version}"

    def _judge(self, step: Step, reply: Reply) -> None:
        state = _state_of(reply)
        if state in ("succeeded", "") or (step.verb == "DELETE" and not isinstance(reply.body, dict)):
            step.state, step.ended, step.polled = "Succeeded", clock.stamp(), ""
        elif state in TERMINAL:
            inner = reply.body.get("error") if isinstance(reply.body, dict) else None
            self.fail(step, ended_badly(step, state.capitalize(), inner))

    def _gone(self, step: Step, reply: Reply) -> None:
        if step.verb == "DELETE" and reply.status == 404:
            step.state, step.ended, step.polled = "Succeeded", clock.stamp(), ""
        else:
            self.fail(step, error_in(reply))


def removal(cloud: Cloud, resource: Resource) -> Step:
    """The step that deletes a resource, at its provider's newest api-version."""
    type_ = cloud.types[resource.kind]
    version = [version for version in type_.versions if "preview" not in version][-1]
    return Step(resource.id, f"{type_.provider}/{type_.path}", version, {}, "DELETE", name_of(resource.id))


def error_in(reply: Reply) -> Json:
    """The error of an answer, or one for an answer that has none."""
    body = reply.body if isinstance(reply.body, dict) else {}
    error = body.get("error")
    if isinstance(error, dict) and error.get("code"):
        return {key: item for key, item in error.items() if key in ("code", "message", "target", "details") and item}
    return {"code": str(reply.status), "message": "The provider answered without an error of its own."}


def ended_badly(step: Step, state: str, inner: Json | None) -> Json:
    """The error of a resource whose operation failed."""
    word = "delete" if step.verb == "DELETE" else "write"
    message = (
        f"The resource {word} operation failed to complete successfully, because it reached terminal provisioning "
        f"state '{state}'."
    )
    details = {"details": [inner]} if inner else {}
    return {"code": "ResourceDeploymentFailure", "target": step.id, "message": message, **details}


def _state_of(reply: Reply) -> str:
    """The status of an operation or the provisioning state of a resource, in lower case; "" where there is none."""
    body = reply.body if isinstance(reply.body, dict) else {}
    properties = body.get("properties")
    own = properties.get("provisioningState") if isinstance(properties, dict) else None
    return str(body.get("status") or own or "").lower()
