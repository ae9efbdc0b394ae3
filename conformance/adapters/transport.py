"""What every way to carry protocol messages offers: requests handed over, replies fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from conformance.adapters.protocol import Reply


class Exchange(Protocol):
    """One request on its way."""

    took: timedelta
    """How long the implementation needed, once there is a reply."""

    def result(self) -> Reply:
        """Wait for the reply.

        Raises:
            AdapterError: there will be none, or its frame breaks the protocol.
        """

    def forget(self) -> None:
        """Say that nobody will ask for the reply."""


class Transport(Protocol):
    """Carries the operations of the protocol to one implementation."""

    def submit(
        self, op: str, fields: Mapping[str, str], limit: timedelta | None = None
    ) -> Exchange:
        """Hand over a request: sent as soon as the implementation can take it.

        `limit` is how long the answer may take, where it is another time than usual.
        """

    def trail(self) -> str:
        """Return what the implementation said aside, such as its last lines on standard error."""

    def close(self) -> None:
        """Say `bye` and let go of the implementation. May be called twice."""
