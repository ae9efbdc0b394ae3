"""The values that may stand in the signed string, by the number of mistakes that put them there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from conformance.diagnosis.mistake import Given
from conformance.diagnosis.registry import of_stage
from conformance.diagnosis.slot import (
    FAR,
    NEAR,
    FieldSlot,
    TargetSlot,
    date_slot,
    digest_slot,
    far_dates,
    unsigned,
)
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import Place, SignedPath, SignedRequest
from conformance.wire.procedure import Stage
from conformance.wire.reading import Reading
from tests.rules.specimen import BODY, DATE, MOMENT, NAMES, digest, expected, sent, with_field

NOON = datetime(2019, 7, 3, 12, 0, 0, tzinfo=UTC)


def read(request: SignedRequest | None = None, **changes: object) -> Reading:
    return Reading(request=request or sent(), expected=expected(**changes))  # type: ignore[arg-type]


def test_the_request_before_signing_is_what_was_asked_for() -> None:
    more = [("X-A", " 1"), ("X-B", "2"), ("x-a", "3")]
    request = sent(more=more, names=f"{NAMES} x-a")
    before = unsigned(
        read(request, key_id="me", date=NOON, signed_path=SignedPath.FULL, base_path="/p")
    )
    assert (before.method, before.target) == ("POST", "/partner-api/Applications?status=open")
    assert (before.key_id, before.date, before.body) == ("me", NOON, BODY)
    assert (before.base_path, before.signed_path, before.place) == (
        "/p", SignedPath.FULL, Place.SIGNATURE,
    )  # fmt: skip
    assert before.further == (("X-A", " 1"), ("x-a", "3"))


def test_what_nobody_asked_for_is_taken_from_what_was_sent() -> None:
    before = unsigned(read(key_id=None, date=None, now=NOON))
    assert (before.key_id, before.date) == ("client-1", MOMENT)


def test_without_a_date_that_can_be_read_it_is_now_and_without_a_clock_some_moment() -> None:
    undated = with_field(with_field(sent(), "Date", "tomorrow"), "Signature")
    assert unsigned(read(undated, date=None, now=NOON)).date == NOON
    nothing = unsigned(read(undated, date=None, now=None, key_id=None))
    assert (nothing.key_id, nothing.date.tzinfo) == ("", UTC)


def target_slot(target: str) -> TargetSlot:
    given = Given(request=unsigned(read(sent(target=f"/partner-api{target}"))))
    return TargetSlot(given, of_stage(Stage.REQUEST_TARGET))


def test_no_text_of_a_target_comes_at_two_costs_or_twice() -> None:
    slot = target_slot("/A?b=%20")
    levels = [[value.octets for value in slot.at_cost(cost)] for cost in range(3)]
    assert levels[0] == [b"post /A?b=%20"]
    together = [octets for level in levels for octets in level]
    assert len(together) == len(set(together))
    for cost, level in enumerate(levels):
        assert all(len(value.mistakes) == cost for value in slot.at_cost(cost)), level


def test_mistakes_of_a_target_compose_in_their_order() -> None:
    two = {value.octets: value.mistakes for value in target_slot("/A?b=1").at_cost(2)}
    assert set(two[b"POST /A"]) == {"target-query-left-out", "target-method-case"}
    three = {value.octets for value in target_slot("/A?b=1").at_cost(3)}
    assert b"POST //A" in three


def test_a_mistake_that_changes_nothing_alone_is_tried_after_another() -> None:
    """In pairs, that is; triples are made of such as change something by themselves."""
    slot = target_slot("/A?b=1")
    two = {value.octets: value.mistakes for value in slot.at_cost(2)}
    assert two[b"post /A?null"] == ("target-query-left-out", "target-null-query")
    alone = {mistake for value in slot.at_cost(1) for mistake in value.mistakes}
    three = {mistake for value in slot.at_cost(3) for mistake in value.mistakes}
    assert "target-null-query" not in alone | three


@pytest.mark.parametrize(("cost", "most"), [(1, 1_000_000), (2, 4000), (3, 500)])
def test_on_a_long_path_fewer_mistakes_at_once_are_tried(cost: int, most: int) -> None:
    assert target_slot("/" + "a" * most).at_cost(cost) == ()
    if cost > 1:
        assert target_slot("/" + "a" * (most - 1)).at_cost(cost)
    assert target_slot("/" + "a" * most).at_cost(0)


def field_slot(request: SignedRequest, name: str = "date", *only: str) -> FieldSlot:
    reading = read(request)
    given = Given(request=unsigned(reading))
    if name == "date":
        return date_slot(reading, given, of_stage(Stage.DATE), frozenset(only) or None)
    return digest_slot(reading, given, of_stage(Stage.DIGEST), frozenset(only) or None)


def values(slot: FieldSlot, cost: int) -> dict[bytes, tuple[str, ...]]:
    return {value.octets: value.mistakes for value in slot.at_cost(cost)}


def test_a_header_that_was_sent_is_taken_as_signed_and_nothing_takes_two_mistakes() -> None:
    for name, text in (("date", DATE), ("digest", digest(BODY))):
        slot = field_slot(sent(), name)
        assert values(slot, 0) == {text.encode(): ()}
        assert values(slot, 1)
        assert text.encode() not in values(slot, 1)
        assert values(slot, 2) == {}


def test_a_header_that_is_covered_and_not_sent_may_have_been_signed() -> None:
    for name, text in (("Date", DATE), ("Digest", digest(BODY))):
        slot = field_slot(with_field(sent(), name), name.lower())
        assert values(slot, 0) == {}
        assert values(slot, 1)[text.encode()] == (f"{name.lower()}-not-sent",)
        uncovered = field_slot(with_field(sent(names="x"), name), name.lower())
        assert values(uncovered, 0) == {text.encode(): ()}


def test_of_a_header_sent_twice_either_may_have_been_signed() -> None:
    other = DATE.replace(":28 ", ":58 ")
    slot = field_slot(with_field(sent(), "Date", f"{DATE} ", other))
    assert values(slot, 0) == {f"{DATE}, {other}".encode(): ()}
    for text in (DATE, other):
        assert values(slot, 1)[text.encode()] == ("date-sent-twice",)


def test_white_space_around_a_header_may_have_been_signed() -> None:
    slot = field_slot(with_field(sent(), "Date", f" {DATE}"))
    assert values(slot, 0) == {DATE.encode(): ()}
    assert values(slot, 1)[f" {DATE}".encode()] == ("date-untrimmed",)


@pytest.mark.parametrize("seconds", [1, NEAR, -NEAR])
def test_a_date_some_seconds_off_may_have_been_signed(seconds: int) -> None:
    near = values(field_slot(sent()), 1)
    text = format_imf_fixdate(MOMENT + timedelta(seconds=seconds)).encode()
    assert near[text] in {
        ("date-rewritten",), ("date-clock-read-twice",), ("date-clock-read-twice-later",),
    }  # fmt: skip
    farther = MOMENT + timedelta(seconds=seconds + (1 if seconds > 0 else -1) * NEAR)
    assert format_imf_fixdate(farther).encode() not in near


def test_dates_farther_off_are_each_tried_once_nearest_first() -> None:
    reading = read()
    given = Given(request=unsigned(reading))
    found = [value.octets.decode() for value in far_dates(reading, given, None)]
    wanted = [
        format_imf_fixdate(MOMENT + timedelta(seconds=sign * seconds))
        for seconds in range(NEAR + 1, FAR + 1)
        for sign in (-1, 1)
    ]
    assert found == wanted
    assert not list(far_dates(reading, given, frozenset({"string-crlf"})))
    assert len(list(far_dates(reading, given, frozenset({"date-rewritten"})))) == len(wanted)
    undated = read(with_field(sent(), "Date"))
    assert {value.mistakes for value in far_dates(undated, given, None)} == {("date-not-sent",)}


def test_only_the_mistakes_allowed_are_tried_on_a_field() -> None:
    allowed = values(field_slot(sent(), "date", "date-zone-utc"), 1)
    assert set(allowed.values()) == {("date-zone-utc",)}
    assert allowed.keys() == {DATE.replace("GMT", "UTC").encode()}
    digests = values(field_slot(sent(), "digest", "digest-wrapped"), 1)
    assert digests == {f"{digest(BODY)}\n".encode(): ("digest-wrapped",)}
    changed = field_slot(sent(digested=digest(b"x")), "digest", "digest-changed-after-signing")
    assert values(changed, 1) == {digest(BODY).encode(): ("digest-changed-after-signing",)}
