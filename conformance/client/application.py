"""Applications: which crefo ids were applied for of late, and under which idempotency key.

"You cannot apply using the same crefo id within the first 5 minutes from the first try"
(Security.md, "Throttling"). The same application under the same key is no second one: the API
answers it as it did the first time.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import timedelta
from threading import Lock
from typing import Any, Final

from conformance.client.result import Result
from conformance.clock import Clock

WINDOW: Final = timedelta(minutes=5)

_CERTAINLY_NOT: Final = frozenset({400, 401, 403, 404, 405, 413, 415, 422})
"""Statuses after which nothing was applied for."""


def crefo_id(body: bytes) -> str | None:
    """Return the crefo id of an application; None when it names none."""
    try:
        scores: Any = json.loads(body)["company"]["credit_scores"]
        found = [item["id"] for item in scores if item.get("type") == "CREFO"]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None
    return str(found[0]) if found else None


class Applications:
    """Remembers each crefo id for five minutes from the first try."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._tried: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def begin(self, crefo: str, key: str) -> tuple[timedelta, bool]:
        """Note a try under the idempotency key `key`.

        Return how long it has to wait, and whether it is the first for its crefo id.
        """
        now = self._clock.monotonic()
        with self._lock:
            while self._tried and next(iter(self._tried.values()))[1] <= now:
                self._tried.popitem(last=False)
            if crefo not in self._tried:
                self._tried[crefo] = key, now + WINDOW.total_seconds()
                return timedelta(), True
            first, until = self._tried[crefo]
            return timedelta() if first == key else timedelta(seconds=until - now), False

    def forget(self, crefo: str) -> None:
        """Forget a try that applied for nothing."""
        with self._lock:
            self._tried.pop(crefo, None)


def applied(result: Result) -> bool:
    """Tell whether a call of `POST /applications` may have applied for something."""
    throttled = result.status == 429 and not (result.problem and result.problem.is_of_crefo)
    return bool(result.attempts) and not throttled and result.status not in _CERTAINLY_NOT
