"""Octet for octet: what was signed is what a server that only reads octets was sent.

The server, the proxy and the check of the signature are made of sockets and `cryptography` alone,
so that no mistake of ours can hide in both sides.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from conformance.client.credentials import Credentials
from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.client.transport import Transport
from conformance.clock import SystemClock
from conformance.config import Settings
from conformance.live.course import Course
from conformance.live.draft import Draft
from conformance.live.opening import open_session
from conformance.live.preflight import preflight
from conformance.live.session import Session
from conformance.live.time import RealTime
from conformance.material.identity import load_identity
from conformance.redaction import Redactor
from conformance.sandbox.running import Sandbox
from conformance.wire.message import HeaderFields, SignedPath, SignedRequest
from tests.live.wire import GOOD, HTML, RawServer, connect_proxy, raw_server

PING = SignedRequest(method="GET", target="/partner-api/ping", headers=HeaderFields())
TARGETS = (
    "/a/../b", "/./ping", "//ping", "/ping/", "/%c3%a4", "/%C3%A4", "/%7euser", "/a%2Fb", "/ping?",
    "/ping??", "/ping?a=1&a=2", "/ping?q=%20+", "/x;y=1;z", "/ping?x;y", "/ping?[]$|{}", "/ping?#",
    "/\xc3\xa4?\xc3\xb6",
)  # fmt: skip
VARIABLES = (
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY",
    "HTTP_PROXY", "ALL_PROXY", "NO_PROXY",
)  # fmt: skip


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RawServer]:
    with raw_server(tmp_path) as running:
        yield running


def session_to(
    server: RawServer, credentials: Credentials, signed_path: SignedPath = SignedPath.RELATIVE
) -> Session:
    settings = Settings(
        base_url=f"{server.origin}/partner-api", ca_file=server.ca_file, signed_path=signed_path
    )
    return open_session(
        settings, credentials, time=RealTime(SystemClock(), sleep=lambda _: None),
        redactor=Redactor(credentials.secrets),
    )  # fmt: skip


@pytest.mark.parametrize("signed_path", SignedPath)
def test_the_target_that_was_signed_is_the_target_that_was_sent(
    signed_path: SignedPath, server: RawServer, credentials: Credentials
) -> None:
    """Each signature verifies over the octets that the server read, whatever they look like."""
    session = session_to(server, credentials, signed_path)
    for target in TARGETS:
        session.send("target", Draft(path=target))
    session.close()
    assert len(server.requests) == len(TARGETS)
    for target, octets in zip(TARGETS, server.requests, strict=True):
        sent = octets.split(b" ", 2)[1]
        assert sent == b"/partner-api" + target.encode("latin-1")
        signed = sent if signed_path is SignedPath.FULL else sent.removeprefix(b"/partner-api")
        head = dict(
            line.split(b": ", 1) for line in octets.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
        )
        string = b"(request-target): get %s\ndate: %s\ndigest: %s" % (
            signed, head[b"Date"], head[b"Digest"],
        )  # fmt: skip
        found = re.search(rb'signature="([^"]+)"', head[b"Signature"])
        assert found is not None
        credentials.signing.key.public_key().verify(
            base64.b64decode(found[1]), string, PKCS1v15(), SHA256()
        )


def test_a_body_is_sent_whole_with_its_length(server: RawServer, credentials: Credentials) -> None:
    """No chunks: gateways take them for many bodies, and some for none."""
    session = session_to(server, credentials)
    session.send("body", Draft(method="POST", path="/applications", body=b"\x00{}\r\n\xff"))
    session.close()
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b"\x00{}\r\n\xff"
    assert b"\r\nContent-Length: 6" in head
    assert b"ransfer-encoding" not in head.lower()


def test_nothing_around_the_process_changes_what_is_sent_or_trusted(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither variables nor ~/.netrc: the octets are the same, and so is who is trusted."""

    def sent() -> bytes:
        transport = Transport(server.origin, identity=None, ca_file=server.ca_file)
        found, _ = transport.send(PING)
        transport.close()
        assert isinstance(found, Answer)
        return server.requests.pop()

    before = sent()
    (tmp_path / ".netrc").write_text("default login canary password canary\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in VARIABLES:
        monkeypatch.setenv(name, "http://127.0.0.1:9" if "PROXY" in name else "/nowhere.pem")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    assert sent() == before
    assert b"uthorization" not in before
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(server.ca_file))
    found, _ = Transport(server.origin, identity=None).send(PING)
    assert isinstance(found, Trouble)
    assert found.kind is TroubleKind.CERTIFICATE


