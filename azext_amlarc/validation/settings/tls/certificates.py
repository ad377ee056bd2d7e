"""Validates a certificate chain and its private key before they are sent; no finding contains a byte of the key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from azext_amlarc.findings import Finding
from azext_amlarc.validation.settings import codes
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.validation.settings.tls import pem
from azext_amlarc.validation.settings.tls.pem import File
from azext_amlarc.wording import quoted

SOON: Final = timedelta(days=30)
# What cryptography raises for an invalid certificate, or one that it does not support.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True)
class Certificate:
    """The parts of a certificate that are validated, all read at once, so that a damaged one fails only here."""

    subject: x509.Name
    issuer: x509.Name
    public_key: bytes
    start: datetime
    end: datetime
    common_names: list[str]
    alternative_names: list[str]

    @classmethod
    def of(cls, certificate: x509.Certificate) -> "Certificate":
        """Read a certificate; raises one of UNREADABLE if that fails."""
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return cls(
            subject=certificate.subject,
            issuer=certificate.issuer,
            public_key=_encoded(certificate.public_key()),
            start=certificate.not_valid_before_utc,
            end=certificate.not_valid_after_utc,
            common_names=[str(attribute.value) for attribute in common],
            alternative_names=_alternative_names(certificate),
        )


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


def validate(certificate: File | None, key: File | None, hostname: str | None, now: datetime) -> list[Finding]:
    """All findings about a certificate chain and its key for the endpoint `hostname`, as far as each can be read."""
    chain, findings = _chain(certificate) if certificate else ([], [])
    public, key_findings = _public_key(key) if key else (None, [])
    findings += key_findings
    if certificate is None or not chain:
        return findings
    setting = certificate.setting
    return [
        *findings,
        *_match(key, setting, chain, public),
        *_validity(setting, chain, now),
        *_order(setting, chain),
        *_coverage(setting, _leaf(chain, public), hostname),
    ]


def _chain(file: File) -> tuple[list[Certificate], list[Finding]]:
    """The certificates of the file, which may hold the private key as well: only the certificates are sent."""
    if file.has_key and not file.has_certificate:
        message = "the file contains a private key, but only certificates belong here"
        return [], [about(file.setting, codes.WRONG_PEM, message, "name the file with the certificate chain")]
    if not file.has_certificate:
        return [], [pem.instead(file, "certificate")]
    try:
        loaded = x509.load_pem_x509_certificates(pem.certificates_of(file.content))
        return [Certificate.of(certificate) for certificate in loaded], []
    except UNREADABLE:
        return [], [_damaged(file, "certificate")]


def _public_key(file: File) -> tuple[bytes | None, list[Finding]]:
    """The public half of a private key, encoded for comparison."""
    if not file.has_key:
        return None, [_wrong_key(file) if file.has_certificate else pem.instead(file, "private key")]
    try:
        private = load_pem_private_key(pem.key_of(file.content), password=None)
        return _encoded(private.public_key()), []
    except TypeError:  # what cryptography raises for a missing passphrase
        fix = "remove the passphrase: openssl pkey -in key.pem -out plain.pem"
        message = "the private key has a passphrase, which the extension cannot ask for"
        return None, [about(file.setting, codes.ENCRYPTED_KEY, message, fix)]
    except (ValueError, UnsupportedAlgorithm):
        return None, [_damaged(file, "private key")]


def _encoded(key: PublicKeyTypes | CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _wrong_key(file: File) -> Finding:
    message = "the file contains a certificate but no private key"
    return about(file.setting, codes.WRONG_PEM, message, "name the file with the private key of sslCertPemFile")


def _damaged(file: File, thing: str) -> Finding:
    message = f"the {thing} cannot be read: it is damaged, incomplete, or of an unsupported kind"
    return about(file.setting, codes.NOT_PEM, message, "copy or export the file again")


def _leaf(chain: Sequence[Certificate], public: bytes | None) -> Certificate:
    """The endpoint's own certificate: the one that matches the key, otherwise the first."""
    return next((certificate for certificate in chain if certificate.public_key == public), chain[0])


def _match(key: File | None, setting: Setting, chain: Sequence[Certificate], public: bytes | None) -> Iterator[Finding]:
    if key is None or public is None:
        return
    own = [number for number, certificate in enumerate(chain, 1) if certificate.public_key == public]
    if not own:
        message = "the private key in sslKeyPemFile does not match the certificate in sslCertPemFile"
        fix = f"use the key of the certificate for {_named(chain[0].subject)}"
        yield about(key.setting, codes.FOREIGN_KEY, message, fix)
    elif own[0] > 1:
        message = f"the endpoint's certificate is number {own[0]} of {len(chain)} in the file, but must be first"
        fix = "put the endpoint's certificate first, then its issuer's, and so on"
        yield about(setting, codes.LEAF_NOT_FIRST, message, fix)


def _validity(setting: Setting, chain: Sequence[Certificate], now: datetime) -> Iterator[Finding]:
    for certificate in chain:
        name, start, end = _named(certificate.subject), certificate.start, certificate.end
        if now < start:
            message = f"the certificate for {name} is not valid before {start:%Y-%m-%d %H:%M} UTC"
            yield about(setting, codes.NOT_VALID_NOW, message, "wait until then, or check this machine's clock")
        elif now > end:
            message = f"the certificate for {name} expired on {end:%Y-%m-%d}"
            yield about(setting, codes.NOT_VALID_NOW, message, "renew it, and use the new one")
        elif end - now <= SOON:
            message = f"the certificate for {name} expires on {end:%Y-%m-%d}, in {(end - now).days} days"
            yield about(setting, codes.EXPIRES_SOON, message, "renew it, and update the extension with the new one")


def _order(setting: Setting, chain: Sequence[Certificate]) -> Iterator[Finding]:
    for number, (certificate, following) in enumerate(pairwise(chain), 1):
        if certificate.issuer != following.subject:
            message = (
                f"certificate {number} of {len(chain)}, for {_named(certificate.subject)}, was issued by "
                f"{_named(certificate.issuer)}, but the next is for {_named(following.subject)}"
            )
            fix = "put the endpoint's certificate first, then its issuer's, and so on"
            yield about(setting, codes.CHAIN_ORDER, message, fix)


def _coverage(setting: Setting, leaf: Certificate, hostname: str | None) -> Iterator[Finding]:
    """Compares names by RFC 6125: a wildcard is one whole label; without alternative names the common name counts."""
    names, common = leaf.alternative_names, leaf.common_names
    if hostname is None or any(_covers(name, hostname) for name in names):
        return
    if not names and any(_covers(name, hostname) for name in common):
        message = f"the certificate has {hostname} only as its common name, which today's clients ignore"
        fix = "request a new one with the name as a subject alternative name (DNS)"
        yield about(setting, codes.COMMON_NAME, message, fix)
        return
    covered = ", ".join(quoted(name) for name in (names or common)[:5]) or "no name at all"
    message = f"the certificate is for {covered}, not for {hostname} (sslCname)"
    fix = f"use a certificate for {hostname}, or change sslCname"
    yield about(setting, codes.OTHER_NAME, message, fix)


def _covers(pattern: str, hostname: str) -> bool:
    pattern, hostname = pattern.lower().rstrip("."), hostname.lower().rstrip(".")
    first, _, rest = hostname.partition(".")
    return pattern == hostname or (pattern == f"*.{rest}" and bool(first) and "." in rest)


def _named(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return quoted(str(common[0].value) if common else name.rfc4514_string())
