"""A request before it is signed and sent: right, unless something about it is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from conformance.wire.message import Field, HeaderFields, Place, SignedRequest
from conformance.wire.procedure import DOCUMENTED, Procedure

Edit = Callable[[SignedRequest], SignedRequest]
"""Changes a request after it was signed."""


class Presents(StrEnum):
    """Which client certificate is presented."""

    REGISTERED = "registered"
    NONE = "none"
    UNKNOWN = "unknown"
    """One that was made for this run, so nobody knows it."""


class Way(StrEnum):
    """From where the API is called."""

    USUAL = "usual"
    UNLISTED = "unlisted"
    """From an address that is not whitelisted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request to the API; the defaults are a right `GET /ping`.

    `path` lies below the base address. `bearer` None is the token of the run, the empty text none.
    `ahead` is how far the date is ahead of the server's clock. `headers` are sent and not signed.
    """

    method: str = "GET"
    path: str = "/ping"
    body: bytes = b""
    headers: tuple[Field, ...] = ()
    place: Place = Place.SIGNATURE
    ahead: timedelta = timedelta()
    procedure: Procedure = DOCUMENTED
    presents: Presents = Presents.REGISTERED
    way: Way = Way.USUAL
    bearer: str | None = None
    edits: tuple[Edit, ...] = ()

    def edited(self, *edits: Edit) -> Draft:
        """Return it with further changes after signing."""
        return replace(self, edits=(*self.edits, *edits))


def with_header(name: str, value: str | None) -> Edit:
    """Return the change that gives a header field another value; None leaves it out."""

    def edit(request: SignedRequest) -> SignedRequest:
        fields = tuple(
            (key, kept if key.lower() != name.lower() else value) for key, kept in request.headers
        )
        headers = HeaderFields(tuple((key, kept) for key, kept in fields if kept is not None))
        return replace(request, headers=headers)

    return edit


def with_line(*, method: str | None = None, target: str | None = None) -> Edit:
    """Return the change that exchanges method or target; `target` follows the one that is there."""

    def edit(request: SignedRequest) -> SignedRequest:
        return replace(
            request,
            method=method or request.method,
            target=request.target if target is None else request.target + target,
        )

    return edit


def with_body(body: bytes) -> Edit:
    """Return the change that exchanges the body."""
    return lambda request: replace(request, body=body)
