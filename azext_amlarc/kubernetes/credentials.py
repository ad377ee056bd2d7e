"""What a kubeconfig's user signs in with: headers, a client certificate, and as whom they act; and the server's TLS."""

import base64
import binascii
import ssl
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from azext_amlarc.errors import InvalidInput
from azext_amlarc.kubernetes.entries import Cluster, User
from azext_amlarc.kubernetes.kubeconfig import Context
from azext_amlarc.validation import files

Header = tuple[bytes, bytes]

_CONVERT = "Replace it by a sign-in program: kubelogin convert-kubeconfig -l azurecli"
_TOKEN_CHARACTERS = frozenset(b"!#$&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def headers(context: Context) -> list[Header]:
    """The headers of every request: who signs in, and as whom they act. ValueError for what cannot be sent.

    InvalidInput, with what to do, for a sign-in that kubectl no longer has.
    """
    user = context.user
    if user.auth_provider is not None:
        name = user.auth_provider.name or ""
        raise context.unusable(f"it signs in with the auth-provider {name!r}, which kubectl no longer has", _CONVERT)
    return [*_authorization(user), *_impersonation(user)]


def _authorization(user: User) -> Iterator[Header]:
    token = _token_in(user.token_file) if user.token_file else user.token
    if token:
        yield b"Authorization", b"Bearer " + _sendable("token", token)
    elif user.username or user.password:
        pair = f"{user.username or ''}:{user.password or ''}".encode()
        yield b"Authorization", b"Basic " + base64.b64encode(pair)


def _token_in(path: str) -> str:
    try:
        token = _read(path, "tokenFile").decode().strip()
    except UnicodeDecodeError:
        raise ValueError("its tokenFile does not hold text") from None
    if not token:
        raise ValueError("its tokenFile is empty")
    return token


def _impersonation(user: User) -> Iterator[Header]:
    """As client-go sends it.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """
    if user.impersonated:
        yield b"Impersonate-User", _sendable("as", user.impersonated)
    elif user.impersonated_uid or user.impersonated_groups or user.impersonated_extra:
        raise ValueError("it has as-uid, as-groups or as-user-extra, but not `as`: whom to act as")
    if user.impersonated_uid:
        yield b"Impersonate-Uid", _sendable("as-uid", user.impersonated_uid)
    for group in user.impersonated_groups or ():
        yield b"Impersonate-Group", _sendable("as-groups", group)
    for key, values in (user.impersonated_extra or {}).items():
        for value in values or ():
            yield b"Impersonate-Extra-" + _escaped(key), _sendable("as-user-extra", value)


def _escaped(key: str) -> bytes:
    """As client-go's headerKeyEscape: what a header's name can't contain is percent-encoded."""
    return b"".join(bytes([byte]) if byte in _TOKEN_CHARACTERS else b"%%%02X" % byte for byte in key.encode())


def _sendable(field: str, value: str) -> bytes:
    """The value as a header has it; ValueError, without the value, for characters that none can contain."""
    if value != value.strip() or any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError(f"its {field} contains characters that cannot be sent")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"its {field} contains characters that cannot be sent") from None


def tls(context: Context) -> ssl.SSLContext:
    """How the server is verified, and the client certificate. ValueError or OSError for what cannot be used."""
    made = _verification(context.cluster)
    user = context.user
    certificate = _content(user.certificate, user.certificate_data, "client-certificate")
    key = _content(user.key, user.key_data, "client-key")
    if certificate and not key:
        raise ValueError("its client certificate has no key")
    if certificate and key:
        _load(made, certificate, key)
    return made


def authority(cluster: Cluster) -> bytes | None:
    """The certificates that the cluster's one is verified with, in PEM; ValueError if they can't be read."""
    return _content(cluster.authority, cluster.authority_data, "certificate-authority")


def _verification(cluster: Cluster) -> ssl.SSLContext:
    trusted = authority(cluster)
    if trusted is None:
        return httpx2.create_ssl_context(verify=not cluster.insecure)
    try:
        return ssl.create_default_context(cadata=trusted.decode())
    except (UnicodeDecodeError, ssl.SSLError) as error:
        raise ValueError("its certificate authority is not a certificate in PEM") from error


def _content(path: str | None, data: str | None, field: str) -> bytes | None:
    """The decoded data, or else the content of the file."""
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"its {field}-data is not valid base64") from None
    return _read(path, field) if path else None


def _read(path: str, field: str) -> bytes:
    try:
        return files.read(path)
    except InvalidInput as error:
        raise ValueError(f"its {field}: {error.message}") from None


def _load(made: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Python's ssl takes certificates and keys as files only: these are the user's alone, and gone at once."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "client.pem"
        file.touch(mode=0o600)
        file.write_bytes(certificate + b"\n" + key)
        made.load_cert_chain(file, password=_refuse_encrypted)


def _refuse_encrypted() -> str:
    """Without it OpenSSL would ask for the password on the terminal."""
    raise ValueError("its client key is encrypted")
