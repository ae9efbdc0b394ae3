"""The strings that may have been signed: which, by how many mistakes, and in what order."""

from __future__ import annotations

import pytest

from conformance.diagnosis.registry import MISTAKES
from conformance.diagnosis.slot import FAR, MOST, NEAR
from conformance.diagnosis.space import Hypothesis, Space, _splits
from conformance.wire.message import SignedRequest
from conformance.wire.reading import Reading
from tests.rules.specimen import BODY, DATE, NAMES, digest, expected, sent, with_field

LINES = f"(request-target): post /Applications?status=open\ndate: {DATE}\ndigest: {digest(BODY)}"


def space(request: SignedRequest | None = None, *only: str) -> Space:
    reading = Reading(request=request or sent(), expected=expected())
    return Space(reading, only=frozenset(only) if only else None)


def strings(hypotheses: object) -> dict[bytes, tuple[str, ...]]:
    found: dict[bytes, tuple[str, ...]] = {}
    assert hasattr(hypotheses, "__iter__")
    for item in hypotheses:
        assert isinstance(item, Hypothesis)
        found.setdefault(item.string, item.mistakes)
    return found


def test_without_mistakes_there_is_the_expected_string_alone() -> None:
    assert strings(space().at_cost(0)) == {LINES.encode(): ()}
    assert space().right() == LINES.encode()


@pytest.mark.parametrize("cost", [1, 2])
def test_a_hypothesis_takes_exactly_so_many_mistakes(cost: int) -> None:
    for item in space().at_cost(cost):
        assert len(item.mistakes) == cost
        assert len(set(item.mistakes)) == cost
        assert set(item.mistakes) <= set(MISTAKES)


def test_restricted_to_some_mistakes_no_other_is_tried() -> None:
    only = ("target-query-left-out", "string-crlf")
    chosen = space(None, *only)
    assert {item.mistakes for item in chosen.at_cost(1)} == {(only[0],), (only[1],)}
    (both,) = chosen.at_cost(2)
    assert set(both.mistakes) == set(only)
    wrong = LINES.replace("?status=open", "").replace("\n", "\r\n")
    assert both.string == wrong.encode()
    assert not list(chosen.at_cost(3))


def test_a_mistake_that_changes_nothing_here_is_not_tried() -> None:
    assert not list(space(sent(target="/partner-api/x"), "target-query-left-out").at_cost(1))


def test_what_an_in_full_rendering_gives_a_template_gives_too() -> None:
    for only in ("string-lower-case", "string-utf-16", "string-white-space-removed"):
        (item,) = space(None, only, "date-zone-z").at_cost(2)
        text = LINES.replace("GMT", "Z")
        right = {
            "string-lower-case": text.lower().encode(),
            "string-utf-16": text.encode("utf-16-le"),
            "string-white-space-removed": "\n".join(
                f"{name}: {value.replace(' ', '')}"
                for name, _, value in (line.partition(": ") for line in text.split("\n"))
            ).encode(),
        }
        assert item.string == right[only]


@pytest.mark.parametrize("value", ["100%", "%b %s", "\x01A, a  T\x02", "\x01", "\xff"])
def test_values_that_look_like_a_template_are_taken_as_they_are(value: str) -> None:
    request = sent(names=f"{NAMES} x-odd", more=(("X-Odd", value),))
    wrong = f"{LINES}\nx-odd: {value}".replace("\n", "\r\n").encode("latin-1")
    assert wrong in strings(space(request, "string-crlf").at_cost(1))
    lines = f"{LINES}\nx-odd: {value}".replace("post", "POST").encode("latin-1")
    assert lines in strings(space(request, "target-method-case").at_cost(1))


