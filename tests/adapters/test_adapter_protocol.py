"""Messages of the adapter protocol: what is written, and that reading agrees with the schema."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.adapters.interface import AnswerKind, SignOrder
from conformance.adapters.protocol import (
    MOST_HEADERS,
    Reply,
    hello_fields,
    parse_answer,
    read_hello,
    read_reply,
    read_signed,
    request_line,
    sign_fields,
)
from conformance.data import schema
from conformance.errors import AdapterProtocolError, UsageError
from conformance.wire.message import Place

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
BASE64 = st.binary(max_size=9).map(lambda octets: base64.b64encode(octets).decode("ascii"))
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.text(max_size=4),
    st.just([]),
    st.just({}),
)


def valid(definition: str, value: object) -> bool:
    """Tell what the JSON Schema thinks."""
    return bool(validator(definition).is_valid(value))


@functools.cache
def validator(definition: str) -> jsonschema.Draft202012Validator:
    definitions = schema("adapter-protocol")["$defs"]
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": definitions})


def often(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw what is right most of the time, junk else."""
    return st.one_of(right, right, right, JUNK)


def objects(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw objects of these fields, of which one may be missing."""
    whole = st.fixed_dictionaries(
        {name: often(values) for name, values in required.items()},
        optional={name: often(values) for name, values in optional.items()},
    )
    missing = st.sampled_from(["", *required])
    return st.builds(lambda o, name: {k: v for k, v in o.items() if k != name}, whole, missing)


TEXT = st.text(max_size=5)
EXPLAINED = objects({"message": TEXT}, {"code": TEXT, "trace": TEXT})
ANSWERS = objects(
    {"id": st.text(max_size=66)},
    {kind.value: EXPLAINED for kind in AnswerKind} | {"more": JUNK},
)
HELLOS = objects(
    {
        "protocol": st.sampled_from([1, 1.0]),
        "name": TEXT,
        "language": TEXT,
        "can": st.lists(often(st.sampled_from(["sign", "send", "clock", "keys"])), max_size=4),
    },
    {
        "version": TEXT,
        "cert_pem": TEXT,
        "max_in_flight": st.one_of(st.integers(0, 66), st.sampled_from([1.0, 64.0, 1.5])),
    },
)
PAIR = st.lists(often(TEXT), min_size=2, max_size=2) | st.lists(TEXT, max_size=3)
SIGNED = objects(
    {"headers": st.lists(often(PAIR), max_size=3)},
    {"signing_string_b64": st.one_of(BASE64, st.text("AQg=+/_\n", max_size=6))},
)


def accepts(read: Callable[[], object]) -> bool:
    try:
        read()
    except AdapterProtocolError as error:
        return not (error.hint and error.detail)
    return True


def ok(content: dict[str, Any]) -> Reply:
    return Reply(kind=AnswerKind.OK, content=content, line=b"{}")


@settings(max_examples=100)
@given(ANSWERS)
@example({"id": "1", "ok": {}, "error": None})
@example({"id": "1", "ok": {}, "error": "boom"})
@example({"id": "1", "refused": {"message": "no", "code": None}})
def test_reading_a_frame_agrees_with_the_schema(answer: dict[str, Any]) -> None:
    """One of the four fields, with what belongs into it."""
    line = json.dumps(answer).encode()
    assert accepts(lambda: read_reply(parse_answer(line)[1], line)) == valid("answer", answer)


@settings(max_examples=100)
@given(HELLOS)
@example({"protocol": True, "name": "", "language": "", "can": []})
@example({"protocol": 1, "name": "", "language": "", "can": [], "max_in_flight": True})
def test_reading_hello_agrees_with_the_schema(content: dict[str, Any]) -> None:
    assert accepts(lambda: read_hello(ok(content))) == valid("hello_ok", content)


@settings(max_examples=100)
@given(SIGNED)
@example({"headers": [], "signing_string_b64": "AAAA\n"})
@example({"headers": [], "signing_string_b64": "=="})
@example({"headers": [], "signing_string_b64": ""})
@example({"headers": [], "signing_string_b64": None})
def test_reading_signatures_agrees_with_the_schema(content: dict[str, Any]) -> None:
    assert accepts(lambda: read_signed(ok(content))) == valid("sign_ok", content)


def test_the_number_of_header_fields_is_bounded_as_the_schema_says() -> None:
    for number, right in ((MOST_HEADERS, True), (MOST_HEADERS + 1, False)):
        content = {"headers": [["A", "b"]] * number}
        assert valid("sign_ok", content) is right
        assert accepts(functools.partial(read_signed, ok(content))) is right


@given(st.dictionaries(st.sampled_from(["target", "key_id", "x"]), PRINTABLE))
def test_requests_are_flat_and_escape_two_characters_only(fields: dict[str, str]) -> None:
    r"""Printable ASCII; a language without a JSON library undoes `\"` and `\\` and is done."""
    line = request_line("7", "sign", fields).decode("ascii")
    assert line.isprintable()
    assert json.loads(line) == {"id": "7", "op": "sign", **fields}
    bare = line.replace("\\\\", "").replace('\\"', "")
    assert "\\" not in bare
    for name, value in fields.items():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        assert f'"{name}":"{escaped}"' in line


@pytest.mark.parametrize("character", ["\n", "\t", "\0", "\x7f", "é", "\u2028", "\ud800"])
def test_nothing_else_is_ever_sent(character: str) -> None:
    with pytest.raises(UsageError) as caught:
        request_line("1", "sign", {"key_file": f"/keys/{character}/signing.key"})
    assert "`key_file`" in caught.value.message
    assert caught.value.message.isprintable()


def test_requests_are_as_the_schema_says() -> None:
    order = SignOrder(
        method="POST", url="https://a/b", base_url="https://a", target="/b", date="d",
        body=b"\0\xff", key_id="k", key_file=Path("/k"), place=Place.AUTHORIZATION,
    )  # fmt: skip
    for op, fields in (("hello", hello_fields()), ("sign", sign_fields(order)), ("bye", {})):
        request = json.loads(request_line("1", op, fields))
        assert valid("request", request)
        for name in fields:
            assert not valid("request", {k: v for k, v in request.items() if k != name})
    assert sign_fields(order)["body_b64"] == "AP8="
    assert sign_fields(order)["place"] == "authorization"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema("adapter-protocol"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "there is none"),
        ({"headers": None}, "it is null"),
        ({"headers": {"Digest": "x"}}, "it is an object"),
        ({"headers": "Digest: x"}, "it is a string"),
        ({"headers": [["Date", "x"], ["Digest", None]]}, "the value of `Digest` is null"),
        ({"headers": [["a\nb", 7]]}, r"the value of `a\nb` is a number"),
        ({"headers": [["Date", "x"], ["Digest", "x", "y"]]}, "item 2 is a list of 3"),
        ({"headers": [{"name": "Date"}]}, "item 1 is an object"),
        ({"headers": [[True, "x"]]}, "item 1 is a list of 2"),
    ],
)
def test_what_came_instead_of_pairs_is_said(content: dict[str, object], says: str) -> None:
    with pytest.raises(AdapterProtocolError) as caught:
        read_signed(Reply(kind=AnswerKind.OK, content=content, line=b"{}"))
    assert caught.value.message.endswith(f"a list of [name, value] pairs: {says}")
