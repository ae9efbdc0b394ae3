"""Slips that are known again in the next request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.edits import near_edits
from conformance.diagnosis.slips import Slips, slips_between
from conformance.wire.message import SignedRequest
from tests.rules.specimen import BODY, DATE, digest, judged, sent

ONE = b"(request-target): post /a\ndate: Wed, 03 Jul\ndigest: SHA-256=x"
OTHER = b"(request-target): get /longer?b=2\ndate: Thu, 04 Jul\ndigest: SHA-256=yyy"


@pytest.mark.parametrize(
    "slipped",
    [
        lambda text: text.replace(b"digest: ", b"digest:  "),
        lambda text: text.replace(b"date: ", b"date:"),
        lambda text: text.replace(b"digest: SHA", b"digest; SHA"),
        lambda text: text.replace(b"\ndate", b" \ndate"),
        lambda text: text.replace(b" Jul\n", b" Jul\t\n"),
        lambda text: text + b";",
        lambda text: b" " + text,
    ],
)
def test_a_slip_is_found_in_other_values(slipped: Callable[[bytes], bytes]) -> None:
    slips = Slips()
    slips.learn(ONE, slipped(ONE))
    assert slipped(OTHER) in set(slips.made_in(OTHER))


@pytest.mark.parametrize(
    "signed", [ONE.replace(b"\n", b"\r\n"), ONE[::-1], b"", ONE.split(b"\n")[0]]
)
def test_what_is_no_slip_of_one_line_is_not_kept(signed: bytes) -> None:
    slips = Slips()
    slips.learn(ONE, signed)
    assert list(slips.made_in(OTHER)) == []


def test_the_last_slips_are_kept_and_tried_first() -> None:
    slips = Slips()
    for number in range(40):
        slips.learn(ONE, ONE + str(number).encode())
    assert 1 <= len(list(slips.made_in(OTHER))) <= 8
    assert next(slips.made_in(OTHER)) == OTHER + b"39"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_slip_makes_of_the_expected_string_the_signed_one(expected: bytes, signed: bytes) -> None:
    for slip in slips_between(expected, signed):
        first = slip.made_in(expected)
        names = [line.partition(b":")[0] for line in expected.split(b"\n")]
        if names.count(slip.name) == 1:
            assert first == signed


def test_near_slips_are_few_and_have_each_octet_left_out_and_doubled() -> None:
    found = list(near_edits(b"a: b"))
    assert {b": b", b"a b", b"a:b", b"a: ", b"aa: b", b"a:  b", b"a: bb", b":a b"} <= set(found)
    assert len(found) <= 4 * 5


def slipped(number: int) -> SignedRequest:
    """Return a request whose string has an octet in it that nobody has listed."""
    target = f"/partner-api/x/{number}"
    line = f"(request-target): post /x/{number}"
    return sent(target=target, string=f"{line}\ndate:~{DATE}\ndigest: {digest(BODY)}")


def test_a_slip_found_once_is_known_again_without_a_search() -> None:
    doctor = Diagnostician()
    for number in range(4):
        found = judged(slipped(number), diagnostician=doctor)
        assert [(item.mistake, item.proved) for item in found.causes] == [
            ("unlisted-signing-string", True)
        ]
        doctor._left = 0.0  # from now on, no search has more than a moment
        doctor._budget = timedelta()
