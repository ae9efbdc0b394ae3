"""A run against the sandbox fails on the promise that it breaks, and on no other.

The sample of the usual run has a deviation of each kind; the whole matrix is marked slow.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.catalogue import load_catalogue
from conformance.probes.probe import Sight
from conformance.sandbox.deviation import DEVIATIONS
from tests.faulty.deviations import Bed, Row, bed

SAMPLE = (
    "accepts-address-foreign", "accepts-certificate-expired", "accepts-bearer-expired",
    "accepts-replay-query", "client-certificate-status", "date-header-detail",
    "crefo-status-type", "error-html", "rate-remaining-stands", "rate-reset-stands",
    "rate-never-resets", "skew-wide", "skew-2-minutes", "skew-boundary", "skew-boundary-wide",
    "crefo-short", "crefo-long", "crefo-shared", "idempotency-ignored", "validation-off",
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Iterator[Bed]:
    with bed() as found:
        yield found


@pytest.mark.parametrize("strict", [False, True])
def test_the_conforming_sandbox_keeps_every_promise(made: Bed, strict: bool) -> None:
    found = made.seen(strict=strict)
    wanted = {item.id for item in load_catalogue().requirements.values() if "api" in item.sides}
    assert set(found) == wanted
    assert [item for seen in found.values() for item in seen if item.sight is not Sight.HELD] == []


@pytest.mark.parametrize("name", SAMPLE)
def test_a_deviation_of_each_kind_is_seen_and_nothing_else(made: Bed, name: str) -> None:
    row = made.row(name)
    assert row.stands, (row.survived, row.unrelated)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in DEVIATIONS if name not in SAMPLE])
def test_every_other_deviation_is_seen_and_nothing_else(made: Bed, name: str) -> None:
    row = made.row(name)
    assert row.stands, (row.survived, row.unrelated)


def test_another_type_of_status_passes_unless_strict(made: Bed) -> None:
    """Quirk Q1 leaves it open: only a strict run takes it for broken."""
    found = made.seen("rate-status-type")
    assert all(item.sight is Sight.HELD for seen in found.values() for item in seen)
    assert any("status" in note for item in found["API-RATE-001"] for note in item.notes)


def test_a_row_does_not_stand_where_something_is_missed_or_fails_without_a_cause() -> None:
    """The matrix itself can fail: on what is not seen, and on what is seen too much."""
    right = {"deviation": "x", "breaks": frozenset({"A"}), "spoils": frozenset({"B"})}
    assert Row(**right, broken=frozenset({"A"})).stands  # type: ignore[arg-type]
    assert Row(**right, broken=frozenset({"A", "B"})).stands  # type: ignore[arg-type]
    assert not Row(**right, broken=frozenset({"B"})).stands  # type: ignore[arg-type]
    assert not Row(**right, broken=frozenset({"A", "C"})).stands  # type: ignore[arg-type]


def test_hardly_any_deviation_may_spoil_more_than_it_breaks() -> None:
    assert len(DEVIATIONS) >= 120
    assert [name for name, item in DEVIATIONS.items() if item.spoils] == [
        "error-html", "error-empty", "error-no-title",
    ]  # fmt: skip
