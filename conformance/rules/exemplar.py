"""Requests that are right at first sight, and need not be held against one rule after the other.

Most requests of a right signer are octet for octet what the documents' own procedure sends. Of
such a request every rule holds; a test holds the two ways of telling against each other.
"""

from __future__ import annotations

from conformance.diagnosis.of_date import right_moment
from conformance.wire.message import Place
from conformance.wire.parameters import SCHEME
from conformance.wire.reading import Reading


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
