"""The local Azure in this process, for tests that ask tens of thousands of times: no socket, no TLS, same answers."""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from amlarc_emulator import options
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import SUBSCRIPTION
from amlarc_emulator.providers.resources import engine
from amlarc_emulator.record import Record
from amlarc_emulator.server import assembled
from amlarc_emulator.wire.app import Front, application
from tests.support.azure import Azure, Reply

ENDPOINT = "https://localhost:1"  # nobody listens there
_ROUNDS = 100  # more than a deployment of the tests takes


@dataclass
class _Exchange:
    """One exchange as ASGI has it: what the application asks for, and what it sends."""

    content: bytes
    sent: list[Any] = field(default_factory=list)

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.content}

    async def send(self, message: Any) -> None:
        self.sent.append(message)


class Inside(Azure):
    """An Azure without a process; `stop` ends it. What a request has it deploy is deployed when it has answered."""

    def __init__(self, front: Front) -> None:
        data = front.cloud.options.data
        state = front.cloud.state
        self.data, self.env, self._token = data, dict(os.environ), ""
        self.ready = {
            "endpoint": ENDPOINT,
            "subscriptionId": name_of(state.of_kind(SUBSCRIPTION)[0].id),
            "clientId": state.principal["clientId"],
            "clientSecret": state.principal["clientSecret"],
        }
        self._record = Record(data / "traffic.jsonl")
        self._front, self._application, self._loop = front, application(front), asyncio.new_event_loop()

    @classmethod
    def begin(cls, data: Path) -> Self:
        """One as the seed has it, which keeps its files in a folder."""
        return cls(assembled(ENDPOINT, options.parse(["--data", str(data)])))

    def stop(self) -> int:
        self._loop.close()
        self._front.traffic.close()
        return 0

    def _exchange(self, method: str, target: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        path, _, query = target.partition("?")
        exchange = _Exchange(content or b"")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
        self._loop.run_until_complete(self._application(scope, exchange.receive, exchange.send))
        self._deploy()
        start, *parts = exchange.sent
        text = b"".join(part.get("body", b"") for part in parts)
        shown = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Reply(start["status"], shown, _parsed(text))

    def _deploy(self) -> None:
        for _ in range(_ROUNDS):
            pause = engine.pause(self._front.cloud)
            if pause is None:
                return
            time.sleep(pause)
            engine.advance(self._front.cloud, self._front.send)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text.decode()
