"""Private keys as files."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from conformance.errors import MaterialError
from conformance.material.keyfile import KeyFiles, key_from_numbers, load_key, make_key

# Key `Test` of draft-cavage-http-signatures-10, appendix C: published, worth nothing.
N = int(
    "c2144346c37df21a2872f76a438d94219740b7eab3c98fe0af7d20bcfaadbc87"
    "1035eb5405354775df0b824d472ad10776aac05eff6845c9cd83089260d21d4b"
    "efcfba67850c47b10e7297dd504f477f79bf86cf85511e39b8125e0cad474851"
    "c3f1b1ca0fa92ff053c67c94e8b5cfb6c63270a188bed61aa9d5f21e91ac6cc9", 16,
)  # fmt: skip
D = int(
    "947c664094bf1e64ceffaeb5d97b4f9327a2b753d53be85d72465caed967e52e"
    "bcc35409d37640f738b01880416bcbc357122ade43b0a67c5044e960fcbca4f6"
    "279c3133d9d0d889a7b0f7ec44a6e6f2796da81f8671ef5c2a06d38a92ac2b5d"
    "afe9cdda62b9c4518e4eaf13a618ec4041b3f83bb9a9d5a4689b395004b2a1f5", 16,
)  # fmt: skip
P = int(
    "ec3923547dbc5835207f59eabdf9f62a3e824fb9c8704de3189b1967bce56660"
    "661c50ce34c2d4ad747f666de94799b4b42981a9ae512bde6ee35da3b7574f23", 16,
)  # fmt: skip
Q = int(
    "d253deff299e4b61e3c6d0a3f7ca7a5eae118c9ba11b40e7fb87b87919e85405"
    "ece5241a881c992265b8e75ce6dea123556c2e7d106448d064c10e5abfb02923", 16,
)  # fmt: skip
DATE_SIGNATURE = (
    "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7"
    "q25WqS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM="
)


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    return subprocess.run(
        ["openssl", *arguments], input=data, capture_output=True, check=True
    ).stdout


def fault(path: Path) -> MaterialError:
    with pytest.raises(MaterialError) as caught:
        load_key(path)
    assert caught.value.hint
    assert caught.value.message.isprintable()
    assert (
        caught.value.__suppress_context__ or not caught.value.__context__ or caught.value.__cause__
    )
    return caught.value


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return make_key()


@pytest.fixture
def key_file(key: RSAPrivateKey) -> Iterator[Path]:
    with KeyFiles() as files:
        yield files.path_of(key)


def test_files_are_private_and_gone_in_the_end(key: RSAPrivateKey) -> None:
    with KeyFiles() as files:
        path = files.path_of(key)
        assert path.stat().st_mode & 0o7777 == 0o600
        assert path.parent.stat().st_mode & 0o7777 == 0o700
        other = files.path_of(make_key())
        assert other != path
        assert files.path_of(key) == path
    assert not path.parent.exists()
    assert other.parent == path.parent


def test_the_process_umask_opens_nothing(key: RSAPrivateKey) -> None:
    before = os.umask(0)
    try:
        with KeyFiles() as files:
            assert files.path_of(key).stat().st_mode & 0o777 == 0o600
            assert files.path_of(key).parent.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_files_are_gone_after_an_exception(key: RSAPrivateKey) -> None:
    with contextlib.suppress(LookupError), KeyFiles() as files:
        path = files.path_of(key)
        raise LookupError
    assert not path.parent.exists()


def test_files_are_gone_when_nobody_closes_them() -> None:
    """The interpreter ends with the `with` block still open."""
    code = (
        "from conformance.material.keyfile import *\n"
        "files = KeyFiles().__enter__(); print(files.path_of(make_key(1024)), flush=True)\n"
        "raise SystemExit(3)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 3
    assert not Path(run.stdout.strip()).parent.exists()


def test_after_the_end_there_are_no_files(key: RSAPrivateKey) -> None:
    with KeyFiles() as files:
        pass
    with pytest.raises(MaterialError, match="`with` block"):
        files.path_of(key)


def test_a_directory_that_cannot_be_made_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(MaterialError, match="cannot be made") as caught, KeyFiles():
        pass
    assert "TMPDIR" in caught.value.hint


def test_neither_repr_nor_files_say_a_key(key: RSAPrivateKey) -> None:
    with KeyFiles() as files:
        files.path_of(key)
        assert str(key.private_numbers().d) not in repr(files) + repr(vars(files))


def test_openssl_reads_the_files(key_file: Path) -> None:
    """PKCS#8, unencrypted, and a sound key."""
    assert key_file.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert b"RSA key ok" in openssl("rsa", "-in", key_file, "-check", "-noout")


