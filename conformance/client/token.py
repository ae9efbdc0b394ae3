"""The access token: got with the client credentials, kept until it expires, renewed once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Final
from urllib.parse import urlencode

from conformance.client.credentials import Credentials
from conformance.client.message import Answer
from conformance.client.result import Result
from conformance.clock import Clock

_MARGIN: Final = timedelta(seconds=30)
"""How long before its end a token is renewed: it must still be good when the request arrives."""

_SHARE: Final = 0.1
"""At most this part of a token's life is given away as margin."""

_LONGEST: Final = 10 * 365 * 86400
_USABLE: Final = re.compile(r"[\x21-\x7e]{1,16384}")
"""What may stand behind `Bearer`; a line end would start a header field of the server's choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token and how long it lasts; None until it is refused."""

    text: str = field(repr=False)
    lasts: timedelta | None = None


def credentials_form(credentials: Credentials) -> bytes:
    """Return the body of a token request."""
    form = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    return urlencode(form).encode("ascii")


def token_of(answer: Answer) -> Token | None:
    """Return the token that `answer` brings; None when it brings none that can be sent."""
    try:
        content = json.loads(answer.body)
        text = content["access_token"]
        usable = _USABLE.fullmatch(text) and answer.status == 200
    except (ValueError, RecursionError, TypeError, LookupError):
        return None
    return Token(text=text, lasts=_lasts(content.get("expires_in"))) if usable else None


def _lasts(told: object) -> timedelta | None:
    """Read `expires_in`, a number or a text: seconds."""
    try:
        seconds = float(told) if isinstance(told, int | float | str) else -1.0
    except (ValueError, OverflowError):
        return None
    if not 0 <= seconds <= _LONGEST:  # not a number is none either
        return None
    span = timedelta(seconds=seconds)
    return span - min(_MARGIN, span * _SHARE)


class TokenKeeper:
    """Keeps one token for all threads; only one of them gets a new one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._token: Token | None = None
        self._ends: float | None = None

    def get(
        self,
        fetch: Callable[[], Token | Result],
        *,
        refused: Token | None = None,
        within: timedelta,
    ) -> Token | Result | None:
        """Return a token that is not `refused`, from `fetch` where there is none.

        What `fetch` says instead of a token is returned as it is; None when another thread has been
        getting one for as long as `within`.
        """
        if not self._lock.acquire(timeout=within.total_seconds()):
            return None
        try:
            expired = self._ends is not None and self._clock.monotonic() >= self._ends
            if self._token is not None and self._token is not refused and not expired:
                return self._token
            began = self._clock.monotonic()
            found = fetch()
            if isinstance(found, Token):
                self._token = found
                self._ends = None if found.lasts is None else began + found.lasts.total_seconds()
            return found
        finally:
            self._lock.release()
