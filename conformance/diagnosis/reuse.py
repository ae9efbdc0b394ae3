"""Signatures that were right for an earlier request, and are known again with any other."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from conformance.wire.reading import Reading

MOST: Final = 20_000
"""How many signatures back are remembered."""


class Reuse:
    """Whether the signer uses signatures again, and which it could.

    The same signature may come twice from a signer that signs anew and leaves out what differs,
    such as the query. So nothing is known again until one reuse is `proved`: a signature of an
    earlier request's string, which no single mistake makes of the request it came with.
    """

    def __init__(self) -> None:
        self.proved = False
        self._signatures: OrderedDict[bytes, None] = OrderedDict()

    def add(self, reading: Reading) -> None:
        """Keep the signature of a request that it is right for."""
        if reading.verifies is True and reading.signature is not None:
            self._signatures[hashlib.sha256(reading.signature).digest()] = None
            if len(self._signatures) > MOST:
                self._signatures.popitem(last=False)

    def again(self, signature: bytes | None) -> bool:
        """Tell whether a wrong signature is one used before, by a signer that is known for it."""
        known = self.proved and signature is not None
        return known and hashlib.sha256(signature or b"").digest() in self._signatures
