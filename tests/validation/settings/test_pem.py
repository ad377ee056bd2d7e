"""Certificates and keys, validated from their bytes."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.findings import Finding
from azext_amlarc.validation.settings.codes import Setting
from azext_amlarc.validation.settings.tls import certificates, pem

from .conftest import NOW, PEM, issue


def file(key: str, content: bytes) -> pem.File:
    return pem.File(Setting(key, f"{key}.pem", "--config-protected", protected=True), content)


def judge(
    certificate: bytes, key: bytes | None = None, hostname: str | None = "ml.example.com", now: datetime = NOW
) -> list[Finding]:
    return certificates.validate(
        file("sslCertPemFile", certificate), file("sslKeyPemFile", key) if key else None, hostname, now
    )


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("pattern", "hostname", "covered"),
    [
        ("ml.example.com", "ml.example.com", True),
        ("ML.Example.com", "ml.EXAMPLE.com", True),
        ("ml.example.com", "ml.example.com.", True),
        ("*.example.com", "ml.example.com", True),
        ("*.example.com", "a.ml.example.com", False),
        ("*.example.com", "example.com", False),
        ("m*.example.com", "ml.example.com", False),
        ("*.*.com", "ml.example.com", False),
        ("*.com", "example.com", False),
        ("*", "example", False),
        ("example.com", "ml.example.com", False),
    ],
)
def test_a_wildcard_covers_one_whole_label(pattern: str, hostname: str, covered: bool) -> None:
    holder = issue("holder", names=(pattern,))
    assert codes(judge(holder.pem, holder.key_pem(), hostname)) == ([] if covered else ["AMLARC-S056"])


def test_a_common_name_does_not_count_beside_alternative_names() -> None:
    holder = issue("ml.example.com", names=("other.example.com",))
    (finding,) = judge(holder.pem, holder.key_pem())
    assert finding.message == ('the certificate is for "other.example.com", not for ml.example.com (sslCname)')


def test_without_sslcname_the_names_are_not_validated(pem_files: Mapping[str, bytes]) -> None:
    assert judge(pem_files["certificate, other"], pem_files["key, other"], None) == []


@pytest.mark.parametrize(
    ("left", "code"),
    [
        (timedelta(days=31), []),
        (timedelta(days=30), ["AMLARC-S055"]),
        (timedelta(0), ["AMLARC-S055"]),
        (timedelta(seconds=-1), ["AMLARC-S054"]),
    ],
)
def test_an_end_within_thirty_days_is_a_warning_and_a_past_one_an_error(left: timedelta, code: list[str]) -> None:
    holder = issue("ml.example.com", names=("ml.example.com",), end=left)
    assert codes(judge(holder.pem, holder.key_pem())) == code


def test_a_warning_says_how_many_days_are_left() -> None:
    holder = issue("ml.example.com", names=("ml.example.com",), end=timedelta(days=10))
    (finding,) = judge(holder.pem)
    assert finding.message == 'the certificate for "ml.example.com" expires on 2026-06-11, in 10 days'


def test_an_expired_issuer_is_named() -> None:
    root = issue("old root", end=timedelta(hours=-1))
    holder = issue("ml.example.com", root, ("ml.example.com",))
    (finding,) = judge(holder.pem + root.pem, holder.key_pem())
    assert (finding.code, finding.message) == ("AMLARC-S054", 'the certificate for "old root" expired on 2026-06-01')


def test_the_name_is_looked_for_in_the_keys_own_certificate(pem_files: Mapping[str, bytes]) -> None:
    assert codes(judge(pem_files["chain, issuer first"], pem_files["key"])) == ["AMLARC-S058", "AMLARC-S059"]


def test_a_chain_with_the_wrong_neighbour_says_which(pem_files: Mapping[str, bytes]) -> None:
    first = judge(pem_files["chain, disordered"], pem_files["key"])[0]
    assert first.message == (
        'certificate 1 of 3, for "ml.example.com", was issued by "intermediate", but the next is for "root"'
    )


def test_swapped_files_are_both_named(pem_files: Mapping[str, bytes]) -> None:
    findings = judge(pem_files["key"], pem_files["certificate"])
    assert [(finding.code, finding.path) for finding in findings] == [
        ("AMLARC-S051", "sslCertPemFile"),
        ("AMLARC-S051", "sslKeyPemFile"),
    ]


def test_der_is_recognised_and_converted(pem_files: Mapping[str, bytes]) -> None:
    (finding,) = judge(pem_files["certificate, DER"])
    assert finding.fix == "convert it from DER: openssl x509 -inform der -in FILE -out FILE.pem"


def test_an_encrypted_key_says_how_to_decrypt_it(pem_files: Mapping[str, bytes]) -> None:
    (finding,) = judge(pem_files["certificate"], pem_files["key, encrypted"])
    assert finding.code == "AMLARC-S052"
    assert finding.fix == "remove the passphrase: openssl pkey -in key.pem -out plain.pem"


@pytest.mark.parametrize("form", [serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8])
def test_rsa_keys_of_both_forms_are_read(form: serialization.PrivateFormat) -> None:
    key = rsa.generate_private_key(65537, 2048)
    own = issue("ml.example.com", names=("ml.example.com",))
    findings = judge(own.pem, key.private_bytes(PEM, form, serialization.NoEncryption()))
    assert codes(findings) == ["AMLARC-S053"]


def test_a_traditional_encrypted_key_is_an_encrypted_key() -> None:
    key = rsa.generate_private_key(65537, 2048)
    content = key.private_bytes(
        PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"secret")
    )
    assert codes(judge(issue("a.b", names=("ml.example.com",)).pem, content)) == ["AMLARC-S052"]


def test_text_around_the_blocks_is_ignored(pem_files: Mapping[str, bytes]) -> None:
    certificate = "subject=müller\n".encode() + pem_files["certificate"] + b"\ntrailing\n"
    assert judge(certificate, b"Bag Attributes\n" + pem_files["key"]) == []


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(pem_files: Mapping[str, bytes]) -> None:
    certificate = b"\xef\xbb\xbf" + pem_files["certificate"].replace(b"\n", b"\r\n")
    assert judge(certificate, pem_files["key"].replace(b"\n", b"\r\n")) == []


def test_no_byte_of_the_key_is_in_a_finding(pem_files: Mapping[str, bytes]) -> None:
    lines = pem_files["key"].decode().splitlines()[1:-1]
    findings = [
        *judge(pem_files["key"], pem_files["key"]),
        *judge(pem_files["certificate, other"], pem_files["key"]),
        *judge(pem_files["certificate"], pem_files["key"][:120] + b"\n-----END PRIVATE KEY-----\n"),
    ]
    assert len(findings) == 4
    assert not [line for line in lines if line in repr(findings)]


def test_damaged_files_give_findings_and_nothing_else(pem_files: Mapping[str, bytes]) -> None:
    @given(
        st.binary(min_size=1, max_size=60) | st.sampled_from([b"/", b"A", b"AAAA"]), st.integers(0, 600), st.booleans()
    )
    def damaged(junk: bytes, at: int, in_key: bool) -> None:
        whole = pem_files["key" if in_key else "chain"]
        broken = whole[:at] + junk + whole[at + len(junk) :]
        certificate, key = (pem_files["chain"], broken) if in_key else (broken, pem_files["key"])
        assert all(finding.code.startswith("AMLARC-S05") for finding in judge(certificate, key))

    damaged()


def converted(*command: str, given: bytes) -> bytes:
    """What openssl makes of a file: our advice is held against openssl's own files."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make the files with")
    with tempfile.NamedTemporaryFile() as file:  # openssl pkcs12 -export reads it twice
        file.write(given)
        file.flush()
        named = ["-in", file.name] if "-export" in command else []
        return subprocess.run(["openssl", *command, *named], input=given, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("command", "given", "message", "fix"),
    [
        (
            ("req", "-new", "-key", "/dev/stdin", "-subj", "/CN=x"),
            "key",
            "the file contains a certificate request (CSR), not a certificate",
            "use the certificate that the authority issued for the request",
        ),
        (
            ("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin"),
            "chain",
            "the file is a PKCS #7 bundle (P7B)",
            "take the certificates out: openssl pkcs7 -print_certs -in FILE -out FILE.pem",
        ),
        (
            ("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", "-outform", "der"),
            "chain",
            "the file is a PKCS #7 bundle (P7B) in DER",
            "take the certificates out: openssl pkcs7 -print_certs -in FILE -out FILE.pem -inform der",
        ),
        (
            ("x509", "-trustout", "-addtrust", "serverAuth"),
            "certificate",
            "the file contains a TRUSTED CERTIFICATE, a form that only OpenSSL reads",
            "convert it: openssl x509 -in FILE -out FILE.pem",
        ),
        (
            ("pkcs12", "-export", "-passout", "pass:x"),
            "certificate and key",
            "the file is a PKCS #12 archive (PFX)",
            "convert it: openssl pkcs12 -in FILE -nodes -out FILE.pem; both settings may then name FILE.pem",
        ),
        (
            ("pkcs8", "-topk8", "-nocrypt", "-outform", "der"),
            "key",
            "the file is a private key in DER",
            "convert it from DER: openssl pkey -inform der -in FILE -out FILE.pem",
        ),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_command_that_converts_it(
    command: tuple[str, ...], given: str, message: str, fix: str, pem_files: Mapping[str, bytes]
) -> None:
    (finding,) = judge(converted(*command, given=pem_files[given]))
    assert (finding.message, finding.fix) == (message, fix)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("pkey", "-pubout"), "the file contains a public key, not a private one"),
        (("pkcs12", "-export", "-passout", "pass:x"), "the file is a PKCS #12 archive (PFX)"),
        (("pkey", "-outform", "der"), "the file is a private key in DER"),
    ],
)
def test_a_key_of_another_kind_is_named(command: tuple[str, ...], message: str, pem_files: Mapping[str, bytes]) -> None:
    (finding,) = judge(pem_files["certificate"], converted(*command, given=pem_files["certificate and key"]))
    assert finding.message == message


