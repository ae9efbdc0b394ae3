"""Why the `Digest` header is what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given
from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.diagnosis.reproduction import (
    STRING_ONLY,
    cause_of,
    normal,
    reproduced,
    sent_fields,
    shown_right,
    shown_sent,
)
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, CoveredField, Stage
from conformance.wire.reading import Reading

_LARGE: Final = 16384
"""Beyond this many octets of body, pairs of mistakes are not tried."""


def explain_digest(
    reading: Reading, request: UnsignedRequest, earlier: Mapping[str, bool], most: int
) -> Iterator[Cause]:
    """Yield the mistakes, up to `most`, that make the `Digest` header of this body what it is.

    `earlier` are the digests of the bodies before this one, and whether each was sent with its
    body: a digest that was not cannot have been kept, however well it fits.
    """
    observed = sent_fields(reading, ("digest", "content-digest"))
    right = DOCUMENTED.digest(request)
    if observed == normal(right.sent):
        return
    covered = reading.carrier is not None and "digest" in reading.covered

    def fits(field: CoveredField) -> bool:
        return normal(field.sent) == observed and (
            bool(observed) or (field.signed is not None) == covered
        )

    counts = range(1, 1 + (most if len(request.body) <= _LARGE else 1))
    mistakes = [item for item in of_stage(Stage.DIGEST) if item.id not in STRING_ONLY]
    given = Given(request=request)
    shown = shown_sent(reading, ("digest", "content-digest"))
    found = list(
        reproduced(
            right, mistakes, given, fits, observed=shown, counts=counts,
            # What is hashed goes before the way in which the hash is written.
            goes_first=lambda field: field.octets != right.octets,
        )
    )  # fmt: skip
    if not found and len(observed) == 1 and observed[0][1] in earlier:
        found = [
            cause_of(
                MISTAKES["digest-reused"], expected=shown_right(right), observed=shown,
                proved=earlier[observed[0][1]],
            )
        ]  # fmt: skip
    yield from found
