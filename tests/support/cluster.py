"""A real kube-apiserver and etcd, for tests that need a cluster. Nothing runs on it: it holds what tests load.

    cluster = Cluster.start(folder, assets)
    cluster.load("instancetype-crd.yaml")      # a file of tests/kubernetes/objects
    connect(str(cluster.kubeconfig("read-nodes")), None)
    cluster.requests()                         # what users asked of it since the last reset
    cluster.stop()

Tests that share one call `reset()` before each: what was loaded, and what the product made, is gone then.
"""

import base64
import json
import secrets
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, repeat
from pathlib import Path
from typing import Any, Self

import httpx2
import trustme
import yaml

from amlarc_emulator.record import Record
from tests.support.etcd import Etcd

ROOT = Path(__file__).parents[2]
OBJECTS = ROOT / "tests" / "kubernetes" / "objects"
START_SECONDS = 60

ADMIN = "cluster-admin"  # signs in with a client certificate; the others with tokens
READ_NODES = "read-nodes"
READ_NOTHING = "read-nothing"
_HARNESS = "harness"  # the tests' own hand, whose requests are not among requests()

_RBAC = "rbac.authorization.k8s.io"
_ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["ResponseStarted", "ResponseComplete", "Panic"],
    "rules": [{"level": "None", "users": [_HARNESS, "system:apiserver"]}, {"level": "Metadata"}],
}
_LONG_AGO = "2000-01-01T00:00:00Z"
# What the server makes on its own a moment after it calls itself ready.
_EXPECTED = ("/readyz", "/api/v1/namespaces/kube-system", "/api/v1/namespaces/default/services/kubernetes")


