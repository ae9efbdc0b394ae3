"""A probe: one thing done to a right request, and what the documents promise in return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from conformance.live.draft import Draft
from conformance.live.session import Session
from conformance.probes.asking import Need


class Sight(StrEnum):
    """What a probe saw of its requirement."""

    HELD = "held"
    BROKEN = "broken"
    UNCLEAR = "unclear"
    """The environment stood in the way: nothing can be said of the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come back: the status and the schema of the body, such as `errors/signature`.

    `text` is a body that is no JSON. `refusal` means that any documented refusal will do.
    """

    status: int
    schema: str = ""
    text: str = ""
    refusal: bool = False
    passes: bool = False
    """Whether any good answer will do."""

    @property
    def is_error(self) -> bool:
        """Whether it is a refusal."""
        return self.status >= 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of a probe: a reason code, what was expected and observed, what to do.

    `notes` are quirks that played a part; `evidence` names the exchanges; `tries` counts how often
    the probe was sent. `method`, `target` and `size` (of the body, in octets) are the request's.
    """

    sight: Sight
    reason: str = ""
    expected: str = ""
    observed: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tries: int = 1
    method: str = ""
    target: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One request that is wrong in one way, or right, and what must come back.

    `says` completes "a request …" for people. `draft` makes the request for a session.
    """

    id: str
    requirement: str
    says: str
    expects: Expected
    draft: Callable[[Session], Draft]
    replays: bool = False
    """Whether the request goes out unchanged before: what is replayed is its signature."""
    needs: Need | None = None
    """What a run must have been granted before this is sent."""

    @property
    def requests(self) -> int:
        """How many requests it takes."""
        return 2 if self.replays else 1


def problem(status: int, name: str) -> Expected:
    """Return the documented problem `name`, such as `digest-header`, as what must come back."""
    return Expected(status=status, schema=f"errors/{name}")
