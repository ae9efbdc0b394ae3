"""The signing strings that a signer could have signed, by the number of mistakes it takes.

A string is made of three values (request target, date, digest) and the way they are put together.
Each of the four has its own mistakes; a hypothesis picks some from each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations, product
from typing import Final, NamedTuple

from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.registry import of_stage
from conformance.diagnosis.slot import (
    Ids,
    Slot,
    TargetSlot,
    Value,
    date_slot,
    digest_slot,
    far_dates,
    unsigned,
)
from conformance.wire.message import HeaderFields
from conformance.wire.procedure import DOCUMENTED, SigningString, Stage
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES, REQUEST_TARGET

_SLOTS: Final = (REQUEST_TARGET, "date", "digest")

Octets = tuple[bytes, bytes, bytes]
"""Target, date and digest as they stand in the string."""

Render = Callable[[Octets], bytes]
"""From the three values to the string."""

# Stand-ins for the three values. They hold all that a mistake of the signing string could change
# within a value (capitals, doubled and outer white space, ", "), so that a mistake which changes
# values is seen to, and is then worked out in full each time.
_STAND_INS: Final = (b"\x01A, a  T\x02", b"\x01A, a  D\x02", b"\x01A, a  G\x02")


_HIDDEN: Final = {
    "digest": "header-headers-hides-digest",
    REQUEST_TARGET: "header-headers-hides-target",
}


class Hypothesis(NamedTuple):
    """A string that may have been signed, and the mistakes that lead to it."""

    string: bytes
    mistakes: Ids


@dataclass(frozen=True, slots=True)
class _Base:
    """The names of the lines, and the mistakes by which they are not those of `headers`."""

    names: tuple[str, ...]
    mistakes: Ids = ()


class Space:
    """All hypotheses about what was signed in one request; with `only`, of those mistakes."""

    def __init__(self, reading: Reading, *, only: frozenset[str] | None = None) -> None:
        given = Given(request=unsigned(reading), host=_host(reading))
        self.given = given
        self._bases = tuple(
            base for base in _bases(reading) if only is None or set(base.mistakes) <= only
        )
        self._others = {
            name: reading.request.headers.combined(name)
            for name in reading.covered
            if name not in DOCUMENTED_NAMES
        }
        self._slots: tuple[Slot, ...] = (
            TargetSlot(given, _chosen(Stage.REQUEST_TARGET, only)),
            date_slot(reading, given, _chosen(Stage.DATE, only), only),
            digest_slot(reading, given, _chosen(Stage.DIGEST, only), only),
        )
        self._far = partial(far_dates, reading, given, only)
        self._shapes = tuple(
            item for item in _chosen(Stage.SIGNING_STRING, only) if not _shows(item, given)
        )
        self._renders: dict[tuple[_Base, Ids], Render] = {}
        self._templates: dict[tuple[_Base, Ids], SigningString] = {}

    def at_cost(self, cost: int) -> Iterator[Hypothesis]:
        """Yield the hypotheses of exactly `cost` mistakes, the cheapest first."""
        for base in self._bases:
            for shapes, *values in _splits(cost - len(base.mistakes)):
                levels = [slot.at_cost(n) for slot, n in zip(self._slots, values, strict=True)]
                for chosen in combinations(self._shapes, shapes) if all(levels) else ():
                    yield from self._rendered(base, chosen, levels)

    def _rendered(
        self, base: _Base, chosen: Sequence[Mistake], levels: Sequence[Sequence[Value]]
    ) -> Iterator[Hypothesis]:
        """Yield a hypothesis for every choice of one value of each level."""
        render = self._render(base, chosen)
        ids = (*(item.id for item in chosen), *base.mistakes)
        for values in product(*levels):
            target, date, digest = values
            yield Hypothesis(
                render((target.octets, date.octets, digest.octets)),
                target.mistakes + date.mistakes + digest.mistakes + ids,
            )

    def far(self) -> Iterator[Hypothesis]:
        """Yield the strings that are right but for a date some minutes off."""
        (target, *_), digests = self._slots[0].at_cost(0), self._slots[2].at_cost(0)
        for base in self._bases:
            for digest in digests if not base.mistakes else ():
                render = self._render(base, ())
                for date in self._far():
                    string = render((target.octets, date.octets, digest.octets))
                    yield Hypothesis(string, date.mistakes)

    def right(self) -> bytes:
        """Return the string of the documents' three lines, as the documented signer makes it."""
        return self.right_string().data

    def right_string(self) -> SigningString:
        """Return that string before it becomes octets."""
        request = self.given.request
        return DOCUMENTED.string(
            DOCUMENTED.target(request),
            DOCUMENTED.date(request),
            DOCUMENTED.digest(request),
            HeaderFields(request.further),
        )

    def _render(self, base: _Base, chosen: Sequence[Mistake]) -> Render:
        """Return a function from the three values to the string with `chosen` made."""
        key = base, tuple(item.id for item in chosen)
        if key not in self._renders:
            template = self._stood_in(base, tuple(chosen)).data
            in_full = partial(self._in_full, base, chosen)
            self._renders[key] = _from_template(template) or in_full
        return self._renders[key]

    def _stood_in(self, base: _Base, chosen: tuple[Mistake, ...]) -> SigningString:
        """Return the string of the stand-ins with `chosen` made, one after the other."""
        key = base, tuple(item.id for item in chosen)
        if key not in self._templates:
            self._templates[key] = (
                chosen[-1].change(self._stood_in(base, chosen[:-1]), self.given)
                if chosen
                else self._string(base, _STAND_INS)
            )
        return self._templates[key]

    def _in_full(self, base: _Base, chosen: Sequence[Mistake], values: Octets) -> bytes:
        string = self._string(base, values)
        for mistake in chosen:
            string = mistake.change(string, self.given)
        return string.data

    def _string(self, base: _Base, values: Octets) -> SigningString:
        texts = (value.decode("latin-1") for value in values)
        known = {**self._others, **dict(zip(_SLOTS, texts, strict=True))}
        lines = tuple(
            (name, value) for name in base.names if (value := known.get(name)) is not None
        )
        return SigningString(names=base.names, lines=lines)


