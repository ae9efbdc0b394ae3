"""Requests that are right at first sight, and need not be held against one rule after the other.

Most requests of a right signer are octet for octet what the documents' own procedure sends. Of
such a request the requirements in `SETTLED` hold; tests hold the two ways of telling against each
other.
"""

from __future__ import annotations

from typing import Final

from conformance.diagnosis.of_date import right_moment
from conformance.wire.message import Place
from conformance.wire.parameters import SCHEME
from conformance.wire.reading import Reading

SETTLED: Final = frozenset({
    "DIG-001", "DIG-002", "DIG-003", "DIG-004",
    "DATE-001", "DATE-002", "DATE-003", "DATE-004",
    "TGT-001", "TGT-002", "TGT-003", "TGT-004", "TGT-005",
    "STR-001", "STR-002", "STR-003", "STR-004", "STR-005", "STR-006", "STR-007", "STR-008",
    "SIG-001", "SIG-002", "SIG-003", "SIG-004",
    "HDR-001", "AUTH-001", "HDR-002", "HDR-003", "HDR-004", "HDR-005",
})  # fmt: skip
"""The requirements that hold for every exemplary request; a rule of any other is always asked."""


def is_exemplary(reading: Reading) -> bool:
    """Tell whether `Date`, `Digest` and the signature stand exactly as the documents show them.

    Each is there once; the date is the one called for, the parameters are written as in the
    example, and the signature verifies. False says nothing: the request may be right in another
    way, or nobody may know, for want of a key.
    """
    headers = reading.request.headers
    return (
        len(headers.all("date")) == 1
        and right_moment(reading) is not None
        and headers.all("digest") == (reading.digest,)
        and reading.like_example
        and _stands_in_its_place(reading)
        and reading.parameter("keyId") == reading.expected.key_id
        and reading.signature_refusal is None
        and reading.verifies is True
    )


def _stands_in_its_place(reading: Reading) -> bool:
    """Tell whether one header field carries the parameters, the right one, and nothing else."""
    if reading.place is Place.SIGNATURE:
        return reading.signature_fields == (reading.carrier,)
    alone = not reading.signature_fields
    return alone and reading.authorization == (f"{SCHEME} {reading.carrier}",)
