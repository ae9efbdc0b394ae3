"""How the API behaves: as documented, or with promises broken on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from conformance.sandbox.message import Answer
from conformance.sandbox.problem import PROBLEMS, Problem
from conformance.sandbox.throttling import CREFO_WINDOW
from conformance.wire.reading import SKEW

Edit = Callable[[str, Answer], Answer]
"""Changes an answer; the text names the route, such as `ping`, or the problem, such as `rate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What the guards and resources go by.

    `accepts` holds the reasons for which nothing is refused. `edits` change each answer, in order.
    """

    problems: Mapping[str, Problem] = field(default_factory=lambda: PROBLEMS)
    accepts: frozenset[str] = frozenset()
    skew: timedelta = SKEW
    crefo_window: timedelta = CREFO_WINDOW
    one_crefo_for_all: bool = False
    penalty: timedelta = timedelta()
    remembers_keys: bool = True
    validates: bool = True
    edits: tuple[Edit, ...] = ()


DOCUMENTED = Behaviour()
"""As the documents say."""


Change = Callable[[Behaviour], Behaviour]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One way to break the documents; `breaks` names the requirements of the API that are broken.

    `spoils` names those that may look broken with them, since they cannot be shown without.
    """

    id: str
    says: str
    breaks: tuple[str, ...]
    change: Change
    spoils: tuple[str, ...] = ()
