"""The signature's text: which octets it may stand for, and how it was written down."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.wire.message import to_octets
from conformance.wire.procedure import Stage
from conformance.wire.reading import read_base64, unquoted

_LONGEST: Final = 16384
"""No signature takes more characters than this, however it is written."""

_FOREIGN: Final = 16
"""From so many characters beyond ASCII on a text was meant as octets; any signature has more."""

_PARAMETER: Final = re.compile(
    r"""(?:^|[,;\s])signature="(?P<text>.*?)"?"""
    r"""(?:[,;]\s*(?:keyId|algorithm|headers)="[^"]*+"){0,3}+\Z""",
    re.DOTALL,
)
_BYTES_LITERAL: Final = re.compile(r"""\Ab(["'])(.*)\1\Z""", re.DOTALL)
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+\Z")


def raw_signature(carrier: str) -> str | None:
    """Return what stands as `signature` in `carrier` where that is octets, not Base64; else None.

    They may hold quotes and commas, so the end is where the next known parameter begins.
    """
    match = _PARAMETER.search(carrier) if len(carrier) <= _LONGEST else None
    text = "" if match is None else match["text"]
    foreign = sum(character >= "\x80" for character in text)
    return text if foreign >= _FOREIGN else None


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
    if not text.isascii():
        yield from _unencoded(to_octets(text))


def _unencoded(octets: bytes) -> Iterator[bytes]:
    """Yield what stands there without Base64: as it is, and as Latin-1 made UTF-8."""
    with contextlib.suppress(UnicodeError):
        yield octets.decode("utf-8").encode("latin-1")
    yield octets


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
