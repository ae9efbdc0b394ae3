"""What the index says of a signer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import getdoc

from tests.faulty.handwritten.right import Order, Remembering, Sign


@dataclass(frozen=True, slots=True)
class Occasion:
    """The requests on which a signer is wrong; it is right on all others.

    `holds` takes an order and those that the same signer was handed before it, oldest first.
    """

    says: str
    holds: Callable[[Order, Sequence[Order]], bool]

    def __call__(self, order: Order, earlier: Sequence[Order] = ()) -> bool:
        """Return whether the signer is wrong on `order`, after `earlier`."""
        return self.holds(order, earlier)


ALWAYS = Occasion("every request", lambda _order, _earlier: True)

UNKNOWN_STRING = frozenset({"SIG-001"})
"""Who signs another string breaks this, too; and it is all that is left to say when nobody can
tell how the string came about, as with mistakes that are not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A signer written by hand: a function in `signer`, or a process adapter in `command`.

    `says` is what is special about it. `needs` are the programs that `command` cannot do without.
    """

    name: str
    says: str
    signer: Sign | None = None
    command: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def fresh(self) -> Sign:
        """Return `signer`, with an empty memory where it has one.

        Raises ValueError for a process.
        """
        if self.signer is None:
            raise ValueError(f"{self.name} is a process: start {' '.join(self.command)}")
        return type(self.signer)() if isinstance(self.signer, Remembering) else self.signer


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultySigner(Signer):
    """A signer that is wrong in one way.

    `breaks` are the requirements of which at least one must be found broken. `stage` is the stage
    of the signing procedure that goes wrong: `digest`, `date`, `request target`, `signing string`,
    `signature` or `header`. `means` is a regular expression that is found, in whatever letter
    case, in the first line of a good explanation. `listed` says whether the mistake is among those
    collected from signing libraries; one that is not may be narrowed down to its stage only, and
    `means` then fits the stage's name too. `on` tells the requests that it is wrong on.
    """

    breaks: frozenset[str]
    stage: str
    means: str
    listed: bool = True
    on: Occasion = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmlessSigner(Signer):
    """A right signer that does something unusual, which `clause` allows.

    `may_warn` are the requirements that may warn of it; nothing may fail.
    """

    clause: str
    may_warn: frozenset[str] = frozenset()


def requirements(ids: str, *, stage: str, listed: bool) -> frozenset[str]:
    """Return the ids in `ids`, and `UNKNOWN_STRING` where nobody may know the string signed.

    What is missing from it can be seen in `headers` (STR-001), known or not.
    """
    found = frozenset(ids.split())
    hidden = not listed and stage in {"request target", "signing string"}
    return found | UNKNOWN_STRING if hidden and "STR-001" not in found else found


def faulty(
    signer: Sign,
    breaks: str,
    means: str,
    when: Occasion = ALWAYS,
    *,
    stage: str,
    listed: bool = True,
) -> FaultySigner:
    """Return the entry of a signer in Python, named and explained as it is in its module."""
    return FaultySigner(
        name=_name(signer),
        says=_first_line(signer),
        signer=signer,
        breaks=requirements(breaks, stage=stage, listed=listed),
        stage=stage,
        means=means,
        listed=listed,
        on=when,
    )


def harmless(signer: Sign, clause: str, *may_warn: str) -> HarmlessSigner:
    """Return the entry of a right signer in Python."""
    return HarmlessSigner(
        name=_name(signer),
        says=_first_line(signer),
        signer=signer,
        clause=clause,
        may_warn=frozenset(may_warn),
    )


def _name(signer: Sign) -> str:
    """Return `module/name-of-the-signer`."""
    named = type(signer) if isinstance(signer, Remembering) else signer
    module, name = str(named.__module__).rpartition(".")[2], str(getattr(named, "__name__", ""))
    words = "".join("-" + letter.lower() if letter.isupper() else letter for letter in name)
    return f"{module}/{words.strip('-')}".replace("_", "-")


def _first_line(signer: Sign) -> str:
    named = type(signer) if isinstance(signer, Remembering) else signer
    return (getdoc(named) or "").partition("\n")[0]
