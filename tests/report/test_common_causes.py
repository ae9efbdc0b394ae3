"""Failures with one cause are told once."""

from __future__ import annotations

from conformance.adapters.interface import AnswerKind
from conformance.adapters.trace import traced
from conformance.catalogue import Level
from conformance.diagnosis.registry import MISTAKES
from conformance.errors import AdapterError
from conformance.report.causes import fewest, group
from conformance.report.check import Diagnosis
from conformance.report.failure import Broken, CommonCause, Example, Failure, Trouble
from conformance.trial import Trial
from tests.report.factory import CATALOGUE, case, failures, trial, trials, unanswered, wrong


def causes(*seen: Failure) -> tuple[CommonCause, ...]:
    return group(seen, CATALOGUE)


def failure(
    number: int,
    *diagnoses: tuple[str, str, tuple[str, ...]],
    broken: tuple[str, ...] = (),
    kind: Trouble = Trouble.MISTAKE,
    size: int = 10,
    observed: str = "seen",
) -> Failure:
    """Return a failure with diagnoses of (mistake, requirement, same as)."""
    return Failure(
        kind=kind,
        example=Example(
            case=f"generated/{number}", method="GET", target="/", body="no body", size=size
        ),
        broken=tuple(
            Broken(requirement=item, reason="reason", observed=observed)
            for item in broken or tuple(requirement for _, requirement, _ in diagnoses)
        ),
        diagnosis=tuple(
            Diagnosis(
                mistake=mistake, stage="signing string", proved=True, says=f"{mistake} it is",
                mend="mend it", requirement=requirement, same_as=same_as,
            )
            for mistake, requirement, same_as in diagnoses
        ),
    )  # fmt: skip


def test_many_cases_of_one_mistake_are_one_cause() -> None:
    (cause,) = group(failures([*trials(37, wrong("string-crlf")), *trials(5)]), CATALOGUE)
    assert (cause.kind, cause.mistake, cause.cases) == (Trouble.MISTAKE, "string-crlf", 37)
    assert cause.requirements == ("STR-005",)
    assert cause.proved
    assert cause.example.target == "/ping?x=1"
    assert "\\r\\n" in cause.observed


def test_the_smallest_case_is_the_example() -> None:
    made = [failure(number, ("a", "STR-005", ()), size=100 - number) for number in range(5)]
    assert causes(*made)[0].example.case == "generated/4"


def test_an_example_that_only_one_mistake_explains_is_preferred() -> None:
    found = causes(
        failure(1, ("query-left-out", "TGT-003", ("question-mark-cut",)), size=1),
        failure(2, ("query-left-out", "TGT-003", ()), size=9),
        failure(3, ("query-left-out", "TGT-003", ()), size=8),
    )
    assert [(cause.example.case, cause.same_as) for cause in found] == [("generated/3", ())]


def test_of_equal_examples_the_one_easiest_to_repeat_is_told() -> None:
    signer = wrong("string-crlf")
    names = ("generated/1", "vectors/a/b", "stored/0123456789ab")
    seen = failures([trial(case(identity=name), signer) for name in names])
    assert group(seen, CATALOGUE)[0].example.case == "stored/0123456789ab"
    assert group(seen[:2], CATALOGUE)[0].example.case == "vectors/a/b"


def test_two_mistakes_at_once_are_two_causes_with_all_the_cases() -> None:
    signer = wrong("string-crlf", "digest-lower-case-algorithm")
    found = group(failures(trials(6, signer)), CATALOGUE)
    assert {(cause.mistake, cause.cases) for cause in found} == {
        ("string-crlf", 6),
        ("digest-lower-case-algorithm", 6),
    }
    assert {cause.requirements for cause in found} == {("STR-005",), ("DIG-004",)}


def test_the_fewest_mistakes_that_explain_all_cases_are_told() -> None:
    """Where a target has nothing but `?`, two mistakes leave the same octets."""
    found = causes(
        failure(1, ("question-mark-cut", "TGT-004", ("query-left-out",)), size=1),
        failure(2, ("query-left-out", "TGT-003", ())),
        failure(3, ("query-left-out", "TGT-003", ())),
    )
    assert [(cause.mistake, cause.cases) for cause in found] == [("query-left-out", 3)]
    assert found[0].requirements == ("TGT-003", "TGT-004")
    assert found[0].example.case == "generated/2", "an example is one that was diagnosed so"


def test_a_mistake_named_beside_others_only_is_told_where_it_spares_a_cause() -> None:
    """A slash cut off the end is `/` without a slash at the start, or `/x/` without its last."""
    found = causes(
        failure(1, ("target-leading-slash-missing", "TGT-004", ("target-path-resolved",))),
        failure(2, ("target-trailing-slash-cut", "TGT-004", ("target-path-resolved",))),
    )
    assert [(cause.mistake, cause.cases) for cause in found] == [("target-path-resolved", 2)]
    mistake = MISTAKES["target-path-resolved"]
    assert (found[0].says, found[0].mend) == (mistake.says, mistake.mend)
    assert found[0].same_as == ("target-leading-slash-missing",)


