"""`rsa-sha256` against the openssl command, both ways."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from conformance.cases.keys import key_named
from conformance.wire.signature import sign, verifies

DATA = b"(request-target): get /ping\ndate: Wed, 03 Jul 2019 08:28:28 GMT\xff\x00"
SIZES = pytest.mark.parametrize("name", ["rsa-2048", "rsa-3072", "rsa-4096"])


@SIZES
def test_openssl_verifies_what_we_sign(name: str, tmp_path: Path) -> None:
    key = key_named(name)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    (tmp_path / "signature").write_bytes(base64.b64decode(sign(DATA, key), validate=True))
    command = ["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"]
    done = subprocess.run(command, cwd=tmp_path, input=DATA, capture_output=True, check=False)
    assert done.stdout == b"Verified OK\n"


@SIZES
def test_we_sign_octet_for_octet_what_openssl_signs(name: str, tmp_path: Path) -> None:
    key = key_named(name)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "private.pem").write_bytes(private)
    command = ["openssl", "dgst", "-sha256", "-sign", "private.pem"]
    made = subprocess.run(command, cwd=tmp_path, input=DATA, capture_output=True, check=True).stdout
    assert base64.b64decode(sign(DATA, key)) == made
    assert verifies(made, DATA, key.public_key())


def test_a_signature_is_one_line_of_base64() -> None:
    assert sign(DATA, key_named("rsa-2048")).isascii()
    assert not set(sign(DATA, key_named("rsa-2048"))) & set("\r\n ")


@pytest.mark.parametrize("octets", [b"", b"\0", b"\xff" * 256, bytes(512)])
def test_what_is_no_signature_is_refused_and_never_raises(octets: bytes) -> None:
    assert not verifies(octets, DATA, key_named("rsa-2048").public_key())
