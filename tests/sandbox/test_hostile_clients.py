"""Whatever a client does to the port, the next honest request is served."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.clock import ManualClock
from conformance.sandbox.connection import Limits
from conformance.sandbox.exchange import Incident
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.sandbox.calling import Caller, Reply, application, exchange, read_reply

FIXTURE = HealthCheck.function_scoped_fixture
HASTY = Limits(handshake=0.4, request=0.4, idle=30.0)


@pytest.fixture
def honest(caller: Caller) -> Iterator[Caller]:
    """Give the caller, and see that it is served once the test has done its worst."""
    yield caller
    assert caller.send(caller.prepare()).status == 200


@pytest.fixture(scope="module")
def hasty(settings: SandboxSettings, clock: ManualClock) -> Iterator[Caller]:
    """Give a caller of a sandbox that waits less than half a second for slow clients."""
    with running_sandbox(replace(settings, limits=HASTY), clock=clock) as sandbox:
        made = Caller.of(sandbox)
        made.get_token()
        yield made
        assert made.send(made.prepare()).status == 200


def _incidents(sandbox: Sandbox) -> list[str]:
    return [entry.says for entry in sandbox.record.entries() if isinstance(entry, Incident)]


def _plain(caller: Caller) -> socket.socket:
    return socket.create_connection(("127.0.0.1", caller.sandbox.port), timeout=10)


def _is_closed(connection: socket.socket) -> bool:
    """Tell whether the other side ends the connection, without a further octet or with some."""
    try:
        while connection.recv(65536):
            pass
    except (ssl.SSLError, ConnectionError):
        pass
    return True


def _assert_refused(reply: Reply, status: int) -> None:
    assert reply.status == status
    assert reply.json["status"] == status
    assert reply.headers["RateLimit-Limit"].isdecimal()
    assert reply.headers["Connection"] == "close"


def test_half_a_request_is_answered_408(hasty: Caller) -> None:
    with hasty.connect() as connection:
        _assert_refused(exchange(connection, hasty.prepare().octets[:60]), 408)


def test_half_a_body_is_answered_408(hasty: Caller) -> None:
    sending = hasty.submission()
    with hasty.connect() as connection:
        _assert_refused(exchange(connection, sending.octets[:-5]), 408)


def test_a_slow_loris_is_cut_off(hasty: Caller) -> None:
    """One octet now and then does not buy more time."""
    octets = iter(hasty.prepare().octets)
    with hasty.connect() as connection:
        connection.settimeout(0.05)
        answer = b""
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            while not answer:
                connection.sendall(bytes([next(octets)]))
                with contextlib.suppress(TimeoutError):
                    answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_silent_handshake_is_cut_off(hasty: Caller) -> None:
    with _plain(hasty) as connection:
        assert _is_closed(connection)


def test_half_a_handshake_is_cut_off(hasty: Caller) -> None:
    with _plain(hasty) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        assert _is_closed(connection)


def test_a_header_too_large_is_answered_431(honest: Caller) -> None:
    sending = honest.prepare(more=(("X-Large", "a" * 100_000),))
    with honest.connect() as connection:
        _assert_refused(exchange(connection, sending.octets), 431)


def test_headers_without_end_are_answered_431(honest: Caller) -> None:
    with honest.connect() as connection:
        connection.sendall(b"GET /ping HTTP/1.1\r\n" + b"X-More: 1\r\n" * 20_000)
        _assert_refused(read_reply(connection), 431)


def test_a_request_line_too_large_is_answered(honest: Caller) -> None:
    with honest.connect() as connection:
        reply = exchange(connection, b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert reply.status == 431


def test_a_body_too_large_is_answered_413(honest: Caller) -> None:
    sending = honest.submission(b" " * ((1 << 20) + 1))
    with honest.connect() as connection:
        _assert_refused(exchange(connection, sending.octets), 413)


@pytest.mark.parametrize(
    "octets",
    [
        b"GET /ping HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nX y: a\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET /ping HTTP/1.1\r\n\r\n",
        b"GET /p\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET  /ping HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ping HTTP/2.0\r\nHost: x\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /ping HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /ping HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=lambda octets: ascii(octets)[2:44],
)
def test_what_is_no_http_is_answered_and_ended(honest: Caller, octets: bytes) -> None:
    with honest.connect() as connection:
        reply = exchange(connection, octets)
        assert reply.status in (400, 413, 501, 505)
        assert reply.json["status"] == reply.status
        assert _is_closed(connection)


def test_latin_1_header_values_are_taken_octet_for_octet(honest: Caller) -> None:
    sending = honest.prepare(more=(("X-Name", "M\xfcller"), ("x-name", " two ")))
    assert honest.send(sending).status == 200
    seen = honest.sandbox.record.exchanges()[-1]
    assert seen.request.headers.all("X-Name") == ("M\xfcller", "two")
    assert b"X-Name: M\xfcller\r\nx-name:  two " in seen.head


def test_a_client_that_leaves_in_the_middle_is_noted(honest: Caller) -> None:
    with honest.connect() as connection:
        connection.sendall(honest.submission().octets[:-20])
    with honest.sandbox.record.follow() as follower:
        while not any("left in the middle" in says for says in _incidents(honest.sandbox)):
            assert follower.next(timedelta(seconds=5)) is not None


def test_a_reset_in_the_middle_is_survived(honest: Caller) -> None:
    for octets in (b"", honest.prepare().octets[:50], honest.submission().octets[:-1]):
        connection = honest.connect()
        connection.sendall(octets)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def test_a_client_that_does_not_read_its_answer_is_survived(honest: Caller) -> None:
    with honest.connect() as connection:
        for _ in range(20):
            connection.sendall(honest.prepare().octets)


def test_plain_http_is_told_to_use_https(honest: Caller) -> None:
    with _plain(honest) as connection:
        connection.sendall(b"GET /partner-api/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        reply = read_reply(connection)
    assert reply.status == 400
    assert b"HTTPS" in reply.body


@pytest.mark.parametrize("noise", [b"\x00" * 500, b"\xff" * 5000, b"\x16\x03\x01\xff\xff", b"\r\n"])
def test_tls_noise_is_survived(honest: Caller, noise: bytes) -> None:
    with _plain(honest) as connection:
        with contextlib.suppress(OSError):  # the server may have closed it by now
            connection.sendall(noise)
            connection.shutdown(socket.SHUT_WR)
        assert _is_closed(connection)


def test_noise_inside_an_open_tls_connection_is_survived(honest: Caller) -> None:
    connection = honest.connect()
    raw = socket.socket(fileno=connection.detach())
    raw.settimeout(10)
    raw.sendall(b"\x00" * 100)
    assert _is_closed(raw)
    raw.close()


@pytest.mark.parametrize("shown", ["before", "after a handshake", "in half a request"])
def test_two_hundred_held_connections_starve_nobody(honest: Caller, shown: str) -> None:
    with contextlib.ExitStack() as stack:
        held = []
        context = honest.context()
        for _ in range(200):
            plain = stack.enter_context(_plain(honest))
            if shown != "before":
                plain = stack.enter_context(context.wrap_socket(plain, server_hostname="localhost"))
            if shown == "in half a request":
                plain.sendall(b"GET /partner-api/ping HTT")
            held.append(plain)
        assert honest.send(honest.prepare()).status == 200
        if shown == "after a handshake":
            assert exchange(held[0], honest.prepare().octets).status == 200
            assert exchange(held[-1], honest.prepare().octets).status == 200


def test_a_content_length_too_small_leaves_a_broken_second_request(honest: Caller) -> None:
    body = application()
    sending = honest.submission(body).with_header("Content-Length", str(len(body) - 10))
    with honest.connect() as connection:
        assert exchange(connection, sending.octets).status == 400
        assert read_reply(connection).status == 400


def test_a_content_length_too_large_waits_and_is_cut_off(hasty: Caller) -> None:
    body = application()
    sending = hasty.submission(body).with_header("Content-Length", str(len(body) + 10))
    with hasty.connect() as connection:
        _assert_refused(exchange(connection, sending.octets), 408)


def test_chunked_bodies_are_read(honest: Caller) -> None:
    sending = honest.submission()
    head = sending.without("Content-Length").with_header("Transfer-Encoding", "chunked")
    body = sending.body
    pieces = b"".join(
        b"%x;name=value\r\n%s\r\n" % (len(body[at : at + 100]), body[at : at + 100])
        for at in range(0, len(body), 100)
    )
    octets = replace(head, body=b"").octets + pieces + b"0\r\nTrailer: x\r\n\r\n"
    with honest.connect() as connection:
        assert exchange(connection, octets).status == 201


def test_expect_100_continue_is_told_to_go_on(honest: Caller) -> None:
    sending = honest.submission().with_header("Expect", "100-continue")
    head = sending.octets[: -len(sending.body)]
    with honest.connect() as connection:
        connection.sendall(head)
        interim = connection.recv(65536)
        assert interim.startswith(b"HTTP/1.1 100 ")
        assert exchange(connection, sending.body).status == 201


def test_the_absolute_form_is_the_same_request(honest: Caller) -> None:
    sending = honest.prepare()
    absolute = replace(sending, target=f"https://localhost:1{sending.target}")
    assert honest.send(absolute).status == 200


@pytest.mark.parametrize("target", ["*", "localhost:443", "https://", "http://[", "//x//", "/?"])
def test_other_forms_of_targets_are_answered(honest: Caller, target: str) -> None:
    for method in ("OPTIONS", "GET", "CONNECT"):
        reply = honest.send(replace(honest.prepare(method), target=target))
        assert reply.status in (401, 404)


def test_a_body_with_get_is_read(honest: Caller) -> None:
    assert honest.send(honest.prepare("GET", "/ping", b"surprise")).status == 200


def test_requests_may_be_pipelined(honest: Caller) -> None:
    with honest.connect() as connection:
        connection.sendall(honest.prepare().octets + honest.submission().octets)
        assert read_reply(connection).status == 200
        assert read_reply(connection, "POST").status == 201
    heads = [exchange.head for exchange in honest.sandbox.record.exchanges()[-2:]]
    assert heads[0].startswith(b"GET /partner-api/ping ")
    assert heads[1].startswith(b"POST /partner-api/applications ")
    assert b"\r\n\r\n" not in heads[0] + heads[1]


def test_a_head_request_has_no_body(honest: Caller) -> None:
    with honest.connect() as connection:
        reply = exchange(connection, honest.prepare("HEAD").octets, "HEAD")
        assert (reply.status, reply.body) == (405, b"")
        assert exchange(connection, honest.prepare().octets).status == 200


def test_http_1_0_is_answered_and_ended(honest: Caller) -> None:
    octets = honest.prepare().octets.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with honest.connect() as connection:
        assert exchange(connection, octets).status == 200
        assert _is_closed(connection)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(honest: Caller, version: ssl.TLSVersion) -> None:
    context = honest.context()
    context.minimum_version = context.maximum_version = version
    with context.wrap_socket(_plain(honest), server_hostname="localhost") as connection:
        assert exchange(connection, honest.prepare().octets).status == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_tls_1_1_is_refused(honest: Caller) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with _plain(honest) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain, server_hostname="localhost")


def _strange(kind: str) -> tuple[bytes, bytes]:
    """Return a certificate that Security.md does not allow, and its key, as PEM."""
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if kind == "elliptic":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        size = 1024 if kind == "short" else 2048
        key = rsa.generate_private_key(public_exponent=65537, key_size=size)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kind)])
    begins = datetime(2020 if kind == "expired" else 2024, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=1 if kind == "expired" else 5000))
        .sign(key, SHA256())
    )  # fmt: skip
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), secret


@pytest.mark.parametrize("kind", ["unknown", "short", "elliptic", "expired"])
def test_any_client_certificate_passes_the_handshake(
    honest: Caller, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "strange.pem"
    file.write_bytes(b"".join(_strange(kind)))
    context = honest.context(None)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(file)
    with context.wrap_socket(_plain(honest), server_hostname="localhost") as connection:
        reply = exchange(connection, honest.prepare().octets)
    assert (reply.status, reply.json["title"]) == (401, "Invalid client certificate")


def test_a_defect_of_the_sandbox_is_answered_and_noted(
    honest: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(honest.sandbox.gateway, "_served", lambda *_: 1 // 0)
        reply = honest.send(honest.prepare())
    _assert_refused(reply, 500)
    assert any("ZeroDivisionError" in says for says in _incidents(honest.sandbox))


@settings(max_examples=60, deadline=None, suppress_health_check=[FIXTURE])
@given(octets=st.binary(max_size=400), inside=st.booleans())
def test_random_octets_are_survived(hasty: Caller, octets: bytes, inside: bool) -> None:
    connection = hasty.connect() if inside else _plain(hasty)
    with connection, contextlib.suppress(OSError):
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.01)
        connection.recv(100)
    assert hasty.sandbox.port


@settings(max_examples=60, deadline=None, suppress_health_check=[FIXTURE])
@given(
    method=st.text("GETPOSabc!", min_size=1, max_size=8),
    target=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60),
    name=st.sampled_from(["Date", "Digest", "Signature", "Authorization", "Subscription-Key"]),
    value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"),
                  max_size=80),
)  # fmt: skip
def test_any_wellformed_request_gets_a_documented_answer(
    caller: Caller, method: str, target: str, name: str, value: str
) -> None:
    """Never a 500: whatever stands in the headers, method and target."""
    sending = replace(caller.prepare(), method=method, target=target)
    reply = caller.send(sending.with_header(name, value.strip()))
    assert 200 <= reply.status < 500
    assert reply.json["status"] in (reply.status, str(reply.status))