def test_what_is_named_is_told_before_what_is_only_named_beside_it() -> None:
    found = causes(
        failure(1, ("target-leading-slash-missing", "TGT-004", ("target-path-resolved",))),
        failure(2, ("target-leading-slash-missing", "TGT-004", ("target-path-resolved",))),
    )
    assert [cause.mistake for cause in found] == ["target-leading-slash-missing"]


def test_fewest_drops_what_the_others_make_needless() -> None:
    candidates = {
        "big": {(1, 0), (2, 0), (3, 0), (4, 0)},
        "left": {(1, 0), (2, 0), (5, 0)},
        "right": {(3, 0), (4, 0), (6, 0)},
    }
    assert set(fewest(candidates, dict.fromkeys(candidates, 1))) == {"left", "right"}


def test_a_consequence_belongs_to_the_cause_of_its_family() -> None:
    diagnoses = (("hex", "DIG-002", ()), ("zone", "DATE-001", ()))
    made = failure(1, *diagnoses, broken=("DIG-002", "DIG-003", "DATE-001"))
    found = {cause.mistake: cause.requirements for cause in causes(made)}
    assert found == {"hex": ("DIG-002", "DIG-003"), "zone": ("DATE-001",)}


def test_a_consequence_of_no_family_belongs_to_every_cause() -> None:
    made = failure(1, ("a", "STR-005", ()), broken=("STR-005", "SIG-001"))
    assert causes(made)[0].requirements == ("STR-005", "SIG-001")


def test_failures_that_nothing_explains_are_grouped_by_what_they_break() -> None:
    found = causes(
        failure(1, broken=("DIG-001",), kind=Trouble.FINDING),
        failure(2, broken=("DIG-001",), kind=Trouble.FINDING),
        failure(3, broken=("HDR-004",), kind=Trouble.FINDING),
    )
    assert [(cause.requirements, cause.cases) for cause in found] == [
        (("DIG-001",), 2),
        (("HDR-004",), 1),
    ]
    assert found[0].kind is Trouble.FINDING
    assert CATALOGUE.requirements["DIG-001"].title in found[0].says


def test_refusals_and_errors_are_told_by_their_words() -> None:
    seen = [unanswered(case(number), AnswerKind.REFUSED, "no PATCH") for number in range(4)]
    seen += [unanswered(case(9), AnswerKind.ERROR, "out of memory")]
    error, refused = group(failures(seen), CATALOGUE)
    assert (error.kind, error.says, error.cases) == (Trouble.ERROR, "out of memory", 1)
    assert (refused.kind, refused.cases) == (Trouble.REFUSED, 4)
    assert "no PATCH" in refused.says
    assert refused.requirements == ()
    assert refused.level is Level.MUST


def error_at(number: int, message: str, place: str) -> Trial:
    hint = traced(place, "mend the adapter")
    error = AdapterError(f"the adapter answered with an error: {message}", hint=hint)
    return unanswered(case(number), AnswerKind.ERROR, error=error)


def test_errors_from_one_place_that_differ_in_data_are_one_cause() -> None:
    here, there = "at a.B.c(B.java:4)", "at a.B.d(B.java:9)"
    seen = [error_at(number, f"no good path: /{number}", here) for number in range(9)]
    seen += [error_at(20, "no good path: /20", there), error_at(21, "no key", here)]
    found = [(cause.cases, here in cause.mend) for cause in group(failures(seen), CATALOGUE)]
    assert sorted(found) == [(1, False), (1, True), (9, True)]


def test_errors_without_a_place_are_told_by_their_words() -> None:
    seen = [error_at(number, f"no good path: /{number}", "") for number in range(3)]
    assert len(group(failures(seen), CATALOGUE)) == 3


def test_what_breaks_a_should_only_comes_last() -> None:
    found = causes(
        *(failure(number, ("order", "STR-003", ())) for number in range(9)),
        failure(10, ("crlf", "STR-005", ())),
    )
    assert [(cause.mistake, cause.level) for cause in found] == [
        ("crlf", Level.MUST),
        ("order", Level.SHOULD),
    ]


def test_no_failure_no_cause() -> None:
    assert group(failures([trial(case())]), CATALOGUE) == ()


def test_the_order_of_failures_does_not_matter() -> None:
    seen = failures([*trials(7, wrong("string-crlf")), *trials(4, wrong("date-zone-z"), first=50)])
    assert group(seen, CATALOGUE) == group(seen[::-1], CATALOGUE)
