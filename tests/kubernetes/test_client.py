"""Signing in to a real API server, and what is said where that fails."""

import socket
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
from azext_amlarc.kubernetes.objects import Named
from azext_amlarc.kubernetes.reading import listed
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
    file = changed(cluster, tmp_path, **{"certificate-authority-data": None, "certificate-authority": "ca.pem"})
    refused = failure(file)
    assert isinstance(refused, Unreachable)
    assert "CERTIFICATE_VERIFY_FAILED" in refused.message
    assert refused.fix == "The kubeconfig's certificate authority is not the server's: get a new kubeconfig"


def test_an_address_that_is_no_url(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(changed(cluster, tmp_path, server="cluster:6443"))
    assert isinstance(refused, Unreachable)
    assert refused.fix == "Set the kubeconfig's server to https://HOST:PORT"


@pytest.mark.parametrize(
    "server",
    [
        "https://",
        "https:///api",
        "https://h:99999999",
        "https://[::1",
        "https://a b",
        "\0",
        "1",
        f"https://{'a' * 300}",
    ],
)
def test_an_address_that_nobody_can_have(cluster: Cluster, tmp_path: Path, server: str) -> None:
    refused = failure(changed(cluster, tmp_path, server=server))
    assert isinstance(refused, InvalidInput | Unreachable)
    assert "format" not in refused.message


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


def acting_as(cluster: Cluster, folder: Path, **fields: Any) -> Path:
    """The kubeconfig of the administrator, who acts as somebody else."""
    document = yaml.safe_load(cluster.kubeconfig(ADMIN).read_text())
    document["users"][0]["user"] |= fields
    (folder / "config").write_text(yaml.safe_dump(document))
    return folder / "config"


def test_whom_a_kubeconfig_acts_as_is_whose_rights_count(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(acting_as(cluster, tmp_path, **{"as": READ_NOTHING}))
    assert isinstance(refused, Denied)
    assert 'User "read-nothing" cannot list resource "nodes"' in refused.message
    assert list_nodes(acting_as(cluster, tmp_path, **{"as": READ_NODES})) == []


def test_whom_it_acts_as_holds_for_both_clients(cluster: Cluster, tmp_path: Path) -> None:
    file = acting_as(cluster, tmp_path, **{"as": READ_NOTHING})
    with closing(connect(str(file), None)) as kube, pytest.raises(Denied, match="read-nothing"):
        list(listed(kube, "/api/v1/nodes", Named))


def test_the_groups_the_uid_and_more_of_whom_it_acts_as_are_sent(cluster: Cluster, tmp_path: Path) -> None:
    file = acting_as(
        cluster,
        tmp_path,
        **{
            "as": "jürgen",
            "as-uid": "u-1",
            "as-groups": ["system:masters", "second"],
            "as-user-extra": {"example.com/Team:1": ["a", "b"], "none": None},
        },
    )
    with closing(connect(str(file), None)) as kube:
        kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        review = kube.http.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json=kind).json()
    user = review["status"]["userInfo"]
    assert (user["username"], user["uid"]) == ("jürgen", "u-1")
    assert user["groups"] == ["system:masters", "second", "system:authenticated"]
    assert user["extra"] == {"example.com/team:1": ["a", "b"]}


@pytest.mark.parametrize("field", [{"as-groups": ["g"]}, {"as-uid": "u"}, {"as-user-extra": {"a": ["b"]}}])
def test_groups_without_whom_to_act_as_are_refused(cluster: Cluster, tmp_path: Path, field: dict[str, Any]) -> None:
    refused = failure(acting_as(cluster, tmp_path, **field))
    assert isinstance(refused, InvalidInput)
    assert "as-uid, as-groups or as-user-extra, but not `as`" in refused.message
    assert cluster.requests() == []


def test_a_token_file_beside_the_kubeconfig_signs_in(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(f"{token_of(cluster, READ_NODES)}\n")
    file = changed(cluster, tmp_path, user={"tokenFile": "token", "token": "another"})
    assert list_nodes(file) == []
    monkeypatch.chdir(tmp_path)
    assert list_nodes(Path("config")) == []


def test_the_name_in_the_servers_certificate_may_be_another(cluster: Cluster, tmp_path: Path) -> None:
    assert list_nodes(changed(cluster, tmp_path, **{"tls-server-name": "localhost"})) == []
    refused = failure(changed(cluster, tmp_path, **{"tls-server-name": "elsewhere"}))
    assert "CERTIFICATE_VERIFY_FAILED" in refused.message


def test_a_password_in_the_servers_address_is_not_told(cluster: Cluster, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    refused = failure(changed(cluster, tmp_path, server=f"https://me:{TOKEN}@{host}"))
    assert refused.message.startswith(f"https://{host} cannot be reached: ")
