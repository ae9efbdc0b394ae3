"""`certs check` judges what is handed over; `certs create` makes what it finds without fault."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.material.contents import read_contents
from conformance.material.months import months_between
from tests.material.factory import NOW, PASSWORD, issue, key_pem, pem, pfx, saved

AT = ("--now", NOW.isoformat())
VARIABLES = ("TLS_CERT_PASSWORD", "CERT_PASSWORD", "TLS_KEY_PASSWORD", "KEY_PASSWORD",
             "HAND_OVER_PASSWORD", "KEYSTORE_PASSWORD")  # fmt: skip
ROOT = Path(__file__).parents[2]
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
needs_keytool = pytest.mark.skipif(shutil.which("keytool") is None, reason="needs a JDK")

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"LENDICO_CONFORMANCE_{name}", raising=False)


@pytest.fixture
def pair(tmp_path: Path) -> list[str]:
    """Return the options that name a pair without fault, its keys and passwords."""
    secret = str(saved(tmp_path, "password", PASSWORD + b"\n"))
    options = []
    for role, kind in (("tls", "rsa-2048-a"), ("signing", "rsa-2048-b")):
        file = saved(tmp_path, f"{role}.pfx", pfx(issue(kind, name=role)))
        private = saved(tmp_path, f"{role}.key", key_pem(kind))
        options += [f"--{role}", str(file), f"--{role}-key", str(private)]
        options += [f"--{role}-password-file", secret]
    return options


def told(capsys: Capture, *arguments: str, code: int = 0) -> str:
    assert main(["certs", "check", *arguments, *AT]) == code
    out, err = capsys.readouterr()
    assert err == ""
    assert PASSWORD.decode() not in out
    return out


def as_json(capsys: Capture, *arguments: str, code: int = 0) -> Any:
    return json.loads(told(capsys, *arguments, "--json", code=code))


# certs check


def test_a_pair_without_fault_is_right(capsys: Capture, pair: list[str]) -> None:
    lines = told(capsys, *pair).splitlines()

    assert lines[0] == "RIGHT — 9 requirements seen to hold"
    assert sum(line.endswith("  pass     pass") for line in lines) == 9
    assert max(map(len, lines)) <= 80 or any("/" in line for line in lines)
    assert "  left      335 days; hand over the next one by 2026-12-31" in lines


def test_the_json_says_the_same(capsys: Capture, pair: list[str]) -> None:
    found = as_json(capsys, *pair)

    assert (found["answer"], found["exit_code"], found["now"]) == (
        "right", 0, "2026-03-31T12:00:00Z",
    )  # fmt: skip
    assert [item["role"] for item in found["files"]] == ["tls", "signing"]
    certificate = found["files"][0]["certificate"]
    assert certificate["subject"] == "CN=tls"
    assert certificate["self_issued"] is True
    assert certificate["not_after"] == "2027-03-01T12:00:00Z"
    assert certificate["renew_by"] == "2026-12-31T12:00:00Z"
    assert certificate["days_left"] == 335
    assert [item["id"] for item in found["requirements"]] == [f"CERT-00{n}" for n in range(1, 10)]
    assert {item["outcome"] for item in found["requirements"]} == {"pass"}
    assert [check["certificate"] for check in found["requirements"][4]["checks"]] == ["both"]


def test_a_broken_must_ends_with_1_and_says_what_to_change(
    capsys: Capture, pair: list[str], tmp_path: Path
) -> None:
    saved(tmp_path, "tls.pfx", pfx(issue(ends=NOW + timedelta(days=4000))))
    out = told(capsys, *pair, code=1)

    assert out.startswith("WRONG — 1 requirement broken: CERT-004; 8 requirements seen to hold\n")
    block = out[out.index("\nCERT-004 TLS certificate: lifespan-too-long\n") :]
    assert "  expected  39 months at most: an end by 2029-06-01 12:00:00 UTC" in block
    assert "  observed  132 months and 12 days" in block
    assert "  change    issue it anew for a shorter time" in block


def test_a_broken_should_warns_and_ends_with_0(
    capsys: Capture, pair: list[str], tmp_path: Path
) -> None:
    saved(tmp_path, "tls.pfx", pfx(issue(ends=NOW + timedelta(days=59)), private="rsa-2048-a"))
    out = told(capsys, *pair)

    assert out.startswith("RIGHT — 7 requirements seen to hold; 2 warnings: CERT-007 CERT-009\n")
    assert "TLS certificate: private-key-inside" in out
    assert "TLS certificate: expires-soon" in out


def test_swapped_certificates_are_told_as_swapped(capsys: Capture, pair: list[str]) -> None:
    tls, signing = pair.index("--tls"), pair.index("--signing")
    pair[tls + 1], pair[signing + 1] = pair[signing + 1], pair[tls + 1]
    found = as_json(capsys, *pair, code=1)

    broken = [item for item in found["requirements"] if item["outcome"] == "fail"]
    assert [item["id"] for item in broken] == ["CERT-008"]
    reasons = [check["findings"][0]["reason"] for check in broken[0]["checks"]]
    assert reasons == ["key-of-the-other-role"] * 2


def test_one_certificate_alone_says_what_cannot_be_told(capsys: Capture, pair: list[str]) -> None:
    out = told(capsys, *pair[:2], *pair[4:6])

    assert out.startswith(
        "NO FAULT SEEN — 7 requirements seen to hold for the TLS certificate; 2 could not be told\n"
    )
    assert sum(line.endswith("  pass     ?") for line in out.splitlines()) == 7
    words = " ".join(out.split())
    assert "HTTP signature certificate: the certificate is not given (CERT-001" in words
    assert "TLS certificate: the private key is not given (CERT-008)" in words


def test_a_warning_of_one_certificate_alone_is_counted(capsys: Capture, tmp_path: Path) -> None:
    file = saved(tmp_path, "tls.pfx", pfx(issue("rsa-2048-a"), private="rsa-2048-a"))
    secret = saved(tmp_path, "password", PASSWORD)
    out = told(capsys, "--tls", str(file), "--tls-password-file", str(secret))

    assert out.startswith("NO FAULT SEEN — 7 requirements seen to hold for the TLS certificate; ")
    assert "1 warning: CERT-007; 1 could not be told" in out.splitlines()[0]


@pytest.mark.parametrize(
    ("role", "variable"), [("tls", "TLS_CERT_PASSWORD"), ("signing", "CERT_PASSWORD")]
)
def test_a_missing_password_is_asked_for_by_its_option(
    capsys: Capture, tmp_path: Path, role: str, variable: str
) -> None:
    found = as_json(capsys, f"--{role}", str(saved(tmp_path, "a.pfx", pfx(issue()))), code=2)
    assert [item["hint"] for item in found["files"][0]["refusals"]] == [
        (
            f"give it with --{role}-password-file FILE, or in the environment as "
            f"LENDICO_CONFORMANCE_{variable}"
        )
    ]


def test_the_password_of_a_key_has_an_option_of_its_own(
    capsys: Capture, pair: list[str], tmp_path: Path
) -> None:
    locked = saved(tmp_path, "locked.key", key_pem("rsa-2048-a", PASSWORD))
    options = [*pair[:2], *pair[4:6], "--tls-key", str(locked)]
    found = as_json(capsys, *options, code=2)
    hint = found["files"][0]["refusals"][0]["hint"]
    assert hint.startswith("give it with --tls-key-password-file FILE")


def test_a_file_without_an_option_is_asked_for_its_role(capsys: Capture) -> None:
    assert main(["certs", "check", "file.pem"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: nothing says what file.pem is",
        (
            "hint: Name the TLS certificate with --tls FILE, that of HTTP signatures with "
            "--signing FILE."
        ),
    ]


def test_what_cannot_be_read_ends_with_2_and_the_rest_is_judged_all_the_same(
    capsys: Capture, pair: list[str], tmp_path: Path
) -> None:
    saved(tmp_path, "password", b"another one\n")
    saved(tmp_path, "signing.pfx", pem(issue("rsa-2048-b")))
    found = as_json(capsys, *pair, code=2)

    assert found["answer"] == "unreadable"
    assert [item["reason"] for item in found["files"][0]["refusals"]] == ["password-wrong"]
    by_id = {item["id"]: item for item in found["requirements"]}
    checks = {check["certificate"]: check for check in by_id["CERT-006"]["checks"]}
    assert checks["tls"]["findings"][0]["reason"] == "password-wrong"
    assert checks["signing"]["findings"][0]["reason"] == "not-pkcs12"
    assert by_id["CERT-001"]["checks"][1]["outcome"] == "pass"


def test_a_file_that_is_not_there_is_told_on_the_page(
    capsys: Capture, pair: list[str], tmp_path: Path
) -> None:
    (tmp_path / "signing.pfx").unlink()
    (tmp_path / "tls.key").write_bytes(b"nothing")
    out = told(capsys, *pair, code=2)

    assert out.startswith("UNREADABLE — 2 files cannot be read: key-missing file-missing; ")
    assert "  refused   file-missing: " in out
    assert "  change    check the path" in out


def test_passwords_come_from_the_environment_too(
    capsys: Capture, pair: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in VARIABLES[:4]:
        monkeypatch.setenv(f"LENDICO_CONFORMANCE_{name}", PASSWORD.decode())
    saved(tmp_path, "tls.key", key_pem("rsa-2048-a", PASSWORD))
    saved(tmp_path, "signing.key", key_pem("rsa-2048-b", PASSWORD))

    assert told(capsys, *pair[:4], *pair[6:10]).startswith("RIGHT")


def test_a_hostile_name_is_shown_escaped(capsys: Capture, pair: list[str], tmp_path: Path) -> None:
    saved(tmp_path, "tls.pfx", pfx(issue(name="\x1b[31m [bold]red\r\n")))
    out = told(capsys, *pair)

    assert "\x1b" not in out
    assert "\\x1b[31m [bold]red" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "error: certs needs to be told what to do"),
        (["check"], "error: no certificate is given"),
        (["check", "--tls-key", "x"], "error: no certificate is given"),
        (["check", "--tls", "x", "--signing-key", "y"], "error: --signing-key is given without"),
        (["check", "--tls", "x", "--tls-key-password-file", "y"], "without --tls-key"),
        (["check", "--tls", "x", "--tls-password-file", "/absent"], "/absent cannot be read"),
        (["check", "--tls", "x", "--now", "soon"], "error: --now is no date with a zone: soon"),
        (["check", "--tls", "x", "--now", "0001-01-01T00:00:00+23:00"], "no date with a zone"),
        (["check", "--password", "x"], "error: "),
        (["create", "--months", "40"], "40 is not in the range"),
        (["create", "--bits", "1024"], "1024"),
        (["create", "--name", ""], "1 to 48 printable characters"),
        (["create", "--name", "x" * 49], "1 to 48 printable characters"),
        (["create", "--name", "a\nb"], "1 to 48 printable characters"),
        (["create", __file__], "is a file"),
        (["create", "/proc/none"], "/proc/none cannot be written to"),
        (["create", "--key-password-file", "/absent"], "/absent cannot be read"),
        (["destroy"], "no such command 'destroy'"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_a_sentence(
    arguments: list[str], says: str, capsys: Capture, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)

    assert main(["certs", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert "hint: " in err
    assert not list(tmp_path.rglob("*.key"))


# certs create


def create(capsys: Capture, directory: Path, *options: str) -> str:
    assert main(["certs", "create", str(directory), "--bits", "2048", *options]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def in_this_python(out: str) -> str:
    """Return the command that `certs create` told, run by the Python of the tests."""
    return out.splitlines()[-1].replace("lendico-conformance", f"{sys.executable} -m conformance")


def tool(*arguments: str | Path) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


FILES = {
    "hand-over/tls.pfx": 0o644, "hand-over/signing.pfx": 0o644, "hand-over.password": 0o600,
    "tls.key": 0o600, "signing.key": 0o600, "tls.pem": 0o644, "signing.pem": 0o644,
    "tls.p12": 0o600, "signing.p12": 0o600, "keystore.password": 0o600,
    "tls.csr": 0o644, "signing.csr": 0o644,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a pair as the command makes it unless told otherwise."""
    directory = tmp_path_factory.mktemp("certs") / "new"
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "certs", "create", directory, "--name", "Müller"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (directory.parent / "told").write_text(done.stdout, encoding="utf-8")
    return directory


