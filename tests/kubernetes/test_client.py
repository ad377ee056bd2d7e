"""Signing in to a real API server, and what is said where that fails."""

import json
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from lightkube.resources.core_v1 import Node

from azext_amlarc.errors import ArcError, Denied, InvalidInput, Unreachable
from azext_amlarc.kubernetes.client import connect
from tests.support.cluster import ADMIN, READ_NODES, READ_NOTHING, Cluster

TOKEN = "hunter2-hunter2-hunter2"


def changed(cluster: Cluster, folder: Path, *, user: object = None, **parts: Any) -> Path:
    """The kubeconfig of read-nodes with other parts of its cluster, or with other credentials."""
    document = yaml.safe_load(cluster.kubeconfig(READ_NODES).read_text())
    document["users"][0]["user"] = user or document["users"][0]["user"]
    document["clusters"][0]["cluster"] |= parts
    (folder / "config").write_text(yaml.safe_dump(document))
    return folder / "config"


def list_nodes(kubeconfig: Path) -> list[Node]:
    with closing(connect(str(kubeconfig), None)) as kube, kube.asking("list nodes"):
        return list(kube.client.list(Node))


def failure(kubeconfig: Path) -> ArcError:
    with pytest.raises(ArcError) as caught:
        list_nodes(kubeconfig)
    assert TOKEN not in f"{caught.value.message} {caught.value.fix}"
    return caught.value


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """An HTTP server that is no API server: the same bytes to whatever is asked of it once."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join()
    listener.close()


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A program that signs in; tests say what it does by the argument that it gets."""
    path = tmp_path / "sign-in"
    path.write_text('#!/bin/sh\neval "$1"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def with_plugin(cluster: Cluster, folder: Path, command: str | Path, script: str, **parts: Any) -> Path:
    described = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(command), "args": [script], **parts}
    return changed(cluster, folder, user={"exec": described})


def token_of(cluster: Cluster, user: str) -> str:
    token: str = yaml.safe_load(cluster.kubeconfig(user).read_text())["users"][0]["user"]["token"]
    return token


@pytest.mark.parametrize("user", [ADMIN, READ_NODES])
def test_a_certificate_and_a_token_sign_in(cluster: Cluster, user: str) -> None:
    assert list_nodes(cluster.kubeconfig(user)) == []
    assert [(request.user, request.verb) for request in cluster.requests()] == [(user, "list")]


def test_connecting_asks_nothing_of_the_server(cluster: Cluster) -> None:
    with closing(connect(str(cluster.kubeconfig(READ_NOTHING)), None)) as kube:
        assert (kube.server, kube.context) == (cluster.url, READ_NOTHING)
    assert cluster.requests() == []


def test_files_are_found_beside_the_kubeconfig(cluster: Cluster, tmp_path: Path) -> None:
    cluster.ca.cert_pem.write_to_path(tmp_path / "own-ca.pem")
    file = changed(cluster, tmp_path)
    document = yaml.safe_load(file.read_text())
    del document["clusters"][0]["cluster"]["certificate-authority-data"]
    document["clusters"][0]["cluster"]["certificate-authority"] = "own-ca.pem"
    file.write_text(yaml.safe_dump(document))
    assert list_nodes(file) == []


def test_a_missing_right_is_named(cluster: Cluster) -> None:
    refused = failure(cluster.kubeconfig(READ_NOTHING))
    assert isinstance(refused, Denied)
    assert refused.message.startswith("No permission to list nodes (403): ")
    assert 'User "read-nothing" cannot list resource "nodes"' in refused.message


