"""Telling the form of a capture, choosing among several requests, and files."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.capture.captured import Format
from conformance.capture.reader import detect, read_capture
from conformance.capture.source import LIMIT, read_octets
from conformance.errors import CaptureError

GET = b'GET /%d HTTP/1.1\r\nHost: a\r\nSignature: keyId="me"\r\n\r\n'
PLAIN = b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (PLAIN, Format.RAW),
        (b"\r\n" + PLAIN, Format.RAW),
        (b"HTTP/1.1 200 OK\r\n\r\n", Format.RAW),
        (b"* Trying\n> GET / HTTP/1.1\n", Format.RAW),
        (b"curl -v https://a/\n> GET / HTTP/1.1\n", Format.RAW),
        (b"GET /curl HTTP/1.1\n\n\ncurl https://a/", Format.RAW),
        (b'  {"log": 1}', Format.HAR),
        (b"[]", Format.HAR),
        (b"curl https://a/", Format.CURL),
        (b"  $ /usr/bin/curl https://a/", Format.CURL),
        (b"#!/bin/sh\n\ncurl.exe https://a/", Format.CURL),
        (b"curl 'https://a/' \\\n -d '{}'", Format.CURL),
    ],
)
def test_the_form_is_told_from_the_capture(octets: bytes, expected: Format) -> None:
    assert detect(octets) is expected


@pytest.mark.parametrize("octets", [b"hello", b"\x89PNG\r\n\x1a\n" + bytes(99), b"curling", b"-"])
def test_what_looks_like_nothing_known_is_refused(octets: bytes) -> None:
    with pytest.raises(CaptureError, match="neither an HTTP request, nor a HAR file, nor a curl"):
        read_capture(octets)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_taken_off(encoding: str) -> None:
    captured = read_capture(PLAIN.decode().encode(encoding))
    assert captured.request.target == "/plain"
    assert bool(captured.notes) == (encoding == "utf-16")


def test_half_a_character_of_utf_16_is_refused() -> None:
    with pytest.raises(CaptureError, match="UTF-16"):
        read_capture(PLAIN.decode().encode("utf-16")[:-1])


def test_the_last_signed_request_is_taken_and_said() -> None:
    captured = read_capture(GET % 1 + PLAIN + GET % 2 + PLAIN)
    assert captured.request.target == "/2"
    assert captured.notes == (
        "entry 3 of 4, the last of 2 signed ones; choose another with --entry",
    )


def test_an_entry_is_chosen_by_number_from_1() -> None:
    assert read_capture(GET % 1 + PLAIN, entry=1).request.target == "/1"
    assert read_capture(GET % 1 + PLAIN, entry=2).request.target == "/plain"


@pytest.mark.parametrize("entry", [0, 3, -1])
def test_an_entry_that_is_not_there_is_refused(entry: int) -> None:
    with pytest.raises(CaptureError, match=f"there is no entry {entry}"):
        read_capture(GET % 1 + PLAIN, entry=entry)
    with pytest.raises(CaptureError, match="holds one request"):
        read_capture(PLAIN, entry=2)


def test_one_unsigned_request_is_read_and_several_are_not_guessed_at() -> None:
    assert read_capture(PLAIN).request.target == "/plain"
    with pytest.raises(CaptureError, match="2 requests, and none of them carries a signature"):
        read_capture(PLAIN + PLAIN)


@pytest.mark.parametrize(
    ("field", "signed"),
    [
        (b"signature: x", True),
        (b"Authorization: Signature keyId=x", True),
        (b'authorization: keyId="x",signature=""', True),
        (b"Authorization: Bearer x", False),
    ],
)
def test_an_attempt_at_a_signature_counts_as_signed(field: bytes, signed: bool) -> None:
    captured = read_capture(b"GET / HTTP/1.1\r\n" + field + b"\r\n\r\n")
    assert captured.is_signed is signed


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([None, *Format]), st.binary(max_size=3))
def test_random_octets_raise_nothing_but_a_capture_error(
    octets: bytes, form: Format | None, body: bytes
) -> None:
    for given_body in (None, body):
        with contextlib.suppress(CaptureError):
            read_capture(octets, form=form, body=given_body)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", [b"> A ", b"\n", b"curl '", b"[", b"GET / HTTP/1.1\r\n", b"{,", b" x\n", b"x\n"]
)
@pytest.mark.parametrize("start", [b"", b'GET / HTTP/1.1\r\nA: "\r\n'])
def test_8_mib_of_anything_is_done_with_in_seconds(piece: bytes, start: bytes) -> None:
    octets = (start + piece * (LIMIT // len(piece)))[:LIMIT]
    for form in (None, *Format):
        with contextlib.suppress(CaptureError):
            assert read_capture(octets, form=form).request.method == "GET"


def test_standard_input_is_read_for_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"octets\xff")))
    assert read_octets("-") == b"octets\xff"


@pytest.mark.parametrize("closed", [True, False])
def test_standard_input_that_is_closed_is_refused(
    monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    stream.close()
    monkeypatch.setattr(sys, "stdin", stream if closed else None)
    with pytest.raises(CaptureError, match="cannot be read from standard input"):
        read_octets("-")


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(b"\r\n\0\xff")
    assert read_octets(str(path)) == b"\r\n\0\xff"


def test_a_file_of_100_mb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(100 * 1000 * 1000)
    with pytest.raises(CaptureError, match="larger than 8 MiB"):
        read_octets(str(path))


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "largest"
    path.write_bytes(b"x" * LIMIT)
    assert len(read_octets(str(path))) == LIMIT


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="does not exist"):
        read_octets(str(tmp_path / "absent"))
    with pytest.raises(CaptureError, match="is a directory"):
        read_octets(str(tmp_path))
    with pytest.raises(CaptureError, match="cannot be read"):
        read_octets("nul\0octet")
    with pytest.raises(CaptureError, match="cannot be read"):
        read_octets("x" * 5000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked"
    path.touch(mode=0)
    with pytest.raises(CaptureError, match="Permission denied"):
        read_octets(str(path))
