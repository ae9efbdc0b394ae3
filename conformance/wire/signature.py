"""`rsa-sha256`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2), in Base64."""

from __future__ import annotations

import base64
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

_PADDING: Final = PKCS1v15()
_HASH: Final = SHA256()


def sign(data: bytes, key: RSAPrivateKey) -> str:
    """Return the signature of `data` in padded standard Base64, on one line."""
    return base64.b64encode(key.sign(data, _PADDING, _HASH)).decode("ascii")


def verifies(signature: bytes, data: bytes, key: RSAPublicKey) -> bool:
    """Tell whether `signature` is that of `data` by the private half of `key`."""
    try:
        key.verify(signature, data, _PADDING, _HASH)
    except InvalidSignature:
        return False
    return True