def test_credentials_that_the_server_does_not_know(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(changed(cluster, tmp_path, user={"token": TOKEN}))
    assert isinstance(refused, Denied)
    assert refused.message == f"{cluster.url} rejected the credentials of the context 'read-nodes' (401)."


def test_nobody_listens(cluster: Cluster, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = f"https://127.0.0.1:{listener.getsockname()[1]}"
    refused = failure(changed(cluster, tmp_path, server=server))
    assert isinstance(refused, Unreachable)
    assert refused.message == f"{server} cannot be reached: [Errno 111] Connection refused."


def test_a_name_that_nobody_has(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(changed(cluster, tmp_path, server="https://cluster.invalid:6443"))
    assert isinstance(refused, Unreachable)
    assert refused.message.startswith("https://cluster.invalid:6443 cannot be reached: ")


def test_another_authority_than_the_servers(cluster: Cluster, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    file = changed(cluster, tmp_path, **{"certificate-authority": "ca.pem"})
    refused = failure(file)
    assert isinstance(refused, Unreachable)
    assert "CERTIFICATE_VERIFY_FAILED" in refused.message
    assert refused.fix == "The kubeconfig's certificate authority is not the server's: get a new kubeconfig"


def test_an_address_that_is_no_url(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(changed(cluster, tmp_path, server="cluster:6443"))
    assert isinstance(refused, Unreachable)
    assert refused.fix == "Set the kubeconfig's server to https://HOST:PORT"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nNo", "HTTP status 502"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "the response has no Content-Type"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nHi",
            "the response has another format",
        ),
        (
            b"HTTP/1.1 500 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
            "the response has another format",
        ),
    ],
)
def test_what_is_no_api_server(cluster: Cluster, tmp_path: Path, answer: bytes, reason: str) -> None:
    with answering(answer) as server:
        refused = failure(changed(cluster, tmp_path, server=server))
    assert isinstance(refused, Unreachable)
    assert refused.message == f"{server} does not respond like a Kubernetes API server: {reason}."


def test_a_connection_that_breaks(cluster: Cluster, tmp_path: Path) -> None:
    with answering(b"") as server:
        refused = failure(changed(cluster, tmp_path, server=server))
    assert isinstance(refused, Unreachable)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_program_signs_in_with_a_token(cluster: Cluster, tmp_path: Path, plugin: Path, version: str) -> None:
    credential = json.dumps({"status": {"token": token_of(cluster, READ_NODES)}})
    name = f"client.authentication.k8s.io/{version}"
    script = f"echo \"$KUBERNETES_EXEC_INFO\" | grep -q {name} && test $AS = x && echo '{credential}'"
    env = [{"name": "AS", "value": "x"}]
    assert list_nodes(with_plugin(cluster, tmp_path, plugin, script, apiVersion=name, env=env)) == []


def test_a_program_beside_the_kubeconfig_signs_in_with_a_certificate(
    cluster: Cluster, tmp_path: Path, plugin: Path
) -> None:
    certificate = cluster.ca.issue_cert(READ_NODES, common_name=READ_NODES)
    status = {
        "clientCertificateData": certificate.cert_chain_pems[0].bytes().decode(),
        "clientKeyData": certificate.private_key_pem.bytes().decode(),
    }
    (tmp_path / "credential.json").write_text(json.dumps({"status": status}))
    file = with_plugin(cluster, tmp_path, f"./{plugin.name}", f"cat {tmp_path / 'credential.json'}")
    assert list_nodes(file) == []
    assert [request.user for request in cluster.requests()] == [READ_NODES]


def test_a_program_that_is_not_installed_is_named_with_its_own_hint(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(with_plugin(cluster, tmp_path, "kubelogin-x", TOKEN, installHint="brew install kubelogin"))
    assert isinstance(refused, InvalidInput)
    assert "'kubelogin-x' of the context 'read-nodes' cannot be run: No such file" in refused.message
    assert refused.fix == "brew install kubelogin"


def test_a_program_that_fails_speaks_to_the_user_itself(
    cluster: Cluster, tmp_path: Path, plugin: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, f"echo expired >&2; : {TOKEN}; exit 3"))
    assert isinstance(refused, Denied)
    assert refused.message.endswith(" of the context 'read-nodes' exited with 3.")
    assert capfd.readouterr().err == "expired\n"


def test_a_program_that_does_not_end(
    cluster: Cluster, tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azext_amlarc.kubernetes.plugin._TIMEOUT", 0.1)
    refused = failure(with_plugin(cluster, tmp_path, plugin, "exec sleep 60"))
    assert isinstance(refused, Denied)
    assert refused.message.endswith(" of the context 'read-nodes' did not finish within 0.1 s.")


@pytest.mark.parametrize("output", ["", "[]", "{}", '{"status": {}}', '{"status": {"clientCertificateData": "x"}}'])
def test_a_program_that_gives_no_credentials(cluster: Cluster, tmp_path: Path, plugin: Path, output: str) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, f"echo '{output}'"))
    assert isinstance(refused, Denied)
    assert "returned neither a token nor a certificate" in refused.message
