"""Zip files made to harm: each is refused by its own reason, and nothing grows meanwhile."""

from __future__ import annotations

import io
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.gate.archive import LARGEST_ENTRY, LARGEST_FILE, Archive
from conformance.gate.packing import packed
from conformance.gate.refusal import RefusalError

END = struct.Struct("<4s4H2LH")
FILES = {"manifest.json": b"{}\n", "readiness.json": b'{"a": 1}\n' * 100}


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes], comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in entries:
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
        archive.comment = comment
    return buffer.getvalue()


def refusal(data: bytes, *, reads: bool = False) -> str:
    """Return the reason for which `data` is refused; when opened, or when its files are read."""
    with pytest.raises(RefusalError) as caught:
        opened(data, reads=reads)
    assert caught.value.message
    assert caught.value.hint
    return caught.value.reason


def opened(data: bytes, *, reads: bool = True) -> Archive:
    archive = Archive(io.BytesIO(data))
    for name in archive.entries if reads else ():
        archive.sha256(name)
    return archive


def patched(data: bytes, offset: int, form: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, value)
    return bytes(changed)


def directory_of(data: bytes) -> int:
    """Return where the list of files begins."""
    return int(END.unpack(data[-END.size :])[6])


def test_what_is_packed_is_read() -> None:
    archive = opened(packed(FILES))

    assert {name: archive.read(name) for name in archive.entries} == FILES


def test_the_same_files_give_the_same_octets() -> None:
    """Whatever order they are named in."""
    assert packed(FILES) == packed(dict(reversed(FILES.items())))


def test_others_can_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(packed(FILES))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


@pytest.mark.parametrize("data", [b"", b"PK", b"{}" * 50, b"\x1f\x8b" + b"0" * 100])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    assert refusal(data) == "no-zip"


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_zip_that_is_cut_short_is_refused(kept: float) -> None:
    data = packed(FILES)

    assert refusal(data[: int(len(data) * kept)]) == "zip-truncated"


def test_a_zip_with_something_behind_it_is_refused() -> None:
    assert refusal(packed(FILES) + b"\n") == "zip-truncated"


def test_a_zip_with_something_before_it_is_refused() -> None:
    """A self-extracting program, say: other readers would take the offsets for relative ones."""
    assert refusal(b"#!/bin/sh\n" + packed(FILES)) in {"zip-malformed", "zip-overlap"}


def test_a_comment_is_refused() -> None:
    data = zipped(("manifest.json", b"{}"), comment=b"x")

    assert refusal(data) in {"zip-malformed", "zip-truncated"}


