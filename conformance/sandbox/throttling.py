"""How often an address may call, and a crefo id apply (Security.md, "Throttling").

The strategy is that of the library `limits`. Its own storage counts by the machine's clock, so
there is one here that counts by the sandbox's, which can be moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Final

from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from conformance.clock import Clock

WINDOW: Final = timedelta(seconds=60)
"""The window that the RateLimit headers speak of (quirk Q2)."""

CREFO_WINDOW: Final = timedelta(minutes=5)

_MOST_KEYS: Final = 10_000


class ClockStorage(Storage):
    """Counters that expire by a `Clock`; a bounded number of them."""

    STORAGE_SCHEME = ["conformance-clock"]  # noqa: RUF012 - the library's own attribute

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._lock = Lock()
        self._counters: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong in a storage: nothing in this one."""
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` under `key`, from zero when `expiry` seconds have passed."""
        now = self._clock.monotonic()
        with self._lock:
            count, ends = self._counters.get(key, (0, 0.0))
            if ends <= now:
                if len(self._counters) >= _MOST_KEYS:
                    self._drop(now)
                count, ends = 0, now + expiry
            self._counters[key] = count + amount, ends
            return count + amount

    def _drop(self, now: float) -> None:
        """Forget what has expired, and the oldest quarter when that is not enough."""
        self._counters = {key: item for key, item in self._counters.items() if item[1] > now}
        if len(self._counters) >= _MOST_KEYS:
            for key in list(self._counters)[: _MOST_KEYS // 4]:
                del self._counters[key]

    def get(self, key: str) -> int:
        """Return the count under `key`."""
        count, ends = self._counters.get(key, (0, 0.0))
        return count if ends > self._clock.monotonic() else 0

    def get_expiry(self, key: str) -> float:
        """Return the moment, by the clock's `monotonic`, when the count starts anew."""
        now = self._clock.monotonic()
        return max(self._counters.get(key, (0, now))[1], now)

    def check(self) -> bool:
        """Tell that counting works."""
        return True

    def reset(self) -> int:
        """Forget every count."""
        with self._lock:
            dropped = len(self._counters)
            self._counters.clear()
        return dropped

    def clear(self, key: str) -> None:
        """Forget the count under `key`."""
        with self._lock:
            self._counters.pop(key, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an address stands in the window: what the RateLimit headers say, in requests and s."""

    admitted: bool
    limit: int
    remaining: int
    reset: int


class Throttle:
    """Counts the requests of each address and the applications for each crefo id."""

    def __init__(self, clock: Clock, *, per_second: int) -> None:
        self._clock = clock
        self._storage = ClockStorage(clock)
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._second = RateLimitItemPerSecond(per_second)
        self._window = RateLimitItemPerSecond(
            per_second * int(WINDOW.total_seconds()), int(WINDOW.total_seconds())
        )
        self._barred: dict[str, float] = {}

    def admit(self, address: str, *, penalty: timedelta = timedelta()) -> Standing:
        """Count a request of `address`, and say whether it may pass.

        `penalty` bars an address that exceeded the limit for that much longer: no documented
        behaviour, but a deviation.
        """
        admitted = self._limiter.hit(self._second, address)
        admitted = admitted and self._limiter.hit(self._window, address)
        if self._barred or penalty:
            admitted = self._is_free(address, penalty, admitted=admitted)
        ends, remaining = self._limiter.get_window_stats(self._window, address)
        reset = math.ceil(ends - self._clock.monotonic()) or int(WINDOW.total_seconds())
        return Standing(
            admitted=admitted, limit=self._window.amount, remaining=remaining, reset=reset
        )

    def _is_free(self, address: str, penalty: timedelta, *, admitted: bool) -> bool:
        now = self._clock.monotonic()
        if not admitted:
            self._barred[address] = now + penalty.total_seconds()
        return self._barred.get(address, 0.0) <= now and admitted

    def may_apply(self, crefo: str, window: timedelta) -> bool:
        """Count an application for `crefo`, and tell whether it is the first within `window`."""
        item = RateLimitItemPerSecond(1, int(window.total_seconds()), namespace="crefo")
        return self._limiter.hit(item, crefo)

    def reset(self) -> None:
        """Forget every count."""
        self._storage.reset()
        self._barred.clear()
