"""An etcd, as far as tests need one: what was written since a revision is forgotten."""

import base64
from pathlib import Path
from typing import Any

import httpx2

# Leases come and go by the API server's own hand.
_KEPT = (b"/registry/leases/", b"/registry/masterleases/")
_MOST_KEYS = 100_000


class Etcd:
    """An etcd at a URL, through its JSON gateway."""

    def __init__(self, url: str) -> None:
        self.url = url

    def flags(self, data: Path, peer_port: int) -> list[str]:
        """What to start it with."""
        peer = f"http://127.0.0.1:{peer_port}"
        return [
            f"--data-dir={data}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",  # a test's cluster survives no crash
            f"--max-txn-ops={_MOST_KEYS}",
        ]

    def revision(self) -> int:
        """The number of the last write."""
        return int(self._post("range", {"key": _b64(b"/")})["header"]["revision"])

    def forget_since(self, revision: int) -> None:
        """Delete, in one step, every key that was made after a revision."""
        everything = {"key": _b64(b"/registry/"), "range_end": _b64(b"/registry0"), "keys_only": True}
        found = self._post("range", {**everything, "min_create_revision": str(revision + 1)}).get("kvs", [])
        keys = [kv["key"] for kv in found if not base64.b64decode(kv["key"]).startswith(_KEPT)]
        if keys:
            self._post("txn", {"success": [{"request_delete_range": {"key": key}} for key in keys]})

    def _post(self, what: str, body: Any) -> Any:
        reply = httpx2.post(f"{self.url}/v3/kv/{what}", json=body, timeout=60)
        return reply.raise_for_status().json()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
