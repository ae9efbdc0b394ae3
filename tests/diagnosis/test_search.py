"""The search for the signed string: its order, its budget, and what it says when it fails."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest

from conformance.clock import ManualClock
from conformance.diagnosis.recovery import Recovered
from conformance.diagnosis.search import Search, Searcher
from conformance.wire.reading import Reading
from tests.rules.specimen import BODY, DATE, MOMENT, digest, expected, sent

LINES = f"(request-target): post /Applications?status=open\ndate: {DATE}\ndigest: {digest(BODY)}"
HASH = (None, lambda data: hashlib.sha256(data).digest())


class Ticking(ManualClock):
    """A clock that goes on by one second at every look."""

    def monotonic(self) -> float:
        self.advance(timedelta(seconds=1))
        return super().monotonic()


def recovered(string: str | bytes) -> Recovered:
    octets = string if isinstance(string, bytes) else string.encode()
    return Recovered(
        scheme="sha256", value=hashlib.sha256(octets).digest(), fingerprints=(HASH,)
    )  # fmt: skip


def searched(
    string: str | bytes, *, seconds: float = 10, far: bool = True,
    remembered: tuple[frozenset[str], ...] = (), said: bytes | None = None,
) -> Search:  # fmt: skip
    reading = Reading(request=sent(), expected=expected(said=said))
    clock = Ticking(MOMENT) if seconds < 10 else ManualClock(MOMENT)
    searcher = Searcher(reading, recovered(string), clock, timedelta(seconds=seconds))
    return searcher.search(remembered, far=far)


def found(search: Search) -> tuple[set[str], bool]:
    assert search.found is not None
    return set(search.found.mistakes), search.found.listed


def test_the_right_string_takes_no_mistake() -> None:
    search = searched(LINES)
    assert found(search) == (set(), True)
    assert search.tried == 1
    assert search.exhausted


CRLF = LINES.replace("\n", "\r\n")
CUT = CRLF.replace("?status=open", "")


@pytest.mark.parametrize(
    ("string", "mistakes"),
    [
        (CRLF, {"string-crlf"}),
        (CUT, {"string-crlf", "target-query-left-out"}),
        (
            CUT.replace("post", "POST"),
            {"string-crlf", "target-query-left-out", "target-method-case"},
        ),
        (LINES.replace(":28:28", ":31:00"), {"date-rewritten"}),
    ],
)
def test_one_two_and_three_mistakes_are_found(string: str, mistakes: set[str]) -> None:
    assert found(searched(string)) == (mistakes, True)


def test_a_slip_is_found_that_no_mistake_makes() -> None:
    search = searched(LINES.replace("open", "opem"))
    assert found(search) == (set(), False)
    assert search.found is not None
    assert search.found.string == LINES.replace("open", "opem").encode()


def test_what_cannot_be_found_is_searched_to_the_end_where_time_allows() -> None:
    search = searched("nothing", far=False)
    assert search.found is None
    assert search.exhausted
    assert 100 < search.tried < 1000


def test_a_search_that_may_not_go_far_stops_at_single_mistakes() -> None:
    string = LINES.replace("\n", "\r\n").replace("?status=open", "")
    assert searched(string, far=False).found is None
    assert found(searched(LINES.replace("\n", "\r\n"), far=False)) == ({"string-crlf"}, True)


def test_a_budget_that_is_used_up_ends_the_search_and_is_owned_up_to() -> None:
    search = searched("nothing", seconds=3)
    assert search.found is None
    assert not search.exhausted
    assert search.tried < 5000


def test_remembered_sets_come_first_and_need_not_all_show() -> None:
    pair = frozenset({"string-crlf", "target-slashes-merged"})
    search = searched(LINES.replace("\n", "\r\n"), remembered=(pair,))
    assert found(search) == ({"string-crlf"}, True)
    assert search.tried <= 3
    without = searched(LINES.replace("\n", "\r\n"))
    assert without.tried > search.tried


def test_what_was_said_is_taken_where_the_signature_bears_it_out() -> None:
    odd = b"something of their own"
    search = searched(odd, said=odd)
    assert found(search) == (set(), False)
    assert search.found is not None
    assert search.found.string == odd
    assert searched("x", said=odd, seconds=3).found is None


def test_what_was_said_gets_the_name_of_its_mistake() -> None:
    string = LINES.replace("\n", "\r\n").encode()
    assert found(searched(string, said=string)) == ({"string-crlf"}, True)


def test_a_scheme_is_looked_for_together_with_single_mistakes() -> None:
    def twice(data: bytes) -> bytes:
        return hashlib.sha256(hashlib.sha256(data).digest()).digest()

    string = LINES.replace("\n", "\r\n").encode()
    reading = Reading(request=sent(), expected=expected())
    both = Recovered(
        scheme="sha256", value=twice(string), fingerprints=(HASH, ("signature-hashed-twice", twice))
    )
    search = Searcher(reading, both, ManualClock(MOMENT), timedelta(seconds=1)).search(())
    assert search.found is not None
    assert search.found.scheme == "signature-hashed-twice"
    assert search.found.mistakes == ("string-crlf",)


def test_a_scheme_is_not_looked_for_together_with_pairs() -> None:
    """What a hypothesis costs would else be a multiple, for all pairs and triples."""
    hashed: list[bytes] = []

    def other(data: bytes) -> bytes:
        hashed.append(data)
        return b""

    reading = Reading(request=sent(), expected=expected())
    both = Recovered(
        scheme="sha256", value=hashlib.sha256(CUT.encode()).digest(),
        fingerprints=(HASH, ("signature-hashed-twice", other)),
    )  # fmt: skip
    search = Searcher(reading, both, ManualClock(MOMENT), timedelta(seconds=1)).search(())
    assert found(search) == ({"string-crlf", "target-query-left-out"}, True)
    assert 0 < len(hashed) < 0.5 * search.tried


def test_the_clock_is_asked_more_often_the_longer_the_strings_are() -> None:
    asked: list[datetime] = []

    class Counting(ManualClock):
        def monotonic(self) -> float:
            asked.append(self.now())
            return 0.0

    counts = []
    for body in (b"", b"x" * 100_000):
        asked.clear()
        reading = Reading(request=sent(body=body), expected=expected())
        nothing = recovered("nothing")
        searcher = Searcher(reading, nothing, Counting(MOMENT), timedelta(seconds=1))
        searcher.search((), far=False)
        counts.append(len(asked))
    assert counts[1] > 10 * counts[0]


def test_a_search_counts_every_string_that_it_tried() -> None:
    near = searched(LINES.replace("open", "opem")).tried
    assert near > searched(LINES.replace("\n", "\r\n")).tried
