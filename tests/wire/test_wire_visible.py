"""Octets made visible: nothing is lost, nothing steers a terminal."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from conformance.wire.visible import first_difference, visible

_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|[nrt\\])")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}


def undone(text: str) -> bytes:
    def octet(match: re.Match[bytes]) -> bytes:
        name = match[1]
        return _NAMED[name] if name in _NAMED else bytes.fromhex(name[1:].decode())

    return _ESCAPE.sub(octet, text.encode("ascii"))


@given(st.binary(max_size=40) | st.text(" \\x20nrt\n\r\t", max_size=20).map(str.encode))
def test_the_octets_can_be_told_from_what_is_shown(data: bytes) -> None:
    assert undone(visible(data)) == data


@given(st.binary(max_size=60))
def test_what_is_shown_is_one_line_of_printable_ascii(data: bytes) -> None:
    shown = visible(data, limit=20)
    assert shown.isascii()
    assert shown.isprintable() or not shown
    assert not shown.endswith(" ")


def test_what_cannot_be_seen_is_named() -> None:
    assert visible("a\r\nb \tc \n\x00\xff ") == "a\\r\\nb \\tc\\x20\\n\\x00\\xff\\x20"
    assert visible("a\\n") == "a\\\\n"
    assert visible("€") == "\\xe2\\x82\\xac"


def test_what_is_long_is_cut_and_its_length_said() -> None:
    assert visible(b"a" * 11, limit=10) == "a" * 10 + "... (11 octets)"
    assert visible(b"a" * 10, limit=10) == "a" * 10
    assert visible(b"a" * 2001) == visible(b"a" * 2001, limit=2000) != "a" * 2001
    assert visible(b"a b" + b"x" * 9, limit=2) == "a\\x20... (12 octets)"


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_the_first_difference_is_the_first(one: bytes, other: bytes) -> None:
    difference = first_difference(one, other)
    if difference is None:
        assert one == other
        return
    at = difference.offset
    assert one[:at] == other[:at]
    assert one[at : at + 1] != other[at : at + 1]
    assert difference.expected == visible(one[at : at + 1])
    assert difference.observed == visible(other[at : at + 1])


def test_a_difference_is_said_in_line_and_column() -> None:
    difference = first_difference(b"ab\ncd", b"ab\ncX")
    assert str(difference) == (
        "first difference at octet 4 (line 2, column 2): expected 'd', got 'X'"
    )
    assert "expected 'b', got the end" in str(first_difference(b"ab", b"a"))
    assert "expected the end, got '\\n'" in str(first_difference(b"ab", b"ab\n"))