def test_dates_near_the_one_sent_are_tried_and_those_farther_off_alone() -> None:
    near = strings(space().at_cost(1))
    far = strings(space().far())
    for seconds, where in ((NEAR, near), (NEAR + 1, far), (FAR, far)):
        moved = LINES.replace(":28:28", f":{28 + seconds // 60:02}:{(28 + seconds) % 60:02}")
        assert (moved.encode() in where) is (28 + seconds < 60 or where is far)
    beyond = LINES.replace(":28:28", ":32:29").encode()
    assert beyond not in near
    assert beyond not in far


def test_names_that_headers_leaves_out_may_have_been_signed() -> None:
    request = sent(names="(request-target) date")
    assert strings(space(request, "header-headers-hides-digest").at_cost(1)) == {
        LINES.encode(): ("header-headers-hides-digest",)
    }


def test_names_that_headers_adds_may_not_have_been_signed() -> None:
    request = sent(names=f"{NAMES} content-type")
    assert LINES.encode() in strings(space(request).at_cost(1))
    present = sent(names=f"{NAMES} x-one", more=(("X-One", "1"),))
    assert strings(space(present).at_cost(0)) == {f"{LINES}\nx-one: 1".encode(): ()}
    assert strings(space(present).at_cost(1))[LINES.encode()] == ("header-headers-names-unsigned",)


def test_another_declared_order_may_not_be_the_one_signed() -> None:
    request = sent(names="digest date (request-target)")
    assert LINES.encode() in strings(space(request).at_cost(1))


def test_without_a_headers_parameter_all_three_lines_may_be_signed() -> None:
    text = sent().headers.first("signature") or ""
    request = with_field(sent(), "Signature", text.replace(f'headers="{NAMES}",', ""))
    hypotheses = strings(space(request).at_cost(1))
    assert hypotheses[LINES.encode()] == ("header-headers-missing",)


def test_a_field_that_is_not_sent_may_have_been_signed() -> None:
    request = with_field(sent(), "Digest")
    assert strings(space(request).at_cost(1))[LINES.encode()] == ("digest-not-sent",)


def test_a_field_that_is_sent_twice_may_have_been_signed_once() -> None:
    request = with_field(sent(), "Date", DATE, "Thu, 04 Jul 2019 08:28:28 GMT")
    assert strings(space(request).at_cost(1))[LINES.encode()] == ("date-sent-twice",)


def test_white_space_around_a_value_may_have_been_signed() -> None:
    request = with_field(sent(), "Date", f"{DATE} ")
    wrong = LINES.replace(DATE, f"{DATE} ").encode()
    assert strings(space(request).at_cost(1))[wrong] == ("date-untrimmed",)


@pytest.mark.parametrize("cost", [-1, 0, 1, 2, MOST])
def test_every_way_to_share_out_mistakes_comes_once_the_cheapest_first(cost: int) -> None:
    splits = list(_splits(cost))
    assert len(set(splits)) == len(splits)
    assert all(sum(split) == cost for split in splits)
    assert len(splits) == {-1: 0, 0: 1, 1: 4, 2: 10, 3: 20}[cost]
    if cost == MOST:
        assert splits[0] == (0, 3, 0, 0)
        assert splits[-1][0] == 3 or splits[-1][3] == 3


def test_longer_targets_are_tried_with_fewer_mistakes() -> None:
    for length, costs in ((400, {1, 2, 3}), (3000, {1, 2}), (5000, {1})):
        request = sent(target="/partner-api/" + "A" * length)
        only = ("target-lower-case", "target-method-case", "target-trailing-slash-added")
        targets = space(request, *only)
        assert {cost for cost in (1, 2, 3) if list(targets.at_cost(cost))} == costs


def test_a_triple_is_only_made_of_mistakes_that_change_something_alone() -> None:
    request = sent(target="/partner-api/A?b=1")
    only = (
        "target-lower-case",
        "target-method-case",
        "target-query-left-out",
        "target-slashes-merged",
    )
    assert [set(item.mistakes) for item in space(request, *only).at_cost(3)] == [set(only[:3])]