def assets() -> Path | None:
    """The folder with kube-apiserver and etcd; None where there is none yet."""
    script = [str(ROOT / "scripts" / "kube-assets"), "--cached"]
    found = subprocess.run(script, capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


@dataclass(frozen=True)
class Request:
    """A request as the server's audit log has it: who asked, the verb (get, list, create, patch, …), path and query."""

    user: str
    verb: str
    path: str
    agent: str


@dataclass
class Cluster:
    """The two processes, and how to reach them."""

    folder: Path
    url: str
    ca: trustme.CA
    etcd: Etcd
    processes: Sequence[subprocess.Popen[bytes]]
    _client: httpx2.Client = field(repr=False)
    _audit: Record = field(repr=False)
    _start: int = 0  # etcd's revision before anything was loaded

    @classmethod
    def start(cls, folder: Path, assets: Path) -> Self:
        """Start both on free ports of the loopback in an empty folder, and wait until users can sign in."""
        etcd_port, peer_port, port = _free_ports(3)
        url, etcd = f"https://127.0.0.1:{port}", Etcd(f"http://127.0.0.1:{etcd_port}")
        ca = trustme.CA()
        _write_identities(folder, url, ca)
        (folder / "audit-policy.yaml").write_text(json.dumps(_AUDIT))
        processes = [
            _run([str(assets / "etcd"), *etcd.flags(folder / "etcd", peer_port)], folder / "etcd.log"),
            _run([str(assets / "kube-apiserver"), *_flags(folder, etcd.url, port)], folder / "kube-apiserver.log"),
        ]
        context = ssl.create_default_context(cafile=folder / "ca.pem")
        context.load_cert_chain(folder / f"{_HARNESS}.pem")
        client = httpx2.Client(base_url=url, verify=context, timeout=60)
        cluster = cls(folder, url, ca, etcd, processes, client, Record(folder / "audit.log"))
        try:
            cluster._wait_until_ready()
            cluster.load("users.yaml")
        except BaseException:
            cluster.stop()
            raise
        cluster._start = etcd.revision()
        return cluster

    def stop(self) -> None:
        """End both, the API server first."""
        self._client.close()
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    def reset(self) -> None:
        """Back to the start: whatever was written since is deleted, and no request was seen."""
        self.etcd.forget_since(self._start)
        self._audit.forget()

    def kubeconfig(self, user: str = ADMIN) -> Path:
        """The kubeconfig file of a user; its one context is named after them."""
        return self.folder / f"{user}.kubeconfig"

    def load(self, *names: str) -> None:
        """Create the objects of YAML files in tests/kubernetes/objects, through the API and with their status."""
        for name in names:
            self.create(*yaml.load_all((OBJECTS / name).read_text(encoding="utf-8"), yaml.CSafeLoader))

    def create(self, *objects: Mapping[str, Any]) -> None:
        """Create objects with their status; those of one kind in a row at once. CRDs are served when it returns."""
        for _, alike in groupby(objects, lambda one: (one["apiVersion"], one["kind"])):
            documents = list(alike)
            resource = self._resource(documents[0])
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self._create, repeat(resource), documents))
            if documents[0]["kind"] == "CustomResourceDefinition":
                for document in documents:
                    self._wait_until_served(document["spec"])
                    self._backdate(document["metadata"]["name"])

    def allow(self, user: str, resource: str, *verbs: str, group: str = "") -> None:
        """Let a user do this to a resource (its plural, and its API group) everywhere, until the next reset."""
        named = {"apiVersion": f"{_RBAC}/v1", "metadata": {"name": f"{user}-{resource}"}}
        rule = {"apiGroups": [group], "resources": [resource], "verbs": verbs}
        reference = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": f"{user}-{resource}"}
        subjects = [{"apiGroup": _RBAC, "kind": "User", "name": user}]
        self.create({**named, "kind": "ClusterRole", "rules": [rule]})
        self.create({**named, "kind": "ClusterRoleBinding", "roleRef": reference, "subjects": subjects})
        asked = {"user": user, "resourceAttributes": {"group": group, "resource": resource, "verb": verbs[-1]}}
        deadline = time.monotonic() + START_SECONDS
        while not self.send("POST", _ACCESS_REVIEWS, {"spec": asked})["status"]["allowed"]:
            _pause_until(deadline, f"{user} may not {verbs[-1]} {resource}")

    def get(self, path: str) -> Any:
        """The answer of the API to the tests' own user, as data; None where there is nothing."""
        reply = self._client.get(path)
        return None if reply.status_code == 404 else _checked(reply).json()

    def send(self, method: str, path: str, body: Any, kind: str = "application/json") -> Any:
        """The answer to a body that the tests' own user sends."""
        return _checked(self._client.request(method, path, json=body, headers={"Content-Type": kind})).json()

    def pass_on(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> httpx2.Response:
        """The answer to whatever a door in front of it was asked, with the rights of the tests' own user."""
        return self._client.request(method, target, content=body, headers=headers)

    def requests(self) -> list[Request]:
        """What users asked since the last reset, oldest first; a request is here as soon as it is answered."""
        events = self._audit.read()
        return [
            Request(event["user"]["username"], event["verb"], event["requestURI"], event.get("userAgent", ""))
            for event in events
        ]

    def _create(self, resource: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        path = _path(document["apiVersion"])
        if resource["namespaced"]:
            path += f"/namespaces/{document['metadata'].get('namespace', 'default')}"
        path += f"/{resource['name']}"
        self.send("POST", path, document)
        if "status" in document and resource["has_status"]:
            status = {"status": document["status"]}
            self.send("PATCH", f"{path}/{document['metadata']['name']}/status", status, "application/merge-patch+json")

    def _resource(self, document: Mapping[str, Any]) -> dict[str, Any]:
        resources = self.get(_path(document["apiVersion"]))["resources"]
        [found] = [one for one in resources if one["kind"] == document["kind"] and "/" not in one["name"]]
        described: dict[str, Any] = found
        return described | {"has_status": f"{found['name']}/status" in {one["name"] for one in resources}}

    def _wait_until_served(self, crd: Mapping[str, Any]) -> None:
        plural = crd["names"]["plural"]
        for version in crd["versions"]:
            base = _path(f"{crd['group']}/{version['name']}")
            deadline = time.monotonic() + START_SECONDS
            # Requests are routed, and discovery knows the kind, each in its own time.
            while not (self._answers(f"{base}/{plural}") and plural in str(self.get(base))):
                _pause_until(deadline, f"{plural} is not served")

    def _backdate(self, crd: str) -> None:
        """The server sleeps before it creates an object whose CRD was established less than two seconds ago."""
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd}"
        conditions = [{**one, "lastTransitionTime": _LONG_AGO} for one in self.get(path)["status"]["conditions"]]
        self.send("PATCH", f"{path}/status", {"status": {"conditions": conditions}}, "application/merge-patch+json")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        for path in _EXPECTED:
            while not self._answers(path):
                if any(process.poll() is not None for process in self.processes):
                    raise RuntimeError(f"the API server did not start: see the logs in {self.folder}")
                _pause_until(deadline, f"the API server is not ready: see the logs in {self.folder}")

    def _answers(self, path: str) -> bool:
        try:
            return self._client.get(path).status_code == 200
        except httpx2.TransportError:
            return False


def _checked(reply: httpx2.Response) -> httpx2.Response:
    if reply.is_error:
        raise RuntimeError(f"{reply.request.method} {reply.request.url} was answered {reply.status_code}: {reply.text}")
    return reply


def _path(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _pause_until(deadline: float, complaint: str) -> None:
    if time.monotonic() > deadline:
        raise RuntimeError(complaint)
    time.sleep(0.02)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _run(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)


def _flags(folder: Path, etcd: str, port: int) -> list[str]:
    return [
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'server.pem'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--client-ca-file={folder / 'ca.pem'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        f"--audit-policy-file={folder / 'audit-policy.yaml'}",
        f"--audit-log-path={folder / 'audit.log'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'server.key'}",
        f"--service-account-signing-key-file={folder / 'server.key'}",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--disable-admission-plugins=ServiceAccount",  # nobody makes the service accounts that pods would need
        "--endpoint-reconciler-type=none",  # a loopback address may not be one
        "--allow-privileged=true",  # device plugins and exporters are
    ]


def _write_identities(folder: Path, url: str, ca: trustme.CA) -> None:
    """The server's certificate, and for each user what they sign in with."""
    ca.cert_pem.write_to_path(folder / "ca.pem")
    server = ca.issue_cert("127.0.0.1", "localhost")
    server.cert_chain_pems[0].write_to_path(folder / "server.pem")
    server.private_key_pem.write_to_path(folder / "server.key")
    harness = ca.issue_cert(_HARNESS, common_name=_HARNESS, organization_name="system:masters")
    harness.private_key_and_cert_chain_pem.write_to_path(folder / f"{_HARNESS}.pem")
    admin = ca.issue_cert(ADMIN, common_name=ADMIN, organization_name="system:masters")
    certificate, key = admin.cert_chain_pems[0].bytes(), admin.private_key_pem.bytes()
    credentials = {"client-certificate-data": _b64(certificate), "client-key-data": _b64(key)}
    write_kubeconfig(folder / f"{ADMIN}.kubeconfig", url, ca, credentials)
    tokens = {user: secrets.token_urlsafe(32) for user in (READ_NODES, READ_NOTHING)}
    (folder / "tokens.csv").write_text("".join(f"{token},{user},{user}\n" for user, token in tokens.items()))
    for user, token in tokens.items():
        write_kubeconfig(folder / f"{user}.kubeconfig", url, ca, {"token": token})


def write_kubeconfig(file: Path, url: str, ca: trustme.CA, credentials: Mapping[str, str]) -> None:
    """A kubeconfig with one user and one context, both of the file's name without its ending."""
    user, cluster = file.stem, {"server": url, "certificate-authority-data": _b64(ca.cert_pem.bytes())}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": user, "context": {"cluster": "tests", "user": user}}],
        "current-context": user,
    }
    file.write_text(yaml.safe_dump(config))


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
