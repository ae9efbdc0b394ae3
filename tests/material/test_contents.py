"""Refusals of certificate and key files: each with its own reason, none a traceback."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.errors import MaterialError
from conformance.material.contents import read_contents
from conformance.material.keyfile import load_key
from conformance.material.privatekey import read_public_half
from conformance.material.submitted import Role, Source, read_submitted
from tests.material.factory import (
    PASSWORD,
    der,
    issue,
    key,
    key_der,
    key_pem,
    pem,
    pfx,
    pfx_of_key,
    saved,
)

CERTIFICATE = issue()
KIND = "rsa-2048-a"
PUBLIC = key(KIND).public_key()
PUBLIC_PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PFX = pfx(CERTIFICATE, private=KIND)


def refusal(path: Path, password: bytes | None) -> str:
    with pytest.raises(MaterialError) as caught:
        read_contents(path, password)
    assert caught.value.hint
    assert str(path) in caught.value.message
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "password", "reason"),
    [
        (b"", None, "file-empty"),
        (b"hello", None, "no-certificate"),
        (b"x" * (1 << 20) + b"x", None, "file-too-large"),
        (pem(CERTIFICATE).decode().encode("utf-16"), None, "file-utf-16"),
        (pem(CERTIFICATE)[:300], None, "pem-damaged"),
        (der(CERTIFICATE)[:300], None, "no-certificate"),
        (PFX[:300], PASSWORD, "pkcs12-damaged"),
        (PFX, None, "password-missing"),
        (PFX, b"", "password-wrong"),
        (PFX, b"wrong", "password-wrong"),
        (pfx_of_key(KIND), PASSWORD, "pkcs12-without-certificate"),
        (key_pem(KIND), None, "private-key-instead"),
        (key_pem(KIND, b"x"), None, "private-key-instead"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\n", None, "request-instead"),
        (b"-----BEGIN TRUSTED CERTIFICATE-----\n", None, "trusted-form"),
        (b"-----BEGIN PKCS7-----\n", None, "pkcs7-instead"),
        (b"-----BEGIN X509 CRL-----\n", None, "revocation-list-instead"),
        (b"-----BEGIN PGP MESSAGE-----\n", None, "pem-of-another-kind"),
        (b"\xfe\xed\xfe\xed\x00\x00\x00\x02", PASSWORD, "java-keystore"),
    ],
)
def test_each_kind_of_bad_file_has_its_own_reason(
    tmp_path: Path, data: bytes, password: bytes | None, reason: str
) -> None:
    assert refusal(saved(tmp_path, "file", data), password) == reason


def test_a_pfx_that_needs_no_password_says_so_when_one_is_given(tmp_path: Path) -> None:
    path = saved(tmp_path, "open.pfx", pfx(CERTIFICATE, password=None))
    with pytest.raises(MaterialError) as caught:
        read_contents(path, b"given")

    assert "opens without any password" in caught.value.hint
    assert read_contents(path).leaves == (CERTIFICATE,)


def test_a_bare_key_is_no_certificate_to_hand_over(tmp_path: Path) -> None:
    path = saved(tmp_path, "key.pub", PUBLIC_PEM)
    found = read_submitted(Role.TLS, Source(path=path))

    assert found.refusal is not None
    assert found.refusal.reason == "public-key-instead"


@pytest.mark.skipif(shutil.which("keytool") is None, reason="no JDK is installed")
def test_a_keystore_of_java_in_the_old_form_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "old.jks"
    subprocess.run(
        ["keytool", "-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=x",
         "-keystore", path, "-storetype", "JKS", "-storepass", "changeit", "-keypass", "changeit"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert refusal(path, b"changeit") == "java-keystore"
    with pytest.raises(MaterialError, match="keystore in JKS") as caught:
        read_public_half(path, b"changeit")
    assert "keytool -importkeystore" in caught.value.hint


# Private keys


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (key_pem(KIND), None),
        (key_pem(KIND), b"not needed"),
        (key_pem(KIND, b"secret"), b"secret"),
        (key_pem(KIND, form=PrivateFormat.TraditionalOpenSSL), None),
        (key_pem(KIND, b"secret", PrivateFormat.TraditionalOpenSSL), b"secret"),
        (pem(CERTIFICATE) + key_pem(KIND), None),
        (key_der(KIND), None),
        (key_der(KIND, b"secret"), b"secret"),
        (PFX, PASSWORD),
    ],
    ids=["pkcs8", "spare", "sealed", "pkcs1", "sealed-pkcs1", "beside", "der", "sealed-der", "pfx"],
)
def test_a_private_key_is_read_in_each_form(
    tmp_path: Path, data: bytes, password: bytes | None
) -> None:
    assert read_public_half(saved(tmp_path, "key", data), password) == PUBLIC


@pytest.mark.parametrize(
    ("data", "password", "reason"),
    [
        (b"", None, "file-empty"),
        (b"hello", None, "key-missing"),
        (pem(CERTIFICATE), None, "key-missing"),
        (PUBLIC_PEM, None, "key-missing"),
        (key_pem(KIND)[:400], None, "key-damaged"),
        (key_pem(KIND, form=PrivateFormat.OpenSSH), None, "openssh-form"),
        (key_pem(KIND, b"secret"), None, "password-missing"),
        (key_pem(KIND, b"secret"), b"wrong", "password-wrong"),
        (key_pem(KIND, b"secret", PrivateFormat.TraditionalOpenSSL), None, "password-missing"),
        (key_pem(KIND, b"secret", PrivateFormat.TraditionalOpenSSL), b"wrong", "password-wrong"),
        (key_der(KIND, b"secret"), b"wrong", "password-wrong"),
        (key_der(KIND, b"secret"), None, "password-missing"),
        (PFX, b"wrong", "password-wrong"),
        (PFX, None, "password-missing"),
        (pfx(CERTIFICATE), PASSWORD, "key-missing"),
    ],
)
def test_each_kind_of_bad_key_file_has_its_own_reason(
    tmp_path: Path, data: bytes, password: bytes | None, reason: str
) -> None:
    path = saved(tmp_path, "private", data)
    with pytest.raises(MaterialError) as caught:
        read_public_half(path, password)

    assert caught.value.reason == reason
    assert caught.value.hint
    for word in ("secret", "wrong", "horse"):
        assert word not in caught.value.message + caught.value.hint


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damage_raises_nothing_but_a_material_error(tmp_path: Path, data: st.DataObject) -> None:
    originals = [pem(CERTIFICATE), der(CERTIFICATE), key_pem("ec"), key_pem("ec", b"x"), PUBLIC_PEM]
    damaged = bytearray(data.draw(st.sampled_from(originals)))
    position = data.draw(st.integers(0, len(damaged)))
    damaged[position : position + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=20))
    path = saved(tmp_path, "damaged", bytes(damaged))

    with contextlib.suppress(MaterialError):
        read_contents(path, b"x")
    with contextlib.suppress(MaterialError):
        read_public_half(path, b"x")


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refusal(pipe, None) == "file-named-pipe"
    for read in (read_public_half, load_key):
        with pytest.raises(MaterialError, match="is a named pipe, which is not waited for"):
            read(pipe)


def test_a_pipe_of_the_shell_is_read() -> None:
    reader, writer = os.pipe()
    os.write(writer, pem(CERTIFICATE))
    os.close(writer)
    assert read_contents(Path(f"/dev/fd/{reader}")).leaves == (CERTIFICATE,)
    os.close(reader)
