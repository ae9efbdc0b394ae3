"""Our own wire format and rules against the vectors, which openssl and others made."""

from __future__ import annotations

import base64
import hashlib
from typing import TypeVar

import pytest

from conformance.cases.keys import key_named
from conformance.cases.specimens import (
    DateSpecimen,
    DigestSpecimen,
    HeaderSpecimen,
    SkewSpecimen,
    Specimen,
    StringSpecimen,
    VerifySpecimen,
    load_specimens,
)
from conformance.cases.vectors import Vector, load_vectors
from conformance.errors import WireError
from conformance.rules.finding import Judgement
from conformance.rules.judge import judge
from conformance.wire import signature
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.digest import digest, parse_digest
from conformance.wire.message import HeaderFields, SignedPath, SignedRequest, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys
from conformance.wire.reading import Expectation
from conformance.wire.signing_string import signed_values, signing_string

Kind = TypeVar("Kind", bound=Specimen)

BASE_PATH = "/partner-api"
EVERY_VECTOR = {
    vector.id: vector for signed_path in SignedPath for vector in load_vectors(signed_path)
}


def named(items: list[Kind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("item", items, ids=[item.id for item in items])


def of_kind(kind: type[Kind]) -> list[Kind]:
    return [item for item in load_specimens() if isinstance(item, kind)]


@pytest.mark.parametrize("vector", EVERY_VECTOR.values(), ids=EVERY_VECTOR.keys())
def test_every_stage_of_signing_is_as_openssl_and_others_have_it(vector: Vector) -> None:
    case, stages = vector.case, vector.stages
    assert case.key is not None
    request = UnsignedRequest(
        method=case.method,
        target=BASE_PATH + case.target,
        date=case.date,
        key_id=case.key_id,
        body=case.body,
        place=case.place,
        base_path=BASE_PATH,
        signed_path=vector.signed_path,
    )
    ours = DOCUMENTED.sign(request, Keys(signing=key_named(case.key)))
    assert vector.base_url.endswith(BASE_PATH)
    assert hashlib.sha256(case.body).digest() == stages.body_sha256
    assert ours.digest.signed == stages.digest
    assert ours.date.signed == stages.date
    assert ours.target.value == stages.request_target
    assert ours.string.data == stages.signing_string
    assert ours.signature == stages.signature
    assert ours.headers == stages.headers


def test_the_example_of_security_md_is_signed_as_it_is_printed() -> None:
    """Written down a third time, from the page itself."""
    vector = EVERY_VECTOR["security/example"]
    assert vector.stages.signing_string.decode() == (
        "(request-target): get /greetings/single\n"
        "date: Wed, 03 Jul 2019 08:28:28 GMT\n"
        "digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    )


@named(of_kind(VerifySpecimen))
def test_a_signature_is_accepted_or_refused_as_rfc_8017_has_it(item: VerifySpecimen) -> None:
    key = key_named(item.key).public_key()
    assert signature.verifies(item.signature, item.message, key) is item.expected.accepted


@named(of_kind(StringSpecimen))
def test_the_signing_string_of_any_headers_is_as_the_draft_has_it(item: StringSpecimen) -> None:
    names = ("date",) if item.covered is None else item.covered
    if item.string is None or item.signature is None:
        with pytest.raises(WireError) as refusal:
            signed_values(names, item.method, item.target, item.headers)
        assert refusal.value.reason == item.expected.reason
        return
    values = signed_values(names, item.method, item.target, item.headers)
    assert signing_string(values) == item.string
    assert signature.sign(item.string, key_named(item.key)) == item.signature


@named(of_kind(DateSpecimen))
def test_a_date_is_read_or_refused_for_the_reason_given(item: DateSpecimen) -> None:
    if item.expected.accepted:
        assert parse_imf_fixdate(item.value) == item.moment
        return
    with pytest.raises(WireError) as refusal:
        parse_imf_fixdate(item.value)
    assert refusal.value.reason == item.expected.reason


@named(of_kind(SkewSpecimen))
def test_a_clock_may_be_off_by_three_minutes_and_no_more(item: SkewSpecimen) -> None:
    request = SignedRequest(
        method="GET", target="/ping", headers=HeaderFields((("Date", item.value),))
    )
    assert found(judge(request, Expectation(now=item.now)), "DATE-003") == expected(item)


@named(of_kind(DigestSpecimen))
def test_a_digest_is_accepted_or_refused_for_the_reason_given(item: DigestSpecimen) -> None:
    if item.sha256 is not None:
        assert hashlib.sha256(item.body).digest() == item.sha256
    if item.expected.accepted:
        assert digest(item.body) == item.value
        assert parse_digest(item.value) == hashlib.sha256(item.body).digest()
    request = SignedRequest(
        method="POST", target="/", body=item.body, headers=HeaderFields((("Digest", item.value),))
    )
    judgement = judge(request, Expectation())
    seen = {
        (finding.requirement, finding.reason)
        for requirement in ("DIG-002", "DIG-003", "DIG-004")
        for finding in judgement.broken(requirement)
    }
    assert expected(item) <= seen
    assert bool(seen) is not item.expected.accepted


@named(of_kind(HeaderSpecimen))
def test_a_request_is_judged_as_the_vector_says(item: HeaderSpecimen) -> None:
    assert item.case.key is not None
    expectation = Expectation(
        key=key_named(item.case.key).public_key(),
        key_id=item.case.key_id,
        place=item.case.place,
        date=item.case.date,
    )
    judgement = judge(item.request, expectation)
    seen = {(one.requirement, one.reason) for one in judgement.findings}
    if item.expected.accepted:
        assert not seen
    else:
        assert expected(item) <= seen
    if item.expected.reason not in {"", "parameter-malformed"}:  # else the rest is missing too
        assert found(judgement, item.expected.requirement) == expected(item)


@named([item for item in of_kind(HeaderSpecimen) if item.id.startswith("signature/")])
def test_a_signature_that_is_badly_written_is_otherwise_right(item: HeaderSpecimen) -> None:
    """One fault, one finding: what is only written wrong must not look wrongly signed."""
    assert item.case.key is not None
    key = key_named(item.case.key).public_key()
    judgement = judge(item.request, Expectation(key=key, key_id=item.case.key_id))
    reasons = {"base64-empty", "base64-padding", "base64-alphabet"}
    if item.expected.reason not in reasons:
        assert {one.requirement for one in judgement.findings} == {"SIG-003"}


def test_base64_in_the_vectors_is_plain() -> None:
    for vector in EVERY_VECTOR.values():
        raw = base64.b64decode(vector.stages.signature, validate=True)
        assert len(raw) in {256, 384, 512}


def found(judgement: Judgement, requirement: str) -> set[tuple[str, str]]:
    return {(requirement, finding.reason) for finding in judgement.broken(requirement)}


def expected(item: Specimen) -> set[tuple[str, str]]:
    one = item.expected
    return set() if one.accepted else {(one.requirement, one.reason)}
