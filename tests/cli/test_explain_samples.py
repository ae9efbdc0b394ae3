"""The documents' own samples: what each puts on the wire, and the cause that `explain` names.

The captures are written here as those samples send them, signed with cryptography alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.cli import main

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
DATE = "Wed, 03 Jul 2019 08:28:28 GMT"
FORM = b"client_id=acme&client_secret=not-to-be-shown"
HOST = "api.sandbox.lendico.de"
PING = "/partner-api/ping"

Explain = Callable[[bytes], list[str]]


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def signature(string: str) -> str:
    return base64.b64encode(KEY.sign(string.encode(), PKCS1v15(), SHA256())).decode()


def signing_string(method: str, path: str, date: str, digest: str) -> str:
    return f"(request-target): {method} {path}\ndate: {date}\ndigest: {digest}"


def java_ping(date: str, *, swallowed: bool = False) -> bytes:
    """Return what Apache HttpClient sends for the Java sample."""
    digest = f"SHA-256={sha256(b'')}"
    signed = "" if swallowed else signature(signing_string("get", "/ping", date, digest))
    return (
        f"GET {PING} HTTP/1.1\r\n"
        "Subscription-Key: 0123456789abcdef\r\n"
        "Authorization: Bearer eyJ0eXAiOiJKV1QifQ.e30.c2ln\r\n"
        f"Date: {date}\r\n"
        f"Digest: {digest}\r\n"
        'Signature: keyId="acme",algorithm="rsa-sha256",'
        f'headers="(request-target) date digest",signature="{signed}"\r\n'
        f"Host: {HOST}\r\n"
        "Connection: Keep-Alive\r\n"
        "User-Agent: Apache-HttpClient/4.5.13 (Java/11.0.11)\r\n"
        "\r\n"
    ).encode()


def postman_token(date: str, hashed: bytes) -> bytes:
    """Return what Postman sends for the token request: its headers, the form as body."""
    digest = f"SHA-256={sha256(hashed)}"
    signed = signature(signing_string("post", "/oauth2/token", date, digest))
    head = (
        "POST /partner-api/oauth2/token HTTP/1.1\r\n"
        f"Date: {date}\r\n"
        f"Digest: {digest}\r\n"
        'Authorization: Signature keyId="acme",algorithm="rsa-sha256", '
        f'headers="(request-target) date digest", signature="{signed}"\r\n'
        "Subscription-Key: 0123456789abcdef\r\n"
        "User-Agent: PostmanRuntime/7.28.4\r\n"
        "Accept: */*\r\n"
        f"Host: {HOST}\r\n"
        "Accept-Encoding: gzip, deflate, br\r\n"
        "Connection: keep-alive\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(FORM)}\r\n"
        "\r\n"
    )
    return head.encode() + FORM


def shell_ping() -> bytes:
    """Return the shell sample's last command, as bash prints it under `set -x`."""
    signed = signature(signing_string("get", "/ping", DATE, f"SHA-256={sha256(b'')}"))
    return (
        f"+ curl -i -X GET https://{HOST}{PING} -H 'Subscription-Key: 0123456789abcdef' "
        f"-H 'Authorization: Bearer eyJ0eXAiOiJKV1QifQ.e30.c2ln' -H 'Date: {DATE}' "
        '-H \'Signature: keyId="acme",algorithm="rsa-sha256",'
        f'headers="(request-target) date digest",signature="{signed}"\' '
        "--cert tls.crt --key tls.key\n"
    ).encode()


@pytest.fixture
def explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Return a function that gives the mistakes which `explain` names for a capture, in order."""
    certificate = tmp_path / "signing.pem"
    certificate.write_bytes(
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    capture = tmp_path / "capture"

    def run(octets: bytes) -> list[str]:
        capture.write_bytes(octets)
        arguments = [str(capture), "--cert", str(certificate), "--key-id", "acme"]
        assert main(["explain", *arguments, "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
        assert main(["explain", *arguments]) == 1
        out = capsys.readouterr().out
        cause = told["diagnosis"][0]
        assert out.splitlines()[0].startswith(f"WRONG — {cause['says']} ({cause['mistake']}")
        assert all(item["proved"] for item in told["diagnosis"])
        for secret in ("not-to-be-shown", "0123456789abcdef", "eyJ0eXAiOiJKV1QifQ"):
            assert secret not in out
        return [item["mistake"] for item in told["diagnosis"]]

    return run


@pytest.mark.parametrize(
    ("capture", "mistakes"),
    [
        (java_ping("Wed, 03 Jul 2019 08:28:28 Z"), ["date-zone-z"]),
        (java_ping("Mi., 03 Juli 2019 08:28:28 Z"), ["date-names-german-zone-z"]),
        (java_ping(DATE, swallowed=True), ["signature-empty"]),
        (postman_token("Wed, 03 Jul 2019 08:28:28 +00:00", FORM), ["date-zone-numeric-colon"]),
        (postman_token(DATE, b""), ["digest-of-nothing"]),
        (postman_token(DATE, b"undefined"), ["digest-of-undefined"]),
        (
            postman_token("Wed, 03 Jul 2019 08:28:28 +00:00", b""),
            ["digest-of-nothing", "date-zone-numeric-colon"],
        ),
        (shell_ping(), ["digest-not-sent"]),
    ],
    ids=[
        "java",
        "java-on-a-german-machine",
        "java-swallowing-its-error",
        "postman-date",
        "postman-digest-of-nothing",
        "postman-digest-of-undefined",
        "postman-as-it-is",
        "shell-ping",
    ],
)
def test_a_documented_sample_gets_its_cause(
    explain: Explain, capture: bytes, mistakes: list[str]
) -> None:
    assert explain(capture) == mistakes


def test_the_java_sample_with_both_faults_gets_both(explain: Explain) -> None:
    capture = java_ping("Wed, 03 Jul 2019 08:28:28 Z", swallowed=True)
    assert sorted(explain(capture)) == ["date-zone-z", "signature-empty"]
