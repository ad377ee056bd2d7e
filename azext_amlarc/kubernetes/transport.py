"""Requests to an API server: through which proxy, with which headers, and how much of an answer is read.

A server may be hostile or broken: no answer takes more memory or time than a cluster with ten thousand pods needs.
"""

import ipaddress
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.request import getproxies

import httpx2

from azext_amlarc.kubernetes.credentials import Header
from azext_amlarc.kubernetes.entries import Cluster

LARGEST = 64 * 2**20  # bytes of one response, decompressed; a page of 1000 pods is 10 MB
LONGEST = 120.0  # seconds for one response
_ENCODINGS = ("", "identity", "gzip")
# kubectl takes these of a kubeconfig; of the environment also socks5h, which is the same: the proxy resolves the host.
_PROXIES = ("http", "https", "socks5", "socks5h")
# What no longer holds for a body that has been decoded.
_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")


class Transport(httpx2.BaseTransport):
    """Adds `headers` to every request, and reads every response within limits.

    `server_name` is the name that the server's certificate must have, if it is not the host of its URL.
    """

    def __init__(
        self, verify: ssl.SSLContext, proxy: str | None, headers: Iterable[Header] = (), server_name: str | None = None
    ) -> None:
        _settle_protocols(verify)
        way = _ThroughSocks if proxy and proxy.lower().startswith("socks") else httpx2.HTTPTransport
        self._inner = way(verify=verify, proxy=proxy)
        self._headers = list(headers)
        self._server_name = server_name

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        began = time.monotonic()
        request.headers = httpx2.Headers([*request.headers.raw, (b"Accept-Encoding", b"gzip"), *self._headers])
        if self._server_name:
            request.extensions = {**request.extensions, "sni_hostname": self._server_name}
        response = self._answer(request)
        response.request = request
        try:
            body = _body(response, began + LONGEST)
        finally:
            response.close()
        kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_WIRE]
        return httpx2.Response(response.status_code, headers=kept, content=body, extensions=response.extensions)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return self._inner.handle_request(request)
        except (UnicodeError, OverflowError) as error:  # a host that no DNS takes, a port that no socket has
            raise httpx2.ConnectError("its address is not valid", request=request) from error

    def close(self) -> None:
        self._inner.close()


def _settle_protocols(context: ssl.SSLContext) -> None:
    """Set the protocols that TLS offers once and for all.

    httpcore sets them for each connection. With several threads on one context, OpenSSL then frees the list while the
    handshake of another connection copies it, and the server refuses what that sends.
    """
    context.set_alpn_protocols(["http/1.1"])

    def are_set(alpn_protocols: Iterable[str]) -> None:  # pylint: disable=unused-argument
        pass

    context.set_alpn_protocols = are_set  # type: ignore[method-assign]


class _ThroughSocks(httpx2.HTTPTransport):
    """httpx's way through a SOCKS proxy, which leaves open what the proxy refused, and raises what socksio does."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        streams: list[Any] = []

        def trace(event: str, told: Mapping[str, Any]) -> None:
            if event.endswith("connect_tcp.complete"):
                streams.append(told["return_value"])

        request.extensions = {**request.extensions, "trace": trace}
        try:
            return super().handle_request(request)
        except Exception as error:
            for stream in streams:
                stream.close()
            if isinstance(error, httpx2.HTTPError):
                raise
            raise httpx2.ProxyError("the proxy does not answer like a SOCKS proxy", request=request) from error


def _body(response: httpx2.Response, deadline: float) -> bytes:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise httpx2.DecodingError(f"the response is encoded as {encoding[:20]!r}", request=response.request)
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            raise httpx2.ReadError(f"the response is larger than {LARGEST // 2**20} MiB", request=response.request)
        if time.monotonic() > deadline:
            raise httpx2.ReadError(f"the response took longer than {LONGEST:.0f} s", request=response.request)
    return b"".join(chunks)


def proxy_to(cluster: Cluster) -> str | None:
    """The proxy of the kubeconfig, or of the environment as for kubectl and curl; ValueError if it can't be used."""
    if cluster.proxy_url:
        return _checked(cluster.proxy_url, "its proxy-url")
    server = httpx2.URL(cluster.server or "")
    known = getproxies()
    if _bypasses(server.host, server.port, known.get("no", "").split(",")):
        return None
    for scheme in (server.scheme, "all"):
        if known.get(scheme):
            return _checked(known[scheme], "all_proxy" if scheme == "all" else f"{scheme}_proxy")
    return None


def _checked(proxy: str, source: str) -> str:
    """The proxy with its scheme. Its address may contain a password, and is not told."""
    named = source if source.startswith("its") else f"the proxy in {source.upper()}"
    written = proxy if "://" in proxy else f"http://{proxy}"
    scheme = written.partition("://")[0].lower()
    if scheme.startswith("socks") and scheme not in _PROXIES:
        raise ValueError(f"{named} is not a SOCKS proxy of version 5: use socks5://, an HTTP proxy or NO_PROXY")
    try:
        url = httpx2.Proxy(written).url
        valid = scheme in _PROXIES and bool(url.host) and "%20" not in url.host and (url.port or 0) < 2**16
    except (ValueError, httpx2.InvalidURL):
        valid = False
    if not valid:
        raise ValueError(f"{named} is not the URL of an HTTP or SOCKS5 proxy")
    return written


def _bypasses(host: str, port: int | None, patterns: Sequence[str]) -> bool:
    """Whether NO_PROXY names the host, as Go reads it: by name, domain, address, network or *; loopback always."""
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    names = {host.lower(), f"{host.lower()}:{port}"}
    return any(_names(pattern.strip().lower(), names, host.lower(), address) for pattern in patterns)


def _names(
    pattern: str, names: set[str], host: str, address: "ipaddress.IPv4Address | ipaddress.IPv6Address | None"
) -> bool:
    if pattern == "*" or pattern in names or pattern.strip("[]") in names:
        return bool(pattern)
    if address is not None:
        try:
            return address in ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return False
    domain = pattern.removeprefix("*").removeprefix(".")
    return bool(domain) and host.endswith(f".{domain}")


def _address(host: str) -> "ipaddress.IPv4Address | ipaddress.IPv6Address | None":
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
