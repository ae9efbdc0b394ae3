"""The `Digest` header: `SHA-256=` and the Base64 of the body's hash (RFC 3230, Security.md)."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from conformance.errors import WireError
from conformance.wire.base64text import decode
from conformance.wire.visible import visible

ALGORITHM: Final = "SHA-256"

EMPTY_DIGEST: Final = "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
"""The digest of an empty body, as Security.md prints it."""


def digest(body: bytes) -> str:
    """Return the value of the `Digest` header for `body`, byte for byte as it is sent."""
    return f"{ALGORITHM}={base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}"


def parse_digest(value: str) -> bytes:
    """Return the 32 octets of hash in the `Digest` header's `value`.

    Raises:
        WireError: `digest-several`, `digest-algorithm-missing`, `digest-algorithm-case`,
            `digest-algorithm`, `digest-length`, or a reason of `base64text.decode`.
    """
    name, separator, encoded = value.partition("=")
    if "," in value:
        raise WireError("digest-several", "more than one digest in the header")
    if not separator or not name.replace("-", "").isalnum() or len(name) > 20:
        raise WireError("digest-algorithm-missing", "no algorithm in front of the Base64 text")
    if name != ALGORITHM:
        if name.upper() == ALGORITHM:
            raise WireError("digest-algorithm-case", f"the algorithm is written '{name}'")
        raise WireError("digest-algorithm", f"the algorithm is '{visible(name)}'")
    hashed = decode(encoded)
    if len(hashed) != hashlib.sha256().digest_size:
        raise WireError("digest-length", f"{len(hashed)} octets instead of 32")
    return hashed
