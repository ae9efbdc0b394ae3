"""Standard Base64 with padding, on one line (RFC 4648, section 4), and nothing else."""

from __future__ import annotations

import binascii
import re
from typing import Final

from conformance.errors import WireError

_ALPHABET: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_URL_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*={0,2}\Z")
_LONG: Final = 40
"""Characters from which on hexadecimal text is taken for it."""
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+\Z|(?:[0-9A-F]{2})+\Z")


def decode(text: str) -> bytes:
    """Return the octets that padded standard Base64 `text` stands for.

    Raises:
        WireError: `base64-empty`, `base64-white-space` (wrapped lines too), `base64-url`,
            `base64-hex`, `base64-alphabet`, `base64-padding` or `base64-bits` (unused bits set,
            so that two texts would mean the same octets).
    """
    octets = _canonical(text)
    if octets:
        return octets
    raise _refusal(text)


def _canonical(text: str) -> bytes:
    """Return the octets of `text`; none where another text would be the Base64 of them."""
    try:
        octets = binascii.a2b_base64(text)
    except ValueError:
        return b""
    same = binascii.b2a_base64(octets, newline=False).decode("ascii") == text
    return octets if same and not _is_hex(text) else b""


def _is_hex(text: str) -> bool:
    """Tell whether `text` is hexadecimal, and so long that it is so by no accident."""
    return len(text) >= _LONG and bool(_HEX.match(text))


def _refusal(text: str) -> WireError:
    """Say what keeps `text` from being the Base64 of anything."""
    if not text:
        return WireError("base64-empty", "there is no Base64 text")
    if text.split() != [text]:
        return WireError("base64-white-space", "the Base64 text has white space or line ends in it")
    if not _ALPHABET.match(text):
        if _URL_ALPHABET.match(text):
            return WireError("base64-url", "the text is base64url: - and _ instead of + and /")
        return WireError("base64-alphabet", "the text has characters that Base64 does not use")
    if _is_hex(text):
        return WireError("base64-hex", "the text is hexadecimal, not Base64")
    return _refusal_of_end(text)


def _refusal_of_end(text: str) -> WireError:
    """Say what is wrong with how `text` ends, all of whose characters are of Base64."""
    if len(text) % 4:
        says = "the Base64 text is not padded with = to a multiple of 4"
        return WireError("base64-padding", says)
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        return WireError("base64-padding", f"the Base64 text is not well padded: {error}")
    return WireError("base64-bits", "the last Base64 character has bits that mean nothing")
