"""The way to a cluster through a SOCKS proxy, of the kubeconfig or of the environment."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from azext_amlarc.errors import Unreachable
from tests.kubernetes.test_client import TOKEN, changed, failure, list_nodes
from tests.support.cluster import Cluster
from tests.support.socks import socks


def place(cluster: Cluster) -> tuple[str, int]:
    url = urlsplit(cluster.url)
    return str(url.hostname), url.port or 443


def elsewhere(cluster: Cluster, folder: Path, proxy: str | None = None) -> Path:
    """A kubeconfig whose server only the proxy finds."""
    parts = {"server": "https://api.nowhere.invalid:6443", "tls-server-name": "localhost"}
    return changed(cluster, folder, **parts, **({"proxy-url": proxy} if proxy else {}))


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS5"])
def test_a_socks_proxy_of_the_kubeconfig_is_used_and_finds_the_host(
    cluster: Cluster, tmp_path: Path, scheme: str
) -> None:
    with socks(place(cluster)) as proxy:
        assert list_nodes(elsewhere(cluster, tmp_path, f"{scheme}://{proxy.address}")) == []
    assert set(proxy.asked) == {("api.nowhere.invalid", 6443)}


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTPS_PROXY"])
def test_a_socks_proxy_of_the_environment_is_used(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with socks(place(cluster)) as proxy:
        monkeypatch.setenv(variable, f"socks5h://{proxy.address}")
        assert list_nodes(elsewhere(cluster, tmp_path)) == []
        assert len(set(proxy.asked)) == 1
        # The loopback goes through no proxy, as for kubectl.
        assert list_nodes(changed(cluster, tmp_path)) == []
    assert len(set(proxy.asked)) == 1


def test_a_socks_proxy_may_want_a_password_which_is_not_told(cluster: Cluster, tmp_path: Path) -> None:
    with socks(place(cluster), login=("me", TOKEN)) as proxy:
        assert list_nodes(elsewhere(cluster, tmp_path, f"socks5://me:{TOKEN}@{proxy.address}")) == []
        refused = failure(elsewhere(cluster, tmp_path, f"socks5://me:{TOKEN}x@{proxy.address}"))
        assert isinstance(refused, Unreachable)
        assert "Invalid username/password" in refused.message
        assert isinstance(failure(elsewhere(cluster, tmp_path, f"socks5://{proxy.address}")), Unreachable)


def test_a_host_that_the_proxy_does_not_reach(cluster: Cluster, tmp_path: Path) -> None:
    with socks(None) as proxy:
        refused = failure(elsewhere(cluster, tmp_path, f"socks5://{proxy.address}"))
    assert isinstance(refused, Unreachable)
    assert refused.message.startswith("https://api.nowhere.invalid:6443 cannot be reached: ")
    assert "Connection refused" in refused.message


@pytest.mark.parametrize("garbled", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05", b"\x04\x00", b"\x00" * 4000])
def test_a_proxy_that_does_not_speak_socks(cluster: Cluster, tmp_path: Path, garbled: bytes) -> None:
    with socks(None, garbled=garbled) as proxy:
        refused = failure(elsewhere(cluster, tmp_path, f"socks5://{proxy.address}"))
    assert isinstance(refused, Unreachable)
    assert "the proxy does not answer like a SOCKS proxy" in refused.message


def test_nobody_listens_where_the_proxy_should_be(cluster: Cluster, tmp_path: Path) -> None:
    with socks(None) as proxy:
        pass
    assert isinstance(failure(elsewhere(cluster, tmp_path, f"socks5://{proxy.address}")), Unreachable)
