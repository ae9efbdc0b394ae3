"""Base64 as RFC 4648 has it, and not a bit more."""

from __future__ import annotations

import base64
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import WireError
from conformance.wire.base64text import decode


def attempt(text: str) -> tuple[bytes, str]:
    """Return the octets, or none and the reason."""
    try:
        return decode(text), ""
    except WireError as refusal:
        return b"", refusal.reason


@given(st.binary(max_size=80))
def test_what_was_encoded_is_decoded(octets: bytes) -> None:
    text = base64.b64encode(octets).decode()
    if octets:
        assert decode(text) == octets


@given(st.binary(min_size=1, max_size=40), st.data())
def test_two_texts_never_mean_the_same_octets(octets: bytes, data: st.DataObject) -> None:
    """Whatever one character becomes, it is refused or it is other octets' only text."""
    text = base64.b64encode(octets).decode()
    at = data.draw(st.integers(0, len(text)))
    other = text[:at] + data.draw(st.sampled_from(["", "A", "=", "\n", "-", "é"])) + text[at + 1 :]
    decoded, reason = attempt(other)
    assert reason.startswith("base64-") or base64.b64encode(decoded).decode() == other


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused(text: str) -> None:
    decoded, reason = attempt(text)
    assert bool(decoded) is not reason.startswith("base64-")


def test_openssl_reads_the_same() -> None:
    octets = bytes(range(256)) * 3
    printed = subprocess.run(
        ["openssl", "base64", "-A"], input=octets, capture_output=True, check=True
    ).stdout.decode()
    assert decode(printed) == octets


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "base64-empty"),
        ("QUJD\n", "base64-white-space"),
        ("QUJD QUJD", "base64-white-space"),
        (" QUJD", "base64-white-space"),
        ("\nQUJD", "base64-white-space"),
        ("QUJD\u00a0", "base64-white-space"),
        ("_-8=", "base64-url"),
        ("_-+/", "base64-alphabet"),
        ("QUI%3D", "base64-alphabet"),
        ("QU=I", "base64-alphabet"),
        ("ab" * 20, "base64-hex"),
        ("AB" * 32, "base64-hex"),
        ("QUI", "base64-padding"),
        ("QQ=", "base64-padding"),
        ("QUJD==", "base64-padding"),
        ("QUJ=", "base64-bits"),
        ("QR==", "base64-bits"),
    ],
)
def test_what_is_no_plain_base64_is_refused_for_its_reason(text: str, reason: str) -> None:
    with pytest.raises(WireError) as refusal:
        decode(text)
    assert refusal.value.reason == reason


def test_short_text_of_hexadecimal_digits_may_well_be_base64() -> None:
    assert decode("abcd") == base64.b64decode("abcd")


def test_mixed_case_is_no_hexadecimal() -> None:
    assert len(decode("aB" * 20)) == 30