def test_it_makes_these_files_each_with_its_mode(made: Path) -> None:
    found = {
        str(path.relative_to(made)): stat.S_IMODE(path.stat().st_mode)
        for path in made.rglob("*") if path.is_file()
    }  # fmt: skip
    assert found == FILES
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_each_file_is_told_and_no_password(made: Path) -> None:
    out = (made.parent / "told").read_text(encoding="utf-8")

    for name in FILES:
        assert f"  {made / name}" in out
    for name in ("hand-over.password", "keystore.password"):
        password = (made / name).read_text(encoding="ascii").strip()
        assert len(password) == 32
        assert password not in out
    assert "PRIVATE KEY" not in out


def test_the_command_told_finds_no_fault(made: Path, capsys: Capture) -> None:
    last = (made.parent / "told").read_text(encoding="utf-8").splitlines()[-1]
    program, *arguments = shlex.split(last)

    assert program == "lendico-conformance"
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("RIGHT — 9 requirements seen to hold\n")


def test_what_is_made_is_what_was_promised(made: Path) -> None:
    certificates = [read_contents(made / f"{role}.pem").leaves[0] for role in ("tls", "signing")]

    for item in certificates:
        assert months_between(item.not_valid_before_utc, item.not_valid_after_utc) == (
            24, timedelta(),
        )  # fmt: skip
    one, other = certificates
    assert one.serial_number != other.serial_number
    assert one.public_key() != other.public_key()
    for role in ("tls", "signing"):
        assert b"PRIVATE" not in (made / "hand-over" / f"{role}.pfx").read_bytes()