@cache
def _splits(cost: int) -> Sequence[tuple[int, int, int, int]]:
    """Return how `cost` mistakes may fall on the shape and the three values, the cheapest first.

    The more shapes, the more work. Date and digest have many values and come late: where they
    are wrong, it mostly shows in their headers, and then costs nothing here.
    """

    def work(split: tuple[int, int, int, int]) -> tuple[int, int, int]:
        shapes, _, date, digest = split
        return shapes**2 + date + digest, digest, -shapes

    splits = [
        (shapes, target, date, digest)
        for shapes, target, date, digest in product(range(cost + 1), repeat=4)
        if shapes + target + date + digest == cost
    ]
    return sorted(splits, key=work)


def _bases(reading: Reading) -> Iterator[_Base]:
    """Yield the lines that `headers` names, and those it should have named."""
    covered = reading.covered
    absent = tuple(
        name
        for name in covered
        if name not in DOCUMENTED_NAMES and reading.request.headers.combined(name) is None
    )
    further = tuple(name for name in covered if name not in DOCUMENTED_NAMES)
    if not absent:
        yield _Base(covered)
    if further:
        unsigned_names = frozenset(absent or further)
        signed = tuple(name for name in covered if name not in unsigned_names)
        yield _Base(signed, ("header-headers-names-unsigned",))
    documented = (*DOCUMENTED_NAMES, *reversed(further))
    if set(covered) == set(documented) and covered != documented:
        yield _Base(documented, ("header-headers-reordered",))
    if reading.parameter("headers") is None:
        yield _Base(DOCUMENTED_NAMES, ("header-headers-missing",))
        return
    for name, mistake in _HIDDEN.items():
        if name not in covered:
            signed = tuple(item for item in DOCUMENTED_NAMES if item in (*covered, name))
            yield _Base((*signed, *further), (mistake,))


def _chosen(stage: Stage, only: frozenset[str] | None) -> tuple[Mistake, ...]:
    return tuple(item for item in of_stage(stage) if only is None or item.id in only)


def _shows(mistake: Mistake, given: Given) -> bool:
    """Tell whether the mistake shows in `headers`, which is known, rather than in the string."""
    string = SigningString(
        names=DOCUMENTED_NAMES, lines=tuple((name, "") for name in DOCUMENTED_NAMES)
    )
    changed: SigningString = mistake.change(string, given)
    return changed.names != string.names


def _from_template(template: bytes) -> Render | None:
    """Return a quick renderer when every stand-in in `template` is whole and single, else None."""
    present = sorted(
        (template.find(mark), index) for index, mark in enumerate(_STAND_INS) if mark in template
    )
    if any(template.count(octet) != len(present) for octet in (b"\x01", b"\x02")):
        return None
    order = [index for _, index in present]
    form = template.replace(b"%", b"%%")
    for index in order:
        form = form.replace(_STAND_INS[index], b"%b")
    if order == [0, 1, 2]:
        return form.__mod__
    return lambda values: form % tuple([values[index] for index in order])


def _host(reading: Reading) -> str:
    host = reading.request.headers.first("host") or reading.expected.host
    return host.partition("://")[2] or host or "api.example"
