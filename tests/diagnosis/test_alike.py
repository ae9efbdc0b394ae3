"""Mistakes that leave the same octets: all of them named, and no other."""

from __future__ import annotations

import pytest

from conformance.diagnosis.alike import same_as
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.diagnosis.search import Found
from conformance.wire.message import UnsignedRequest
from conformance.wire.reading import Reading
from tests.rules.hostile import KEYS, expectation
from tests.rules.specimen import MOMENT


def asked(target: str = "/partner-api/A?b=1", body: bytes = b'{"a": 1}') -> UnsignedRequest:
    return UnsignedRequest(
        method="POST", target=target, date=MOMENT, key_id="c", body=body,
        base_path="/partner-api",
    )  # fmt: skip


def alike(request: UnsignedRequest, *mistakes: str) -> dict[str, tuple[str, ...]]:
    """Return what is said to be the same as each of `mistakes`."""
    signing = breed([MISTAKES[item] for item in mistakes]).sign(request, KEYS)
    reading = Reading(request=signing.signed, expected=expectation(request))
    found = Found(string=signing.string.data, mistakes=mistakes)
    return {item: same_as(reading, found, item) for item in mistakes}


def signed(request: UnsignedRequest, *mistakes: str) -> bytes:
    return breed([MISTAKES[item] for item in mistakes]).sign(request, KEYS).string.data


def test_mistakes_that_would_have_signed_the_same_are_named() -> None:
    (same,) = alike(asked(), "target-lower-case").values()
    assert "target-path-lower-case" in same
    assert "target-upper-case" not in same


def test_what_differs_in_this_request_is_not_alike() -> None:
    (same,) = alike(asked("/partner-api/A?B=1"), "target-lower-case").values()
    assert "target-path-lower-case" not in same


@pytest.mark.parametrize(
    "mistakes",
    [
        ("target-lower-case",), ("target-lower-case", "target-query-left-out"),
        ("string-crlf",), ("target-lower-case", "string-crlf"), ("string-final-lf",),
        ("string-names-capitalised", "string-crlf"),
    ],
)  # fmt: skip
def test_each_of_those_alike_signs_the_very_same_string(mistakes: tuple[str, ...]) -> None:
    request = asked()
    for identity, same in alike(request, *mistakes).items():
        for other in same:
            assert other != identity
            replaced = sorted({*mistakes} - {identity} | {other}, key=list(MISTAKES).index)
            assert signed(request, *replaced) == signed(request, *mistakes), (identity, other)


def test_those_alike_by_nature_are_named_across_stages() -> None:
    (same,) = alike(asked(), "string-final-lf").values()
    assert "digest-wrapped" in same


def test_mistakes_of_signature_and_header_have_none_alike() -> None:
    reading = Reading(request=breed([]).sign(asked(), KEYS).signed, expected=expectation(asked()))
    for identity in ("signature-sha1", "header-headers-reordered"):
        assert same_as(reading, Found(string=b"", mistakes=(identity,)), identity) == ()
