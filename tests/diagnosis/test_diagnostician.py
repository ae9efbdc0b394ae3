"""Explanations of one request after another: what is remembered, and what must not be."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from conformance.cases.keys import key_named
from conformance.clock import ManualClock
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.explanation import Explanation
from conformance.diagnosis.recovery import recover
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.rules import Judgement, judge
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import Field, SignedRequest, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Stage
from conformance.wire.reading import Expectation, Reading
from tests.rules.hostile import KEYS, expectation
from tests.rules.specimen import (
    BODY,
    DATE,
    MOMENT,
    causes,
    digest,
    expected,
    judged,
    parameters,
    reasons,
    sent,
    signature,
    with_field,
)

LINES = f"(request-target): post /Applications?status=open\ndate: {DATE}\ndigest: {digest(BODY)}"


def asked(
    target: str = "/partner-api/a?x=1",
    *,
    body: bytes = BODY,
    date: datetime = MOMENT,
    further: Sequence[Field] = (),
) -> UnsignedRequest:
    return UnsignedRequest(
        method="POST", target=target, date=date, key_id="client-1", body=body,
        base_path="/partner-api", further=tuple(further),
    )  # fmt: skip


def explained(doctor: Diagnostician, request: UnsignedRequest, *mistakes: str) -> Judgement:
    """Judge `request` as a signer with `mistakes` signs it."""
    signed = breed([MISTAKES[mistake] for mistake in mistakes]).sign(request, KEYS).signed
    return judge(signed, expectation(request), diagnostician=doctor)


def test_the_cause_of_the_last_failure_is_tried_first() -> None:
    doctor = Diagnostician(budget=timedelta(seconds=1))
    pair = ("target-query-left-out", "string-crlf")
    assert set(causes(explained(doctor, asked(), *pair))) == set(pair)
    impatient = Diagnostician(clock=Late(), budget=timedelta())
    impatient._causes = doctor._causes
    again = explained(impatient, asked("/partner-api/b?y=2"), *pair)
    assert set(causes(again)) == set(pair)


class Late:
    """A clock by which every deadline has passed at the second look."""

    def __init__(self) -> None:
        self.span = 0.0

    def now(self) -> datetime:
        return MOMENT

    def monotonic(self) -> float:
        self.span += 1e-9
        return self.span


class Ticking(ManualClock):
    """A clock that goes on by a hundredth of a second at every look, more at the second one."""

    def __init__(self, *, at_second_look: float = 0.0) -> None:
        super().__init__(MOMENT)
        self._steps = iter((0.01, 0.01 + at_second_look))

    def monotonic(self) -> float:
        self.advance(timedelta(seconds=next(self._steps, 0.01)))
        return super().monotonic()


@pytest.mark.parametrize("before", [0.0, 0.4, 0.8])
def test_the_budget_holds_for_the_whole_explanation_with_a_margin(before: float) -> None:
    clock = Ticking(at_second_look=before)
    judgement = judged(
        sent(string="nothing that is known"),
        diagnostician=Diagnostician(clock=clock),  # one second, unless told otherwise
    )
    assert "as far as the time allowed" in judgement.ruled_out[-1]
    assert clock.monotonic() <= 1.0


def test_a_search_has_a_little_time_though_the_budget_is_gone() -> None:
    clock = Ticking(at_second_look=5.0)
    judgement = judged(
        sent(string=LINES.replace("\n", "\r\n")), diagnostician=Diagnostician(clock=clock)
    )
    assert causes(judgement) == ["string-crlf"]


def test_ten_budgets_may_be_used_up_and_then_all_searches_are_short() -> None:
    clock = Ticking()
    doctor = Diagnostician(clock=clock, budget=timedelta(seconds=0.2))
    spans = []
    for number in range(16):
        before = clock.now()
        judged(sent(string=f"nothing that is known {number}"), diagnostician=doctor)
        spans.append((clock.now() - before).total_seconds())
    assert min(spans[:9]) > 0.15
    assert max(spans[13:]) < 0.12
    assert 2.0 < sum(spans) < 3.0


def test_a_remembered_cause_that_does_not_show_is_not_named() -> None:
    doctor = Diagnostician()
    both = ("string-repeats-last-only", "string-crlf")
    repeated = asked(further=(("X-Two", "1"), ("X-Two", "2")))
    assert set(causes(explained(doctor, repeated, *both))) == set(both)
    assert causes(explained(doctor, asked(), *both)) == ["string-crlf"]


def test_a_remembered_cause_does_not_stand_in_the_way_of_another() -> None:
    doctor = Diagnostician()
    assert causes(explained(doctor, asked(), "string-crlf")) == ["string-crlf"]
    assert causes(explained(doctor, asked(), "string-final-lf"))[0] == "string-final-lf"
    assert causes(explained(doctor, asked(), "target-method-case"))[0] == "target-method-case"


def test_more_causes_than_are_remembered_are_still_found() -> None:
    doctor = Diagnostician()
    shapes = [item.id for item in MISTAKES.values() if item.breaks in {"STR-004", "STR-005"}]
    for identity in (*shapes, *shapes):
        named = explained(doctor, asked(), identity).causes
        assert any(identity in (cause.mistake, *cause.same_as) for cause in named)
    assert len(doctor._causes) == 8


def test_a_signer_hours_off_in_an_unlisted_way_is_not_accused_of_reuse() -> None:
    doctor = Diagnostician()
    wrong = format_imf_fixdate(MOMENT + timedelta(hours=5, minutes=30))
    for body in (b"1", b"2", b"3"):
        judgement = judged(sent(date=wrong, body=body), diagnostician=doctor)
        assert reasons(judgement) == [("DATE-001", "date-other-moment")]
        assert "date-reused" not in causes(judgement)


def test_a_date_kept_from_a_right_request_is_recognised() -> None:
    doctor = Diagnostician()
    assert not judged(sent(), diagnostician=doctor).findings
    later = expected(date=MOMENT + timedelta(minutes=17, seconds=3))
    judgement = judged(sent(body=b"2"), later, diagnostician=doctor)
    assert causes(judgement) == ["date-reused"]
    assert judgement.causes[0].proved


def test_a_signer_that_drops_octets_is_not_said_to_use_digests_again_for_sure() -> None:
    doctor = Diagnostician()
    for body in (b"abc", b"ab", b"abc"):
        judgement = judged(sent(body=body, digested=digest(body[:-1])), diagnostician=doctor)
        assert not any(
            cause.proved for cause in judgement.causes if cause.mistake == "digest-reused"
        )


def test_a_digest_kept_from_a_right_request_is_recognised_and_proved() -> None:
    doctor = Diagnostician()
    assert not judged(sent(), diagnostician=doctor).findings
    judgement = judged(sent(body=b"another", digested=digest(BODY)), diagnostician=doctor)
    assert [(item.mistake, item.proved) for item in judgement.causes] == [("digest-reused", True)]


def test_a_signature_known_to_be_kept_is_known_again_whatever_it_comes_with() -> None:
    doctor = Diagnostician()
    kept = sent().headers.all("signature")[0]
    assert not judged(sent(), diagnostician=doctor).findings

    def told(target: str, expectation: Expectation) -> list[str]:
        request = with_field(sent(target=f"/partner-api{target}"), "Signature", kept)
        return causes(judged(request, expectation, diagnostician=doctor))

    relative = "/x/Applications?status=open"
    assert told(relative, expected()) == ["target-router-relative"], "it may well be that"
    assert told("/else", expected()) == ["signature-reused"]
    assert told(relative, expected()) == ["signature-reused"]
    for key in ("other-2048", "rsa-4096"):
        assert told("/else", expected(key=key_named(key).public_key())) == ["signature-reused"]
    assert told("/else", expected(key_id="client-2")) == ["signature-reused"]
    assert told("/else", expected(key_id="CLIENT-1")) == ["signature-reused"]
    other = sent(signed=signature("anything", key_named("rsa-4096")))
    assert causes(judged(other, diagnostician=doctor)) == ["signature-other-key"]


def test_the_signatures_of_wrong_requests_are_not_known_again() -> None:
    doctor = Diagnostician()
    reuse = doctor._reuse
    reuse.proved = True
    wrong = Reading(request=sent(string="x"), expected=expected())
    right = Reading(request=sent(), expected=expected())
    for reading in (wrong, right):
        doctor.remember(reading, right=reading is right)
    assert not reuse.again(wrong.signature)
    assert reuse.again(right.signature)
    assert not reuse.again(None)
    reuse.proved = False
    assert not reuse.again(right.signature)


def test_the_tls_key_is_told_though_another_form_is_there_by_chance() -> None:
    key, tls = key_named("rsa-2048"), key_named("other-2048")
    for number in range(5000):
        request = sent(body=str(number).encode())
        string = Reading(request=request, expected=expected()).expected_string or b""
        text = signature(string, tls)
        found = recover(base64.b64decode(text), key.public_key())
        if found is not None:
            assert not found.certain
            told = judged(with_field(request, "Signature", parameters(text)))
            assert causes(told) == ["signature-tls-key"]
            return
    raise AssertionError("no such signature among so many")


def test_a_right_request_refutes_the_mistake_that_it_would_have_shown() -> None:
    doctor = Diagnostician()
    ambiguous = asked("/partner-api/A")
    alone = explained(doctor, ambiguous, "target-lower-case").causes[0]
    assert "target-path-lower-case" in (alone.mistake, *alone.same_as)
    right = asked("/partner-api/a?X=1")
    assert not judge(
        DOCUMENTED.sign(right, KEYS).signed, expectation(right), diagnostician=doctor
    ).findings
    then = explained(doctor, ambiguous, "target-lower-case").causes[0]
    assert "target-lower-case" not in (then.mistake, *then.same_as)


def test_a_refuted_mistake_takes_no_requirement_with_it() -> None:
    doctor = Diagnostician()
    body = b'{"a":1}'
    spaced = asked(body=b'{"a": 1}')
    assert not judge(
        DOCUMENTED.sign(asked(body=b'{"b":2,"a":1}'), KEYS).signed,
        expectation(asked(body=b'{"b":2,"a":1}')), diagnostician=doctor,
    ).findings  # fmt: skip
    string = DOCUMENTED.sign(asked(body=body), KEYS).string.data
    right = DOCUMENTED.sign(spaced, KEYS).signed
    request = with_field(right, "Signature", parameters(signature(string)))
    judgement = judge(request, expectation(spaced), diagnostician=doctor)
    assert "DIG-002" not in {requirement for requirement, _ in reasons(judgement)}
    assert all(cause.stage is Stage.DIGEST for cause in judgement.causes)


def test_what_the_implementation_says_it_signed_shows_an_unlisted_difference() -> None:
    odd = LINES.replace("Applications", "Ap*lica*ions").encode()
    judgement = judged(sent(string=odd), expected(said=odd))
    (cause,) = judgement.causes
    assert (cause.mistake, cause.proved, cause.observed) == (
        "unlisted-request-target", True, odd,
    )  # fmt: skip
    assert cause.difference is not None
    assert cause.difference.observed == "*"


def test_what_the_implementation_says_is_believed_only_with_its_signature() -> None:
    said = LINES.replace("\n", "\r\n").encode()
    judgement = judged(sent(string=f"{LINES}\n"), expected(said=said))
    assert causes(judgement)[0] == "string-final-lf"
    assert all(cause.observed != said for cause in judgement.causes)


def test_what_the_implementation_says_is_called_by_a_listed_name_where_it_has_one() -> None:
    said = LINES.replace("\n", "\r\n").encode()
    assert causes(judged(sent(string=said), expected(said=said))) == ["string-crlf"]


def test_a_lie_about_the_string_of_a_right_signature_is_of_no_account() -> None:
    assert not judged(sent(), expected(said=b"something else")).findings


def test_a_wrong_scheme_and_a_wrong_string_are_both_named() -> None:
    judgement = explained(Diagnostician(), asked(), "string-crlf", "signature-sha1")
    assert set(causes(judgement)) == {"string-crlf", "signature-sha1"}
    assert all(cause.proved for cause in judgement.causes)


def test_without_a_key_only_what_shows_is_explained() -> None:
    wrong = sent(string=f"{LINES}\n", digested=digest(b"{}"))
    explanation = Diagnostician().explain(
        Reading(request=wrong, expected=expected(key=None, tls_key=None))
    )
    assert [cause.mistake for cause in explanation.causes] == ["digest-of-empty-object"]
    assert (explanation.signed, explanation.recovered) == (None, None)


def test_nothing_to_explain_is_no_explanation() -> None:
    explanation = Diagnostician().explain(Reading(request=sent(), expected=expected()))
    assert explanation.causes == ()
    assert explanation.signed == LINES.encode()
    assert Explanation() == Explanation(causes=(), signed=None, recovered=None, ruled_out=())


@pytest.mark.parametrize("length", [20, 64, 71, 100])
def test_a_signature_of_another_kind_is_not_proved_to_be_cut(length: int) -> None:
    judgement = judged(sent(signed=base64.b64encode(bytes(range(length))).decode()))
    assert causes(judgement) == ["signature-cut"]
    assert not judgement.causes[0].proved
    assert f"it has {length} octets" in judgement.causes[0].says


@pytest.mark.parametrize("length", [128, 256, 384])
def test_a_signature_as_long_as_another_key_makes_it_is_one_by_another_key(length: int) -> None:
    text = base64.b64encode(bytes(range(length % 251)).ljust(length, b"x")).decode()
    key = key_named("rsa-4096").public_key()
    (cause,) = judged(sent(signed=text), expected(key=key)).causes
    assert (cause.mistake, cause.proved) == ("signature-other-key", True)
    assert f"it has {length} octets, one by the signing certificate's key has 512" in cause.says


def test_causes_come_proved_first_and_in_the_order_of_the_stages() -> None:
    wrong = sent(digested=digest(b"{}"), date=DATE.replace("GMT", "UTC"), string="x")
    named = judged(wrong).causes
    order = [(not cause.proved, list(Stage).index(cause.stage)) for cause in named]
    assert order == sorted(order)
    assert len({cause.mistake for cause in named}) == len(named)


def test_the_history_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.diagnosis.memory.MOST", 3)
    monkeypatch.setattr("conformance.diagnosis.reuse.MOST", 3)
    doctor = Diagnostician()
    for number in range(9):
        judged(sent(body=b"%d" % number), diagnostician=doctor)
    assert len(doctor._memory.strings) == 3
    assert len(doctor._memory.digests) == 3
    assert len(doctor._reuse._signatures) == 3


def test_a_header_of_another_name_explains_what_the_string_search_found() -> None:
    request: SignedRequest = breed([MISTAKES["date-in-x-date"]]).sign(asked(), KEYS).signed
    judgement = judge(request, expectation(asked()))
    assert causes(judgement) == ["date-in-x-date"]
