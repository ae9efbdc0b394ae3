"""What is called proved, proved once more: by cryptography, and by comparing octets."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.registry import MISTAKES, breed, of_stage
from conformance.rules import Judgement, judge
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import Signing, Stage
from tests.rules.hostile import KEYS, expectation, unsigned_requests
from tests.rules.specimen import KEY, MOMENT, OTHER_KEY

WRITTEN = {item.id for item in MISTAKES.values() if item.breaks == "SIG-003"}
TRIED = sorted(set(MISTAKES) - WRITTEN)
HASHES: dict[str, HashAlgorithm] = {
    "sha256": SHA256(), "sha1": SHA1(), "sha384": SHA384(), "sha512": SHA512(), "md5": MD5(),  # noqa: S303
}  # fmt: skip


def schemes(signature: bytes, string: bytes) -> set[str]:
    """Return every way in which `signature` is one of `string` by the keys of the tests."""
    found = set()
    for key, tls in ((KEY.public_key(), ""), (OTHER_KEY.public_key(), "tls ")):
        for name, algorithm in HASHES.items():
            if _verifies(key, signature, string, algorithm):
                found.add(f"{tls}{name}")
        if _verifies_pss(key, signature, string):
            found.add(f"{tls}pss")
        found |= {f"{tls}{name}" for name in _by_block(key, signature, string)}
    if signature == hashlib.sha256(string).digest():
        found.add("bare")
    return found


def _verifies(key: RSAPublicKey, signature: bytes, string: bytes, algorithm: HashAlgorithm) -> bool:
    try:
        key.verify(signature, string, PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        return False
    return True


def _verifies_pss(key: RSAPublicKey, signature: bytes, string: bytes) -> bool:
    try:
        key.verify(signature, string, PSS(MGF1(SHA256()), PSS.AUTO), SHA256())
    except InvalidSignature:
        return False
    return True


def _by_block(key: RSAPublicKey, signature: bytes, string: bytes) -> set[str]:
    """Return the ways that no library verifies, by the block under the signature."""
    numbers = key.public_numbers()
    number = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n)
    block = number.to_bytes(256, "big")
    hashed = hashlib.sha256(string).digest()
    within = block.removeprefix(b"\0\1").lstrip(b"\xff").removeprefix(b"\0")
    ways = {
        "no-digest-info": within == hashed,
        "hex-encrypted": within == hashed.hex().encode(),
        "string-encrypted": within == string[:245],
        "unpadded": block == bytes(224) + hashed,
        "twice": _prehashed(key, signature, hashlib.sha256(hashed).digest()),
        "hex-signed": _verifies(key, signature, hashed.hex().encode(), SHA256()),
        "base64-signed": _verifies(key, signature, base64.b64encode(hashed), SHA256()),
        "base64-string": _verifies(key, signature, base64.b64encode(string), SHA256()),
        "filled": _prehashed(
            key, signature,
            hashlib.sha1(string, usedforsecurity=False).digest() + bytes(12),
        ),
    }  # fmt: skip
    return {name for name, holds in ways.items() if holds}


def _prehashed(key: RSAPublicKey, signature: bytes, hashed: bytes) -> bool:
    try:
        key.verify(signature, hashed, PKCS1v15(), Prehashed(SHA256()))
    except InvalidSignature:
        return False
    return True


def shortly() -> Diagnostician:
    """Return a diagnostician with little patience: what it proves must hold however long it had."""
    return Diagnostician(budget=timedelta(milliseconds=50))


def hold(signing: Signing, judgement: Judgement) -> None:
    """Hold every proved cause to the octets that were sent."""
    signature = base64.b64decode(signing.signature)
    sent = "\n".join(f"{name}: {value}" for name, value in signing.headers)
    for cause in judgement.causes:
        if not cause.proved or cause.mistake.startswith("unlisted-") or cause.observed is None:
            continue
        if _is_string(cause, judgement):
            assert schemes(signature, cause.observed), cause
        elif cause.observed:
            for line in cause.observed.decode("latin-1").split("\n"):
                assert line.rstrip() in sent, cause


def _is_string(cause: Cause, judgement: Judgement) -> bool:
    """Tell whether the cause compares signing strings, not header fields."""
    right = cause.expected or b""
    return right == judgement.signing_string or right.startswith(b"(request-target): ")


several = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@several
@given(unsigned_requests, st.lists(st.sampled_from(TRIED), min_size=1, max_size=2, unique=True))
def test_what_is_proved_is_borne_out_by_the_octets_sent(
    request: UnsignedRequest, identities: Sequence[str]
) -> None:
    chosen = sorted(identities, key=list(MISTAKES).index)
    signing = breed([MISTAKES[identity] for identity in chosen]).sign(request, KEYS)
    hold(signing, judge(signing.signed, expectation(request), diagnostician=shortly()))


@several
@given(
    st.lists(unsigned_requests, min_size=2, max_size=3),
    st.lists(st.sampled_from(TRIED), min_size=1, max_size=2, unique=True),
)
def test_what_is_proved_stays_so_with_memory(
    requests: Sequence[UnsignedRequest], identities: Sequence[str]
) -> None:
    doctor = shortly()
    chosen = sorted(identities, key=list(MISTAKES).index)
    faulty = breed([MISTAKES[identity] for identity in chosen])
    for request in requests:
        signing = faulty.sign(request, KEYS)
        hold(signing, judge(signing.signed, expectation(request), diagnostician=doctor))


SCHEMES = {
    "signature-pss": "pss", "signature-sha1": "sha1", "signature-sha512": "sha512",
    "signature-sha384": "sha384", "signature-md5": "md5",
    "signature-no-digest-info": "no-digest-info", "signature-unpadded": "unpadded",
    "signature-hex-hash-encrypted": "hex-encrypted", "signature-bare-hash": "bare",
    "signature-string-encrypted": "string-encrypted", "signature-hashed-twice": "twice",
    "signature-hex-hash-signed": "hex-signed", "signature-base64-hash-signed": "base64-signed",
    "signature-base64-string-signed": "base64-string", "signature-tls-key": "tls sha256",
    "signature-sha1-prehashed-as-sha256": "filled",
}  # fmt: skip


@pytest.mark.parametrize("identity", SCHEMES)
def test_a_scheme_that_is_proved_is_the_one_that_cryptography_finds(identity: str) -> None:
    request = UnsignedRequest(method="POST", target="/a?b=1", date=MOMENT, key_id="c", body=b"{}")
    signing = breed([MISTAKES[identity]]).sign(request, KEYS)
    judgement = judge(signing.signed, expectation(request))
    assert [(cause.mistake, cause.proved) for cause in judgement.causes] == [(identity, True)]
    found = schemes(base64.b64decode(signing.signature), signing.string.data)
    assert found == {SCHEMES[identity]}


def test_of_a_long_string_that_is_encrypted_as_much_is_proved_as_fits_into_a_block() -> None:
    target = "/" + "a" * 300
    request = UnsignedRequest(method="POST", target=target, date=MOMENT, key_id="c", body=b"{}")
    signing = breed([MISTAKES["signature-string-encrypted"]]).sign(request, KEYS)
    judgement = judge(signing.signed, expectation(request))
    assert [(cause.mistake, cause.proved) for cause in judgement.causes] == [
        ("signature-string-encrypted", True)
    ]
    found = schemes(base64.b64decode(signing.signature), signing.string.data)
    assert found == {"string-encrypted"}


def test_every_scheme_of_the_registry_is_tried_here() -> None:
    known = {item.id for item in MISTAKES.values() if item.breaks in {"SIG-001", "SIG-002"}}
    assert known - set(SCHEMES) == {"signature-other-key", "signature-hmac"}


@several
@given(unsigned_requests, st.sampled_from([item.id for item in of_stage(Stage.HEADER)]))
def test_each_proved_mistake_of_the_header_makes_the_header_that_was_sent(
    request: UnsignedRequest, identity: str
) -> None:
    signing = breed([MISTAKES[identity]]).sign(request, KEYS)
    judgement = judge(signing.signed, expectation(request), diagnostician=shortly())
    named = [item for item in judgement.causes if item.proved and item.stage is Stage.HEADER]
    for cause in named:
        if cause.mistake.startswith("unlisted-") or len(named) > 1:
            continue
        for name in (cause.mistake, *cause.same_as):
            again = breed([MISTAKES[name]]).sign(replace(request), KEYS)
            assert _fields(again) == _fields(signing), name


def _fields(signing: Signing) -> list[tuple[str, list[str]]]:
    """Return the header fields, parameters in any order and with any space between."""
    return sorted(
        (name.lower(), sorted(part.strip() for part in value.split(",")))
        for name, value in signing.headers
    )
