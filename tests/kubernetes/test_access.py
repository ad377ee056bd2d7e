"""A kubeconfig that is no file: kept in memory, and signed in with without kubelogin."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from azext_amlarc.errors import Denied, InvalidInput
from azext_amlarc.kubernetes import access, reading
from azext_amlarc.kubernetes.access import Fetched, KubeAccess
from azext_amlarc.kubernetes.objects import Named
from tests.support.cluster import ADMIN, READ_NODES, Cluster

SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
NAMESPACE = "/api/v1/namespaces/default"
KUBELOGIN = {
    "apiVersion": "client.authentication.k8s.io/v1beta1",
    "command": "kubelogin",
    "args": ["get-token", "--environment", "AzurePublicCloud", "--server-id", SERVER, "--login", "devicecode"],
}


def kubeconfig(cluster: Cluster, user: str = ADMIN) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(cluster.kubeconfig(user).read_text(encoding="utf-8"))
    return found


def with_plugin(cluster: Cluster, plugin: dict[str, Any]) -> dict[str, Any]:
    document = kubeconfig(cluster)
    document["users"][0]["user"] = {"exec": plugin}
    return document


def opened(document: Any, token_for: Callable[[str], str]) -> KubeAccess:
    return KubeAccess(None, None, lambda: Fetched(json.dumps(document).encode(), "the AKS cluster x", token_for))


def unasked(audience: str) -> str:
    raise AssertionError(audience)


def test_a_certificate_in_it_signs_in(cluster: Cluster) -> None:
    with opened(kubeconfig(cluster), unasked) as made:
        made.read()
        assert reading.one(made.open(), NAMESPACE, Named)


@pytest.mark.parametrize("command", ["kubelogin", "/usr/local/bin/kubelogin", "kubelogin.exe"])
def test_what_kubelogin_would_get_signs_in(cluster: Cluster, command: str) -> None:
    token = kubeconfig(cluster, READ_NODES)["users"][0]["user"]["token"]
    asked: list[str] = []

    def token_for(audience: str) -> str:
        asked.append(audience)
        return str(token)

    with opened(with_plugin(cluster, {**KUBELOGIN, "command": command}), token_for) as made:
        assert list(reading.listed(made.open(), "/api/v1/nodes", Named)) == []
        made.open()
    assert asked == [SERVER]
    assert {request.user for request in cluster.requests()} == {READ_NODES}


def test_another_sign_in_program_is_run(cluster: Cluster) -> None:
    other = {**KUBELOGIN, "command": "no-such-program", "installHint": "Install it."}
    with opened(with_plugin(cluster, other), unasked) as made, pytest.raises(InvalidInput, match="cannot be run"):
        made.open()


def test_a_refusal_is_asked_for_once() -> None:
    asked: list[str] = []

    def refuse() -> Fetched:
        asked.append("")
        raise Denied("No.")

    made = KubeAccess(None, None, refuse)
    for _ in range(2):
        with pytest.raises(Denied):
            made.open()
    assert len(asked) == 1


def test_what_is_no_kubeconfig_is_said_without_its_content() -> None:
    for content in ({"users": "geheim"}, ["geheim"]):
        with pytest.raises(InvalidInput) as caught:
            opened(content, unasked).open()
        assert "the AKS cluster x" in caught.value.message
        assert "geheim" not in caught.value.message


def test_none_is_opened_unasked() -> None:
    assert access.named(None, None) is None
