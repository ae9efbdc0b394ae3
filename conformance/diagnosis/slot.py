"""The three values of a signing string, and what mistakes make of each.

A slot gives, for a number of mistakes, the distinct texts that they lead to. Mistakes that change
nothing in this request are left out: they could not be told from no mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, Final, Protocol

from conformance.diagnosis.mistake import Given, Mistake
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, CoveredField
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES

Ids = tuple[str, ...]
"""The ids of the mistakes of a hypothesis."""

NEAR: Final = 3
"""How many seconds off the date sent, either way, the date signed is looked for."""

FAR: Final = 240
"""The same, when nothing else is wrong with the string."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Value:
    """A text that may stand in the string, and the mistakes that put it there."""

    text: str
    mistakes: Ids = ()


class Slot(Protocol):
    """One of the three values."""

    def at_cost(self, cost: int) -> Sequence[Value]:
        """Return the distinct texts that exactly `cost` mistakes lead to, and no fewer."""


def unsigned(reading: Reading) -> UnsignedRequest:
    """Return the request as the signer was given it, as far as it can be known."""
    expected = reading.expected
    return UnsignedRequest(
        method=reading.request.method,
        target=reading.request.target,
        date=expected.date or reading.moment or expected.now or _EPOCH,
        key_id=expected.key_id or reading.parameter("keyId") or "",
        body=reading.request.body,
        place=reading.place,
        base_path=expected.base_path,
        signed_path=expected.signed_path,
        further=tuple(
            (name, value)
            for name, value in reading.request.headers
            if name.lower() in reading.covered and name.lower() not in DOCUMENTED_NAMES
        ),
    )


class TargetSlot:
    """The value of `(request-target)`: mistakes compose."""

    def __init__(self, given: Given, mistakes: Sequence[Mistake]) -> None:
        self._given = given
        self._mistakes = mistakes
        self._levels: dict[int, tuple[Value, ...]] = {}

    def at_cost(self, cost: int) -> Sequence[Value]:
        """Return the distinct texts that exactly `cost` mistakes lead to, and no fewer."""
        if cost not in self._levels:
            self._levels[cost] = tuple(self._level(cost))
        return self._levels[cost]

    def _level(self, cost: int) -> Iterator[Value]:
        right = DOCUMENTED.target(self._given.request)
        if cost == 0:
            yield Value(right.value)
            return
        seen = {value.text for less in range(cost) for value in self.at_cost(less)}
        # A mistake that changes nothing alone may matter after another one, so all are combined.
        for chosen in combinations(self._mistakes, cost):
            text = _made(right, chosen, self._given).value
            if text not in seen:
                seen.add(text)
                yield Value(text, tuple(item.id for item in chosen))


class FieldSlot:
    """The value of a header field that is both sent and signed: what was sent is known.

    `absent` is the mistake of a field that is covered but not sent; `twice` and `untrimmed` are
    those of a field sent twice, or with white space around its value.
    """

    def __init__(
        self,
        name: str,
        reading: Reading,
        right: CoveredField,
        others: Callable[[], Iterator[Value]],
        only: frozenset[str] | None,
    ) -> None:
        self._name = name
        self._sent = reading.request.headers.all(name)
        self._combined = reading.request.headers.combined(name)
        self._covered = name in reading.covered
        self._right = right
        self._others = others
        self._only = only
        self._singles: tuple[Value, ...] | None = None

    def at_cost(self, cost: int) -> Sequence[Value]:
        """Return the distinct texts that exactly `cost` mistakes lead to: none beyond one."""
        if cost == 0:
            absent = () if self._covered else (Value(self._right.signed or ""),)
            return absent if self._combined is None else (Value(self._combined),)
        if cost > 1:
            return ()
        if self._singles is None:
            values: dict[str, Value] = {}
            for value in self._all():
                if self._only is None or set(value.mistakes) <= self._only:
                    values.setdefault(value.text, value)
            if self._combined is not None:
                values.pop(self._combined, None)
            self._singles = tuple(values.values())
        return self._singles

    def _all(self) -> Iterator[Value]:
        if self._combined is None:
            if self._covered:
                yield Value(self._right.signed or "", (f"{self._name}-not-sent",))
        elif len(self._sent) > 1:
            for text in self._sent:
                yield Value(text.strip(" \t"), (f"{self._name}-sent-twice",))
        elif self._sent[0] != self._combined:
            yield Value(self._sent[0], (f"{self._name}-untrimmed",))
        yield from self._others()


def date_slot(
    reading: Reading, given: Given, mistakes: Sequence[Mistake], only: frozenset[str] | None
) -> FieldSlot:
    """Return the slot of the date: other forms of the moment, and other moments near it."""
    right = DOCUMENTED.date(given.request)
    sent = reading.moment
    label = _apart(reading)

    def others() -> Iterator[Value]:
        yield from _changed(right, mistakes, given)
        if only is None or label in only:
            yield Value(right.signed or "", (label,))
            for moment in _window(sent or given.request.date, 1, NEAR):
                yield Value(format_imf_fixdate(moment), (label,))

    return FieldSlot("date", reading, right, others, only)


def far_dates(reading: Reading, given: Given, only: frozenset[str] | None) -> Iterator[Value]:
    """Yield dates farther off, nearest first."""
    label = _apart(reading)
    if only is None or label in only:
        for moment in _window(reading.moment or given.request.date, NEAR + 1, FAR):
            yield Value(format_imf_fixdate(moment), (label,))


def _apart(reading: Reading) -> str:
    """Return the mistake by which a date is signed that is not the one sent."""
    return "date-rewritten" if reading.request.headers.all("date") else "date-not-sent"


def digest_slot(
    reading: Reading, given: Given, mistakes: Sequence[Mistake], only: frozenset[str] | None
) -> FieldSlot:
    """Return the slot of the digest: the right one, and the wrong ones of this body."""
    right = DOCUMENTED.digest(given.request)
    sent = reading.request.headers.combined("digest")

    def others() -> Iterator[Value]:
        if sent is not None:
            yield Value(right.signed or "", ("digest-changed-after-signing",))
            yield Value(f"{sent}\n", ("digest-wrapped",))
        yield from _changed(right, mistakes, given)

    return FieldSlot("digest", reading, right, others, only)


def _window(moment: datetime, nearest: int, farthest: int) -> Iterator[datetime]:
    """Yield the seconds around `moment`, nearest first."""
    for seconds in range(nearest, farthest + 1):
        yield moment - timedelta(seconds=seconds)
        yield moment + timedelta(seconds=seconds)


def _changed(right: CoveredField, mistakes: Sequence[Mistake], given: Given) -> Iterator[Value]:
    for mistake in mistakes:
        signed = mistake.change(right, given).signed
        if signed is not None and signed != right.signed:
            yield Value(signed, (mistake.id,))


def _made(value: Any, mistakes: Sequence[Mistake], given: Given) -> Any:
    for mistake in mistakes:
        value = mistake.change(value, given)
    return value
