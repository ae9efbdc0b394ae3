"""The signing strings that a signer could have signed, by the number of mistakes it takes.

A string is made of three values (request target, date, digest) and the way they are put together.
Each of the four has its own mistakes; a hypothesis picks some from each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from typing import Final

from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.registry import of_stage
from conformance.diagnosis.slot import (
    Ids,
    Slot,
    TargetSlot,
    date_slot,
    digest_slot,
    far_dates,
    unsigned,
)
from conformance.wire.message import HeaderFields, to_octets
from conformance.wire.procedure import DOCUMENTED, SigningString, Stage
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES, REQUEST_TARGET

Render = Callable[[str, str, str], bytes]
"""From (target, date, digest) to the string."""

# Stand-ins for the three values. They hold all that a mistake of the signing string could change
# within a value (capitals, doubled and outer white space, ", "), so that a mistake which changes
# values is seen to, and is then worked out in full each time.
_STAND_INS: Final = tuple(f"\x01A, a  {slot}\x02" for slot in "TDG")


_HIDDEN: Final = {
    "digest": "header-headers-hides-digest",
    REQUEST_TARGET: "header-headers-hides-target",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A string that may have been signed, and the mistakes that lead to it."""

    mistakes: Ids
    string: bytes


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

    def at_cost(self, cost: int) -> Iterator[Hypothesis]:
        """Yield the hypotheses of exactly `cost` mistakes."""
        for base in self._bases:
            left = cost - len(base.mistakes)
            for shape in range(left, -1, -1):
                values = list(self._values(left - shape))
                for chosen in combinations(self._shapes, shape) if values else ():
                    render = self._render(base, chosen)
                    ids = (*(item.id for item in chosen), *base.mistakes)
                    for triple, mistakes in values:
                        yield Hypothesis(mistakes=mistakes + ids, string=render(*triple))

    def far(self) -> Iterator[Hypothesis]:
        """Yield the strings that are right but for a date some minutes off."""
        (target, *_), digests = self._slots[0].at_cost(0), self._slots[2].at_cost(0)
        for base in self._bases:
            for digest in digests if not base.mistakes else ():
                render = self._render(base, ())
                for date in self._far():
                    string = render(target.text, date.text, digest.text)
                    yield Hypothesis(mistakes=date.mistakes, string=string)

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

    def _values(self, cost: int) -> Iterator[tuple[tuple[str, str, str], Ids]]:
        """Yield (target, date, digest) for every choice of `cost` mistakes among the three."""
        for split in product(range(cost + 1), repeat=len(self._slots)):
            if sum(split) != cost:
                continue
            levels = [slot.at_cost(level) for slot, level in zip(self._slots, split, strict=True)]
            for target, date, digest in product(*levels):
                yield (
                    (target.text, date.text, digest.text),
                    target.mistakes + date.mistakes + digest.mistakes,
                )

    def _render(self, base: _Base, mistakes: Sequence[Mistake]) -> Render:
        key = base, tuple(item.id for item in mistakes)
        if key not in self._renders:
            self._renders[key] = self._renderer(base, mistakes)
        return self._renders[key]

    def _renderer(self, base: _Base, mistakes: Sequence[Mistake]) -> Render:
        """Return a function from the three values to the string with `mistakes` made."""

        def in_full(target: str, date: str, digest: str) -> bytes:
            string = self._string(base, {REQUEST_TARGET: target, "date": date, "digest": digest})
            for mistake in mistakes:
                string = mistake.change(string, self.given)
            return string.data

        return _from_template(in_full(*_STAND_INS)) or in_full

    def _string(self, base: _Base, values: dict[str, str]) -> SigningString:
        known = {**self._others, **values}
        lines = tuple(
            (name, value) for name in base.names if (value := known.get(name)) is not None
        )
        return SigningString(names=base.names, lines=lines)


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
        signed = tuple(name for name in covered if name not in (absent or further))
        yield _Base(signed, ("header-headers-names-unsigned",))
    documented = (*DOCUMENTED_NAMES, *sorted(further, key=covered.index, reverse=True))
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
    """Return a quick renderer when every stand-in in `template` is whole, else None."""
    marks = [mark.encode("latin-1") for mark in _STAND_INS]
    present = sorted(
        (template.find(mark), index) for index, mark in enumerate(marks) if mark in template
    )
    whole = all(template.count(octet) == len(present) for octet in (b"\x01", b"\x02"))
    if not whole or any(template.count(marks[index]) > 1 for _, index in present):
        return None
    pieces: list[tuple[bytes, int]] = []
    position = 0
    for place, index in present:
        pieces.append((template[position:place], index))
        position = place + len(marks[index])
    rest = template[position:]

    def render(*values: str) -> bytes:
        text = b""
        for piece, index in pieces:
            text += piece + to_octets(values[index])
        return text + rest

    return render


def _host(reading: Reading) -> str:
    host = reading.request.headers.first("host") or reading.expected.host
    return host.partition("://")[2] or host or "api.example"
