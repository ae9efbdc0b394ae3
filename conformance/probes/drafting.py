"""What a probe does to a right request, as functions that make its draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.diagnosis.registry import MISTAKES, breed
from conformance.live.draft import Draft, Edit
from conformance.live.session import Session
from conformance.wire.message import Place, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, CoveredField, Procedure


def ping(**changes: object) -> Callable[[Session], Draft]:
    """Return a ping with these parts of its draft otherwise."""
    return lambda _: replace(Draft(), **changes)  # type: ignore[arg-type]


def edited(*edits: Edit) -> Callable[[Session], Draft]:
    """Return a ping that is changed after it was signed."""
    return lambda _: Draft().edited(*edits)


def mistaken(name: str, path: str = "/ping", place: Place = Place.SIGNATURE) -> Callable[
    [Session], Draft
]:  # fmt: skip
    """Return a request of a signer that makes one mistake of the registry."""

    def draft(session: Session) -> Draft:
        right = session.token_draft() if place is Place.AUTHORIZATION else Draft(path=path)
        return replace(right, procedure=breed([MISTAKES[name]], host=session.origin))

    return draft


def digest_as(value: Callable[[bytes], str]) -> Procedure:
    """Return a signer that sends and signs another `Digest`."""

    def stage(request: UnsignedRequest) -> CoveredField:
        text = value(request.body)
        return CoveredField(sent=(("Digest", text),), signed=text, octets=request.body)

    return replace(DOCUMENTED, digest=stage)


def date_as(value: str) -> Procedure:
    """Return a signer that sends and signs another text as `Date`."""
    return replace(DOCUMENTED, date=lambda _: CoveredField(sent=(("Date", value),), signed=value))