def test_numbers_of_the_draft_become_its_key(tmp_path: Path) -> None:
    """With the file, openssl finds the signature that the draft publishes."""
    with KeyFiles() as files:
        path = files.path_of(key_from_numbers(n=N, e=0x10001, d=D, p=P, q=Q))
        signature = openssl(
            "dgst", "-sha256", "-sign", path, data=b"date: Sun, 05 Jan 2014 21:31:40 GMT"
        )
    (tmp_path / "signature").write_bytes(signature)
    assert openssl("base64", "-A", "-in", tmp_path / "signature").decode() == DATE_SIGNATURE


@pytest.mark.parametrize(
    "wrong", [{"n": N + 2}, {"d": D + 2}, {"p": P + 2}, {"q": P}, {"p": 1}, {"p": 0}, {"e": 2}]
)
def test_numbers_that_are_no_key_are_not_quoted(wrong: dict[str, int]) -> None:
    with pytest.raises(MaterialError, match="no RSA key") as caught:
        key_from_numbers(**{"n": N, "e": 0x10001, "d": D, "p": P, "q": Q} | wrong)
    assert str(P)[:20] not in repr(caught.value) + repr(caught.value.__cause__)


def test_a_file_is_read_back(key: RSAPrivateKey, key_file: Path) -> None:
    assert load_key(key_file).private_numbers() == key.private_numbers()


def test_a_file_of_openssl_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
    assert load_key(path).key_size == 2048


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    assert "No such file" in fault(tmp_path / "missing.key").message
    assert "Is a directory" in fault(tmp_path).message
    assert "cannot be read" in fault(Path("a\0b")).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_is_named(key_file: Path) -> None:
    key_file.chmod(0)
    assert "Permission denied" in fault(key_file).message


def test_an_encrypted_key_is_named(tmp_path: Path, key_file: Path) -> None:
    for options in (("pkcs8", "-topk8"), ("rsa", "-traditional", "-aes128")):
        encrypted = tmp_path / "encrypted.key"
        openssl(*options, "-in", key_file, "-passout", "pass:geheim", "-out", encrypted)
        assert "is encrypted" in fault(encrypted).message
        assert "-nocrypt" in fault(encrypted).hint


def test_a_key_of_another_kind_is_named(tmp_path: Path) -> None:
    for algorithm, name in (("ED25519", "Ed25519"), ("EC", "EC")):
        path = tmp_path / f"{name}.key"
        curve = ("-pkeyopt", "ec_paramgen_curve:P-256") if algorithm == "EC" else ()
        openssl("genpkey", "-algorithm", algorithm, *curve, "-out", path)
        assert f"another kind ({name}), not RSA" in fault(path).message


def test_what_is_no_private_key_is_named(tmp_path: Path, key_file: Path) -> None:
    def written(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    public = openssl("pkey", "-in", key_file, "-pubout")
    certificate = openssl("req", "-x509", "-key", key_file, "-subj", "/CN=x", "-days", "1")
    der = openssl("pkcs8", "-topk8", "-nocrypt", "-in", key_file, "-outform", "DER")
    pem = key_file.read_bytes()
    for data, said in (
        (public, "a public key"),
        (certificate, "a certificate"),
        (der, "no PEM"),
        (b"", "no PEM"),
        (b"\0\xff" * 100, "no PEM"),
        (pem[:500] + b"\n-----END PRIVATE KEY-----\n", "no private key that can be read"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END", "OpenSSH"),
        (b"x" * (1 << 17), "larger than 64 KiB"),
        (pem.decode().encode("utf-16"), "is text in UTF-16"),
    ):
        error = fault(written("wrong.key", data))
        assert said in error.message
        assert pem[100:130].decode() not in error.message