def test_no_proxy_keeps_nothing_from_the_proxy_that_is_set(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1,*")
    with connect_proxy() as proxy:
        transport = Transport(server.origin, identity=None, ca_file=server.ca_file, proxy=proxy.url)
        found, _ = transport.send(PING)
        transport.close()
    assert isinstance(found, Answer)
    assert proxy.heads[0].startswith(f"CONNECT {server.origin[8:]} HTTP/1.".encode())


def test_a_proxy_sees_neither_the_request_nor_what_it_holds(
    server: RawServer, credentials: Credentials
) -> None:
    with connect_proxy() as proxy:
        settings = Settings(
            base_url=f"{server.origin}/partner-api", ca_file=server.ca_file, proxy=proxy.url
        )
        time = RealTime(SystemClock(), sleep=lambda _: None)
        session = open_session(settings, credentials, time=time, redactor=Redactor())
        session.send("one", Draft(path="//x?"))
        session.close()
    assert server.requests[0].startswith(b"GET /partner-api//x? HTTP/1.1\r\n")
    seen = b"".join(proxy.heads)
    assert b"partner-api" not in seen
    assert credentials.subscription_key.encode() not in seen


@pytest.mark.parametrize(
    ("answer", "says", "hint"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n" + HTML, "407 Proxy Auth", "credentials"),
        (b"HTTP/1.1 403 Forbidden\r\n" + HTML, "403 Forbidden", "let this host pass"),
        (b"HTTP/1.1 502 Bad Gateway\r\n" + HTML, "502 Bad Gateway", "let this host pass"),
        (b"HTTP/1.1 200 OK\r\n" + HTML, "TLS", "proxy"),
        (b"", "no TLS", "api.proxy"),
    ],
    ids=["407", "403", "502", "page", "nothing"],
)
def test_what_a_proxy_answers_instead_is_told(
    answer: bytes, says: str, hint: str, server: RawServer
) -> None:
    with connect_proxy(answer) as proxy:
        transport = Transport(
            server.origin, identity=None, ca_file=server.ca_file, proxy=proxy.url, answer_s=2
        )
        found, _ = transport.send(PING)
        transport.close()
    assert isinstance(found, Trouble)
    assert says in found.says
    assert hint in found.hint
    assert not server.requests


def test_a_proxy_that_is_not_there_is_told(server: RawServer) -> None:
    for proxy, says in (
        ("http://127.0.0.1:9", "takes no connection"),
        ("http://nowhere.invalid:3128", "has no address"),
    ):
        transport = Transport(server.origin, identity=None, ca_file=server.ca_file, proxy=proxy)
        found, _ = transport.send(PING)
        assert isinstance(found, Trouble)
        assert found.kind is TroubleKind.PROXY
        assert says in found.says


def test_the_preflight_tells_of_the_proxy(sandbox: Sandbox, credentials: Credentials) -> None:
    with connect_proxy() as proxy:
        settings = Settings(base_url=sandbox.base_url, ca_file=sandbox.ca_file, proxy=proxy.url)
        time = RealTime(SystemClock(), sleep=lambda _: None)
        session = open_session(settings, credentials, time=time, redactor=Redactor())
        course = Course(time.monotonic)
        preflight(session, course)
        session.close()
    told = {line.name: line.says for line in course.lines}
    assert told["DNS"].startswith("127.0.0.1 ")
    assert "the proxy 127.0.0.1, which connected to the API" in told["TCP"]


def pfx_of(credentials: Credentials, directory: Path) -> tuple[Path, Path]:
    """Return PKCS#12 files of both identities, with the password `opensesame`."""
    paths = []
    for name, identity in (("tls", credentials.tls), ("signing", credentials.signing)):
        path = directory / f"{name}.pfx"
        sealed = pkcs12.serialize_key_and_certificates(
            None, identity.key, identity.certificate, None, BestAvailableEncryption(b"opensesame")
        )
        path.write_bytes(sealed)
        paths.append(path)
    return paths[0], paths[1]


def test_an_identity_from_pkcs12_calls_and_its_key_is_on_no_disk_in_clear(
    sandbox: Sandbox, credentials: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever file `ssl` is given holds the key encrypted, and is gone afterwards."""
    tls, _ = pfx_of(credentials, tmp_path)
    given: list[tuple[Path, bytes]] = []
    load = ssl.SSLContext.load_cert_chain

    def loading(context: ssl.SSLContext, certfile: Any, *args: Any, **more: Any) -> None:
        given.append((Path(certfile), Path(certfile).read_bytes()))
        load(context, certfile, *args, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", loading)
    identity = load_identity(tls, None, b"opensesame")
    transport = Transport(sandbox.base_url, identity=identity, ca_file=sandbox.ca_file)
    found, _ = transport.send(PING)
    transport.close()
    assert isinstance(found, Answer)
    assert sandbox.record.exchanges()[-1].certificate is not None
    (path, content), = given  # fmt: skip
    assert not path.exists()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
    assert b"BEGIN PRIVATE KEY" not in content
    clear = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert base64.b64encode(clear)[:60] not in content.replace(b"\n", b"")


def test_a_page_in_place_of_an_answer_is_no_trouble_of_the_wire(server: RawServer) -> None:
    """It is an answer: what it shows is for the preflight and the probes to say."""
    server.answer = b"HTTP/1.1 200 OK\r\n" + HTML
    transport = Transport(server.origin, identity=None, ca_file=server.ca_file)
    found, _ = transport.send(replace(PING, target="/"))
    transport.close()
    assert isinstance(found, Answer)
    assert found.is_html
    assert not GOOD.endswith(found.body)
