"""A mistake: a known way to get one stage of signing wrong.

A mistake changes the result of one stage of `wire.procedure`. Changes compose, so that any set of
mistakes is a faulty signer, and any set can be tried as an explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.errors import DataError
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import Keys, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a mistake may look at besides the result that it changes.

    `keys` and `data` (the octets being signed) are there for the signature stage only. `memory`
    is what a stateful signer keeps from one request to the next.
    """

    request: UnsignedRequest
    keys: Keys | None = None
    data: bytes = b""
    host: str = "api.example"
    memory: dict[str, Any] = field(default_factory=dict)


Change = Callable[[Any, Given], Any]
"""From the stage's right result to the wrong one; the result's type is the stage's own."""

AnyChange = TypeVar("AnyChange", bound=Change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One known way to get one stage wrong, with words for the developer who made it.

    `says` completes "your signer …" as a sentence of its own; `mend` is an instruction.
    `breaks` is the requirement that it breaks. `alike` names mistakes whose octets are always the
    same, so that no one could tell them apart from outside.
    """

    id: str
    stage: Stage
    breaks: str
    says: str
    mend: str
    source: str
    change: Change
    alike: tuple[str, ...] = ()


class Shelf:
    """The mistakes of one stage, in the order in which they are written down.

    Calling it decorates a change:

        @shelf("string-crlf", breaks="STR-005", says="…", mend="…", source="…")
        def crlf(string: SigningString, given: Given) -> SigningString: …
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._mistakes: dict[str, Mistake] = {}

    def __iter__(self) -> Iterator[Mistake]:
        """Yield the mistakes in the order written."""
        return iter(self._mistakes.values())

    def __call__(
        self,
        identity: str,
        *,
        breaks: str,
        says: str,
        mend: str,
        source: str = "own",
        alike: tuple[str, ...] = (),
    ) -> Callable[[AnyChange], AnyChange]:
        """Put the decorated change on the shelf as the mistake `identity`.

        Raises:
            DataError: the shelf has a mistake of that id already.
        """

        def put(change: AnyChange) -> AnyChange:
            if identity in self._mistakes:
                raise DataError(f"two mistakes are called {identity!r}")
            self._mistakes[identity] = Mistake(
                id=identity, stage=self._stage, breaks=breaks, says=says, mend=mend,
                source=source, change=change, alike=alike,
            )  # fmt: skip
            return change

        return put
