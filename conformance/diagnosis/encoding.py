"""The signature's text: which octets it may stand for, and how it was written down."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.wire.procedure import Stage
from conformance.wire.reading import read_base64, unquoted

_LONGEST: Final = 16384
"""No signature takes more characters than this, however it is written."""

_BYTES_LITERAL: Final = re.compile(r"""\Ab(["'])(.*)\1\Z""", re.DOTALL)
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+\Z")


def signature_octets(text: str) -> Iterator[bytes]:
    """Yield the octets that `text` may stand for, the likeliest first, each once."""
    seen: set[bytes] = set()
    for octets in _readings(text) if len(text) <= _LONGEST else ():
        if octets and octets not in seen:
            seen.add(octets)
            yield octets


def _readings(text: str) -> Iterator[bytes]:
    plain = text.strip()
    plain = unquoted(_BYTES_LITERAL.sub(r"\2", plain)).strip('"')
    for candidate in (plain, unquote(plain), plain.replace(" ", "+")):
        octets = read_base64(candidate)
        if octets is None:
            continue
        yield octets
        yield from _within(octets)
        yield octets[::-1]
    if _HEX.match(plain):
        yield bytes.fromhex(plain)


def _within(octets: bytes) -> Iterator[bytes]:
    """Read hexadecimal or Base64 text within the octets."""
    try:
        inner = octets.decode("ascii")
    except UnicodeDecodeError:
        return
    if _HEX.match(inner):
        yield bytes.fromhex(inner)
    try:
        yield base64.b64decode(inner, validate=True)
    except binascii.Error:
        return


def encoding_mistake(
    text: str, octets: bytes, given: Given
) -> tuple[Mistake, tuple[str, ...]] | None:
    """Return the mistake that writes `octets` as `text`, and others that write the same.

    None when `text` is the one right way to write them, or when nothing known writes them so.
    """
    if not text:
        return MISTAKES["signature-empty"], ()
    right = base64.b64encode(octets).decode("ascii")
    if text == right or len(text) > _LONGEST:
        return None
    writers = [
        mistake
        for mistake in of_stage(Stage.SIGNATURE)
        if mistake.breaks == "SIG-003" and mistake.id not in {"signature-cut", "signature-empty"}
    ]
    fitting = [item for item in writers if item.change(right, given) == text]
    if not fitting:
        return None
    return fitting[0], tuple(item.id for item in fitting[1:])
