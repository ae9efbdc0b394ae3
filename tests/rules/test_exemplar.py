"""Requests that are right at first sight: the rules, asked one after the other, say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conformance.cases.vectors import load_vectors, vector_key
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.rules import RULES, Judgement, judge
from conformance.rules.exemplar import SETTLED, is_exemplary
from conformance.rules.finding import Finding
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import (
    HeaderFields,
    Place,
    SignedPath,
    SignedRequest,
    UnsignedRequest,
)
from conformance.wire.procedure import DOCUMENTED
from conformance.wire.reading import Expectation, Reading
from tests.rules.hostile import KEYS, expectation, expectations, signed_requests, unsigned_requests
from tests.rules.specimen import DATE, MOMENT, expected, sent, with_field

RIGHT = sent()
TOKEN = sent(place=Place.AUTHORIZATION)
CARRIER = RIGHT.headers.first("signature") or ""
TOKEN_CARRIER = TOKEN.headers.first("authorization") or ""
thorough = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def exemplary(request: SignedRequest, expectation: Expectation) -> bool:
    return is_exemplary(Reading(request=request, expected=expectation))


def by_every_rule(request: SignedRequest, expectation: Expectation) -> Judgement:
    """Judge `request` by one rule after the other, whatever it looks like."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(import_module("conformance.rules.judge"), "is_exemplary", lambda _: False)
        return judge(request, expectation, diagnostician=shortly())


def shortly() -> Diagnostician:
    return Diagnostician(budget=timedelta(milliseconds=5))


@thorough
@given(unsigned_requests)
def test_what_the_documents_send_is_exemplary_and_right(request: UnsignedRequest) -> None:
    assume(not request.further and not set('"\\') & set(request.key_id))
    signed, wanted = DOCUMENTED.sign(request, KEYS).signed, expectation(request)
    assert exemplary(signed, wanted)
    assert judge(signed, wanted) == by_every_rule(signed, wanted)
    assert not judge(signed, wanted).findings


@thorough
@given(signed_requests, expectations)
def test_no_request_is_judged_otherwise_at_first_sight(
    request: SignedRequest, expectation: Expectation
) -> None:
    assert not exemplary(request, expectation) or _is_right(by_every_rule(request, expectation))


@thorough
@given(unsigned_requests, st.sampled_from(sorted(MISTAKES)))
def test_no_mistake_is_exemplary(request: UnsignedRequest, mistake: str) -> None:
    signed = breed([MISTAKES[mistake]]).sign(request, KEYS).signed
    wanted = expectation(request)
    assert not exemplary(signed, wanted) or _is_right(by_every_rule(signed, wanted))


@pytest.mark.parametrize("path", list(SignedPath))
def test_every_vector_but_the_unusual_ones_is_exemplary(path: SignedPath) -> None:
    """The short way is the one that is mostly taken."""
    read = []
    for vector in load_vectors(path):
        base_path, case = urlsplit(vector.base_url).path, vector.case
        sent = SignedRequest(
            method=case.method, target=base_path + case.target, headers=vector.stages.headers,
            body=case.body,
        )  # fmt: skip
        wanted = Expectation(
            key=vector_key(case.key or "").public_key(), key_id=case.key_id, place=case.place,
            base_path=base_path, signed_path=vector.signed_path, date=case.date,
        )  # fmt: skip
        read.append(Reading(request=sent, expected=wanted))
    assert sum(map(is_exemplary, read)) > 0.8 * len(read)


def test_a_signer_with_a_clock_of_its_own_is_exemplary_within_three_minutes() -> None:
    def at(seconds: float) -> bool:
        return exemplary(RIGHT, expected(date=None, now=MOMENT + timedelta(seconds=seconds)))

    assert [at(seconds) for seconds in (-181, -180, 0, 180, 181)] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert exemplary(RIGHT, expected(date=None, now=None))


