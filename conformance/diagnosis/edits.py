"""Strings one small slip away from the expected one, for mistakes that nobody has listed.

One octet put in, changed or left out, a stretch left out or in another letter case, two lines
exchanged, a line twice, a known piece of text in between. Each costs one hash; a string of 200
octets has about a hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from typing import Final

_OCTETS: Final = tuple(bytes([octet]) for octet in range(256))
LONGEST: Final = 4096
"""Beyond this many octets only the slips of whole lines are tried."""

_PIECES: Final = (
    b"Signature ", b"Date: ", b"date: ", b"digest: ", b"SHA-256=", b"(request-target): ", b"\r\n",
    b"\n\n", b" HTTP/1.1", b"https://", b"http://", b"/partner-api", b"?", b"&", b"host: ", b"GMT",
    b'"', b"\\n", b"%0A", b"\xef\xbb\xbf", b"null", b"undefined",
)  # fmt: skip


def near_edits(expected: bytes) -> Iterator[bytes]:
    """Yield what a finger slips to: an octet left out, doubled, exchanged, a space put in."""
    if len(expected) > LONGEST:
        return
    for at in range(len(expected) + 1):
        before, one, other = expected[:at], expected[at : at + 1], expected[at + 1 : at + 2]
        yield before + b" " + expected[at:]
        if one:
            yield before + expected[at + 1 :]
            yield before + one + expected[at:]
        if one != other and other:
            yield before + other + one + expected[at + 2 :]


def quick_edits(expected: bytes) -> Iterator[bytes]:
    """Yield the likeliest slips: of lines, of known pieces, and what is left out."""
    yield from _lines(expected)
    if len(expected) <= LONGEST:
        yield from _put_in(expected, _PIECES)
        yield from _left_out(expected)


def slow_edits(expected: bytes) -> Iterator[bytes]:
    """Yield the strings that one octet, or the case of one stretch, sets apart."""
    if len(expected) > LONGEST:
        return
    yield from _put_in(expected, _OCTETS)
    yield from _changed(expected)
    yield from _case(expected)


def _lines(expected: bytes) -> Iterator[bytes]:
    """Lines in another order, doubled, left out, or each with something around it."""
    lines = expected.split(b"\n")
    if len(lines) <= 5:
        for order in permutations(lines):
            yield b"\n".join(order)
            yield b"\n".join(order) + b"\n"
    for index, line in enumerate(lines):
        yield b"\n".join([*lines[:index], line, *lines[index:]])
        yield b"\n".join([*lines[:index], *lines[index + 1 :]])
    for before, after in ((b" ", b""), (b"", b" "), (b"\t", b""), (b'"', b'"'), (b"", b","),
                          (b"", b";"), (b"'", b"'"), (b"", b"\\n\\")):  # fmt: skip
        yield b"\n".join(before + line + after for line in lines)
        yield before + expected + after
    for change in (bytes.lower, bytes.upper, bytes.title):
        yield change(expected)


def _left_out(expected: bytes) -> Iterator[bytes]:
    """Every stretch of up to 80 octets left out, and every start and end."""
    size = len(expected)
    for start, stop in combinations(range(size + 1), 2):
        if stop - start <= 80 or start == 0 or stop == size:
            yield expected[:start] + expected[stop:]


def _put_in(expected: bytes, pieces: tuple[bytes, ...]) -> Iterator[bytes]:
    for at in range(len(expected) + 1):
        before, after = expected[:at], expected[at:]
        for piece in pieces:
            yield before + piece + after


def _changed(expected: bytes) -> Iterator[bytes]:
    for at in range(len(expected)):
        before, after = expected[:at], expected[at + 1 :]
        for octet in _OCTETS:
            yield before + octet + after


def _case(expected: bytes) -> Iterator[bytes]:
    """Every stretch in lower and in upper case."""
    for start, stop in combinations(range(len(expected) + 1), 2):
        piece = expected[start:stop]
        for changed in (piece.lower(), piece.upper()):
            if changed != piece:
                yield expected[:start] + changed + expected[stop:]
