"""Files with certificates and keys: their PEM blocks, what is sent of them, and what a file is instead."""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from azext_amlarc.findings import Finding, Rule
from azext_amlarc.validation.settings import codes
from azext_amlarc.validation.settings.codes import Setting, about

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_HEADING: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_BODY: Final = re.compile(rb"\r?\n(?:[A-Za-z0-9+/=]{1,76}\r?\n)+")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]+=*")
_CERTIFICATES: Final = ("CERTIFICATE", "X509 CERTIFICATE")
_LINE: Final = 64


@dataclass(frozen=True)
class File:
    """A setting that names a local file, with the file's contents."""

    setting: Setting
    content: bytes = field(repr=False)

    @property
    def headings(self) -> list[str]:
        """The kinds of PEM blocks in the file, such as CERTIFICATE or RSA PRIVATE KEY."""
        return [heading.decode("ascii") for heading in _HEADING.findall(self.content)]

    @property
    def has_key(self) -> bool:
        return any(_is_key(heading) for heading in self.headings)

    @property
    def has_certificate(self) -> bool:
        return not set(_CERTIFICATES).isdisjoint(self.headings)


def _is_key(heading: str) -> bool:
    return heading.endswith("PRIVATE KEY") and heading != "OPENSSH PRIVATE KEY"


def certificates_of(content: bytes) -> bytes:
    """The certificates of a file as they are sent: without a private key that is in the same file."""
    return _only(content, lambda heading: heading in _CERTIFICATES)


def key_of(content: bytes) -> bytes:
    """The private key of a file as it is sent, without certificates that are in the same file."""
    return _only(content, _is_key)


def _only(content: bytes, wanted: Callable[[str], bool]) -> bytes:
    """The wanted blocks of a file, each in lines of 64 characters; the file itself if it is so already."""
    blocks = [(heading.decode("ascii"), body) for heading, body in _BLOCK.findall(content)]
    chosen = [(heading, body) for heading, body in blocks if wanted(heading)]
    bodies = [_joined(body) for _, body in chosen]
    usual = len(chosen) == len(blocks) and all(_BODY.fullmatch(body) for _, body in chosen)
    if not chosen or usual or not all(_BASE64.fullmatch(body) for body in bodies):
        return content
    return b"".join(_block(heading, body) for (heading, _), body in zip(chosen, bodies, strict=True))


def _joined(body: bytes) -> bytes:
    """The base64 of a block without line ends, be they blank lines, spaces, or spelled as \\n."""
    return re.sub(rb"\s|\\r|\\n", b"", body)


def _block(heading: str, body: bytes) -> bytes:
    lines = textwrap.wrap(body.decode("ascii"), _LINE)
    return "\n".join([f"-----BEGIN {heading}-----", *lines, f"-----END {heading}-----", ""]).encode("ascii")


class _Kind(NamedTuple):
    rule: Rule
    message: str
    fix: str


def instead(file: File, thing: str) -> Finding:
    """The finding about a file without the certificate or private key (`thing`) that belongs into it."""
    kind = next((found for found in _kinds(file)), None)
    if kind is None:
        fix = f"use a file with a block that starts with -----BEGIN {thing.upper()}-----"
        kind = _Kind(codes.NOT_PEM, f"the file contains no {thing} in PEM format", fix)
    return about(file.setting, *kind)


def _kinds(file: File) -> Iterator[_Kind]:
    content = file.content
    if not content.strip():
        yield _Kind(codes.NOT_PEM, "the file is empty", "name the file that has the certificate or key")
    for heading in file.headings:
        if heading in _HEADINGS:
            yield _Kind(codes.WRONG_PEM, *_HEADINGS[heading])
    for start, message, fix in _STARTS:
        if re.match(start, content, re.DOTALL):
            yield _Kind(codes.NOT_PEM, message, fix)
    if re.fullmatch(rb"\s*MI[A-Za-z0-9+/\s]{60,}=*\s*", content):
        fix = "decode it first: openssl enc -d -base64 -A -in FILE -out FILE.der, and convert that from DER"
        yield _Kind(codes.NOT_PEM, "the file is base64 without PEM's BEGIN and END lines", fix)


_REQUEST: Final = (
    "the file contains a certificate request (CSR), not a certificate",
    "use the certificate that the authority issued for the request",
)
_P7B: Final = "openssl pkcs7 -print_certs -in FILE -out FILE.pem"
_HEADINGS: Final = {
    "CERTIFICATE REQUEST": _REQUEST,
    "NEW CERTIFICATE REQUEST": _REQUEST,
    "PUBLIC KEY": ("the file contains a public key, not a private one", "use the private key that belongs to it"),
    "RSA PUBLIC KEY": ("the file contains a public key, not a private one", "use the private key that belongs to it"),
    "PKCS7": ("the file is a PKCS #7 bundle (P7B)", f"take the certificates out: {_P7B}"),
    "CMS": ("the file is a PKCS #7 bundle (P7B)", f"take the certificates out: {_P7B}"),
    "TRUSTED CERTIFICATE": (
        "the file contains a TRUSTED CERTIFICATE, a form that only OpenSSL reads",
        "convert it: openssl x509 -in FILE -out FILE.pem",
    ),
    "OPENSSH PRIVATE KEY": (
        "the file contains a private key in OpenSSH's own form",
        "convert a copy of it: ssh-keygen -p -m PEM -f FILE",
    ),
    "X509 CRL": ("the file contains a revocation list (CRL), not a certificate", "use the endpoint's certificate"),
}
# How DER files begin: a sequence with its length, then what tells them apart.
_DER: Final = rb"\x30(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
_STARTS: Final = (
    (
        _DER + rb"\x02\x01\x03\x30",
        "the file is a PKCS #12 archive (PFX)",
        "convert it: openssl pkcs12 -in FILE -nodes -out FILE.pem; both settings may then name FILE.pem",
    ),
    (
        _DER + rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
        "the file is a PKCS #7 bundle (P7B) in DER",
        f"take the certificates out: {_P7B} -inform der",
    ),
    (
        _DER + rb"\x02\x01[\x00\x01]",
        "the file is a private key in DER",
        "convert it from DER: openssl pkey -inform der -in FILE -out FILE.pem",
    ),
    (
        rb"\x30",
        "the file is in DER, not in PEM format",
        "convert it from DER: openssl x509 -inform der -in FILE -out FILE.pem",
    ),
    (
        rb"\xff\xfe|\xfe\xff",
        "the file is encoded in UTF-16",
        "convert it: iconv -f utf-16 -t utf-8 FILE > FILE.pem",
    ),
    (
        rb"\xfe\xed\xfe\xed",
        "the file is a Java key store (JKS)",
        "convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.pfx -deststoretype pkcs12, "
        "then openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem",
    ),
    (
        rb"(?:ssh-|ecdsa-)[a-z0-9-]+ ",
        "the file contains a public key of SSH",
        "use a certificate for HTTPS and its private key",
    ),
)
