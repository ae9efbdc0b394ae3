"""Certificates from files that openssl and cryptography wrote, and from files that are none."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.errors import MaterialError
from conformance.material.certificate import load_certificate
from conformance.material.contents import CertificateFormat
from conformance.material.reading import LIMIT

START = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC)
PASSWORD = b"correct horse"
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")

Save = Callable[[bytes], Path]


def issue(
    name: str,
    key: CertificateIssuerPrivateKeyTypes,
    *,
    by: tuple[str, CertificateIssuerPrivateKeyTypes] | None = None,
) -> x509.Certificate:
    issuer, signer = by or (name, key)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else SHA256()
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=365))
        .sign(signer, algorithm)
    )


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CERTIFICATE = issue("signer", KEY)
PEM = CERTIFICATE.public_bytes(Encoding.PEM)
DER = CERTIFICATE.public_bytes(Encoding.DER)
PRIVATE_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PFX = pkcs12.serialize_key_and_certificates(
    b"signer", KEY, CERTIFICATE, None, BestAvailableEncryption(PASSWORD)
)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Return a function that writes octets to a file and gives its path."""

    def write(data: bytes) -> Path:
        path = tmp_path / "certificate"
        path.write_bytes(data)
        return path

    return write


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    assert OPENSSL is not None
    run = subprocess.run([OPENSSL, *arguments], input=given, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (PEM, CertificateFormat.PEM),
        (PEM.replace(b"\n", b"\r\n"), CertificateFormat.PEM),
        (b"Bag Attributes\n  friendlyName: signer\n" + PEM, CertificateFormat.PEM),
        (b"\xef\xbb\xbf" + PEM, CertificateFormat.PEM),
        (DER, CertificateFormat.DER),
        (PFX, CertificateFormat.PKCS12),
    ],
    ids=["pem", "crlf", "attributes", "byte-order-mark", "der", "pfx"],
)
def test_a_certificate_is_read(save: Save, data: bytes, form: CertificateFormat) -> None:
    path = save(data)
    read = load_certificate(path, PASSWORD)
    assert read.path == path
    assert read.format is form
    assert read.public_key == KEY.public_key()
    assert read.x509 == CERTIFICATE
    assert read.subject == "CN=signer"
    assert (read.not_before, read.not_after) == (START, START + timedelta(days=365))
    assert read.holds_private_key is (form is CertificateFormat.PKCS12)


@needs_openssl
def test_the_fingerprint_is_that_of_openssl(save: Save) -> None:
    told = openssl("x509", "-noout", "-fingerprint", "-sha256", given=PEM).decode()
    expected = told.partition("=")[2].strip().replace(":", "").lower()
    for data in (PEM, DER, PFX):
        assert load_certificate(save(data), PASSWORD).fingerprint == expected


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_a_bare_public_key_is_read(save: Save, encoding: Encoding, form: PublicFormat) -> None:
    read = load_certificate(save(KEY.public_key().public_bytes(encoding, form)))
    assert read.public_key == KEY.public_key()
    assert read.x509 is None
    assert read.not_after is None
    assert read.subject == ""


def test_the_fingerprint_of_a_bare_key_does_not_depend_on_its_form(save: Save) -> None:
    key = KEY.public_key()
    found = {
        load_certificate(save(key.public_bytes(encoding, form))).fingerprint
        for encoding in (Encoding.PEM, Encoding.DER)
        for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
    }
    assert len(found) == 1


def test_the_leaf_of_a_chain_is_taken_wherever_it_stands(save: Save) -> None:
    root_key, middle_key = ec.generate_private_key(ec.SECP256R1()), KEY
    root = issue("root", root_key)
    middle = issue("middle", middle_key, by=("root", root_key))
    leaf = issue("leaf", KEY, by=("middle", middle_key))
    for chain in ([leaf, middle, root], [root, middle, leaf], [middle, leaf]):
        data = b"".join(item.public_bytes(Encoding.PEM) for item in chain)
        assert load_certificate(save(data)).subject == "CN=leaf"


def test_of_unrelated_certificates_the_first_is_taken(save: Save) -> None:
    other = issue("other", KEY).public_bytes(Encoding.PEM)
    assert load_certificate(save(PEM + other)).subject == "CN=signer"
    assert load_certificate(save(other + PEM)).subject == "CN=other"


def test_a_private_key_beside_the_certificate_is_told(save: Save) -> None:
    assert load_certificate(save(PRIVATE_PEM + PEM)).holds_private_key
    assert not load_certificate(save(PEM)).holds_private_key


@needs_openssl
@pytest.mark.parametrize(
    "options",
    [
        ["-passout", "pass:correct horse"],
        ["-passout", "pass:correct horse", "-nokeys"],
        ["-passout", "pass:correct horse", "-legacy"],
        ["-passout", "pass:correct horse", "-keypbe", "NONE", "-certpbe", "NONE"],
        ["-passout", "pass:", "-nokeys"],
        ["-passout", "pass:", "-keypbe", "NONE", "-certpbe", "NONE", "-nomac"],
    ],
    ids=" ".join,
)
def test_pfx_files_of_openssl_are_read(save: Save, options: list[str]) -> None:
    data = openssl("pkcs12", "-export", *options, given=PRIVATE_PEM + PEM)
    password = PASSWORD if "pass:correct horse" in options else None
    read = load_certificate(save(data), password)
    assert read.public_key == KEY.public_key()
    assert read.format is CertificateFormat.PKCS12
    assert read.holds_private_key is ("-nokeys" not in options)


EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
ENCRYPTED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hello", "no certificate in PEM, DER or PKCS#12"),
        (bytes(range(256)), "no certificate in PEM, DER or PKCS#12"),
        (b"ssh-rsa AAAAB3NzaC1yc2E= me", "no certificate in PEM, DER or PKCS#12"),
        (PEM[:400], "damaged or cut off PEM"),
        (PEM.replace(b"MII", b"!!!", 1), "damaged or cut off PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "damaged"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "damaged"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n", "damaged"),
        (PFX[:200], "damaged or cut off PKCS#12"),
        (PRIVATE_PEM, "private key instead"),
        (ENCRYPTED, "private key instead"),
        (
            KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            "private key instead",
        ),
        (
            KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
            "private key instead",
        ),
        (
            KEY.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
            "private key instead",
        ),
        (issue("ec", EC_KEY).public_bytes(Encoding.PEM), r"not RSA \((EC|EllipticCurve)\)"),
        (issue("ed", ED_KEY).public_bytes(Encoding.DER), r"not RSA \(Ed25519\)"),
        (
            ED_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            r"not RSA \(Ed25519\)",
        ),
        (b"-----BEGIN CERTIFICATE REQUEST-----\n", "certificate request"),
        (b"-----BEGIN TRUSTED CERTIFICATE-----\n", "trusted form"),
        (b"-----BEGIN PKCS7-----\n", "PKCS#7"),
        (b"-----BEGIN ODDITY-----\n", r"another kind \(ODDITY\)"),
        (PEM + b"x" * LIMIT, "larger than 1 MiB"),
    ],
)
def test_what_is_no_certificate_is_refused_in_one_sentence(
    save: Save, data: bytes, sentence: str
) -> None:
    path = save(data)
    with pytest.raises(MaterialError, match=sentence) as caught:
        load_certificate(path, PASSWORD)
    assert caught.value.hint
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


@needs_openssl
def test_an_rsa_pss_key_is_refused(save: Save) -> None:
    key = openssl("genpkey", "-algorithm", "RSA-PSS")
    public = openssl("pkey", "-pubout", given=key)
    certificate = openssl(
        "req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=pss", "-days", "9", given=key
    )
    for data in (public, certificate):
        with pytest.raises(MaterialError, match=r"not RSA \(RSA-PSS"):
            load_certificate(save(data))


@needs_openssl
def test_a_certificate_that_is_only_signed_with_pss_is_read(save: Save) -> None:
    data = openssl(
        "req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=me", "-days", "9",
        "-sigopt", "rsa_padding_mode:pss", given=PRIVATE_PEM,
    )  # fmt: skip
    assert load_certificate(save(data)).public_key == KEY.public_key()


def test_a_pfx_without_its_password_is_refused(save: Save) -> None:
    with pytest.raises(MaterialError, match="protected by a password, and none was given"):
        load_certificate(save(PFX))


@pytest.mark.parametrize("password", [b"wrong secret", b"", PASSWORD + b"\n"])
def test_a_pfx_with_another_password_is_refused_and_shows_neither(
    save: Save, password: bytes
) -> None:
    with pytest.raises(MaterialError, match="given password does not open") as caught:
        load_certificate(save(PFX), password)
    assert "secret" not in caught.value.message + caught.value.hint


def test_a_pfx_without_certificate_is_refused(save: Save) -> None:
    data = pkcs12.serialize_key_and_certificates(b"k", KEY, None, None, NoEncryption())
    with pytest.raises(MaterialError, match="without a certificate"):
        load_certificate(save(data))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaterialError, match="does not exist"):
        load_certificate(tmp_path / "absent")
    with pytest.raises(MaterialError, match="is a directory"):
        load_certificate(tmp_path)
    with pytest.raises(MaterialError, match="cannot be read"):
        load_certificate(Path("nul\0octet"))
    with pytest.raises(MaterialError, match="larger than 1 MiB"):
        load_certificate(Path("/dev/zero"))


def test_hostile_names_are_shown_escaped(tmp_path: Path) -> None:
    with pytest.raises(MaterialError, match=r"red\\x1b\[31m"):
        load_certificate(tmp_path / "red\x1b[31m")


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200
)
@given(data=st.data())
def test_damage_raises_nothing_but_a_material_error(save: Save, data: st.DataObject) -> None:
    original = bytearray(data.draw(st.sampled_from([PEM, DER, b"0\x03\x02\x01\x03", b""])))
    position = data.draw(st.integers(0, len(original)))
    damage = data.draw(st.binary(max_size=20))
    original[position : position + data.draw(st.integers(0, 40))] = damage
    with contextlib.suppress(MaterialError):
        load_certificate(save(bytes(original)), b"x")


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(position=st.integers(0, len(PFX) - 1), octet=st.integers(0, 255))
def test_a_damaged_pfx_raises_nothing_but_a_material_error(
    save: Save, position: int, octet: int
) -> None:
    damaged = PFX[:position] + bytes([octet]) + PFX[position + 1 :]
    with contextlib.suppress(MaterialError):
        load_certificate(save(damaged), PASSWORD)