@needs_openssl
@pytest.mark.parametrize("role", ["tls", "signing"])
def test_openssl_reads_and_verifies_what_was_made(made: Path, role: str) -> None:
    certificate = made / f"{role}.pem"
    text = tool("openssl", "x509", "-in", certificate, "-noout", "-text")

    for part in ("3072 bit", "sha256WithRSAEncryption", "Digital Signature", "CA:FALSE",
                 "Subject Key Identifier", "Version: 3"):  # fmt: skip
        assert part in text
    assert ("TLS Web Client Authentication" in text) is (role == "tls")
    tool("openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", certificate, certificate)
    if role == "tls":
        tool("openssl", "verify", "-purpose", "sslclient", "-CAfile", certificate, certificate)
    request = tool("openssl", "req", "-in", made / f"{role}.csr", "-noout", "-verify", "-text")
    assert "verify OK" in request
    assert "Digital Signature" in request
    public = tool("openssl", "pkey", "-in", made / f"{role}.key", "-check", "-pubout")
    assert "Key is valid" in public
    for command, suffix in (("x509", "pem"), ("req", "csr")):
        told_key = tool("openssl", command, "-in", made / f"{role}.{suffix}", "-noout", "-pubkey")
        assert told_key in public


@needs_openssl
@pytest.mark.parametrize("role", ["tls", "signing"])
def test_openssl_opens_both_pkcs12_files_and_finds_a_key_in_the_keystore_only(
    made: Path, role: str
) -> None:
    def opened(path: Path, password: str) -> str:
        return tool("openssl", "pkcs12", "-in", path, "-passin", f"file:{made / password}",
                    "-nodes", "-info")  # fmt: skip

    sent = opened(made / "hand-over" / f"{role}.pfx", "hand-over.password")
    used = opened(made / f"{role}.p12", "keystore.password")
    certificate = (made / f"{role}.pem").read_text(encoding="ascii")

    assert certificate in sent
    assert certificate in used
    assert "PRIVATE KEY" not in sent
    assert "BEGIN PRIVATE KEY" in used
    assert "AES-256-CBC" in sent


