"""An HTTP Archive, one entry of it, or one request."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.capture.captured import Captured, Format
from conformance.capture.har import read_har
from conformance.capture.reader import read_capture
from conformance.errors import CaptureError
from conformance.wire.message import HeaderFields, SignedRequest, header_fields

URL = "https://user@api.example/partner-api/ping?x=%20#top"


def request(**changes: Any) -> dict[str, Any]:
    headers = [{"name": "Signature", "value": 'keyId="me"'}]
    return {"method": "GET", "url": URL, "headers": headers, **changes}


def posted(body: dict[str, Any], length: int | None = None) -> dict[str, Any]:
    headers = [{"name": "Signature", "value": 'keyId="me"'}]
    if length is not None:
        headers.append({"name": "content-length", "value": str(length)})
    return request(method="POST", headers=headers, postData=body)


def archive(*requests: dict[str, Any]) -> bytes:
    entries = [{"request": item, "response": {"status": 401}} for item in requests]
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def read(document: object, **options: Any) -> Captured:
    return read_capture(json.dumps(document).encode(), **options)


@pytest.mark.parametrize(
    "document",
    [
        {"log": {"entries": [{"request": request()}]}},
        [{"request": request()}],
        {"request": request(), "time": 3},
        request(),
    ],
    ids=["archive", "list", "entry", "request"],
)
def test_every_scope_is_read(document: object) -> None:
    captured = read(document)
    assert captured.format is Format.HAR
    assert captured.origin == "https://api.example"
    assert captured.request == SignedRequest(
        method="GET",
        target="/partner-api/ping?x=%20",
        headers=HeaderFields((("Signature", 'keyId="me"'),)),
    )


def test_pseudo_header_fields_tell_what_was_sent() -> None:
    pseudo = {":method": "QUERY", ":path": "/raw/../path", ":authority": "h2.example", "a": "b"}
    headers = [{"name": name, "value": value} for name, value in pseudo.items()]
    captured = read(request(headers=headers))
    assert captured.request.method == "QUERY"
    assert captured.request.target == "/raw/../path"
    assert captured.request.headers.fields == (("host", "h2.example"), ("a", "b"))
    assert ":path" in captured.notes[0]


def test_host_is_not_doubled_by_authority() -> None:
    headers = [{"name": ":authority", "value": "a"}, {"name": "Host", "value": "b"}]
    assert read(request(headers=headers)).request.headers.fields == (("Host", "b"),)


def test_text_is_the_body_as_utf_8() -> None:
    captured = read(posted({"text": "\u00e4"}, 2))
    assert captured.request.body == b"\xc3\xa4"
    assert captured.notes == ()
    assert captured.exact


def test_text_that_only_fits_latin_1_is_taken_so_and_noted() -> None:
    captured = read(posted({"text": "\u00e4"}, 1))
    assert captured.request.body == b"\xe4"
    assert "ISO 8859-1" in captured.notes[0]


def test_text_without_length_is_noted() -> None:
    captured = read(posted({"text": "{}"}))
    assert captured.request.body == b"{}"
    assert "no Content-Length" in captured.notes[0]
    assert read(posted({"text": "{}"}), body=b"{}\n").request.body == b"{}\n"


def test_base64_is_the_body_octet_for_octet() -> None:
    body = bytes(range(256))
    data = {"text": base64.b64encode(body).decode(), "encoding": "base64"}
    assert read(posted(data, 256)).request.body == body


def test_form_fields_are_put_together_and_noted() -> None:
    params = [{"name": "client_id", "value": "me"}, {"name": "b", "value": "%20"}]
    captured = read(posted({"mimeType": "x", "params": params}, 18))
    assert captured.request.body == b"client_id=me&b=%20"
    assert "put together" in captured.notes[0]


@pytest.mark.parametrize(
    ("data", "length", "sentence"),
    [
        ({"text": "{}"}, 20, "says 20 octets, but the HAR's body has 2"),
        ({"text": ""}, 20, "says 20 octets, but the HAR's body has none"),
        (None, 20, "says 20 octets, but the HAR's body has none"),
        ({"text": "a\ufffd"}, None, "lost octets"),
        ({"text": "!!", "encoding": "base64"}, None, "says it is Base64, but is not"),
        ({"params": [{"name": "a", "value": "b"}]}, 20, "not the octets"),
        ({"params": [{"name": "a", "value": "b", "fileName": "f"}]}, None, "not the octets"),
        ({"params": [3]}, None, "not the octets"),
    ],
)
def test_a_body_that_cannot_be_told_is_trouble(
    data: dict[str, Any] | None, length: int | None, sentence: str
) -> None:
    document = posted(data, length) if data is not None else posted({}, length)
    with pytest.raises(CaptureError, match=sentence) as caught:
        read(document)
    assert "--body" in caught.value.hint
    if length is not None:
        body = b"x" * length
        assert read(document, body=body).request.body == body


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"{", "cut off or malformed"),
        (b'{"log": {"entries": [', "cut off or malformed"),
        (b"[" * 100_000, "cut off or malformed"),
        (b'{"a": "\xff"}', "cut off or malformed"),
        (b"{}", "no HAR"),
        (b'{"log": {"entries": {}}}', "no HAR"),
        (b"[]", "no request"),
        (b"[3]", "entry 1 of the HAR has no request"),
        (b'{"method": "GET", "url": "/ping", "headers": []}', "no absolute"),
        (b'{"method": "GET", "url": "https://a/", "headers": [{"name": "a"}]}', "without name"),
        (b'{"method": "GET", "url": "https://a/", "headers": {}}', "no request"),
    ],
)
def test_what_is_no_har_is_refused_in_one_sentence(text: bytes, sentence: str) -> None:
    with pytest.raises(CaptureError, match=sentence) as caught:
        read_capture(text)
    assert caught.value.hint


def test_an_entry_that_cannot_be_read_is_in_nobodys_way() -> None:
    document = archive(request(url="wss://api.example/"), request(), request(url="blob:x"))
    captured = read_capture(document)
    assert captured.request.target == "/partner-api/ping?x=%20"
    assert captured.notes[0].startswith("entry 2 of 3, the only signed one")
    with pytest.raises(CaptureError, match="entry 3"):
        read_capture(document, entry=3)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"))


@settings(deadline=None)
@given(
    target=st.from_regex(r"/[!-\"$-~]{0,30}", fullmatch=True),
    fields=st.lists(st.tuples(st.from_regex(r"X-[A-Za-z]{1,8}", fullmatch=True), TEXT)),
    body=st.binary(),
)
def test_a_written_request_reads_back_equal(
    target: str, fields: list[tuple[str, str]], body: bytes
) -> None:
    try:
        data = {"text": body.decode()}
    except UnicodeDecodeError:
        data = {"text": base64.b64encode(body).decode(), "encoding": "base64"}
    if "\ufffd" in data["text"]:
        data = {"text": base64.b64encode(body).decode(), "encoding": "base64"}
    headers = [{"name": name, "value": value} for name, value in fields]
    document = request(
        method="PUT", url=f"https://api.example{target}", headers=headers, postData=data
    )
    assert read(document).request == SignedRequest(
        method="PUT", target=target, headers=header_fields(fields), body=body
    )


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["log", "entries", "request", "method", "url", "headers", "postData",
                         "name", "value", "text", "params", "encoding"]), inner, max_size=4
    ),
)  # fmt: skip


@settings(deadline=None)
@given(JSON)
def test_nothing_but_a_capture_error_is_raised(document: object) -> None:
    with contextlib.suppress(CaptureError):
        assert read_har(json.dumps(document).encode())
