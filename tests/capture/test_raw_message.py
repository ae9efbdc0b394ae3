"""A raw HTTP message, several of them, or a log of one."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.capture.captured import Captured, Format
from conformance.capture.message import read_messages
from conformance.capture.reader import read_capture
from conformance.errors import CaptureError
from conformance.wire.message import HeaderFields, SignedRequest

HEAD = (
    b"POST /partner-api/applications?x=1 HTTP/1.1\r\n"
    b"Host: api.example\r\n"
    b"Date: Wed, 03 Jul 2019 08:28:28 GMT\r\n"
    b'Signature: keyId="me"\r\n'
)
SIGNED = HEAD + b"Content-Length: 2\r\n\r\n{}"
GET = b'GET /ping HTTP/1.1\r\nHost: api.example\r\nSignature: keyId="me"\r\n\r\n'


def read(octets: bytes, body: bytes | None = None) -> Captured:
    return read_capture(octets, form=Format.RAW, body=body)


def only(octets: bytes) -> Captured:
    (captured,) = read_messages(octets)
    return captured


def test_a_message_is_read_octet_for_octet() -> None:
    captured = only(SIGNED)
    assert captured.request == SignedRequest(
        method="POST",
        target="/partner-api/applications?x=1",
        headers=HeaderFields(
            (
                ("Host", "api.example"),
                ("Date", "Wed, 03 Jul 2019 08:28:28 GMT"),
                ("Signature", 'keyId="me"'),
                ("Content-Length", "2"),
            )
        ),
        body=b"{}",
    )
    assert captured.origin == "https://api.example"
    assert captured.notes == ()
    assert captured.is_signed


def test_lf_alone_ends_lines_too() -> None:
    assert only(SIGNED.replace(b"\r\n", b"\n")).request == only(SIGNED).request


def test_lines_ended_twice_by_a_text_mode_file_are_read() -> None:
    assert only(GET.replace(b"\r\n", b"\r\r\n")).request == only(GET).request


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/2", b"HTTP/3", b"HTTP/2.0"])
def test_every_version_of_http_is_read(version: bytes) -> None:
    assert only(GET.replace(b"HTTP/1.1", version)).request == only(GET).request


@pytest.mark.parametrize(
    "target",
    [b"/", b"*", b"/?", b"/a b", b"/%c3%A4//../.;x?a=b&&c=%20+#f", b"/\xc3\xa4\xff", b"no-slash"],
)
def test_the_target_stays_as_it_is(target: bytes) -> None:
    captured = only(GET.replace(b"/ping", target))
    assert captured.request.target == target.decode("latin-1")


def test_an_absolute_target_loses_scheme_and_authority() -> None:
    captured = only(GET.replace(b"/ping", b"https://u:p@proxied.example:81/a/../b?c=https://d"))
    assert captured.request.target == "/a/../b?c=https://d"
    assert captured.origin == "https://proxied.example:81"
    assert "whole address" in captured.notes[0]


def test_white_space_around_a_value_is_kept_but_for_one_space() -> None:
    captured = only(GET.replace(b"Host: api.example", b"A:  two \t\r\nB:none\r\nC:\r\nD: "))
    assert captured.request.headers.fields[:4] == (
        ("A", "  two \t"[1:]),
        ("B", "none"),
        ("C", ""),
        ("D", ""),
    )


def test_a_folded_field_is_put_on_one_line_and_noted() -> None:
    captured = only(GET.replace(b'keyId="me"', b'keyId="me",\r\n\t  algorithm="x"'))
    assert captured.request.headers.first("signature") == 'keyId="me", algorithm="x"'
    assert "folded" in captured.notes[0]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_within_quotes_are_what_was_sent(end: bytes) -> None:
    wrapped = end.join([b'signature="AAAA', b"BBBB", b'"'])
    captured = only(GET.replace(b'keyId="me"', b'keyId="me",' + wrapped))
    value = captured.request.headers.first("signature")
    assert value == f'keyId="me",{wrapped.decode()}'
    assert captured.notes == ("a header field has a line end within quotes",)


def test_an_open_quote_does_not_swallow_header_fields() -> None:
    captured = only(GET.replace(b'keyId="me"', b'keyId="me\r\nDate: today'))
    assert captured.request.headers.fields[1:] == (("Signature", 'keyId="me'), ("Date", "today"))


def test_empty_lines_in_front_are_passed_over() -> None:
    assert only(b"\r\n\n" + GET).request == only(GET).request


def test_line_ends_after_the_message_are_passed_over() -> None:
    assert only(SIGNED + b"\r\n\n").request.body == b"{}"
    assert only(GET + b"\n\n").request.body == b""


def test_a_body_without_length_is_all_that_follows_and_is_noted() -> None:
    captured = only(HEAD + b"\r\n{}\r\n")
    assert captured.request.body == b"{}\r\n"
    assert "editor" in captured.notes[0]
    assert not captured.exact


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_chunks_are_put_together(end: bytes) -> None:
    chunks = end.join([b"3;x=y", b"abc", b"0A", b"0123456789", b"0", b"Trailer: x", b"", b""])
    captured = only(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert captured.request.body == b"abc0123456789"


def test_several_requests_and_the_answers_between_them_are_told_apart() -> None:
    stream = (
        SIGNED
        + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nGET /"
        + GET
        + b"HTTP/1.1 204 No Content\r\n\r\n"
        + GET.replace(b"ping", b"pong")
        + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
        + SIGNED
        + b"HTTP/1.1 401 Unauthorized\r\n\r\nuntil the end GET / HTTP/1.1"
    )
    requests = [captured.request for captured in read_messages(stream)]
    targets = ["/partner-api/applications?x=1", "/ping", "/pong", "/partner-api/applications?x=1"]
    assert [request.target for request in requests] == targets


CURL_LOG = b"""\
*   Trying 127.0.0.1:443...
* Connected to api.example
} [5 bytes data]
> GET /ping HTTP/1.1\r
> Host: api.example\r
> Link: <a> b\r
> Signature: keyId="me"\r
> \r
{ [5 bytes data]
< HTTP/1.1 401 Unauthorized\r
< Content-Type: application/json\r
< \r
{"title":"Signature"}
"""


@pytest.mark.parametrize(
    "log",
    [
        CURL_LOG,
        CURL_LOG.replace(b"\r", b""),
        CURL_LOG.replace(b"> \r", b">"),
        re.sub(rb"(?m)^> ", b"2019-07-03 08:28:28,001 DEBUG - http-outgoing-0 >> ", CURL_LOG),
        b"$ curl -v https://api.example/ping -H 'Signature: x'\n" + CURL_LOG,
    ],
    ids=["curl", "lf", "stripped", "httpclient", "terminal"],
)
def test_a_log_with_marks_in_front_is_read(log: bytes) -> None:
    captured = read_capture(log)
    assert captured.format is Format.RAW
    assert captured.request == SignedRequest(
        method="GET",
        target="/ping",
        headers=HeaderFields(
            (("Host", "api.example"), ("Link", "<a> b"), ("Signature", 'keyId="me"'))
        ),
    )


def test_packet_details_with_spelt_line_ends_are_read() -> None:
    details = b"""\
Hypertext Transfer Protocol
    GET /ping HTTP/1.1\\r\\n
        [Expert Info (Chat/Sequence): GET /ping HTTP/1.1\\r\\n]
        Request Method: GET
    Host: api.example\\r\\n
    Signature: keyId="me"\\r\\n
    \\r\\n
    [HTTP request 1/1]
"""
    assert read_capture(details).request == only(GET).request


def test_a_log_does_not_show_the_body() -> None:
    log = CURL_LOG.replace(b"> Host", b"> Content-Length: 2\r\n> Host")
    with pytest.raises(CaptureError, match="does not show"):
        read_capture(log)
    assert read_capture(log, body=b"{}").request.body == b"{}"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_log_of_curl_itself_tells_what_was_on_the_wire() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while b"\r\n\r\nbody" not in b"".join(seen):
                seen.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/a?b=%20"
    command = ["curl", "-q", "-sv", "--noproxy", "*", "-d", "body", "-H", "X-Odd: a > b", address]
    run = subprocess.run(command, capture_output=True, check=True, timeout=20)
    thread.join()
    listener.close()
    assert read_capture(run.stderr, body=b"body").request == only(b"".join(seen)).request


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"", "the capture is empty"),
        (b"\n\n", "the capture is empty"),
        (b"hello", "does not begin with a request line"),
        (b"GET /ping\r\n\r\n", "does not begin with a request line"),
        (b"\x00\xff" * 400, "does not begin with a request line"),
        (b"GET " + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", "does not begin with a request line"),
        (GET[:30], "half a message"),
        (GET[:-2], "half a message"),
        (b"GET / HTTP/1.1", "half a message"),
        (CURL_LOG[:120], "breaks off"),
        (HEAD + b"secret line\r\n\r\n", "line 5 of the request's head is no header field"),
        (HEAD + b"Bad name: secret\r\n\r\n", "line 5"),
        (HEAD + b": secret\r\n\r\n", "line 5"),
        (b"GET / HTTP/1.1\r\n folded first\r\n\r\n", "line 2"),
        (HEAD + b"Content-Length: 20\r\n\r\n{}", "says 20 octets, but the capture holds 2"),
        (HEAD + b"Content-Length: 20\r\n\r\n", "no body"),
        (HEAD + b"Content-Length: 2\r\n\r\n{}{}", "two bodies"),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "twice"),
        (HEAD + b"Content-Length: 2, 3\r\n\r\n{}", "twice"),
        (HEAD + b"Content-Length: two\r\n\r\n{}", "not a number"),
        (HEAD + b"Content-Length: -2\r\n\r\n{}", "not a number"),
        (HEAD + b"Content-Length: \xb2\r\n\r\n{}", "not a number"),
        (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", "not a number"),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "other than chunked"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n{}", "chunks are cut off or not there"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc", "chunks are cut off or not there"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", "chunks are cut off"),
        (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", "has both"),
        (HEAD + b"\r\n{}\nHTTP/1.1 401 Unauthorized\r\n\r\n", "a response follows"),
        (b"HTTP/1.1 200 OK\r\n\r\nbody", "holds no request"),
    ],
)
def test_what_is_no_whole_request_is_refused_in_one_sentence(octets: bytes, sentence: str) -> None:
    with pytest.raises(CaptureError, match=sentence) as caught:
        read(octets)
    assert caught.value.hint
    assert "secret" not in caught.value.message
    assert re.fullmatch(r"[a-zC-T].*[^.]", caught.value.message)


def test_the_same_length_twice_is_read() -> None:
    assert only(HEAD + b"Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\n{}").request.body == b"{}"


def test_a_body_of_its_own_mends_a_capture_without_one() -> None:
    cut = HEAD + b"Content-Length: 4\r\n\r\n{}"
    assert read(cut, body=b"1234").request.body == b"1234"
    with pytest.raises(CaptureError, match=r"Content-Length says 4 octets, but .* has 5"):
        read(cut, body=b"1234\n")


def test_two_bodies_are_refused_unless_they_are_one() -> None:
    assert read(SIGNED, body=b"{}").request.body == b"{}"
    with pytest.raises(CaptureError, match="two bodies"):
        read(SIGNED, body=b"[]")


TOKEN = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}", fullmatch=True)
VALUE = st.text(alphabet=st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=40)
TARGET = st.text(
    alphabet=st.characters(max_codepoint=0xFF, exclude_characters="\r\n\t "), min_size=1
).filter(lambda text: "://" not in text)


@settings(deadline=None)
@given(
    method=TOKEN,
    target=TARGET,
    fields=st.lists(st.tuples(TOKEN.map(lambda name: f"X-{name}"), VALUE)),
    body=st.binary(),
    end=st.sampled_from([b"\r\n", b"\n"]),
)
def test_a_written_request_reads_back_equal(
    method: str, target: str, fields: list[tuple[str, str]], body: bytes, end: bytes
) -> None:
    sent = (*fields, ("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent)]
    octets = end.join(line.encode("latin-1") for line in lines) + end + end + body
    assert only(octets).request == SignedRequest(
        method=method, target=target, headers=HeaderFields(sent), body=body
    )


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [b"GET / HTTP/1.1", b"\r\n", b"\n", b"> ", b"Content-Length: 3", b"HTTP/1.1 200 ",
                 b"Transfer-Encoding: chunked", b"3", b"abc", b"0", b":", b"\\r\\n", b"\xff", b" "]
            )
        ).map(b"".join),
    )
)  # fmt: skip
def test_nothing_but_a_capture_error_is_raised(octets: bytes) -> None:
    with contextlib.suppress(CaptureError):
        assert read_messages(octets)