@pytest.mark.slow
@needs_keytool
def test_keytool_lists_a_certificate_in_one_and_a_key_in_the_other(made: Path) -> None:
    def listed(path: Path, password: str) -> str:
        return tool("keytool", "-list", "-keystore", path, "-storepass:file", made / password)

    assert "tls, " in listed(made / "hand-over" / "tls.pfx", "hand-over.password")
    assert "trustedCertEntry" in listed(made / "hand-over" / "signing.pfx", "hand-over.password")
    assert "PrivateKeyEntry" in listed(made / "tls.p12", "keystore.password")


def test_passwords_that_are_given_are_taken_and_not_written(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "new"
    sealing = saved(tmp_path, "sealing", b"opens the keys\n")
    monkeypatch.setenv("LENDICO_CONFORMANCE_HAND_OVER_PASSWORD", "for the pfx")
    monkeypatch.setenv("LENDICO_CONFORMANCE_KEYSTORE_PASSWORD", "for keystores")
    out = create(capsys, directory, "--key-password-file", str(sealing))

    assert not list(directory.glob("*.password"))
    assert b"ENCRYPTED PRIVATE KEY" in (directory / "tls.key").read_bytes()
    assert "PKCS#8 PEM, encrypted" in out
    for word in ("for the pfx", "for keystores", "opens the keys"):
        assert word not in out
    command = in_this_python(out)
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.startswith("RIGHT — 9 requirements seen to hold"), done.stderr


def test_keys_sealed_by_the_environment_are_opened_by_the_command_told(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENDICO_CONFORMANCE_KEY_PASSWORD", "opens the keys")
    out = create(capsys, tmp_path / "new")
    command = in_this_python(out)

    tool("sh", "-c", command)


@pytest.mark.parametrize("password", [b"short", b"gr\xc3\xbc\xc3\x9fe", b"x" * 129, b"tab\tbed"])
def test_a_password_that_not_all_programs_take_is_refused(
    capsys: Capture, tmp_path: Path, password: bytes
) -> None:
    path = saved(tmp_path, "password", password)

    assert (
        main(["certs", "create", str(tmp_path / "new"), "--keystore-password-file", str(path)]) == 2
    )
    out, err = capsys.readouterr()
    assert "the keystore password must have 6 to 128 characters" in err
    assert password.decode() not in out + err
    assert not (tmp_path / "new").exists()


def test_the_keystores_do_not_share_the_password_that_lendico_gets(
    capsys: Capture, tmp_path: Path
) -> None:
    path = str(saved(tmp_path, "password", b"one for all"))
    options = ["--keystore-password-file", path, "--hand-over-password-file", path]

    assert main(["certs", "create", str(tmp_path / "new"), *options]) == 2
    assert "have the same password" in capsys.readouterr().err


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_overwritten_and_nothing_is_written_beside_it(
    capsys: Capture, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(tmp_path / "nowhere")

    assert main(["certs", "create", str(tmp_path), "--bits", "2048"]) == 2
    assert f"{path} exists already" in capsys.readouterr().err
    assert [item for item in tmp_path.rglob("*") if not item.is_dir()] == [path]


def test_a_directory_that_cannot_be_written_to_is_told(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "hand-over").write_bytes(b"in the way")

    assert main(["certs", "create", str(tmp_path), "--bits", "2048"]) == 2
    assert "cannot be written to: File exists" in capsys.readouterr().err
    assert [item.name for item in tmp_path.iterdir()] == ["hand-over"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are those of POSIX")
def test_what_was_begun_is_removed_when_it_cannot_be_ended(tmp_path: Path) -> None:
    """Files of at most 1,500 octets: the first PFX fits, the first private key does not."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "from conformance.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "certs", "create", tmp_path, "--bits", "2048"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "cannot be written to: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert [item.name for item in tmp_path.rglob("*")] == ["hand-over"]


def test_a_certificate_may_be_made_for_39_months(capsys: Capture, tmp_path: Path) -> None:
    out = create(capsys, tmp_path / "new", "--months", "39")

    assert main(shlex.split(out.splitlines()[-1])[1:]) == 0
    assert "(39 months)" in capsys.readouterr().out


def test_help_names_no_option_that_takes_a_password(capsys: Capture) -> None:
    for verb in ("check", "create"):
        assert main(["certs", verb, "--help"]) == 0
        out = capsys.readouterr().out
        assert "--password " not in out
        assert "-password FILE" not in out


def test_the_page_names_every_reason_code_and_variable() -> None:
    page = (ROOT / "docs" / "certificates.md").read_text(encoding="utf-8")
    sources = (ROOT / "conformance" / "material").glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    found = re.findall(r'reason(?:, \w+)? ?= ?(?:"[a-z-]+" if \w+ else )?"([a-z0-9-]+)"', text)
    found += re.findall(r'"([a-z0-9-]+-instead|[a-z]+-form|no-days-left)"', text)

    assert len(set(found)) > 30
    for reason in found:
        assert f"`{reason}`" in page or reason == "key-not-rsa", reason
    for name in VARIABLES:
        assert f"`LENDICO_CONFORMANCE_{name}`" in page
