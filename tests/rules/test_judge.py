"""`judge`: what it promises for every request, whoever made it."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.catalogue import Side, load_catalogue
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.rules import RULES, Judgement, judge
from conformance.rules.fallback import with_unlisted
from conformance.rules.finding import Finding
from conformance.rules.judge import judge_reading
from conformance.wire.message import HeaderFields, Place, SignedRequest, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED
from conformance.wire.reading import Expectation, Reading
from tests.rules.hostile import KEYS, expectation, expectations, signed_requests, unsigned_requests
from tests.rules.specimen import MOMENT, expected, judged, sent, signature, with_field

SHORTLY = timedelta(milliseconds=5)
some = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(some, max_examples=150)


def shortly() -> Diagnostician:
    return Diagnostician(budget=SHORTLY)


def test_every_requirement_of_a_signer_has_a_rule() -> None:
    requirements = load_catalogue().requirements.values()
    signer = {item.id for item in requirements if Side.SIGNER in item.sides}
    assert set(RULES) == signer


@some
@given(signed_requests, expectations)
def test_any_request_is_judged_without_an_exception(
    request: SignedRequest, expectation: Expectation
) -> None:
    _holds_its_promises(request, expectation)


@pytest.mark.slow
@settings(some, max_examples=120)
@given(signed_requests, expectations)
def test_many_requests_of_any_kind_are_judged_without_an_exception(
    request: SignedRequest, expectation: Expectation
) -> None:
    _holds_its_promises(request, expectation)


def _holds_its_promises(request: SignedRequest, expectation: Expectation) -> None:
    reading = Reading(request=request, expected=expectation)
    judgement = judge_reading(reading, diagnostician=shortly())
    assert reading.verifies is not False or judgement.findings
    assert bool(judgement.causes) >= bool(judgement.findings)
    _is_consistent(judgement)


def _is_consistent(judgement: Judgement) -> None:
    """Hold what a judgement promises of itself."""
    broken = {finding.requirement for finding in judgement.findings}
    assert broken <= set(RULES)
    assert not broken & set(judgement.undetermined)
    assert not broken & judgement.silent
    assert not judgement.silent & set(judgement.undetermined)
    for finding in judgement.findings:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", finding.reason), finding.reason
        for text in (finding.expected, finding.observed, finding.hint):
            assert not set(text) & set("\r\n\t\x00\x1b")
        assert (finding.expected + finding.observed).isascii()
    for requirement in RULES:
        assert judgement.holds(requirement) == (
            requirement not in broken | judgement.silent | set(judgement.undetermined)
        )


@many
@given(unsigned_requests)
def test_a_right_request_gets_neither_finding_nor_cause(request: UnsignedRequest) -> None:
    judgement = judge(DOCUMENTED.sign(request, KEYS).signed, expectation(request))
    assert (judgement.findings, judgement.causes, judgement.undetermined) == ((), (), {})
    assert judgement.ruled_out == ()


@some
@given(st.lists(unsigned_requests, min_size=2, max_size=4), st.sampled_from(sorted(MISTAKES)))
def test_right_requests_stay_right_after_wrong_ones(
    requests: list[UnsignedRequest], mistake: str
) -> None:
    doctor = shortly()
    wrong = breed([MISTAKES[mistake]])
    for request in requests:
        judge(wrong.sign(request, KEYS).signed, expectation(request), diagnostician=doctor)
        judgement = judge(
            DOCUMENTED.sign(request, KEYS).signed, expectation(request), diagnostician=doctor
        )
        assert (judgement.findings, judgement.causes) == ((), ())


@many
@given(unsigned_requests, st.sampled_from(sorted(MISTAKES)))
def test_a_wrong_signature_is_never_passed_over(request: UnsignedRequest, mistake: str) -> None:
    signed = breed([MISTAKES[mistake]]).sign(request, KEYS).signed
    reading = Reading(request=signed, expected=expectation(request))
    judgement = judge_reading(reading, diagnostician=shortly())
    if reading.verifies is False:
        assert judgement.findings
        assert judgement.causes


@pytest.mark.parametrize("count", [2, 3])
def test_what_was_judged_before_does_not_change_what_is_right(count: int) -> None:
    doctor = Diagnostician()
    request = sent()
    for _ in range(count):
        judgement = judged(request, diagnostician=doctor)
        assert not judgement.findings


def test_a_request_with_nothing_in_it_is_judged() -> None:
    nothing = SignedRequest(method="", target="", headers=HeaderFields())
    judgement = judge(nothing, Expectation())
    assert {finding.requirement for finding in judgement.findings} >= {
        "DIG-001", "DATE-001", "HDR-001",
    }  # fmt: skip


def test_a_key_is_all_it_takes_to_know_that_a_signature_is_missing() -> None:
    judgement = judged(with_field(sent(), "Signature"))
    assert "SIG-001" in judgement.undetermined
    assert judgement.broken("HDR-001")


def test_a_requirement_is_undetermined_for_a_reason_in_words() -> None:
    judgement = judged(sent(), expected(key=None, tls_key=None))
    assert set(judgement.undetermined.values()) == {
        "what was signed is not known", "the signature cannot be verified",
    }  # fmt: skip
    assert not judgement.findings


def test_the_place_decides_which_rules_speak() -> None:
    assert {"AUTH-001"} <= judged(sent()).silent
    token = judged(sent(place=Place.AUTHORIZATION), expected(Place.AUTHORIZATION))
    assert {"HDR-001"} <= token.silent


class Witness(Diagnostician):
    """Keeps what it is told to remember as right."""

    def __init__(self) -> None:
        super().__init__(budget=SHORTLY)
        self.right: list[bool] = []

    def remember(self, reading: Reading, *, right: bool) -> None:
        self.right.append(right)
        super().remember(reading, right=right)


@pytest.mark.parametrize(
    ("request_", "expectation", "right"),
    [
        (sent(), expected(), True),
        (sent(), expected(key=None, tls_key=None), False),
        (sent(), expected(key_id="another"), False),
        (sent(string="another"), expected(), False),
    ],
    ids=["right", "nobody can tell", "another key id", "does not verify"],
)
def test_only_a_request_that_verifies_and_has_no_finding_is_a_witness(
    request_: SignedRequest, expectation: Expectation, right: bool
) -> None:
    witness = Witness()
    judged(request_, expectation, diagnostician=witness)
    assert witness.right == [right]


class Ticking:
    """A clock on which every look at it takes a millisecond."""

    def __init__(self) -> None:
        self.span = 0.0

    def now(self) -> datetime:
        return MOMENT

    def monotonic(self) -> float:
        self.span += 0.001
        return self.span


@pytest.mark.parametrize("milliseconds", [20, 50])
def test_an_explanation_ends_when_its_time_is_up(milliseconds: int) -> None:
    clock = Ticking()
    doctor = Diagnostician(clock=clock, budget=timedelta(milliseconds=milliseconds))
    judgement = judged(sent(string="what nothing leads to"), diagnostician=doctor)
    assert clock.span <= milliseconds / 1000 + 0.02
    assert any("as far as the time allowed" in text for text in judgement.ruled_out)


def test_a_signature_without_base64_is_one_cause_whatever_octets_are_in_it() -> None:
    broken_off = 0
    for number in range(20):
        octets = base64.b64decode(signature(f"{number}"))
        told = judged(sent(signed=octets.decode("utf-8", "replace").encode().decode("latin-1")))
        assert [cause.mistake for cause in told.causes] == ["signature-not-encoded"]
        assert told.causes[0].requirement == "SIG-003"
        broken_off += bool(told.broken("HDR-002"))
    assert broken_off, "in some a quote ends the value"


def test_a_signature_of_raw_octets_is_read_and_what_was_signed_told() -> None:
    octets = base64.b64decode(signature("something else"))
    right = base64.b64decode(sent().headers.all("signature")[0].partition('signature="')[2][:-1])
    for text in (right.decode("latin-1"), right.decode("latin-1").encode().decode("latin-1")):
        told = judged(sent(signed=text))
        (cause,) = told.causes
        assert cause.mistake.startswith("signature-not-encoded-")
        assert cause.proved
        assert cause.observed == text.encode("latin-1")
        assert told.holds("SIG-001")
    other = judged(sent(signed=octets.decode("latin-1")))
    assert "signature-not-encoded-raw" in [cause.mistake for cause in other.causes]
    assert len(other.causes) == 2


def test_a_digest_without_base64_is_one_cause_though_white_space_ends_it() -> None:
    bodies = (f"{number}".encode() for number in range(10_000))
    body = next(body for body in bodies if hashlib.sha256(body).digest().endswith(b"\t"))
    text = hashlib.sha256(body).digest().decode("utf-8", "replace").encode().decode("latin-1")
    told = judged(sent(body=body, digested=f"SHA-256={text}"))
    assert [cause.mistake for cause in told.causes] == ["digest-not-encoded"]


def test_a_long_value_is_cut_in_the_words_of_a_cause() -> None:
    long, short = "A" * 61, "B" * 60
    finding = Finding(requirement="DIG-002", reason="other", expected=short, observed=long)
    (cause,) = with_unlisted((), [finding])
    assert cause.says == f"{long[:60]}... where {short} belongs"
    assert (cause.expected, cause.observed) == (short.encode(), long.encode())
