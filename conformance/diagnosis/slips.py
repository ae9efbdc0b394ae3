"""Slips of one place in the signing string, known again in the next one.

Who slips once slips in the same way in every request: the place is kept by its line, counted from
the line's start and from its end, so that it is found in other values too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_KEPT: Final = 8
_LONGEST: Final = 80
"""Octets that a slip puts in or leaves out; what is longer is no slip."""


@dataclass(frozen=True, slots=True)
class Slip:
    """In the line called `name`, `removed` became `inserted`, `at` octets from its start or end."""

    name: bytes
    at: int
    from_end: bool
    removed: bytes
    inserted: bytes

    def made_in(self, expected: bytes) -> bytes | None:
        """Return `expected` with this slip; None where it does not fit."""
        start = 0
        for line in expected.split(b"\n"):
            if _name_of(line) == self.name:
                at = start + (len(line) - self.at if self.from_end else self.at)
                stop = at + len(self.removed)
                fits = start <= at and stop <= start + len(line)
                if fits and expected[at:stop] == self.removed:
                    return expected[:at] + self.inserted + expected[stop:]
            start += len(line) + 1
        return None


class Slips:
    """The slips that explained earlier requests, the last one first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Slip, None] = OrderedDict()

    def learn(self, expected: bytes, signed: bytes) -> None:
        """Keep the slip that made `signed` of `expected`, where it is one of a single line."""
        for slip in slips_between(expected, signed):
            self._kept.pop(slip, None)
            self._kept[slip] = None
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def made_in(self, expected: bytes) -> Iterator[bytes]:
        """Yield `expected` with each of them."""
        for slip in reversed(self._kept):
            made = slip.made_in(expected)
            if made is not None:
                yield made


def slips_between(expected: bytes, signed: bytes) -> Iterator[Slip]:
    """Yield the slip of one line that made `signed` of `expected`, by its nearer end last."""
    shorter = min(len(expected), len(signed))
    at = next((n for n in range(shorter) if expected[n] != signed[n]), shorter)
    after = next(
        (n for n in range(shorter - at) if expected[-1 - n] != signed[-1 - n]), shorter - at
    )
    removed, inserted = expected[at : len(expected) - after], signed[at : len(signed) - after]
    if b"\n" in removed or max(len(removed), len(inserted)) > _LONGEST:
        return
    start = expected.rfind(b"\n", 0, at) + 1
    stop = expected.find(b"\n", at)
    line = expected[start : len(expected) if stop < 0 else stop]
    places = ((at - start, False), (start + len(line) - at, True))
    for place, from_end in sorted(places, reverse=True):
        yield Slip(_name_of(line), place, from_end, removed, inserted)


def _name_of(line: bytes) -> bytes:
    return line.partition(b":")[0]
