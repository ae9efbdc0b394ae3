"""Standard Base64 with padding, on one line (RFC 4648, section 4), and nothing else."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from conformance.errors import WireError

_ALPHABET: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_URL_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*={0,2}\Z")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+\Z|(?:[0-9A-F]{2})+\Z")


def decode(text: str) -> bytes:
    """Return the octets that padded standard Base64 `text` stands for.

    Raises:
        WireError: `base64-empty`, `base64-white-space` (wrapped lines too), `base64-url`,
            `base64-hex`, `base64-alphabet`, `base64-padding` or `base64-bits` (unused bits set,
            so that two texts would mean the same octets).
    """
    if not text:
        raise WireError("base64-empty", "there is no Base64 text")
    if text.split() != [text]:
        raise WireError("base64-white-space", "the Base64 text has white space or line ends in it")
    if not _ALPHABET.match(text):
        if _URL_ALPHABET.match(text):
            raise WireError("base64-url", "the text is base64url: - and _ instead of + and /")
        raise WireError("base64-alphabet", "the text has characters that Base64 does not use")
    if len(text) >= 40 and _HEX.match(text):
        raise WireError("base64-hex", "the text is hexadecimal, not Base64")
    if len(text) % 4:
        raise WireError("base64-padding", "the Base64 text is not padded with = to a multiple of 4")
    try:
        octets = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise WireError("base64-padding", f"the Base64 text is not well padded: {error}") from error
    if base64.b64encode(octets).decode("ascii") != text:
        raise WireError("base64-bits", "the last Base64 character has bits that mean nothing")
    return octets