CHANGES = {
    "no date": with_field(RIGHT, "Date"),
    "two dates": with_field(RIGHT, "Date", DATE, DATE),
    "another moment": sent(date=DATE.replace("08:28:28", "08:28:29")),
    "another zone": sent(date=DATE.replace("GMT", "UTC")),
    "another day": sent(date=DATE.replace("Wed", "Thu")),
    "no digest": with_field(RIGHT, "Digest"),
    "two digests": with_field(RIGHT, "Digest", *RIGHT.headers.all("digest") * 2),
    "another digest": sent(digested="SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    "another algorithm": sent(digested=(RIGHT.headers.first("digest") or "").lower()),
    "another string": sent(string="x"),
    "another order": sent(names="date (request-target) digest"),
    "no signature": with_field(RIGHT, "Signature"),
    "two signatures": with_field(RIGHT, "Signature", CARRIER, CARRIER),
    "a scheme": with_field(RIGHT, "Signature", f"Signature {CARRIER}"),
    "bits that mean nothing": with_field(RIGHT, "Signature", CARRIER.replace('=="', 'B=="')),
    "another name": with_field(RIGHT, "Signature", CARRIER.replace("keyId", "keyid")),
    "a parameter more": with_field(RIGHT, "Signature", f'{CARRIER},created="1"'),
    "a parameter twice": with_field(RIGHT, "Signature", f'keyId="client-1",{CARRIER}'),
    "hs2019": with_field(RIGHT, "Signature", CARRIER.replace("rsa-sha256", "hs2019")),
    "in the other header": TOKEN,
    "another target": SignedRequest(
        method="POST", target="/partner-api/Applications", headers=RIGHT.headers, body=RIGHT.body
    ),
    "another method": SignedRequest(
        method="PUT", target=RIGHT.target, headers=RIGHT.headers, body=RIGHT.body
    ),
    "another body": SignedRequest(
        method="POST", target=RIGHT.target, headers=RIGHT.headers, body=b""
    ),
    "nothing": SignedRequest(method="", target="", headers=HeaderFields()),
}  # fmt: skip


def test_every_rule_is_settled_by_name() -> None:
    """A rule that is new is asked of every request, until somebody has thought about it."""
    assert set(RULES) == SETTLED


@pytest.mark.parametrize("settled", [True, False])
def test_a_rule_that_is_not_settled_is_asked_of_what_is_exemplary(
    monkeypatch: pytest.MonkeyPatch, settled: bool
) -> None:
    module = import_module("conformance.rules.judge")
    monkeypatch.setattr(module, "_ALL_SETTLED", settled)
    monkeypatch.setattr(module, "_judged", _finds_fault)
    assert bool(judge(RIGHT, expected()).findings) is not settled


def _finds_fault(*_: object) -> tuple[tuple[Finding, ...], dict[str, str]]:
    fault = Finding(requirement="DIG-001", reason="x", expected="", observed="")
    return (fault,), {}


def test_the_specimen_itself_is_exemplary() -> None:
    assert exemplary(RIGHT, expected())
    assert exemplary(TOKEN, expected(Place.AUTHORIZATION))
    assert exemplary(RIGHT, expected(date=MOMENT.astimezone(UTC)))


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_one_change_and_it_is_exemplary_no_more(changed: SignedRequest) -> None:
    assert not exemplary(changed, expected())


@pytest.mark.parametrize(
    "values",
    [
        (TOKEN_CARRIER, TOKEN_CARRIER),
        (TOKEN_CARRIER.removeprefix("Signature "),),
        (TOKEN_CARRIER.replace("Signature ", "signature "),),
        (f"Signature {TOKEN_CARRIER}",),
        ("Bearer x",),
        (),
    ],
    ids=["twice", "no scheme", "lower case", "two schemes", "another", "none"],
)
def test_a_token_request_is_signed_in_authorization_alone(values: tuple[str, ...]) -> None:
    assert not exemplary(with_field(TOKEN, "Authorization", *values), expected(Place.AUTHORIZATION))


@pytest.mark.parametrize(
    ("local", "fold", "sent"),
    [("2019-10-27T02:30", 0, "00:30"), ("2019-10-27T02:30", 1, "01:30"),
     ("2019-03-31T02:30", 0, "01:30")],
    ids=["fold", "fold again", "gap"],
)  # fmt: skip
def test_an_hour_that_a_zone_has_twice_or_not_at_all_is_that_moment(
    local: str, fold: int, sent: str
) -> None:
    """Where a clock is put back, times of two zones compare as unequal though they are one."""
    zone = ZoneInfo("Europe/Berlin")
    asked = datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold)
    right = _dated(format_imf_fixdate(asked))
    wanted = expected(date=asked)
    assert f"{sent}:00 GMT" in (right.headers.first("date") or "")
    assert exemplary(right, wanted)
    assert not by_every_rule(right, wanted).findings
    late = _dated(format_imf_fixdate(asked.astimezone(UTC) + timedelta(seconds=1)))
    assert [item.reason for item in judge(late, wanted).findings] == ["date-other-moment"]


def _dated(date: str) -> SignedRequest:
    return sent(date=date)


@pytest.mark.parametrize("off", [-180.9, -180.4, -0.6, 0.4, 180.1, 180.9, 181])
@pytest.mark.parametrize("skew", [180, 180.5, 0.5, 0])
def test_parts_of_a_second_are_judged_alike(off: float, skew: float) -> None:
    wanted = expected(date=None, now=MOMENT + timedelta(seconds=off), skew=timedelta(seconds=skew))
    assert exemplary(RIGHT, wanted) is not bool(by_every_rule(RIGHT, wanted).findings)


def test_a_token_request_has_no_signature_beside_it() -> None:
    both = with_field(TOKEN, "Signature", CARRIER)
    assert not exemplary(both, expected(Place.AUTHORIZATION))


def test_what_nobody_knows_is_not_taken_for_right() -> None:
    assert not exemplary(RIGHT, expected(key=None))
    assert not exemplary(RIGHT, expected(key_id=None))


def _is_right(judgement: Judgement) -> bool:
    return not judgement.findings and not judgement.causes and not judgement.undetermined
