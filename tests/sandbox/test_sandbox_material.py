"""The authority, the demo partner, a partner's own file, and the private directory."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from conformance.clock import ManualClock, SystemClock
from conformance.errors import ConfigError, MaterialError, UsageError
from conformance.sandbox.authority import Authority
from conformance.sandbox.demo import demo_files, demo_partner
from conformance.sandbox.partner import check_partners, load_partner
from conformance.sandbox.vault import Vault


def _openssl(*arguments: str | Path) -> str:
    return subprocess.run(
        ["openssl", *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def test_openssl_trusts_the_server_certificate_by_its_authority(vault: Vault) -> None:
    authority = Authority(vault, SystemClock())
    authority.server()
    for name in (("-verify_hostname", "localhost"), ("-verify_ip", "127.0.0.1"),
                 ("-verify_ip", "::1")):  # fmt: skip
        assert "OK" in _openssl(
            "verify", "-purpose", "sslserver", *name, "-CAfile", authority.ca_file,
            vault.path("server.pem"),
        )  # fmt: skip


def test_what_was_made_once_is_kept(vault: Vault) -> None:
    first = Authority(vault, SystemClock())
    ca, server = first.ca_file.read_bytes(), first.server().certificate
    again = Authority(vault, SystemClock())
    assert (again.ca_file.read_bytes(), again.server().certificate) == (ca, server)


def test_another_host_or_the_end_of_its_time_makes_another_server_certificate(
    vault: Vault,
) -> None:
    clock = ManualClock(SystemClock().now())
    authority = Authority(vault, clock)
    first = authority.server().certificate
    assert authority.server(["sandbox.example"]).certificate != first
    assert "OK" in _openssl(
        "verify", "-verify_hostname", "sandbox.example", "-CAfile", authority.ca_file,
        vault.path("server.pem"),
    )  # fmt: skip
    second = authority.server().certificate
    clock.advance(timedelta(days=364))
    assert authority.server().certificate != second


@pytest.mark.parametrize("damaged", ["ca.pem", "ca.key", "server.pem", "server.key"])
def test_a_damaged_file_is_made_anew(vault: Vault, damaged: str) -> None:
    Authority(vault, SystemClock()).server()
    vault.write(damaged, b"damaged")
    authority = Authority(vault, SystemClock())
    authority.server()
    assert "OK" in _openssl("verify", "-CAfile", authority.ca_file, vault.path("server.pem"))


def test_the_demo_partner_keeps_the_documents_rules(vault: Vault) -> None:
    """RSA-2048, SHA-256, at most 39 months, two different certificates and keys."""
    partner = demo_partner(vault, SystemClock())
    files = demo_files(vault)
    for certificate, key in (
        (files.tls_certificate, files.tls_key), (files.signing_certificate, files.signing_key),
    ):  # fmt: skip
        text = _openssl("x509", "-in", certificate, "-noout", "-text")
        assert "Signature Algorithm: sha256WithRSAEncryption" in text
        assert "Public-Key: (2048 bit)" in text
        public = _openssl("x509", "-in", certificate, "-noout", "-pubkey")
        assert public == _openssl("pkey", "-in", key, "-pubout")
    assert partner.tls_key != partner.signing_key
    assert partner.tls_not_after - partner.tls_not_before < timedelta(days=39 * 28)
    printed = _openssl("x509", "-in", files.tls_certificate, "-noout", "-fingerprint", "-sha256")
    assert printed.strip().rpartition("=")[2].replace(":", "").lower() == (
        partner.tls_fingerprint.hex()
    )
    assert demo_partner(vault, SystemClock()) == partner, "made once and kept"


def test_a_demo_partner_that_runs_out_is_made_anew(vault: Vault) -> None:
    clock = ManualClock(SystemClock().now())
    first = demo_partner(vault, clock)
    clock.advance(timedelta(days=365))
    assert demo_partner(vault, clock).client_id != first.client_id


GOOD = """
client_id = "acme"
client_secret_env = "ACME_SECRET"
subscription_key_file = "subscription-key"
tls_certificate = "tls.pem"
signing_certificate = "signing.der"
"""


@pytest.fixture
def file(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    for name in ("tls.pem", "subscription-key"):
        (tmp_path / name).write_bytes((directory / name).read_bytes())
    _openssl("x509", "-in", directory / "signing.pem", "-outform", "DER", "-out",
             tmp_path / "signing.der")  # fmt: skip
    monkeypatch.setenv("ACME_SECRET", "from the environment")

    def write(text: str) -> Path:
        path = tmp_path / "partner.toml"
        path.write_text(text)
        return path

    return write


def test_a_partner_file_takes_texts_from_files_and_the_environment(
    file: Callable[[str], Path], directory: Path
) -> None:
    partner = load_partner(file(GOOD))
    assert partner.client_id == "acme"
    assert partner.client_secret == "from the environment"
    assert partner.subscription_key == (directory / "subscription-key").read_text()
    assert partner.tls_fingerprint == demo_partner(Vault(directory), SystemClock()).tls_fingerprint


def test_a_partner_file_takes_pfx_with_a_password(
    file: Callable[[str], Path], directory: Path, tmp_path: Path
) -> None:
    _openssl("pkcs12", "-export", "-nokeys", "-in", directory / "tls.pem", "-out",
             tmp_path / "tls.pfx", "-passout", "pass:secret")  # fmt: skip
    (tmp_path / "password").write_text("secret\n")
    text = GOOD.replace("tls.pem", "tls.pfx") + 'tls_certificate_password_file = "password"\n'
    assert load_partner(file(text)).tls_fingerprint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "client_id is missing"),
        (GOOD.replace("acme", ""), "client_id must be a text that is not empty"),
        (GOOD.replace('"acme"', "5"), "client_id must be a text"),
        (GOOD + 'unknown = "x"', "'unknown' is no setting"),
        (GOOD + 'client_secret = "both"', "are both given"),
        (GOOD.replace("ACME_SECRET", "NOT_SET"), "client_secret_env names an empty text"),
        (GOOD.replace("subscription-key", "missing"), "which cannot be read"),
        (GOOD.replace("tls.pem", "missing.pem"), "missing.pem does not exist"),
        (GOOD.replace("tls.pem", "subscription-key"), "holds no certificate"),
        ('partner = "x"', "'partner' is no table"),
        ('client_secret = "do-not-show', "is no TOML"),
        ("[" * 5000, "is no TOML"),
    ],
)
def test_a_wrong_partner_file_is_told_in_a_sentence(
    file: Callable[[str], Path], text: str, says: str
) -> None:
    with pytest.raises((ConfigError, MaterialError)) as caught:
        load_partner(file(text))
    assert says in caught.value.message
    assert "do-not-show" not in caught.value.message + caught.value.hint


def test_partners_that_cannot_be_told_apart_are_refused(directory: Path) -> None:
    partner = demo_partner(Vault(directory), SystemClock())
    with pytest.raises(UsageError, match="same client_id"):
        check_partners([partner, partner])
    check_partners([partner])


def test_the_directory_and_its_files_are_private(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    vault = Vault(tmp_path / "open")
    path = vault.write("name", b"content")
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert vault.read("name") == b"content"
    assert vault.read("other") is None
    assert [item.name for item in (tmp_path / "open").iterdir()] == ["name"], "nothing else is left"


def test_a_directory_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be used"):
        Vault(tmp_path / "file" / "below")
    with pytest.raises(UsageError, match="cannot be used"):
        Vault(tmp_path / "file")
