"""Right requests as witnesses against mistakes that would have spoilt them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.refutation import Witnesses
from conformance.diagnosis.registry import MISTAKES
from conformance.diagnosis.reproduction import cause_of
from conformance.wire.reading import Reading
from tests.rules.specimen import expected, sent


def witnesses(*targets: str, body: bytes = b"{}") -> Witnesses:
    found = Witnesses()
    for target in targets:
        request = sent(target=f"/partner-api{target}", body=body)
        found.add(Reading(request=request, expected=expected()))
    return found


def cause(identity: str, *same_as: str) -> Cause:
    return cause_of(MISTAKES[identity], same_as=same_as)


def test_without_witnesses_a_cause_stays_as_it_is() -> None:
    said = cause("target-lower-case", "target-path-lower-case")
    assert witnesses().weigh(said) == said


def test_a_mistake_that_a_witness_refutes_is_dropped() -> None:
    weighed = witnesses("/a?B=1").weigh(cause("target-path-lower-case", "target-lower-case"))
    assert (weighed.mistake, weighed.same_as) == ("target-path-lower-case", ())


def test_the_first_that_stands_takes_the_place_of_a_refuted_one() -> None:
    weighed = witnesses("/a?B=1").weigh(cause("target-lower-case", "target-path-lower-case"))
    known = MISTAKES["target-path-lower-case"]
    assert (weighed.mistake, weighed.says, weighed.mend) == (known.id, known.says, known.mend)
    assert (weighed.stage, weighed.requirement) == (known.stage, known.breaks)
    assert weighed.same_as == ()


def test_where_all_are_refuted_the_cause_is_left() -> None:
    said = cause("target-lower-case", "target-path-lower-case")
    assert witnesses("/A?B=1").weigh(said) == said


def test_a_cause_that_nothing_is_like_is_not_put_to_witnesses() -> None:
    said = cause("target-lower-case")
    assert witnesses("/A?B=1").weigh(said) == said


def test_the_requirement_and_words_that_a_cause_was_given_are_kept() -> None:
    known = MISTAKES["digest-json-compact"]
    said = cause_of(known, requirement="STR-004", same_as=("digest-json-sorted",))

    said = replace(said, says=f"what is signed is not the Digest header sent: {known.says}")
    weighed = witnesses("/", body=b'{"a": 1}').weigh(said)
    assert weighed == said  # both would have spoilt that body
    weighed = witnesses("/", body=b'{"b":1,"a":2}').weigh(
        replace(said, mistake="digest-json-sorted", same_as=("digest-json-compact",),
                says=f"what is signed is not the Digest header sent: "
                f"{MISTAKES['digest-json-sorted'].says}")
    )  # fmt: skip
    assert weighed.mistake == "digest-json-compact"
    assert weighed.requirement == "STR-004"
    assert weighed.says == f"what is signed is not the Digest header sent: {known.says}"


def test_a_requirement_that_a_cause_was_given_stays_though_nothing_is_refuted() -> None:
    known = MISTAKES["date-local-time-+2"]
    said = cause_of(known, requirement="DATE-001", same_as=("date-reused",))
    assert known.breaks == "DATE-003"
    assert witnesses("/a").weigh(said) == said


def test_mistakes_of_other_stages_are_not_refuted() -> None:
    said = cause("string-crlf", "string-final-lf")
    assert witnesses("/a?B=1").weigh(said) == said


@pytest.mark.parametrize("identity", ["unlisted-request-target", "unlisted-signing-string"])
def test_a_cause_without_a_listed_mistake_is_left(identity: str) -> None:

    said = replace(cause("target-lower-case"), mistake=identity, same_as=("target-lower-case",))
    assert witnesses("/A?B=1").weigh(said) == said


def test_witnesses_are_few_small_and_unlike() -> None:
    found = witnesses(*[f"/{number}" for number in range(100)], "/1", "/1")
    assert len(found._requests) == 64
    assert not witnesses("/a", body=b"x" * 4097)._requests
    assert witnesses("/a", body=b"x" * 4096)._requests
    assert len(witnesses("/a", "/a")._requests) == 1
