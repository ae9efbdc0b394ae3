"""Making mistakes and comparing octets: the smallest set that fits, and those alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.reproduction import (
    cause_of,
    normal,
    reproduced,
    sent_fields,
    shown_fields,
    shown_right,
    shown_sent,
)
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import CoveredField, Stage
from conformance.wire.reading import Reading
from tests.rules.specimen import MOMENT, expected, sent, with_field

GIVEN = Given(request=UnsignedRequest(method="GET", target="/", date=MOMENT, key_id="c"))
RIGHT = CoveredField(sent=(("Date", "a"),), signed="a")
Change = Callable[[str], str]


def mistake(identity: str, change: Change) -> Mistake:
    def changed(field: CoveredField, _given: Given) -> CoveredField:
        text = change(field.signed or "")
        return CoveredField(sent=(("Date", text),), signed=text)

    return Mistake(
        id=identity, stage=Stage.DATE, breaks="DATE-001", says="s", mend="m", source="own",
        change=changed,
    )  # fmt: skip


UPPER = mistake("upper", str.upper)
SAME_AS_UPPER = mistake("also-upper", lambda text: text.upper())
LONGER = mistake("longer", lambda text: text + "x")
NOTHING = mistake("nothing", lambda text: text)


def made(wanted: str, *mistakes: Mistake, counts: tuple[int, ...] = (1, 2)) -> list[Cause]:
    return list(
        reproduced(
            RIGHT, mistakes, GIVEN, lambda field: field.signed == wanted,
            observed=b"Date: " + wanted.encode(), counts=counts,
        )
    )  # fmt: skip


def test_one_mistake_that_fits_is_enough() -> None:
    (cause,) = made("A", NOTHING, LONGER, UPPER)
    assert (cause.mistake, cause.proved, cause.same_as) == ("upper", True, ())
    assert (cause.expected, cause.observed) == (b"Date: a", b"Date: A")
    assert cause.difference is not None
    assert cause.difference.offset == 6


def test_mistakes_that_do_the_same_are_named_beside_the_first() -> None:
    (cause,) = made("A", UPPER, SAME_AS_UPPER)
    assert (cause.mistake, cause.same_as) == ("upper", ("also-upper",))


def test_two_mistakes_are_made_one_after_the_other() -> None:
    assert [cause.mistake for cause in made("Ax", UPPER, LONGER)] == ["upper", "longer"]
    assert [cause.mistake for cause in made("AX", LONGER, UPPER)] == ["longer", "upper"]
    assert made("Ax", UPPER, LONGER, counts=(1,)) == []


def test_those_that_go_first_are_made_first() -> None:
    found = reproduced(
        RIGHT, [LONGER, UPPER], GIVEN, lambda field: field.signed == "Ax", observed=b"",
        counts=(2,), goes_first=lambda field: field.signed == "A",
    )  # fmt: skip
    assert [cause.mistake for cause in found] == ["upper", "longer"]


def test_nothing_that_fits_is_no_cause() -> None:
    assert made("b", UPPER, LONGER, NOTHING) == []
    assert made("a", NOTHING) == []


def test_of_large_fields_only_single_mistakes_are_tried() -> None:
    large = b"x" * 8193
    for octets, count in ((large, 0), (large[:-1], 2)):
        found = reproduced(
            RIGHT, [UPPER, LONGER], GIVEN, lambda field: field.signed == "Ax",
            observed=octets, counts=(1, 2),
        )  # fmt: skip
        assert len(list(found)) == count


def test_a_cause_carries_the_words_of_its_mistake() -> None:
    cause = cause_of(UPPER, requirement="DATE-004", proved=False, same_as=("x",))
    assert cause == Cause(
        mistake="upper", stage=Stage.DATE, requirement="DATE-004", proved=False, says="s",
        mend="m", same_as=("x",),
    )  # fmt: skip
    assert cause_of(UPPER).requirement == "DATE-001"
    assert cause_of(UPPER, expected=b"a").difference is None
    assert cause_of(UPPER, observed=b"a").difference is None


def test_fields_are_compared_without_letter_case_of_names_and_outer_white_space() -> None:
    assert normal((("DATE", " x\t"), ("b", "Y"))) == (("date", "x"), ("b", "Y"))
    reading = Reading(request=with_field(sent(), "DATE", " x "), expected=expected())
    assert sent_fields(reading, ("date",)) == (("date", "x"),)
    assert sent_fields(reading, ("digest", "date"))[0][0] == "digest"
    assert shown_sent(reading, ("date",)) == b"DATE:  x "
    assert sent_fields(reading, ()) == ()


@pytest.mark.parametrize("value", ["\xe4", "\u20ac"])
def test_fields_are_shown_as_octets_one_a_line(value: str) -> None:
    octets = value.encode("latin-1" if value == "\xe4" else "utf-8")
    assert shown_fields((("A", "1"), ("B", value))) == b"A: 1\nB: " + octets
    assert shown_right(RIGHT) == b"Date: a"
