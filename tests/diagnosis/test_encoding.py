"""The signature's text: which octets it may stand for, and which mistake wrote it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.diagnosis.encoding import encoding_mistake, raw_signature, signature_octets
from conformance.diagnosis.mistake import Given
from conformance.diagnosis.registry import MISTAKES
from conformance.wire.message import UnsignedRequest

OCTETS = bytes(range(3, 256)) + b"\xfb\xff\xbe"
TEXT = base64.b64encode(OCTETS).decode()
DATE = datetime(2019, 7, 3, tzinfo=UTC)
GIVEN = Given(request=UnsignedRequest(method="GET", target="/", date=DATE, key_id="c"))
LOSSY = {"signature-cut", "signature-through-text", "signature-empty", "signature-not-encoded"}
WRITTEN = [
    item for item in MISTAKES.values()
    if item.breaks == "SIG-003" and item.id not in LOSSY
]  # fmt: skip


def test_right_base64_stands_for_its_octets_first() -> None:
    assert next(signature_octets(TEXT)) == OCTETS


@pytest.mark.parametrize("mistake", WRITTEN, ids=lambda item: item.id)
def test_what_a_mistake_wrote_is_read_and_the_mistake_named(mistake: object) -> None:
    item = MISTAKES[getattr(mistake, "id", "")]
    text = item.change(TEXT, GIVEN)
    assert OCTETS in list(signature_octets(text))
    found = encoding_mistake(text, OCTETS, GIVEN)
    assert found is not None
    assert item.id in (found[0].id, *found[1])


def test_right_base64_is_no_mistake() -> None:
    assert encoding_mistake(TEXT, OCTETS, GIVEN) is None


def test_an_empty_text_is_a_mistake_of_its_own() -> None:
    found = encoding_mistake("", b"", GIVEN)
    assert found is not None
    assert found[0].id == "signature-empty"
    assert list(signature_octets("")) == []


def test_a_text_that_nothing_known_writes_is_not_named() -> None:
    assert encoding_mistake(TEXT[:9] + "\n" + TEXT[9:], OCTETS, GIVEN) is None
    assert encoding_mistake("?", b"", GIVEN) is None


@given(st.text(max_size=100) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_without_an_exception_and_each_reading_comes_once(text: str) -> None:
    octets = list(signature_octets(text))
    assert len(octets) == len(set(octets))
    assert all(octets)
    encoding_mistake(text, octets[0] if octets else b"", GIVEN)


@given(st.binary(min_size=1, max_size=80))
def test_any_octets_are_found_behind_their_base64(octets: bytes) -> None:
    assert next(signature_octets(base64.b64encode(octets).decode())) == octets


def test_a_text_too_long_for_any_signature_is_not_read() -> None:
    assert list(signature_octets("A" * 16_384))
    assert list(signature_octets("A" * 16_385)) == []
    assert encoding_mistake("ab" * 10_000, b"\xab" * 10_000, GIVEN) is None


RAW = OCTETS.decode("latin-1")


@pytest.mark.parametrize("front", ["", 'keyId="c", ', 'keyId="c",headers="date",'])
@pytest.mark.parametrize("behind", ["", ',headers="(request-target) date digest"', '; keyId="c"'])
def test_raw_octets_are_taken_whole_though_quotes_and_commas_are_among_them(
    front: str, behind: str
) -> None:
    assert raw_signature(f'{front}signature="{RAW}"{behind}') == RAW


@pytest.mark.parametrize(
    "value",
    [
        f'signature="{TEXT}"',
        f'signature="{TEXT[:76]}\r\n{TEXT[76:]}"',
        f'signature="\xe2\x80\x9c{TEXT}\xe2\x80\x9d"',
        f'keyId="{RAW}",signature="{TEXT}"',
        f'signature="{RAW * 100}"',
        f'signatures="{RAW}"',
        "",
    ],
)
def test_what_is_meant_as_text_is_not_taken_for_octets(value: str) -> None:
    assert raw_signature(value) is None


def test_sixteen_characters_beyond_ascii_are_octets() -> None:
    assert raw_signature('signature="' + "\x80" * 15 + '"') is None
    assert raw_signature('signature="' + "\x80" * 16 + '"') == "\x80" * 16
