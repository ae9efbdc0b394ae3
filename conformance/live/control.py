"""The control port of a local sandbox, which moves its clock where one would have to wait."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from conformance.client.message import Trouble
from conformance.client.transport import Transport
from conformance.clock import Clock
from conformance.config import Settings
from conformance.errors import UsageError
from conformance.live.secret import read_secret
from conformance.live.time import MovedTime
from conformance.wire.message import HeaderFields, SignedRequest
from conformance.wire.visible import visible

_LOCAL = ("localhost", "127.0.0.1", "::1")


class ControlPort:
    """Reaches the control port that settings name."""

    def __init__(self, settings: Settings, token: str) -> None:
        """Prepare to call `settings.control_url`, which must be set.

        Raises:
            MaterialError: the file of authorities cannot be used.
        """
        self._url = settings.control_url or ""
        self._token = token
        self._transport = Transport(
            self._url,
            identity=None,
            ca_file=settings.ca_file,
            connect_s=settings.connect_timeout.total_seconds(),
            answer_s=settings.answer_timeout.total_seconds(),
        )

    def check_is_of(self, base_url: str) -> None:
        """See that what is called is the sandbox that is controlled, and nothing else.

        Raises:
            UsageError: it is not, or the control port cannot be reached.
        """
        described = str(self._ask("GET", "/").get("base_url", ""))
        mine, theirs = urlsplit(base_url), urlsplit(described)
        if mine.hostname not in _LOCAL or (mine.port, mine.path) != (theirs.port, theirs.path):
            raise UsageError(
                f"the control port at {self._url} is that of {visible(described, limit=200)}, "
                f"not of {visible(base_url, limit=200)}",
                hint="Remove api.control_url, or name the sandbox's own address as the target.",
            )

    def ahead(self) -> timedelta:
        """Return how far the sandbox's clock was moved before.

        Raises:
            UsageError: the control port cannot be reached.
        """
        return _span(self._ask("GET", "/clock").get("ahead_s"))

    def advance(self, by: timedelta) -> None:
        """Move the sandbox's clock.

        Raises:
            UsageError: the control port cannot be reached.
        """
        self._ask("POST", "/clock", {"advance_s": by.total_seconds()})

    def close(self) -> None:
        """End the connection."""
        self._transport.close()

    def _ask(
        self, method: str, path: str, content: Mapping[str, object] | None = None
    ) -> Mapping[str, Any]:
        body = b"" if content is None else json.dumps(content).encode()
        headers = HeaderFields((("Authorization", f"Bearer {self._token}"),))
        request = SignedRequest(method=method, target=path, headers=headers, body=body)
        outcome, _ = self._transport.send(request)
        if isinstance(outcome, Trouble):
            raise UsageError(
                f"the control port cannot be reached: {outcome.says}",
                hint="Start the sandbox with --control-port, or remove api.control_url.",
            )
        try:
            found = outcome.json()
        except ValueError:
            found = None
        if outcome.status != 200 or not isinstance(found, dict):
            raise UsageError(
                f"the control port at {self._url} answers {outcome.status} to {method} {path}",
                hint="Is api.control_token_file that of the sandbox that runs now?",
            )
        return found


@contextmanager
def moved_time(settings: Settings, clock: Clock, environ: Mapping[str, str]) -> Iterator[MovedTime]:
    """Give the time of the sandbox whose control port `settings` name; put it back at the end.

    Raises:
        UsageError: there is no token for it, it cannot be reached, or it is another sandbox's.
    """
    token = read_secret("control_token", settings.control_token_file, environ)
    if token is None:
        raise UsageError(
            "to move the sandbox's clock, api.control_token_file must be set",
            hint="The sandbox keeps it as control-token in its directory.",
        )
    with closing(ControlPort(settings, token)) as port:
        port.check_is_of(settings.base_url)
        time = MovedTime(clock, port.advance, port.ahead())
        try:
            yield time
        finally:
            with suppress(UsageError):  # the sandbox may be gone
                time.put_back()


def _span(seconds: object) -> timedelta:
    return timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) else timedelta()
