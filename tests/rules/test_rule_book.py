"""A book of rules, and the causes that stand for findings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.explanation import NOTHING, Explanation
from conformance.errors import DataError
from conformance.rules import RULES, Finding, Judgement
from conformance.rules.fallback import with_unlisted
from conformance.rules.rule import Needs, RuleBook, Seen
from conformance.wire.procedure import Stage
from conformance.wire.reading import Reading
from tests.rules.specimen import expected, sent


def finding(requirement: str, reason: str = "wrong") -> Finding:
    return Finding(requirement=requirement, reason=reason, expected="a", observed="b", hint="c")


def cause(requirement: str, stage: Stage, *, proved: bool = True) -> Cause:
    return Cause(
        mistake="m", stage=stage, requirement=requirement, proved=proved, says="s", mend="d",
        expected=b"e\n", observed=b"o ",
    )  # fmt: skip


def seen(explanation: Explanation = NOTHING) -> Seen:
    return Seen(reading=Reading(request=sent(), expected=expected()), explanation=explanation)


def test_two_rules_for_one_requirement_are_refused() -> None:
    book = RuleBook()

    @book("DIG-001")
    def first(_seen: Seen) -> Iterator[Finding]:
        """State it."""
        yield finding("DIG-001")

    with pytest.raises(DataError, match="two rules judge DIG-001"):
        book("DIG-001")(first)
    assert [rule.requirement for rule in book] == ["DIG-001"]


def test_a_rule_is_told_by_the_name_and_words_of_its_function() -> None:
    rule = RULES["DIG-002"]
    assert rule.name == "digest matches body"
    assert rule.says.startswith("The `Digest` header holds")
    assert "\n" not in rule.says
    assert all(item.says.endswith(".") for item in RULES.values())


def test_what_is_needed_is_said_in_words_when_it_is_missing() -> None:
    assert all(needs.value for needs in Needs if needs is not Needs.NOTHING)


def test_a_cause_speaks_for_its_requirement_alone() -> None:
    explanation = Explanation(causes=(cause("STR-005", Stage.SIGNING_STRING),))
    assert not list(seen(explanation).blamed("STR-004"))
    (found,) = seen(explanation).blamed("STR-005")
    assert (found.requirement, found.reason, found.hint) == ("STR-005", "m", "d")
    assert (found.expected, found.observed) == ("e\\n", "o\\x20")


def test_a_finding_without_a_cause_becomes_its_own_and_is_proved() -> None:
    (only,) = with_unlisted((), (finding("HDR-002", "parameter-missing"),))
    assert (only.mistake, only.stage, only.requirement, only.proved) == (
        "unlisted-parameter-missing", Stage.HEADER, "HDR-002", True,
    )  # fmt: skip
    assert (only.says, only.mend) == ("b where a belongs", "c")
    assert (only.expected, only.observed) == (b"a", b"b")


def test_a_finding_that_a_cause_explains_gets_none_of_its_own() -> None:
    known = cause("DIG-002", Stage.DIGEST, proved=False)
    assert with_unlisted((known,), (finding("DIG-002"), finding("DIG-003"))) == (known,)


def test_a_proved_cause_takes_the_other_findings_of_its_stage_for_consequences() -> None:
    known = cause("HDR-001", Stage.HEADER)
    assert with_unlisted((known,), (finding("HDR-002"),)) == (known,)
    likely = cause("HDR-001", Stage.HEADER, proved=False)
    assert len(with_unlisted((likely,), (finding("HDR-002"),))) == 2


@pytest.mark.parametrize("requirement", ["HDR-003", "HDR-004"])
def test_key_id_and_algorithm_are_no_consequence_of_anything(requirement: str) -> None:
    known = cause("HDR-001", Stage.HEADER)
    assert [item.requirement for item in with_unlisted((known,), (finding(requirement),))] == [
        "HDR-001", requirement,
    ]  # fmt: skip


def test_what_is_not_sent_cannot_be_covered() -> None:
    known = cause("DIG-001", Stage.DIGEST)
    assert with_unlisted((known,), (finding("STR-001"),)) == (known,)
    other = cause("HDR-001", Stage.HEADER)
    assert len(with_unlisted((other,), (finding("STR-001"),))) == 2


def test_no_other_requirement_of_the_string_is_a_consequence_of_the_digest() -> None:
    known = cause("DIG-001", Stage.DIGEST)
    assert [item.requirement for item in with_unlisted((known,), (finding("STR-003"),))] == [
        "DIG-001", "STR-003",
    ]  # fmt: skip


def test_what_headers_covers_is_not_told_where_the_parameters_could_not_be_read() -> None:
    unread = with_unlisted((), (finding("HDR-002"), finding("STR-001")))
    assert [item.requirement for item in unread] == ["HDR-002"]
    for other in ("HDR-001", "HDR-003", "HDR-005"):
        both = with_unlisted((), (finding(other), finding("STR-001")))
        assert [item.requirement for item in both] == [other, "STR-001"]


def test_one_requirement_found_broken_twice_has_one_cause() -> None:
    twice = (finding("HDR-002", "parameter-missing"), finding("HDR-002", "parameter-unquoted"))
    assert [item.mistake for item in with_unlisted((), twice)] == ["unlisted-parameter-missing"]


def test_proved_causes_come_before_likely_ones() -> None:
    likely = cause("SIG-002", Stage.SIGNATURE, proved=False)
    causes = with_unlisted((likely,), (finding("DATE-001"),))
    assert [item.proved for item in causes] == [True, False]


def test_a_judgement_holds_what_was_neither_broken_nor_out_of_sight() -> None:
    judgement = Judgement(
        request=sent(), findings=(finding("DIG-002"),), undetermined={"STR-005": "why"},
        silent=frozenset({"DIG-003"}),
    )  # fmt: skip
    assert [judgement.holds(item) for item in ("DIG-001", "DIG-002", "STR-005", "DIG-003")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert judgement.broken("DIG-002") == judgement.findings
    assert judgement.broken("DIG-001") == ()