@pytest.mark.parametrize(
    "name",
    [
        "../manifest.json", "/etc/passwd", "a/b.json", "..\\..\\x.json", "c:\\x.json", "c:x.json",
        "\\\\host\\share", "./manifest.json", "..", "a/../b", "%2e%2e/x/",
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(name: str) -> None:
    assert refusal(zipped((name, b"{}"))) == "path-climbs"


@pytest.mark.parametrize(
    "name", ["Manifest.json", "manifest.json ", "man\nifest", "mänifest.json", "x" * 200, "a.b.c"]
)
def test_a_name_that_no_bundle_has_is_refused(name: str) -> None:
    assert refusal(zipped((name, b"{}"))) == "name-unknown"


def test_a_name_with_an_end_of_string_in_it_is_refused() -> None:
    data = packed({"manifest.json": b"{}"}).replace(b"manifest.json", b"manifest.j\0on")

    assert refusal(data) == "name-unknown"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_what_is_no_plain_file_is_refused(kind: int) -> None:
    entry = zipfile.ZipInfo("manifest.json")
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16

    assert refusal(zipped((entry, b"/etc/passwd"))) == "entry-no-file"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused() -> None:
    data = zipped(("manifest.json", b"{}"), ("manifest.json", b"[]"))

    assert refusal(data) == "duplicate-name"


def test_ten_thousand_entries_are_refused_before_they_are_read() -> None:
    data = zipped(*((f"f{number}.json", b"") for number in range(10_000)))

    assert refusal(data) == "too-many-entries"


def test_a_count_that_lies_is_refused() -> None:
    """One file is counted, and a thousand are listed."""
    data = zipped(*((f"f{number}.json", b"") for number in range(1000)))
    lying = patched(patched(data, len(data) - 14, "<H", 1), len(data) - 12, "<H", 1)

    assert refusal(lying) == "zip-malformed"


def test_a_list_that_is_longer_than_its_count_is_refused() -> None:
    data = packed(FILES)
    lying = patched(patched(data, len(data) - 14, "<H", 3), len(data) - 12, "<H", 3)

    assert refusal(lying) == "zip-malformed"


def test_a_file_that_grows_beyond_measure_is_refused_before_it_grows() -> None:
    data = packed({"readiness.json": b" " * (40 << 20)})
    assert len(data) < 50_000

    tracemalloc.start()
    assert refusal(data) == "zip-bomb"
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_file_of_a_gigabyte_is_refused_before_it_grows() -> None:
    """Its header tells the truth: 1 GB of JSON."""
    data = packed({"readiness.json": b"[" * 1000})
    huge = 1 << 30
    data = patched(data, 22, "<L", huge)
    data = patched(data, directory_of(data) + 24, "<L", huge)

    assert refusal(data) == "entry-too-large"


def test_a_size_that_lies_stops_at_what_was_declared() -> None:
    """A header that declares 100 octets, and data that would be 40 MiB."""
    data = packed({"readiness.json": b" " * (40 << 20)})
    data = patched(data, 22, "<L", 100)
    data = patched(data, directory_of(data) + 24, "<L", 100)

    tracemalloc.start()
    assert refusal(data, reads=True) == "zip-damaged"
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_a_size_that_is_too_large_is_refused() -> None:
    data = packed({"readiness.json": b"x" * 1000})
    data = patched(data, 22, "<L", 1001)
    data = patched(data, directory_of(data) + 24, "<L", 1001)

    assert refusal(data, reads=True) == "zip-damaged"


def test_many_files_that_are_large_together_are_refused() -> None:
    data = packed({f"f{number}.json": b"x" * 1000 for number in range(4)})
    offset = directory_of(data)
    for number in range(4):
        size = 60 << 20
        local = struct.unpack_from("<L", data, offset + 42)[0]
        for place, form in ((offset + 20, "<L"), (local + 18, "<L")):
            data = patched(data, place, form, size // 100)
        data = patched(patched(data, offset + 24, "<L", size), local + 22, "<L", size)
        offset += 46 + len(f"f{number}.json")

    assert refusal(data) == "zip-bomb"


def test_files_that_share_their_data_are_refused() -> None:
    """The bomb without recursion: many entries, one block of packed octets."""
    data = packed({"a.json": b"x" * 1000, "b.json": b"x" * 1000})
    second = directory_of(data) + 46 + len("a.json")

    assert refusal(patched(data, second + 42, "<L", 0)) in {"zip-overlap", "zip-headers-differ"}


def test_octets_between_files_are_refused() -> None:
    data = packed(FILES)
    at = directory_of(data)
    hidden = data[:at] + b"hidden" + data[at:]

    assert refusal(patched(hidden, len(hidden) - 6, "<L", at + 6)) == "zip-overlap"


def test_headers_that_differ_are_refused() -> None:
    """One reader goes by the list, another by the file: they would see two different bundles."""
    data = packed(FILES)

    assert refusal(data.replace(b"manifest.json", b"readiness.jso", 1)) == "zip-headers-differ"


def test_an_encrypted_file_is_refused() -> None:
    data = packed(FILES)
    data = patched(patched(data, 6, "<H", 1), directory_of(data) + 8, "<H", 1)

    assert refusal(data) == "zip-encrypted"


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
def test_other_ways_of_packing_are_refused(method: int) -> None:
    data = packed({"a.json": b"x"})
    data = patched(patched(data, 8, "<H", method), directory_of(data) + 10, "<H", method)

    assert refusal(data) == "zip-malformed"


def test_a_zip_within_the_zip_is_a_name_that_no_bundle_has() -> None:
    inner = packed({"readiness.json": b" " * (20 << 20)})

    assert opened(zipped(("readiness.zip", inner))).entries.keys() == {"readiness.zip"}


def test_octets_that_were_changed_are_seen() -> None:
    data = bytearray(packed({"a.json": b"abcdefgh" * 100}))
    data[40] ^= 1

    assert refusal(bytes(data), reads=True) == "zip-damaged"


def test_deflate_data_with_a_tail_is_refused() -> None:
    """Something could hide behind the end of the packed data."""
    raw = b"x" * 50
    deflater = zlib.compressobj(wbits=-15)
    tail = deflater.compress(raw) + deflater.flush() + b"hidden"
    name = b"a.json"
    local = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, zlib.crc32(raw), len(tail), len(raw), 6, 0
    )
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, zlib.crc32(raw), len(tail), len(raw),
        6, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    end = END.pack(b"PK\5\6", 0, 0, 1, 1, len(entry) + 6, len(local) + 6 + len(tail), 0)

    assert refusal(local + name + tail + entry + name + end, reads=True) == "zip-damaged"


def test_a_file_larger_than_any_bundle_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with path.open("rb") as file, pytest.raises(RefusalError) as caught:
        Archive(file)

    assert caught.value.reason == "bundle-too-large"
    assert LARGEST_ENTRY < LARGEST_FILE


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0x55
    return bytes(changed)


@pytest.mark.parametrize("spoil", [flipped, lambda data, place: data[:place]])
def test_whatever_is_spoilt_is_refused_or_read_as_it_was(
    spoil: Callable[[bytes, int], bytes],
) -> None:
    """Each octet in turn: no other exception, and never other content."""
    data = packed({"a.json": b'{"a": 1}', "b.json": b"[]"})
    for place in range(len(data)):
        try:
            archive = opened(spoil(data, place))
            found = {name: archive.read(name) for name in archive.entries}
        except RefusalError:
            continue
        assert sorted(found.values()) == [b"[]", b'{"a": 1}'], place


@pytest.mark.parametrize("unit", [b"a", b'{"abc":12},\n', b"ab" * 300 + b"z"])
def test_a_chunk_that_ends_within_a_match_is_read_on(unit: bytes) -> None:
    """All packed octets may be taken in while the inflater still holds some to give."""
    for size in range(3 * (1 << 16), 3 * (1 << 16) + 600):
        data = (unit * (size // len(unit) + 1))[:size]
        assert opened(zipped(("a.json", data))).read("a.json") == data


def test_what_follows_the_end_of_a_file_is_refused_at_once() -> None:
    """Inflaters gather it, and copy all of it again with each chunk."""
    data = b"x" * 1000
    inner = zipped(("a.json", data))
    begins, length = struct.calcsize("<4s5H3L2H") + len("a.json"), directory_of(inner)
    more = bytes(24 << 20)
    size = length - begins + len(more)
    changed = inner[:length] + more + inner[length:]
    changed = patched(changed, 18, "<L", size)
    changed = patched(changed, length + len(more) + 20, "<L", size)
    changed = patched(changed, len(changed) - 6, "<L", length + len(more))

    began = time.process_time()
    assert refusal(changed, reads=True) == "zip-damaged"
    assert time.process_time() - began < 1
