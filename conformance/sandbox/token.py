"""Access tokens: opaque, and known to this sandbox alone."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from conformance.clock import Clock

_MOST: Final = 10_000


class Tokens:
    """The tokens that were issued, the oldest forgotten beyond a bound."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._issued: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    def issue(self, client_id: str, lifetime: timedelta) -> str:
        """Return a new token for `client_id`, good for `lifetime`."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._issued[token] = client_id, self._clock.now() + lifetime
            while len(self._issued) > _MOST:
                self._issued.popitem(last=False)
        return token

    def holder(self, token: str) -> tuple[str, bool] | None:
        """Return whose `token` is and whether it is still good; None when it is nobody's."""
        found = self._issued.get(token)
        return None if found is None else (found[0], self._clock.now() < found[1])

    def revoke_all(self) -> None:
        """Forget every token."""
        with self._lock:
            self._issued.clear()
