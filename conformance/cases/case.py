"""A case: one request asked of an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from conformance.wire.message import Place


class Refusal(StrEnum):
    """Whether an implementation may decline to sign the case."""

    WRONG = "wrong"
    """It must sign: a refusal is a failure."""
    ALLOWED = "allowed"
    """It may decline; the case is then not tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request to be signed.

    `id` is `vectors/<topic>/<name>`, `generated/<number>` or `stored/<name>`. `target` begins after
    the gateway prefix. `key` names a key of the vectors, or is None for the key made for the run.
    `requirements` are those that the case was made for; all rules judge it all the same.
    """

    id: str
    method: str
    target: str
    date: datetime
    body: bytes = b""
    key_id: str
    place: Place = Place.SIGNATURE
    key: str | None = None
    refusal: Refusal = Refusal.WRONG
    requirements: tuple[str, ...] = ()
    says: str = ""
    """What the case is about, in one sentence."""
