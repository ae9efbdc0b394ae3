"""The three values of a signing string, and what mistakes make of each.

A slot gives, for a number of mistakes, the distinct texts that they lead to. Mistakes that change
nothing in this request are left out: they could not be told from no mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from conformance.diagnosis.mistake import Given, Mistake
from conformance.wire.date import format_imf_fixdate, moved
from conformance.wire.message import UnsignedRequest, to_octets
from conformance.wire.procedure import DOCUMENTED, CoveredField, RequestTarget
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES

Ids = tuple[str, ...]
"""The ids of the mistakes of a hypothesis."""

NEAR: Final = 10
"""How many seconds off the date sent, either way, the date signed is looked for."""

FAR: Final = 240
"""The same, when nothing else is wrong with the string."""

MOST: Final = 3
"""How many mistakes at once are looked for in the signing string."""

_LONGEST: Final = {1: 1_000_000, 2: 4000, MOST: 500}
"""How many characters a path may have for so many mistakes at once to be tried on it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Value:
    """What may stand in the string, and the mistakes that put it there."""

    octets: bytes
    mistakes: Ids = ()


def _value(text: str, mistakes: Ids = ()) -> Value:
    return Value(to_octets(text), mistakes)


class Slot(Protocol):
    """One of the three values."""

    def at_cost(self, cost: int) -> Sequence[Value]:
        """Return the distinct texts that exactly `cost` mistakes lead to, and no fewer."""


def unsigned(reading: Reading) -> UnsignedRequest:
    """Return the request as the signer was given it, as far as it can be known."""
    expected = reading.expected
    further = frozenset(reading.covered).difference(DOCUMENTED_NAMES)
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
            (name, value) for name, value in reading.request.headers if name.lower() in further
        ),
    )


class TargetSlot:
    """The value of `(request-target)`: mistakes compose."""

    def __init__(self, given: Given, mistakes: Sequence[Mistake]) -> None:
        self._given = given
        self._mistakes = mistakes
        self._right = DOCUMENTED.target(given.request)
        self._levels: dict[int, tuple[Value, ...]] = {0: (_value(self._right.value),)}

    def at_cost(self, cost: int) -> Sequence[Value]:
        """Return the distinct texts that exactly `cost` mistakes lead to, and no fewer."""
        if cost not in self._levels:
            known = {value.octets for less in range(cost) for value in self.at_cost(less)}
            values: dict[bytes, Value] = {}
            for target, ids in self._made(cost):
                value = _value(target.value, ids)
                if value.octets not in known:
                    values.setdefault(value.octets, value)
            self._levels[cost] = tuple(values.values())
        return self._levels[cost]

    def _made(self, cost: int) -> Iterator[tuple[RequestTarget, Ids]]:
        """Yield what every choice of `cost` mistakes makes, one after the other in their order.

        A mistake that changes nothing alone may matter after another one, so all are combined in
        pairs; beyond that, only those are that change something by themselves.
        """
        if len(self._right.path) > _LONGEST.get(cost, _LONGEST[max(_LONGEST)]):
            return
        mistakes = self._mistakes if cost < MOST else self._active()
        made: list[tuple[RequestTarget, int, Ids]] = [(self._right, 0, ())]
        for _ in range(cost):
            made = [
                (mistake.change(target, self._given), index + 1, (*ids, mistake.id))
                for target, first, ids in made
                for index, mistake in enumerate(mistakes[first:], first)
            ]
        yield from ((target, ids) for target, _, ids in made)

    def _active(self) -> Sequence[Mistake]:
        return [
            item for item in self._mistakes if item.change(self._right, self._given) != self._right
        ]


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
            absent = () if self._covered else (_value(self._right.signed or ""),)
            return absent if self._combined is None else (_value(self._combined),)
        if cost > 1:
            return ()
        if self._singles is None:
            values: dict[bytes, Value] = {}
            for value in self._all():
                if self._only is None or set(value.mistakes) <= self._only:
                    values.setdefault(value.octets, value)
            if self._combined is not None:
                values.pop(to_octets(self._combined), None)
            self._singles = tuple(values.values())
        return self._singles

    def _all(self) -> Iterator[Value]:
        if self._combined is None:
            if self._covered:
                yield _value(self._right.signed or "", (f"{self._name}-not-sent",))
        elif len(self._sent) > 1:
            for text in self._sent:
                yield _value(text.strip(" \t"), (f"{self._name}-sent-twice",))
        elif self._sent[0] != self._combined:
            yield _value(self._sent[0], (f"{self._name}-untrimmed",))
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
            yield _value(right.signed or "", (label,))
            for moment in _window(sent or given.request.date, 1, NEAR):
                yield _value(format_imf_fixdate(moment), (label,))

    return FieldSlot("date", reading, right, others, only)


def far_dates(reading: Reading, given: Given, only: frozenset[str] | None) -> Iterator[Value]:
    """Yield dates farther off, nearest first."""
    label = _apart(reading)
    if only is None or label in only:
        for moment in _window(reading.moment or given.request.date, NEAR + 1, FAR):
            yield _value(format_imf_fixdate(moment), (label,))


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
            yield _value(right.signed or "", ("digest-changed-after-signing",))
            yield _value(f"{sent}\n", ("digest-wrapped",))
        yield from _changed(right, mistakes, given)

    return FieldSlot("digest", reading, right, others, only)


def _window(moment: datetime, nearest: int, farthest: int) -> Iterator[datetime]:
    """Yield the seconds around `moment`, nearest first."""
    for seconds in range(nearest, farthest + 1):
        yield moved(moment, -timedelta(seconds=seconds))
        yield moved(moment, timedelta(seconds=seconds))


def _changed(right: CoveredField, mistakes: Sequence[Mistake], given: Given) -> Iterator[Value]:
    for mistake in mistakes:
        signed = mistake.change(right, given).signed
        if signed is not None and signed != right.signed:
            yield _value(signed, (mistake.id,))