def test_the_commands_that_convert_lead_to_files_that_are_valid(pem_files: Mapping[str, bytes]) -> None:
    both = pem_files["certificate and key"]
    bag = converted(
        *("pkcs12", "-nodes", "-passin", "pass:x"),
        given=converted("pkcs12", "-export", "-passout", "pass:x", given=both),
    )
    assert b"Bag Attributes" in bag
    assert judge(bag, bag) == []
    p7b = converted("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", given=pem_files["chain"])
    assert judge(converted("pkcs7", "-print_certs", given=p7b), pem_files["key"]) == []
    trusted = converted("x509", "-trustout", "-addtrust", "serverAuth", given=pem_files["certificate"])
    assert judge(converted("x509", given=trusted), pem_files["key"]) == []


SPOILT: list[Callable[[bytes], bytes]] = [
    lambda content: content.replace(b"\n", b" "),
    lambda content: content.replace(b"\n", b"\\n"),
    lambda content: content.replace(b"\n", b"\n\n"),
    lambda content: content.replace(b"\n", b"\r\n\r\n"),
    lambda content: content.replace(b"\n", b""),
    lambda content: b"\n".join(b"  " + line for line in content.splitlines()),
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_lines_that_were_joined_or_spread_are_put_right(
    spoil: Callable[[bytes], bytes], pem_files: Mapping[str, bytes]
) -> None:
    chain, key = spoil(pem_files["chain"]), spoil(pem_files["key"])
    assert judge(chain, key) == []
    assert pem.certificates_of(chain) == pem_files["chain"]
    assert pem.key_of(key) == pem_files["key"]


def test_of_a_file_with_both_each_setting_sends_its_own(pem_files: Mapping[str, bytes]) -> None:
    both = b"Bag Attributes\n" + pem_files["certificate and key"]
    assert judge(both, both) == []
    assert pem.certificates_of(both) == pem_files["certificate"]
    assert pem.key_of(both) == pem_files["key"]


def test_a_file_as_it_should_be_is_sent_as_it_is(pem_files: Mapping[str, bytes]) -> None:
    windows = b"subject=x\r\n" + pem_files["chain"].replace(b"\n", b"\r\n").rstrip()
    assert pem.certificates_of(windows) == windows
    assert pem.certificates_of(pem_files["text"]) == pem_files["text"]
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"secret")
    )
    assert pem.key_of(key) == key


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x".encode("utf-16"), "the file is encoded in UTF-16"),
        (b"\xfe\xed\xfe\xed\0\0\0\2", "the file is a Java key store (JKS)"),
        (b"ssh-ed25519 AAAAC3Nza me@host", "the file contains a public key of SSH"),
        (b"MII" + b"A" * 90, "the file is base64 without PEM's BEGIN and END lines"),
        (b"\n", "the file is empty"),
    ],
)
def test_a_file_that_holds_neither_is_named(content: bytes, message: str) -> None:
    (finding,) = judge(content)
    assert finding.message == message


def test_a_certificate_without_any_name_is_validated() -> None:
    holder = issue("ml.example.com", names=("ml.example.com",))
    nameless = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(holder.certificate.subject)
        .public_key(holder.key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .sign(holder.key, holder.certificate.signature_hash_algorithm)  # type: ignore[arg-type]
    )
    (finding,) = judge(nameless.public_bytes(PEM), holder.key_pem())
    assert finding.message == "the certificate is for no name at all, not for ml.example.com (sslCname)"
