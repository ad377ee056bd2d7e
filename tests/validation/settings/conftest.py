"""Certificates and keys for the tests, made afresh: none is kept in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Holder:
    """A certificate with its key and its issuer's common name."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(PEM)

    def key_pem(self, encryption: serialization.KeySerializationEncryption | None = None) -> bytes:
        return self.key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, encryption or serialization.NoEncryption()
        )


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def issue(
    common_name: str,
    issuer: Holder | None = None,
    names: tuple[str, ...] = (),
    start: timedelta = timedelta(days=-1),
    end: timedelta = timedelta(days=365),
) -> Holder:
    """A certificate that is valid from NOW+start to NOW+end, signed by itself or by an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(common_name))
        .issuer_name(issuer.certificate.subject if issuer else named(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + start)
        .not_valid_after(NOW + end)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return Holder(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@pytest.fixture(scope="session")
def pem_files() -> Mapping[str, bytes]:
    """Files by what they are, for ml.example.com unless they say otherwise."""
    host = ("ml.example.com",)
    root = issue("root")
    intermediate = issue("intermediate", root)
    good = issue("ml.example.com", intermediate, host)
    soon = issue("ml.example.com", root, host, end=timedelta(days=10))
    expired = issue("ml.example.com", root, host, start=timedelta(days=-90), end=timedelta(days=-2))
    future = issue("ml.example.com", root, host, start=timedelta(days=2))
    common = issue("ml.example.com", root)
    wildcard = issue("anything", root, ("*.example.com",))
    other = issue("other.example.org", root, ("other.example.org",))
    return {
        "certificate": good.pem,
        "chain": good.pem + intermediate.pem + root.pem,
        "chain, issuer first": intermediate.pem + good.pem,
        "chain, disordered": good.pem + root.pem + intermediate.pem,
        "key": good.key_pem(),
        "key, encrypted": good.key_pem(serialization.BestAvailableEncryption(b"secret")),
        "certificate and key": good.pem + good.key_pem(),
        "certificate, DER": good.certificate.public_bytes(serialization.Encoding.DER),
        "certificate, cut off": good.pem[:200] + b"\n-----END CERTIFICATE-----\n",
        "certificate, soon expired": soon.pem,
        "key, soon expired": soon.key_pem(),
        "certificate, expired": expired.pem,
        "key, expired": expired.key_pem(),
        "certificate, not yet valid": future.pem,
        "key, not yet valid": future.key_pem(),
        "certificate, common name": common.pem,
        "key, common name": common.key_pem(),
        "certificate, wildcard": wildcard.pem,
        "key, wildcard": wildcard.key_pem(),
        "certificate, other": other.pem,
        "key, other": other.key_pem(),
        "text": b"this is no PEM\n",
        "nothing": b"",
    }


@pytest.fixture
def now() -> datetime:
    """The moment on which the certificates' dates hang."""
    return NOW
