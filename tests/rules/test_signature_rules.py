"""SIG-001 to SIG-004: key, padding, hash, the text of the signature, and its use."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512

from conformance.cases.keys import key_named
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.wire.message import SignedRequest
from tests.rules.specimen import (
    BODY,
    DATE,
    KEY,
    OTHER_KEY,
    causes,
    digest,
    expected,
    judged,
    reasons,
    sent,
    signature,
)

RIGHT = f"(request-target): post /Applications?status=open\ndate: {DATE}\ndigest: {digest(BODY)}"
OCTETS = base64.b64decode(signature(RIGHT))
TEXT = base64.b64encode(OCTETS).decode()


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (KEY.sign(RIGHT.encode(), PKCS1v15(), SHA1()), "signature-sha1"),  # noqa: S303
        (KEY.sign(RIGHT.encode(), PKCS1v15(), SHA512()), "signature-sha512"),
        (KEY.sign(RIGHT.encode(), PSS(MGF1(SHA256()), 32), SHA256()), "signature-pss"),
        (
            KEY.sign(hashlib.sha256(RIGHT.encode()).digest(), PKCS1v15(), SHA256()),
            "signature-hashed-twice",
        ),
    ],
)
def test_another_scheme_breaks_the_first_requirement_and_leaves_the_string_right(
    made: bytes, cause: str
) -> None:
    judgement = judged(sent(signed=text(made)))
    assert reasons(judgement) == [("SIG-001", cause)]
    assert causes(judgement) == [cause]
    assert judgement.causes[0].proved
    assert judgement.holds("SIG-002")
    assert judgement.holds("STR-005")


def test_the_tls_key_in_place_of_the_signing_key_is_proved() -> None:
    judgement = judged(sent(signed=signature(RIGHT, OTHER_KEY)))
    assert reasons(judgement) == [("SIG-002", "signature-tls-key")]
    assert judgement.causes[0].proved
    assert judgement.holds("STR-002")


def test_a_key_that_nobody_knows_is_likely_and_not_proved() -> None:
    judgement = judged(sent(signed=signature(RIGHT, OTHER_KEY)), expected(tls_key=None))
    assert reasons(judgement) == [("SIG-002", "signature-other-key")]
    assert not judgement.causes[0].proved
    assert judgement.undetermined["STR-002"]


@pytest.mark.parametrize("name", ["rsa-3072", "rsa-4096", "draft-1024"])
def test_a_signature_of_another_length_cannot_be_by_this_key(name: str) -> None:
    judgement = judged(sent(signed=signature(RIGHT, key_named(name))))
    assert reasons(judgement) == [("SIG-002", "signature-other-key")]
    assert judgement.causes[0].proved
    assert f"{key_named(name).key_size // 8} octets" in judgement.causes[0].says


@pytest.mark.parametrize("name", ["rsa-3072", "rsa-4096", "draft-1024"])
def test_keys_of_every_size_verify(name: str) -> None:
    key = key_named(name)
    request = sent(signed=signature(RIGHT, key))
    assert not judged(request, expected(key=key.public_key())).findings


@pytest.mark.parametrize(
    ("written", "reason", "cause"),
    [
        (f"{TEXT[:76]}\n{TEXT[76:]}", "base64-white-space", None),
        (base64.encodebytes(OCTETS).decode(), "base64-white-space", "signature-wrapped"),
        (TEXT.rstrip("="), "base64-padding", "signature-padding-cut"),
        (OCTETS.hex(), "base64-hex", "signature-hex"),
        (base64.urlsafe_b64encode(OCTETS).decode(), "base64-url", "signature-base64url"),
        ("", "base64-empty", "signature-empty"),
        (f"b'{TEXT}'", "base64-alphabet", "signature-bytes-literal"),
        ("\xe9" * 344, "base64-alphabet", None),
    ],
)
def test_a_signature_written_otherwise_says_how(
    written: str, reason: str, cause: str | None
) -> None:
    judgement = judged(sent(signed=written))
    assert ("SIG-003", reason) in reasons(judgement)
    if cause is not None:
        assert causes(judgement)[0] == cause
        assert judgement.causes[0].proved


@pytest.mark.parametrize("octets", [OCTETS[:100], OCTETS[:-1], OCTETS[:72]])
def test_a_short_signature_is_likely_cut_which_nothing_proves(octets: bytes) -> None:
    judgement = judged(sent(signed=text(octets)))
    assert causes(judgement) == ["signature-cut"]
    assert not judgement.causes[0].proved


@pytest.mark.parametrize(
    "octets",
    [bytes(256), bytes(255) + b"\1", b"\xff" * 256, OCTETS + b"\0", b"\0" + OCTETS, b"\0"],
)
def test_numbers_that_are_no_signatures_are_refused_and_tell_nothing_of_the_key(
    octets: bytes,
) -> None:
    judgement = judged(sent(signed=text(octets)))
    assert judgement.findings
    assert not any("right key" in said for said in judgement.ruled_out)
    assert not judgement.holds("SIG-001")


def requests() -> tuple[SignedRequest, SignedRequest]:
    """Return a right request, and another one under its signature."""
    other = sent(target="/partner-api/other?x=7&y=z", signed=TEXT)
    return sent(), other


def test_a_signature_used_again_is_recognised_and_proved() -> None:
    first, second = requests()
    doctor = Diagnostician()
    assert not judged(first, diagnostician=doctor).findings
    judgement = judged(second, diagnostician=doctor)
    assert reasons(judgement) == [("SIG-004", "signature-reused")]
    assert judgement.causes[0].proved


def test_the_same_request_twice_is_no_reuse() -> None:
    doctor = Diagnostician()
    assert not judged(sent(), diagnostician=doctor).findings
    assert not judged(sent(), diagnostician=doctor).findings


def test_without_memory_a_signature_used_again_is_not_accused() -> None:
    _, second = requests()
    assert "signature-reused" not in causes(judged(second))


def test_the_string_of_a_request_that_was_wrong_itself_is_no_proof_of_reuse() -> None:
    _, second = requests()
    doctor = Diagnostician()
    judged(sent(string="nonsense"), diagnostician=doctor)
    judgement = judged(second, diagnostician=doctor)
    assert not any(
        cause.proved for cause in judgement.causes if cause.mistake == "signature-reused"
    )
