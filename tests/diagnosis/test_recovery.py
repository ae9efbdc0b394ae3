"""What a signature gives back, held to signatures that openssl made."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conformance.cases.keys import key_named
from conformance.diagnosis.recovery import Recovered, bare_hash, recover

KEY = key_named("rsa-2048")
PUBLIC = KEY.public_key()
STRING = b"(request-target): get /ping\ndate: x\ndigest: y"

OpenSSL = Callable[..., bytes]


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "signing.key"
    path.touch(mode=0o600)
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.fixture
def dgst(key_file: Path) -> OpenSSL:
    """Return `openssl dgst -<name> -sign` with further options, on the string."""

    def run(name: str, *options: str) -> bytes:
        arguments = ["openssl", "dgst", f"-{name}", "-sign", str(key_file), *options]
        return subprocess.run(arguments, input=STRING, capture_output=True, check=True).stdout

    return run


@pytest.fixture
def pkeyutl(key_file: Path, tmp_path: Path) -> OpenSSL:
    """Return openssl's private operation on `data`, padded as type 1 (`pkcs1`) or as it is.

    `pkeyutl -sign` takes no more than a hash; `-decrypt` without padding is the same operation.
    """

    def run(data: bytes, padding: str) -> bytes:
        block = tmp_path / "block"
        if padding == "pkcs1" and len(data) > 64:
            return run(b"\0\1" + b"\xff" * (253 - len(data)) + b"\0" + data, "none")
        verb = "-sign" if padding == "pkcs1" else "-decrypt"
        block.write_bytes(data)
        return subprocess.run(
            ["openssl", "pkeyutl", verb, "-inkey", str(key_file), "-in", str(block),
             "-pkeyopt", f"rsa_padding_mode:{padding}"],
            capture_output=True, check=True,
        ).stdout  # fmt: skip

    return run


def found(signature: bytes) -> Recovered:
    recovered = recover(signature, PUBLIC)
    assert recovered is not None
    return recovered


def test_the_documented_signature_gives_back_the_hash_of_the_string(dgst: OpenSSL) -> None:
    recovered = found(dgst("sha256"))
    assert recovered.value == hashlib.sha256(STRING).digest()
    assert recovered.scheme == "PKCS#1 v1.5 with sha256"
    assert recovered.proves(STRING) == (True, None)
    assert recovered.proves(STRING + b"\n") == (False, None)
    assert recovered.certain


@pytest.mark.parametrize("name", ["sha1", "sha384", "sha512", "md5"])
def test_another_hash_is_known_by_its_name(dgst: OpenSSL, name: str) -> None:
    recovered = found(dgst(name))
    assert recovered.scheme == f"PKCS#1 v1.5 with {name}"
    assert recovered.proves(STRING) == (True, f"signature-{name}")
    assert recovered.proves(b"other") == (False, None)


def test_sha_224_is_known_as_such(dgst: OpenSSL) -> None:
    recovered = found(dgst("sha224"))
    assert recovered.scheme == "PKCS#1 v1.5 with sha224"
    assert recovered.value == hashlib.sha224(STRING).digest()
    assert recovered.proves(STRING)[0]


@pytest.mark.parametrize("salt", [8, 16, 20, 32, 64, 100])
@pytest.mark.parametrize("name", ["sha256", "sha1", "sha512"])
def test_pss_is_known_whatever_the_salt(dgst: OpenSSL, name: str, salt: int) -> None:
    recovered = found(
        dgst(name, "-sigopt", "rsa_padding_mode:pss", "-sigopt", f"rsa_pss_saltlen:{salt}")
    )
    assert recovered.scheme == f"PSS with {name}"
    assert recovered.proves(STRING) == (True, "signature-pss")
    assert recovered.proves(STRING + b" ") == (False, None)
    assert recovered.certain


@pytest.mark.parametrize(("salt", "certain"), [(214, True), (215, False)])
def test_pss_is_certain_where_eight_octets_cannot_be_there_by_chance(
    dgst: OpenSSL, salt: int, certain: bool
) -> None:
    """Zeros before the salt: 256 octets less hash, its mark, the salt and the one before it."""
    recovered = recover(
        dgst("sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", f"rsa_pss_saltlen:{salt}"),
        KEY.public_key(),
    )
    assert recovered is not None
    assert recovered.certain is certain


def test_pss_with_the_longest_salt_is_believed_only_with_its_string(dgst: OpenSSL) -> None:
    recovered = found(
        dgst("sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:max")
    )
    assert not recovered.certain
    assert recovered.proves(STRING) == (True, "signature-pss")


def test_pss_with_sha_1_for_its_mask_is_known_as_java_makes_it(dgst: OpenSSL) -> None:
    recovered = found(
        dgst("sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20",
             "-sigopt", "rsa_mgf1_md:sha1")
    )  # fmt: skip
    assert recovered.proves(STRING) == (True, "signature-pss")


def test_a_hash_encrypted_without_digest_info_is_known(pkeyutl: OpenSSL) -> None:
    recovered = found(pkeyutl(hashlib.sha256(STRING).digest(), "pkcs1"))
    assert recovered.proves(STRING) == (True, "signature-no-digest-info")


def test_a_hexadecimal_hash_encrypted_is_known(pkeyutl: OpenSSL) -> None:
    for text in (hashlib.sha256(STRING).hexdigest(), hashlib.sha256(STRING).hexdigest().upper()):
        recovered = found(pkeyutl(text.encode(), "pkcs1"))
        assert recovered.proves(STRING) == (True, "signature-hex-hash-encrypted")


def test_a_string_encrypted_whole_or_as_far_as_it_fits_is_known(pkeyutl: OpenSSL) -> None:
    assert found(pkeyutl(STRING, "pkcs1")).proves(STRING) == (True, "signature-string-encrypted")
    long = STRING * 10
    recovered = found(pkeyutl(long[:245], "pkcs1"))
    assert recovered.proves(long) == (True, "signature-string-encrypted")


@pytest.mark.parametrize("length", [1, 3, 20, len(STRING) - 1])
def test_the_beginning_of_a_string_proves_nothing(pkeyutl: OpenSSL, length: int) -> None:
    recovered = found(pkeyutl(STRING[:length], "pkcs1"))
    assert recovered.proves(STRING) == (False, None)
    assert recovered.scheme == "PKCS#1 v1.5 around other octets"


def test_nothing_encrypted_proves_nothing(pkeyutl: OpenSSL) -> None:
    block = b"\0\1" + b"\xff" * 253 + b"\0"
    recovered = recover(pkeyutl(block, "none"), PUBLIC)
    assert recovered is None or recovered.proves(STRING) == (False, None)


def test_a_bare_hash_raised_to_the_exponent_is_known(pkeyutl: OpenSSL) -> None:
    recovered = found(pkeyutl(bytes(224) + hashlib.sha256(STRING).digest(), "none"))
    assert recovered.scheme == "RSA without padding"
    assert recovered.proves(STRING) == (True, "signature-unpadded")


@pytest.mark.parametrize("tail", [b"", b"\0", b"x" * 8])
def test_a_digest_info_with_a_hash_of_another_length_is_none(pkeyutl: OpenSSL, tail: bytes) -> None:
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    octets = prefix + hashlib.sha256(STRING).digest()[: 32 - (not tail)] + tail
    recovered = found(pkeyutl(octets, "pkcs1"))
    assert "other octets" in recovered.scheme
    assert recovered.proves(STRING) == (False, None)


@pytest.mark.parametrize("number", [0, 1])
def test_numbers_that_every_key_leaves_alone_are_nothing(number: int) -> None:
    assert recover(number.to_bytes(256, "big"), PUBLIC) is None


def test_a_number_beyond_the_modulus_is_nothing() -> None:
    modulus = PUBLIC.public_numbers().n
    assert recover(modulus.to_bytes(256, "big"), PUBLIC) is None
    assert recover((modulus + 5).to_bytes(256, "big"), PUBLIC) is None
    assert recover(b"\xff" * 256, PUBLIC) is None


@pytest.mark.parametrize("length", [0, 1, 32, 128, 255, 257, 512])
def test_another_length_is_nothing(length: int) -> None:
    assert recover(b"\x05" * length, PUBLIC) is None


@pytest.mark.parametrize("name", ["other-2048", "rsa-3072"])
def test_another_keys_signature_is_nothing(dgst: OpenSSL, name: str) -> None:
    assert recover(dgst("sha256"), key_named(name).public_key()) is None


def test_thirty_two_octets_may_be_a_hash_and_nothing_else_is() -> None:
    recovered = bare_hash(hashlib.sha256(STRING).digest())
    assert recovered is not None
    assert recovered.proves(STRING) == (True, "signature-bare-hash")
    assert not recovered.certain
    assert bare_hash(bytes(31)) is None
    assert bare_hash(b"") is None


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 200])
def test_hashes_of_hashes_are_told_apart(pkeyutl: OpenSSL, length: int) -> None:
    string = b"x" * length
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    twice = hashlib.sha256(hashlib.sha256(string).digest()).digest()
    recovered = found(pkeyutl(prefix + twice, "pkcs1"))
    assert recovered.proves(string) == (True, "signature-hashed-twice")
    hexed = hashlib.sha256(hashlib.sha256(string).hexdigest().encode()).digest()
    recovered = found(pkeyutl(prefix + hexed, "pkcs1"))
    assert recovered.proves(string) == (True, "signature-hex-hash-signed")
