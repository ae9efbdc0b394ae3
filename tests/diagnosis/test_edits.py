"""Slips that nobody has listed: which strings are tried."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.diagnosis.edits import quick_edits, slow_edits

EXPECTED = b"(request-target): get /A\ndate: Wed\ndigest: SHA-256=x"


@pytest.mark.parametrize(
    "wrong",
    [
        EXPECTED[1:],
        EXPECTED[:-1],
        EXPECTED.replace(b" get", b""),
        EXPECTED.replace(b"SHA-256=", b""),
        EXPECTED + b"\n",
        EXPECTED.replace(b"/A", b"https:///A"),
        EXPECTED.upper(),
        EXPECTED.lower(),
        b"date: Wed\n(request-target): get /A\ndigest: SHA-256=x",
        b"\n".join([*EXPECTED.split(b"\n"), EXPECTED.split(b"\n")[-1]])[:0] + EXPECTED + b";",
        b"\n".join(b'"' + line + b'"' for line in EXPECTED.split(b"\n")),
        b"(request-target): get /A\n(request-target): get /A\ndate: Wed\ndigest: SHA-256=x",
        b"(request-target): get /A\ndigest: SHA-256=x",
    ],
)
def test_the_likely_slips_come_first(wrong: bytes) -> None:
    assert wrong in set(quick_edits(EXPECTED))


@given(st.integers(0, len(EXPECTED)), st.integers(0, 255))
def test_one_octet_more_is_tried_everywhere(at: int, octet: int) -> None:
    assert EXPECTED[:at] + bytes([octet]) + EXPECTED[at:] in SLOW


@given(st.integers(0, len(EXPECTED) - 1), st.integers(0, 255))
def test_one_other_octet_is_tried_everywhere(at: int, octet: int) -> None:
    assert EXPECTED[:at] + bytes([octet]) + EXPECTED[at + 1 :] in SLOW


@given(st.integers(0, len(EXPECTED)), st.integers(0, len(EXPECTED)))
def test_every_stretch_is_tried_in_the_other_letter_case(start: int, stop: int) -> None:
    for changed in (EXPECTED[start:stop].lower(), EXPECTED[start:stop].upper()):
        wrong = EXPECTED[:start] + changed + EXPECTED[max(start, stop) :]
        assert wrong in SLOW or len(wrong) != len(EXPECTED) or wrong == EXPECTED


@given(st.integers(0, len(EXPECTED)), st.integers(0, len(EXPECTED)))
def test_every_stretch_is_tried_left_out(start: int, stop: int) -> None:
    if start < stop:
        assert EXPECTED[:start] + EXPECTED[stop:] in QUICK


def test_of_a_long_string_whole_lines_are_tried() -> None:
    """Among them each line left out, or twice, though it be longer than a stretch may be."""
    lines = [b"(request-target): get /" + b"a" * 5000, b"date: Wed", b"digest: SHA-256=x"]
    tried = set(quick_edits(b"\n".join(lines)))
    for index in range(3):
        assert b"\n".join(lines[:index] + lines[index + 1 :]) in tried
        assert b"\n".join([*lines[:index], lines[index], *lines[index:]]) in tried
    assert not list(slow_edits(b"\n".join(lines)))


def test_a_long_stretch_in_the_middle_is_not_left_out() -> None:
    long = b"a" * 50 + bytes(range(100)) + b"b" * 50
    assert long[:50] + long[150:] not in set(quick_edits(long))
    assert long[:50] + long[130:] in set(quick_edits(long))
    assert long[150:] in set(quick_edits(long))


def test_of_long_strings_only_whole_lines_are_tried() -> None:
    long = b"\n".join([EXPECTED, b"x" * 5000])
    assert not list(slow_edits(long))
    assert len(list(quick_edits(long))) < 200


def test_many_lines_are_not_put_in_every_order() -> None:
    assert len(list(quick_edits(b"\n".join(b"%d" % n for n in range(2000)) + b"x" * 4096))) < 5000


@pytest.mark.parametrize("string", [b"", b"\n", b"a"])
def test_the_smallest_strings_have_slips_too(string: bytes) -> None:
    assert list(quick_edits(string))
    assert list(slow_edits(string))


QUICK = frozenset(quick_edits(EXPECTED))
SLOW = frozenset(slow_edits(EXPECTED))
