"""`SignatureAuth` against a real server: what arrives is what was signed."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.client import SignatureAuth
from conformance.clock import ManualClock
from conformance.errors import MaterialError, UsageError
from conformance.wire.message import Place, SignedPath
from conformance.wire.parameters import parse_parameters, split_scheme

START = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)


@dataclass
class Seen:
    """One request as it arrived: nothing decoded, no header merged."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Server:
    """A server that keeps what arrives and redirects as `redirects` says (target to address)."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _serve() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        raw_requestline: bytes

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            method, target, _ = self.raw_requestline.decode("latin-1").split(" ", 2)
            state.seen.append(Seen(method, target, list(self.headers.items()), body))
            status, location = state.redirects.get(target, (200, ""))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    state.port = httpd.server_port
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    httpd.shutdown()
    httpd.server_close()
    thread.join()


server = pytest.fixture(_serve, name="server")
other_server = pytest.fixture(_serve, name="other_server")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


def assert_signed(
    seen: Seen, key: rsa.RSAPrivateKey, date: str, *, path: str | None = None
) -> None:
    """Check `seen` with no line of our own code but the reader of parameters."""
    hashed = base64.b64encode(hashlib.sha256(seen.body).digest()).decode()
    assert seen.all("Date") == [date]
    assert seen.all("Digest") == [f"SHA-256={hashed}"]
    (value,) = seen.all("Signature")
    parameters = parse_parameters(value)
    assert parameters.get("headers") == "(request-target) date digest"
    assert verifies(seen, key, value, path=path)


def verifies(seen: Seen, key: rsa.RSAPrivateKey, value: str, *, path: str | None = None) -> bool:
    signature = base64.b64decode(parse_parameters(value).get("signature") or "", validate=True)
    string = (
        f"(request-target): {seen.method.lower()} {path or seen.target}\n"
        f"date: {seen.all('Date')[0]}\ndigest: {seen.all('Digest')[0]}"
    )
    try:
        key.public_key().verify(signature, string.encode("latin-1"), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


DATE = "Thu, 29 Feb 2024 23:59:58 GMT"


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "/ping",
        "/Ping/UPPER",
        "/a//b",
        "/a/../b/./c",
        "/a%20b",
        "/%c3%a4/%C3%A4/ä",
        "/%2F%25%7E~",
        "/a b",
        "/a$b!'()*,;p=1",
        "/q?",
        "/q??",
        "/q?a=1&a=2&b=&c",
        "/q?x=a+b&y=a%20b&z=ä",
        "/q#fragment",
        "/q?a=1#fragment",
        "/long?" + "x" * 2000,
    ],
)
def test_whatever_the_library_makes_of_a_target_is_what_is_signed(
    server: Server,
    session: requests.Session,
    key: rsa.RSAPrivateKey,
    clock: ManualClock,
    target: str,
) -> None:
    session.get(server.origin + target, auth=SignatureAuth("client-1", key, clock=clock))
    assert_signed(server.seen[0], key, DATE)


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (None, b""),
        ("", b""),
        (b"", b""),
        ("plain", b"plain"),
        ("grün €", "grün €".encode()),
        (b"\x00\xff\r\n", b"\x00\xff\r\n"),
        (bytearray(b"array"), b"array"),
        ({"a": "1", "b": "ü"}, b"a=1&b=%C3%BC"),
        (b"x" * 200_000, b"x" * 200_000),
    ],
    ids=["none", "empty text", "empty", "text", "utf-8", "binary", "bytearray", "form", "large"],
)
def test_the_body_that_arrives_is_the_one_digested(
    server: Server,
    session: requests.Session,
    key: rsa.RSAPrivateKey,
    clock: ManualClock,
    sent: object,
    arrives: bytes,
) -> None:
    auth = SignatureAuth("client-1", key, clock=clock)
    session.post(f"{server.origin}/applications", data=sent, auth=auth)  # type: ignore[arg-type]
    assert server.seen[0].body == arrives
    assert_signed(server.seen[0], key, DATE)


def test_a_json_body_is_signed_as_serialised(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    session.auth = SignatureAuth("client-1", key, clock=clock)
    session.post(f"{server.origin}/applications", json={"name": "Müller"})
    assert server.seen[0].body
    assert_signed(server.seen[0], key, DATE)


@pytest.mark.parametrize("body", [io.BytesIO(b"file"), iter([b"a", b"b"])], ids=["file", "chunks"])
def test_a_stream_is_refused_in_one_sentence(
    session: requests.Session, key: rsa.RSAPrivateKey, body: object
) -> None:
    auth = SignatureAuth("client-1", key)
    with pytest.raises(UsageError, match="is a stream and cannot be signed") as caught:
        session.post("http://127.0.0.1:9/", data=body, auth=auth)  # type: ignore[arg-type]
    assert "bytes" in caught.value.hint


def test_the_gateway_prefix_is_left_out_unless_told_otherwise(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    url = f"{server.origin}/partner-api/ping?x=1"
    relative = SignatureAuth("client-1", key, base_path="/partner-api", clock=clock)
    full = SignatureAuth(
        "client-1", key, base_path="/partner-api", signed_path=SignedPath.FULL, clock=clock
    )
    session.get(url, auth=relative)
    session.get(url, auth=full)
    assert_signed(server.seen[0], key, DATE, path="/ping?x=1")
    assert_signed(server.seen[1], key, DATE, path="/partner-api/ping?x=1")


def test_the_token_request_carries_its_signature_in_authorization(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    auth = SignatureAuth("client-1", key, place=Place.AUTHORIZATION, clock=clock)
    session.post(f"{server.origin}/oauth2/token", data={"client_id": "client-1"}, auth=auth)
    (seen,) = server.seen
    assert seen.all("Signature") == []
    scheme, value = split_scheme(seen.all("Authorization")[0])
    assert scheme == "Signature"
    assert verifies(seen, key, value)


def test_headers_of_the_caller_stay_and_dates_of_the_caller_do_not(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    headers = {"Authorization": "Bearer t", "Subscription-Key": "k", "date": "yesterday"}
    auth = SignatureAuth("client-1", key, clock=clock)
    session.get(f"{server.origin}/ping", headers=headers, auth=auth)
    (seen,) = server.seen
    assert seen.all("Authorization") == ["Bearer t"]
    assert seen.all("Subscription-Key") == ["k"]
    assert_signed(seen, key, DATE)


def test_a_client_id_is_sent_escaped(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    session.get(f"{server.origin}/", auth=SignatureAuth('a"b\\c', key, clock=clock))
    assert 'keyId="a\\"b\\\\c"' in server.seen[0].all("Signature")[0]
    assert_signed(server.seen[0], key, DATE)


def test_a_second_try_is_dated_and_signed_afresh(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    session.auth = SignatureAuth("client-1", key, clock=clock)
    session.get(f"{server.origin}/ping")
    clock.advance(timedelta(seconds=2))
    session.get(f"{server.origin}/ping")
    assert_signed(server.seen[0], key, DATE)
    assert_signed(server.seen[1], key, "Fri, 01 Mar 2024 00:00:00 GMT")


def test_a_prepared_request_signed_again_has_each_header_once(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    auth = SignatureAuth("client-1", key, clock=clock)
    prepared = requests.Request("POST", f"{server.origin}/a", data=b"x", auth=auth).prepare()
    clock.advance(timedelta(seconds=2))
    prepared.prepare_auth(auth)
    session.send(prepared)
    assert_signed(server.seen[0], key, "Fri, 01 Mar 2024 00:00:00 GMT")


@pytest.mark.parametrize(
    ("status", "method", "arrives"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
    ],
)
def test_a_redirect_is_signed_for_what_it_becomes(
    server: Server,
    session: requests.Session,
    key: rsa.RSAPrivateKey,
    clock: ManualClock,
    status: int,
    method: str,
    arrives: str,
) -> None:
    server.redirects = {"/a?x=1": (status, "/B%20b?y=2"), "/B%20b?y=2": (status, "/c")}
    auth = SignatureAuth("client-1", key, clock=clock)
    answer = session.request(method, f"{server.origin}/a?x=1", data=b"body", auth=auth)
    assert [item.target for item in server.seen] == ["/a?x=1", "/B%20b?y=2", "/c"]
    assert [item.method for item in server.seen[1:]] == [arrives, arrives]
    for seen in server.seen:
        assert_signed(seen, key, DATE)
    assert answer.history[0].request.path_url == "/a?x=1"
    sent = server.seen[0].all("Signature")[0]
    assert answer.history[0].request.headers["Signature"] == sent


def test_a_redirect_to_another_origin_carries_no_signature(
    server: Server,
    other_server: Server,
    session: requests.Session,
    key: rsa.RSAPrivateKey,
    clock: ManualClock,
) -> None:
    server.redirects = {"/a": (307, f"{other_server.origin}/b")}
    for place in Place:
        auth = SignatureAuth("client-1", key, place=place, clock=clock)
        session.post(f"{server.origin}/a", data=b"body", auth=auth)
    assert len(other_server.seen) == 2
    for seen in other_server.seen:
        assert not seen.all("Signature")
        assert not seen.all("Authorization")
        assert not seen.all("Digest")


def test_a_redirect_that_is_not_followed_is_left_alone(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    server.redirects = {"/a": (302, "/b")}
    auth = SignatureAuth("client-1", key, clock=clock)
    answer = session.get(f"{server.origin}/a", auth=auth, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.request.headers["Signature"] == server.seen[0].all("Signature")[0]
    assert len(server.seen) == 1


def test_a_redirected_token_request_is_signed_in_authorization(
    server: Server, session: requests.Session, key: rsa.RSAPrivateKey, clock: ManualClock
) -> None:
    server.redirects = {"/token": (308, "/v2/token")}
    auth = SignatureAuth("client-1", key, place=Place.AUTHORIZATION, clock=clock)
    session.post(f"{server.origin}/token", data=b"x", auth=auth)
    seen = server.seen[1]
    assert verifies(seen, key, split_scheme(seen.all("Authorization")[0])[1])


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_the_key_may_be_a_pem_file(
    server: Server,
    session: requests.Session,
    key: rsa.RSAPrivateKey,
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(_pem(key))
    session.get(f"{server.origin}/", auth=SignatureAuth("client-1", str(path), clock=clock))
    assert_signed(server.seen[0], key, DATE)


@pytest.mark.parametrize("content", [None, b"", b"no key", "elliptic"], ids=str)
def test_a_key_file_that_holds_no_rsa_key_is_refused(
    tmp_path: Path, content: bytes | str | None
) -> None:
    path = tmp_path / "signing.key"
    if content == "elliptic":
        path.write_bytes(_pem(ec.generate_private_key(ec.SECP256R1())))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(MaterialError, match=r"signing\.key"):
        SignatureAuth("client-1", path)


def test_the_package_names_what_it_has_before_it_is_loaded() -> None:
    code = (
        "import sys, conformance.client as c; names = set(c.__all__); assert names <= set(dir(c));"
        "assert 'requests' not in sys.modules; assert c.Outcome is c.Outcome;"
        "assert 'Outcome' in vars(c); c.SignatureAuth; assert 'requests' in sys.modules\n"
        "try: c.Clinet\nexcept AttributeError as e: print(e)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "has no attribute 'Clinet'" in ran.stdout
