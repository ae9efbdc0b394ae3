"""A sweep keeps what fails, plain enough to be read, and forgets what fails no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conformance.adapters.interface import Answer, AnswerKind, SignOrder
from conformance.adapters.reference import ProcedureAdapter
from conformance.cases.case import Case, Refusal
from conformance.cases.generated import collect
from conformance.cases.store import FailureStore
from conformance.cases.vectors import vector_key
from conformance.clock import ManualClock
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.errors import AdapterCrashError
from conformance.material.keyfile import KeyFiles
from conformance.trial import Trial
from conformance.trial.examination import Examination
from conformance.trial.sweep import MOST_SHRUNK, Sweep, symptom
from conformance.wire.procedure import DOCUMENTED, Procedure

ASKED = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC)


class Counting(ProcedureAdapter):
    """The reference signer, or a wrong one, that keeps its orders and may answer otherwise."""

    def __init__(
        self,
        procedure: Procedure = DOCUMENTED,
        *,
        instead: Callable[[SignOrder], Answer | None] = lambda _: None,
    ) -> None:
        super().__init__(procedure)
        self._instead = instead
        self.orders: list[SignOrder] = []

    def sign(self, order: SignOrder) -> Answer:
        self.orders.append(order)
        return self._instead(order) or super().sign(order)

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        return map(self.sign, orders)


@pytest.fixture
def store(tmp_path: Path) -> FailureStore:
    return FailureStore(tmp_path / "failures")


@pytest.fixture
def sweep_with(store: FailureStore) -> Iterator[Callable[[Counting], Sweep]]:
    clock = ManualClock(ASKED)
    with KeyFiles() as files:

        def make(adapter: Counting) -> Sweep:
            examination = Examination(
                adapter,
                files=files,
                vector_key=vector_key,
                clock=clock,
                base_url="https://api.example/partner-api",
            )
            return Sweep(examination=examination, store=store, clock=clock)

        yield make


def wrong(*mistakes: str) -> Procedure:
    return breed(MISTAKES[item] for item in mistakes)


def case(number: int, target: str, *, body: bytes = b"", method: str = "POST") -> Case:
    return Case(
        id=f"generated/{number}",
        method=method,
        target=target,
        date=ASKED + timedelta(days=number),
        body=body,
        key_id="client-1",
    )


MakeSweep = Callable[[Counting], Sweep]


def test_a_right_signer_leaves_nothing_behind(sweep_with: MakeSweep, store: FailureStore) -> None:
    cases = collect(40, seed=1)
    swept = sweep_with(Counting()).run(cases)
    assert [trial.case for trial in swept.trials] == cases
    assert not any(symptom(trial) for trial in swept.trials)
    assert not store.load_all().cases
    assert swept.notes == ()


def test_a_failure_is_shrunk_stored_and_shown_in_place_of_what_was_found(
    sweep_with: MakeSweep, store: FailureStore
) -> None:
    cases = [
        case(0, "/fine"),
        case(1, "/a/b?c=d&e=f", body=b"long body"),
        case(2, "/g?" + "h" * 99),
    ]
    swept = sweep_with(Counting(wrong("target-query-left-out"))).run(cases)
    (stored,) = store.load_all().cases
    assert stored.target == "/?"
    assert stored.body == b""
    assert [trial.case.id for trial in swept.trials] == ["generated/0", stored.id, "generated/2"]
    shown = swept.trials[1]
    assert symptom(shown) == symptom(swept.trials[2])
    assert shown.judgement is not None
    assert shown.judgement.request.target == "/partner-api/?"


def test_the_next_run_tries_the_stored_failure_first(
    sweep_with: MakeSweep, store: FailureStore
) -> None:
    faulty = Counting(wrong("target-query-left-out"))
    sweep_with(faulty).run([case(1, "/a?b=c")])
    (stored,) = store.load_all().cases
    again = Counting(wrong("target-query-left-out"))
    swept = sweep_with(again).run([case(1, "/other")])
    assert again.orders[0].target == stored.target
    assert swept.trials[0].case.id == stored.id
    assert [item.id for item in store.load_all().cases] == [stored.id]


def test_a_stored_failure_that_passes_is_forgotten(
    sweep_with: MakeSweep, store: FailureStore
) -> None:
    store.save(case(1, "/a?b=c"))
    swept = sweep_with(Counting()).run([])
    assert len(swept.trials) == 1
    assert not store.load_all().cases


def test_a_stored_failure_is_kept_while_the_adapter_breaks_on_it(
    sweep_with: MakeSweep, store: FailureStore
) -> None:
    store.save(case(1, "/a?b=c"))
    broken = Answer(kind=AnswerKind.ERROR, error=AdapterCrashError("gone"))
    swept = sweep_with(Counting(instead=lambda _: broken)).run([])
    assert symptom(swept.trials[0]) == frozenset()
    assert len(store.load_all().cases) == 1


def test_one_example_of_each_symptom_is_kept(sweep_with: MakeSweep, store: FailureStore) -> None:
    adapter = Counting(wrong("target-query-left-out", "digest-body-trimmed"))
    cases = [case(0, "/?a"), case(1, "/", body=b"x "), case(2, "/?a", body=b"x "), case(3, "/?b")]
    sweep_with(adapter).run(cases)
    targets = {(item.target, item.body) for item in store.load_all().cases}
    assert len(targets) == 3
    assert ("/?", b"") in targets


def test_not_more_than_a_few_symptoms_are_shrunk(
    sweep_with: MakeSweep, store: FailureStore
) -> None:
    names = iter(f"X-{number}" for number in range(1000))

    def instead(order: SignOrder) -> Answer | None:
        signing = Counting(wrong("string-crlf")).sign(order)
        del order
        return signing if next(names) else None

    mistakes = ("string-crlf", "digest-hex", "date-zone-z", "header-algorithm-hs2019")
    adapters = [Counting(wrong(item)) for item in mistakes]
    order_of = {f"/{n}": adapters[n % len(adapters)] for n in range(12)}
    mixed = Counting(instead=lambda order: order_of[order.target].sign(order)
                     if order.target in order_of else None)  # fmt: skip
    swept = sweep_with(mixed).run([case(n, f"/{n}") for n in range(12)])
    assert len(swept.trials) == 12
    assert len(store.load_all().cases) <= MOST_SHRUNK
    assert instead is not None


def test_a_refusal_is_shrunk_and_an_allowed_one_is_none(
    sweep_with: MakeSweep, store: FailureStore
) -> None:
    declined = Answer(kind=AnswerKind.REFUSED, message="no query, please")
    adapter = Counting(instead=lambda order: declined if "?" in order.target else None)
    allowed = Case(
        id="generated/9",
        method="PROPFIND",
        target="/?",
        date=ASKED,
        key_id="client-1",
        refusal=Refusal.ALLOWED,
    )
    swept = sweep_with(adapter).run([case(1, "/some/path?with=query"), allowed])
    assert symptom(swept.trials[0]) == {"refused"}
    assert symptom(swept.trials[1]) == frozenset()
    (stored,) = store.load_all().cases
    assert stored.target == "/?"


def test_a_signer_that_fails_by_chance_keeps_the_request_it_failed_on(
    sweep_with: MakeSweep,
) -> None:
    """What cannot be shown again is not replaced by something that passes."""
    faulty = Counting(wrong("string-crlf"))
    first = iter([True])
    adapter = Counting(instead=lambda order: faulty.sign(order) if next(first, False) else None)
    swept = sweep_with(adapter).run([case(1, "/a?b")])
    assert swept.trials[0].case.id == "generated/1"
    assert symptom(swept.trials[0]) == {"string-crlf"}


def test_a_store_that_cannot_be_written_is_a_note(tmp_path: Path, sweep_with: MakeSweep) -> None:
    in_the_way = tmp_path / "failures"
    in_the_way.write_text("a file")
    swept = sweep_with(Counting(wrong("string-crlf"))).run([case(1, "/a")])
    assert symptom(swept.trials[0])
    assert len(swept.notes) == 1
    assert "cannot be stored" in swept.notes[0]


def test_every_trial_is_told_as_it_comes(sweep_with: MakeSweep) -> None:
    told: list[Trial] = []
    sweep = sweep_with(Counting())
    sweep = Sweep(
        examination=sweep.examination, store=sweep.store, clock=sweep.clock, asked=told.append
    )
    swept = sweep.run([case(1, "/a"), case(2, "/b")])
    assert tuple(told) == swept.trials
