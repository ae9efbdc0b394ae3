"""`explain` on what it cannot read: one sentence on standard error, a hint, exit code 2."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PublicFormat,
    pkcs12,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.cli import main

HEAD = b"POST /partner-api/ping HTTP/1.1\r\nHost: api.example\r\nContent-Length: 20\r\n"
PLAIN = b"GET /partner-api/ping HTTP/1.1\r\nHost: api.example\r\n\r\n"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one sentence that the command ends with."""
    assert main(["explain", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    first, *hints = err.splitlines()
    assert first.startswith("error: ")
    assert len(hints) == 1
    assert hints[0].startswith("hint: ")
    assert "Traceback" not in err
    return first


@pytest.mark.parametrize(
    ("capture", "sentence"),
    [
        (b"", "the capture is empty"),
        (HEAD[:50], "half a message"),
        (HEAD + b"\r\n", "holds no body"),
        (HEAD + b"\r\n{}", "Content-Length says 20 octets, but the capture holds 2"),
        (HEAD + b"\r\n" + b"x" * 20 + b"and another body", "two bodies"),
        (bytes(range(256)) * 40, "neither an HTTP request, nor a HAR file, nor a curl command"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "neither an HTTP request"),
        (b'{"log": {"entries": [', "cut off or malformed"),
        (b"curl -H 'Date: open", "never closed"),
        (b"curl -F file=@x https://api.example/", "multipart form"),
        (PLAIN * 2, "none of them carries a signature"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_capture_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], capture: bytes, sentence: str
) -> None:
    path = tmp_path / "capture"
    path.write_bytes(capture)
    assert sentence in refusal(capsys, str(path))


def test_100_mb_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(100 * 1000 * 1000)
    assert "larger than 8 MiB" in refusal(capsys, str(path))
    plain = tmp_path / "plain"
    plain.write_bytes(PLAIN)
    assert "larger than 8 MiB" in refusal(capsys, str(plain), "--body", str(path))
    assert "larger than 1 MiB" in refusal(capsys, str(plain), "--cert", str(path))


def test_standard_input_is_bounded_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * (9 << 20))))
    assert "standard input is larger than 8 MiB" in refusal(capsys)


def certificates(folder: Path) -> dict[str, Path]:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = PublicFormat.SubjectPublicKeyInfo
    encryption = BestAvailableEncryption(b"x")
    files = {
        "none": b"no certificate",
        "empty": b"",
        "elliptic": other.public_bytes(Encoding.PEM, form),
        "pfx": pkcs12.serialize_key_and_certificates(b"me", KEY, None, None, encryption),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in (*files, "absent", ".")}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none", "holds no certificate"),
        ("empty", "is empty"),
        ("elliptic", "a key that is not RSA"),
        ("pfx", "protected by a password, and none was given"),
        ("absent", "does not exist"),
        (".", "is a directory"),
    ],
)
@pytest.mark.parametrize("option", ["--cert", "--tls-cert"])
def test_a_certificate_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, name: str, sentence: str
) -> None:
    capture = tmp_path / "capture"
    capture.write_bytes(PLAIN)
    cert = certificates(tmp_path)[name]
    assert sentence in refusal(capsys, str(capture), option, str(cert))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--now", "yesterday"], "--now is no date with a zone"),
        (["--now", "2019-07-03T08:28:28"], "--now is no date with a zone"),
        (["--now", "2019-07-03T08:28:28Z", "--date-now"], "exclude each other"),
        (["--base-url", "api.example"], "--base-url is no http or https address"),
        (["--base-url", "https://api.example/?x"], "--base-url is no http or https address"),
        (["--entry", "0"], "'--entry'"),
        (["--entry", "2"], "there is no entry 2"),
        (["--format", "xml"], "'--format'"),
        (["--format", "har"], "looks like JSON"),
        (["--format", "curl"], "no curl command"),
        (["--body", "absent"], "the body absent does not exist"),
        (["--cert-password-file", "absent", "--cert", "x"], "the password file absent"),
    ],
)
def test_wrong_options_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    path = tmp_path / "capture"
    path.write_bytes(PLAIN)
    assert sentence in refusal(capsys, str(path), *arguments)


def test_only_one_thing_comes_from_standard_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot both come from standard input" in refusal(capsys, "-", "--body", "-")


def test_a_capture_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "does not exist" in refusal(capsys, str(tmp_path / "absent"))
    assert "is a directory" in refusal(capsys, str(tmp_path))


def test_who_waits_for_a_pipe_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(PLAIN,))
    writer.start()
    assert main(["explain", str(pipe)]) == 1
    writer.join(timeout=10)
    out, err = capsys.readouterr()
    assert "HDR-001" in out
    assert err == f"Waiting for the capture from the pipe {pipe} …\n"


PIECES = [
    b"GET /partner-api/ping HTTP/1.1\r\n", b"POST /oauth2/token HTTP/1.1\r\n", b"\r\n", b"\n",
    b"Host: a\r\n", b"Date: Wed, 03 Jul 2019 08:28:28 GMT\r\n", b"Date: \xff\x00\r\n",
    b"Digest: SHA-256=\r\n", b"Digest: \r\n", b"Signature: \r\n", b'Signature: keyId="",,=\r\n',
    b'Signature: keyId="a",algorithm="x",headers="(request-target) x",signature="AA=="\r\n',
    b"Authorization: Signature\r\n", b"Authorization: \r\n", b"Content-Length: 2\r\n", b"{}",
    b"curl ", b"-d ", b"'", b"https://a/ ", b"> ", b"\x00\xff", b'{"method":"GET","url":"http://a/",',
    b'"headers":[]}',
]  # fmt: skip


@settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join) | st.binary(max_size=80))
def test_whatever_is_given_ends_in_an_answer_or_a_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], octets: bytes
) -> None:
    capture, cert = tmp_path / "capture", tmp_path / "cert"
    capture.write_bytes(octets)
    cert.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert main(["explain", str(capture), "--cert", str(cert), "--date-now"]) in (0, 1, 2)
    out, err = capsys.readouterr()
    assert bool(out) != bool(err)
    assert len(err.splitlines()) in (0, 2)


@pytest.mark.parametrize(
    ("option", "variable"), [("--cert", "CERT_PASSWORD"), ("--tls-cert", "TLS_CERT_PASSWORD")]
)
def test_a_missing_password_is_asked_for_by_its_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, variable: str
) -> None:
    path = tmp_path / "a.pfx"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(None, KEY, None, None, BestAvailableEncryption(b"x"))
    )
    assert main(["explain", "capture", option, str(path)]) == 2
    assert capsys.readouterr().err.splitlines()[1:] == [
        (
            f"hint: give it with {option}-password-file FILE, or in the environment as "
            f"LENDICO_CONFORMANCE_{variable}"
        )
    ]
