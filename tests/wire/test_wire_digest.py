"""The Digest header against openssl, and what is read of it."""

from __future__ import annotations

import base64
import hashlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cases.generated import bodies
from conformance.errors import WireError
from conformance.wire.digest import EMPTY_DIGEST, digest, parse_digest


def test_an_empty_body_has_the_digest_that_security_md_prints() -> None:
    assert digest(b"") == EMPTY_DIGEST == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@given(bodies())
def test_what_was_written_is_read_again(body: bytes) -> None:
    assert parse_digest(digest(body)) == hashlib.sha256(body).digest()


@pytest.mark.parametrize("body", [b"\r\n", b"\xff\x00\xfe", "ä€".encode(), b"x" * 100_000])
def test_openssl_has_the_same_hash(body: bytes) -> None:
    printed = subprocess.run(
        ["openssl", "dgst", "-sha256", "-binary"], input=body, capture_output=True, check=True
    ).stdout
    assert digest(body) == f"SHA-256={base64.b64encode(printed).decode()}"


@given(bodies(), bodies())
def test_other_bodies_have_other_digests(one: bytes, other: bytes) -> None:
    assert (digest(one) == digest(other)) is (one == other)


@given(st.text(max_size=80))
def test_any_other_text_is_refused_in_a_short_printable_sentence(text: str) -> None:
    with pytest.raises(WireError) as refusal:
        parse_digest(text)
    assert refusal.value.reason.startswith(("digest-", "base64-"))
    assert refusal.value.message.isascii()
    assert len(refusal.value.message) < 200


def test_the_name_is_looked_at_before_the_base64() -> None:
    """Both are wrong; the requirement of the name is the one to speak of first."""
    with pytest.raises(WireError) as refusal:
        parse_digest("sha-256=????")
    assert refusal.value.reason == "digest-algorithm-case"
