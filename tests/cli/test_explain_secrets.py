"""`explain` shows no secret of a capture: not in text, not in JSON, not in an error."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.capture.secret import secrets_of
from conformance.cli import main
from conformance.wire.message import Field, HeaderFields, SignedRequest, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET = "Zq7-hidden+value/42"
BASIC = base64.b64encode(f"me:{SECRET}".encode()).decode()


def request(
    *more: Field, target: str = "/partner-api/ping", body: bytes = b"", method: str = "POST"
) -> SignedRequest:
    """Return a rightly signed request with more header fields."""
    asked = UnsignedRequest(
        method=method, target=target, date=datetime(2019, 7, 3, tzinfo=UTC), key_id="me",
        body=body, base_path="/partner-api",
    )  # fmt: skip
    signed = DOCUMENTED.sign(asked, Keys(signing=KEY)).signed
    fields = HeaderFields((*signed.headers.fields, *more))
    return SignedRequest(method=method, target=target, headers=fields, body=body)


def raw(sent: SignedRequest) -> bytes:
    lines = [f"{sent.method} {sent.target} HTTP/1.1", "Host: api.example"]
    lines += [f"{name}: {value}" for name, value in sent.headers]
    head = "\r\n".join([*lines, f"Content-Length: {len(sent.body)}", "", ""])
    return head.encode("latin-1") + sent.body


def curl(sent: SignedRequest) -> bytes:
    words = [
        "curl",
        "-g",
        "-X",
        sent.method,
        f"https://me:{quote(SECRET, safe='')}@api.example{sent.target}",
    ]
    for name, value in sent.headers:
        words += ["-H", f"{name}: {value}"]
    return shlex.join([*words, "--data-raw", sent.body.decode("latin-1")]).encode("latin-1")


def har(sent: SignedRequest) -> bytes:
    headers = [{"name": name, "value": value} for name, value in sent.headers]
    data = {"text": base64.b64encode(sent.body).decode(), "encoding": "base64"}
    url = f"https://api.example{sent.target}"
    entry = {"method": sent.method, "url": url, "headers": headers, "postData": data}
    return json.dumps(entry).encode()


def everything_shown(
    capture: bytes, folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> str:
    """Return all that the command prints, as text and as JSON, on both streams."""
    path, cert = folder / "capture", folder / "cert.pem"
    path.write_bytes(capture)
    cert.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    shown = ""
    for form in ([], ["--json"]):
        for given_cert in ([], ["--cert", str(cert)]):
            code = main(["explain", str(path), *arguments, *form, *given_cert])
            assert code in (0, 1, 2)
            out, err = capsys.readouterr()
            shown += out + err
    return shown


PLACES = {
    "bearer": request(("Authorization", f"Bearer {SECRET}")),
    "scheme-of-its-own": request(("Authorization", f"Token {SECRET}")),
    "no-scheme": request(("Authorization", SECRET)),
    "basic": request(("Authorization", f"Basic {BASIC}")),
    "proxy": request(("Proxy-Authorization", f"Basic {BASIC}")),
    "subscription-key": request(("subscription-KEY", SECRET)),
    "azure-key": request(("Ocp-Apim-Subscription-Key", SECRET)),
    "x-api-key": request(("X-Api-Key", SECRET)),
    "cookie": request(("Cookie", f"a=1; session={SECRET}")),
    "query": request(target=f"/partner-api/ping?a=1&access_token={SECRET}"),
    "query-key": request(target=f"/partner-api/ping?subscription-key={SECRET}&b=2"),
    "form": request(body=f"client_id=me&client_secret={SECRET}".encode()),
    "json": request(body=json.dumps({"a": [{"client_secret": SECRET}]}).encode()),
    "wrong-body": request(("Digest", f"client_secret={SECRET}"), body=b"{}"),
    "twice-in-odd-places": request(("Subscription-Key", SECRET), ("X-Debug", f"<{SECRET}>")),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("write", [raw, curl, har])
def test_a_secret_is_nowhere_shown(
    place: str,
    write: Callable[[SignedRequest], bytes],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = everything_shown(write(PLACES[place]), tmp_path, capsys)
    assert SECRET not in shown
    assert BASIC not in shown
    assert "hidden" not in shown
    assert "redacted" in shown or place in ("form", "json")


@pytest.mark.parametrize("place", ["bearer", "basic", "no-scheme", "scheme-of-its-own"])
def test_a_secret_that_a_rule_would_quote_is_not_shown(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = everything_shown(
        raw(PLACES[place]), tmp_path, capsys, "--place", "authorization", "--key-id", "other"
    )
    assert "AUTH-001" in shown
    assert SECRET[:6] not in shown
    assert BASIC[:6] not in shown


def test_a_secret_that_is_signed_is_judged_but_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    further = (("Subscription-Key", SECRET), ("Authorization", f"Bearer {SECRET}"))
    asked = UnsignedRequest(
        method="GET", target="/ping", date=datetime(2019, 7, 3, tzinfo=UTC), key_id="me",
        further=further,
    )  # fmt: skip
    shown = everything_shown(
        raw(DOCUMENTED.sign(asked, Keys(signing=KEY)).signed), tmp_path, capsys
    )
    assert "RIGHT" in shown or "no-fault-seen" in shown
    assert "subscription-key: <redacted" in shown
    assert "hidden" not in shown


@pytest.mark.parametrize("line", [f"{SECRET}", f"Subscription Key: {SECRET}", f": {SECRET}"])
def test_an_error_about_a_capture_does_not_quote_it(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for capture in (
        f"GET / HTTP/1.1\r\n{line}\r\n\r\n",
        f"GET / HTTP/1.1\r\nSubscription-Key: {SECRET}",
        f"GET / HTTP/1.1\r\nContent-Length: {SECRET}\r\n\r\n",
        f"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n{SECRET}",
        f"{SECRET}\r\n\r\n",
        f"curl 'https://me:{SECRET}@a b/'",
        f"curl --{SECRET}=x https://api.example/",
        f"curl https://api.example/ {SECRET}",
        f"curl https://me:{SECRET}@api.example/",
        f'curl "https://api.example/$hidden{SECRET}"',
        f"curl https://api.example/ -H 'X: {SECRET}",
        f'{{"method": "GET", "url": "{SECRET}", "headers": []}}',
        f'{{"method": "GET", "url": "https://me:{SECRET}@a/", "headers": [{{"name": 1}}]}}',
        f'{{"client_secret": "{SECRET}"',
    ):
        shown = everything_shown(capture.encode(), tmp_path, capsys)
        assert "error: " in shown, capture
        assert re.search(r"hidden(?!--)", shown) is None or capture.startswith("curl --"), capture
        assert "value/42" not in shown, capture


def test_a_private_key_given_as_certificate_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "key.pem"
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem)
    capture = tmp_path / "capture"
    capture.write_bytes(raw(request()))
    assert main(["explain", str(capture), "--cert", str(path)]) == 2
    out, err = capsys.readouterr()
    assert pem.decode().splitlines()[1][:20] not in out + err


def test_equal_secrets_are_recognisable_and_different_ones_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = request(
        ("Subscription-Key", SECRET), ("X-Api-Key", SECRET), ("X-Auth-Token", "another-one")
    )
    (tmp_path / "capture").write_bytes(raw(sent))
    main(["explain", str(tmp_path / "capture"), "--json"])
    headers = dict(json.loads(capsys.readouterr().out)["request"]["headers"])
    assert headers["Subscription-Key"] == headers["X-Api-Key"]
    assert headers["Subscription-Key"] != headers["X-Auth-Token"]


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    secret=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=40)
    .filter(lambda text: not any(mark in text for mark in "&;=%+\"\\'")),
    place=st.sampled_from(["header", "cookie", "query", "form", "json"]),
)  # fmt: skip
def test_any_secret_is_found_where_it_stands(secret: str, place: str) -> None:
    sent = {
        "header": request(("X-Api-Key", secret)),
        "cookie": request(("Cookie", f"a=b; c={secret}")),
        "query": request(target=f"/?api_key={secret}"),
        "form": request(body=f"a=b&password={secret}".encode()),
        "json": request(body=json.dumps({"passphrase": secret}).encode()),
    }[place]
    assert secret in secrets_of(sent)


def test_what_is_no_secret_is_not_taken_for_one() -> None:
    sent = request(
        ("Content-Type", "application/json"),
        target="/partner-api/ping?token_type=Bearer&a=b",
        body=b'{"name": "Acme", "secret": "", "token_count": "seven"}',
    )
    assert secrets_of(sent) == frozenset()
