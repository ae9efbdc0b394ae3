"""A zip file from somebody else, read so that nothing in it can harm.

A bundle is the plainest zip there is: a handful of files side by side, stored or deflated, no
comments, no extra fields, no gaps. Whatever differs is refused before a single octet is inflated;
what is inflated never grows past the size that was declared and allowed. Nothing is written to
disk, so no name can lead anywhere.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from conformance.gate.refusal import RefusalError
from conformance.wire.visible import visible

LARGEST_FILE: Final = 96 << 20
"""Octets that the zip file may have."""

MOST_ENTRIES: Final = 16
"""Files that may be in it."""

LARGEST_ENTRY: Final = 72 << 20
"""Octets that one of them may have."""

LARGEST_SUM: Final = 192 << 20
"""Octets that they may have together."""

HIGHEST_RATIO: Final = 200
"""How many times larger than its packed form a file may be, beyond the first `FREE` octets."""

FREE: Final = 1 << 20

_END: Final = struct.Struct("<4s4H2LH")
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_NAME: Final = re.compile(rb"[a-z0-9][a-z0-9_-]{0,40}(?:\.[a-z0-9]{1,10})?\Z")
_CHUNK: Final = 1 << 16
_STORED, _DEFLATED = 0, 8
_UTF8: Final = 0x800
_AGAIN: Final = "Send the file as `bundle create` wrote it; do not pack it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file in the archive; `begins` is where its packed octets begin."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    header: int
    begins: int


class Archive:
    """The files of the zip file `file`, by name, in the order in which they stand in it."""

    def __init__(self, file: BinaryIO) -> None:
        """Read what the archive says of itself, and believe none of it that does not fit.

        Raises:
            RefusalError: it is no zip file, or one that a bundle cannot be; see `reason`.
        """
        self._file = file
        size = file.seek(0, 2)
        if size > LARGEST_FILE:
            raise RefusalError(
                "bundle-too-large", f"the file has {size:,} octets; a bundle has {LARGEST_FILE:,} "
                "at most", hint=_AGAIN,
            )  # fmt: skip
        count, offset = self._end(size)
        listed = tuple(self._listed(count, offset, size - _END.size))
        _refuse_sizes(listed)
        self._refuse_gaps(listed, offset)
        self.entries: Mapping[str, Entry] = {entry.name: entry for entry in listed}

    def read(self, name: str) -> bytes:
        """Return the octets of the file `name`.

        Raises:
            RefusalError: they are not what the archive declares.
            KeyError: there is no such file.
        """
        return b"".join(self._chunks(self.entries[name]))

    def sha256(self, name: str) -> str:
        """Return the SHA-256 of the file `name`, which is not held in memory; raises as `read`."""
        found = hashlib.sha256()
        for chunk in self._chunks(self.entries[name]):
            found.update(chunk)
        return found.hexdigest()

    def _end(self, size: int) -> tuple[int, int]:
        """Return how many files the archive lists, and where its list begins."""
        self._file.seek(max(size - _END.size, 0))
        tail = self._file.read(_END.size)
        if len(tail) < _END.size or not tail.startswith(b"PK\5\6"):
            self._file.seek(0)
            if self._file.read(4) == b"PK\3\4":
                raise RefusalError(
                    "zip-truncated", "the zip file is cut short, or something was added at its end",
                    hint=_AGAIN,
                )  # fmt: skip
            raise RefusalError(
                "no-zip", "the file is no zip file",
                hint=f"{_AGAIN} A report alone, a readiness.json, is for `gate`.",
            )  # fmt: skip
        _, disk, first, here, count, length, offset, comment = _END.unpack(tail)
        if count > MOST_ENTRIES:
            raise RefusalError(
                "too-many-entries", f"the zip file lists {count:,} files or more; a bundle has "
                f"{MOST_ENTRIES} at most", hint=_AGAIN,
            )  # fmt: skip
        whole = (disk, first, comment) == (0, 0, 0) and here == count
        if not whole or offset + length != size - _END.size:
            raise _malformed("its list of files is not where it should be")
        return count, offset

    def _listed(self, count: int, offset: int, end: int) -> Iterator[Entry]:
        names: set[str] = set()
        for _ in range(count):
            self._file.seek(offset)
            record = self._file.read(_ENTRY.size)
            if len(record) < _ENTRY.size or offset + _ENTRY.size > end:
                raise _malformed("its list of files ends before its time")
            (
                signature, _, _, flags, method, _, _, crc, packed, size, length, extra, comment, _,
                _, attributes, header,
            ) = _ENTRY.unpack(record)  # fmt: skip
            if signature != b"PK\1\2":
                raise _malformed("its list of files is broken")
            name = _checked_name(self._file.read(length))
            if name in names:
                raise RefusalError(
                    "duplicate-name", f"the zip file holds two files called {name}", hint=_AGAIN
                )
            names.add(name)
            _refuse_kind(name, flags, method, attributes)
            if extra or comment:
                raise _malformed(f"{name} carries an extra field or a comment")
            offset += _ENTRY.size + length
            yield Entry(
                name=name, method=method, crc=crc, packed=packed, size=size, header=header,
                begins=header + _LOCAL.size + length,
            )  # fmt: skip
        if offset != end:
            raise _malformed("it lists more files than it counts")

    def _refuse_gaps(self, listed: tuple[Entry, ...], directory: int) -> None:
        """Refuse files that overlap or leave room between them, or whose two headers differ."""
        placed = sorted(listed, key=lambda entry: entry.header)
        starts = [entry.header for entry in placed]
        ends = [0, *(entry.begins + entry.packed for entry in placed)]
        if [*starts, directory] != ends:
            raise RefusalError(
                "zip-overlap", "files in the zip file overlap, or something hides between them",
                hint=_AGAIN,
            )  # fmt: skip
        for entry in placed:
            self._file.seek(entry.header)
            record = self._file.read(_LOCAL.size)
            if len(record) < _LOCAL.size:
                raise _malformed(f"{entry.name} is not where its list says")
            signature, _, flags, method, _, _, crc, packed, size, length, extra = _LOCAL.unpack(
                record
            )
            same = (method, crc, packed, size) == (
                entry.method, entry.crc, entry.packed, entry.size
            )  # fmt: skip
            plain = signature == b"PK\3\4" and not flags & ~_UTF8 and not extra
            if not same or not plain or self._file.read(length) != entry.name.encode():
                raise RefusalError(
                    "zip-headers-differ",
                    f"the zip file says two different things of {entry.name}",
                    hint=_AGAIN,
                )

    def _chunks(self, entry: Entry) -> Iterator[bytes]:
        """Yield the octets of a file, never more than were declared."""
        self._file.seek(entry.begins)
        inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
        left, seen, crc = entry.packed, 0, 0
        while left:
            packed = self._file.read(min(_CHUNK, left))
            if not packed:
                raise _lies(entry)
            left -= len(packed)
            for chunk in _inflated(inflater, packed, entry):
                seen += len(chunk)
                crc = zlib.crc32(chunk, crc)
                if seen > entry.size:
                    raise _lies(entry)
                yield chunk
        ended = inflater is None or (inflater.eof and not inflater.unused_data)
        if seen != entry.size or crc != entry.crc or not ended:
            raise _lies(entry)


def _inflated(inflater: zlib._Decompress | None, packed: bytes, entry: Entry) -> Iterator[bytes]:
    if inflater is None:
        yield packed
        return
    try:
        while not inflater.eof:
            chunk = inflater.decompress(packed, _CHUNK)
            yield chunk
            packed = inflater.unconsumed_tail
            if not packed and len(chunk) < _CHUNK:  # a full chunk may leave more of itself inside
                break
        else:
            packed = packed or inflater.unused_data
    except zlib.error:
        raise _lies(entry) from None
    if packed:
        raise _lies(entry)


def _checked_name(raw: bytes) -> str:
    if _NAME.match(raw):
        return raw.decode("ascii")
    shown = visible(raw, limit=80)
    text = raw.replace(b"\\", b"/")
    if text.startswith((b"/", b".")) or b"/" in text or b":" in text or b".." in text:
        raise RefusalError(
            "path-climbs", f"the zip file holds a path, '{shown}', where a bundle has names alone",
            hint=_AGAIN,
        )  # fmt: skip
    raise RefusalError(
        "name-unknown", f"the zip file holds a file called '{shown}', which no bundle has",
        hint=_AGAIN,
    )  # fmt: skip


def _refuse_kind(name: str, flags: int, method: int, attributes: int) -> None:
    if flags & 1:
        raise RefusalError("zip-encrypted", f"{name} is encrypted in the zip file", hint=_AGAIN)
    if stat.S_IFMT(attributes >> 16) not in (0, stat.S_IFREG):
        raise RefusalError(
            "entry-no-file", f"{name} is no plain file in the zip file, but a link or worse",
            hint=_AGAIN,
        )  # fmt: skip
    if flags & ~_UTF8 or method not in (_STORED, _DEFLATED):
        raise _malformed(f"{name} is packed in a way that bundles are not")


def _refuse_sizes(listed: tuple[Entry, ...]) -> None:
    for entry in listed:
        if entry.size > LARGEST_ENTRY:
            raise RefusalError(
                "entry-too-large", f"{entry.name} would have {entry.size:,} octets; a file of a "
                f"bundle has {LARGEST_ENTRY:,} at most", hint=_AGAIN,
            )  # fmt: skip
        if entry.size > FREE + HIGHEST_RATIO * entry.packed:
            raise RefusalError(
                "zip-bomb", f"{entry.name} would grow from {entry.packed:,} to {entry.size:,} "
                "octets", hint=_AGAIN,
            )  # fmt: skip
    whole = sum(entry.size for entry in listed)
    if whole > LARGEST_SUM:
        raise RefusalError(
            "zip-bomb", f"the files of the zip file would have {whole:,} octets together",
            hint=_AGAIN,
        )  # fmt: skip


def _lies(entry: Entry) -> RefusalError:
    return RefusalError(
        "zip-damaged", f"{entry.name} is not what the zip file declares: its octets, size or "
        "checksum differ", hint=_AGAIN,
    )  # fmt: skip


def _malformed(says: str) -> RefusalError:
    return RefusalError("zip-malformed", f"the zip file is none of a bundle: {says}", hint=_AGAIN)
