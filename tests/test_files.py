"""Files written whole, and what is no file written into."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.files import is_named_pipe, write_whole


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        write_whole(path, b"new", instead="choose another file with -o")
    return caught.value


def test_a_file_is_replaced_and_directories_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    for data in (b"old", b"new"):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert left_in(path.parent) == ["file"]


@pytest.mark.parametrize("there", [True, False])
def test_of_a_symbolic_link_the_file_behind_it_is_written(tmp_path: Path, there: bool) -> None:
    behind, link = tmp_path / "elsewhere" / "file", tmp_path / "link"
    behind.parent.mkdir()
    if there:
        behind.write_bytes(b"old")
    link.symlink_to(behind)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert behind.read_bytes() == b"new"
    assert (left_in(tmp_path), left_in(behind.parent)) == (["elsewhere", "link"], ["file"])


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_whole(pipe, b"new" * 100_000)
    reader.join(30)
    assert got == [b"new" * 100_000]
    assert pipe.is_fifo()


def test_a_device_stays_one_and_a_full_one_is_told(tmp_path: Path) -> None:
    device = tmp_path / "full"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
        device.open("wb").close()
    except OSError:
        pytest.skip("devices can be neither made nor opened here")
    error = refusal(device)
    assert error.message == f"{device} cannot be written: No space left on device"
    assert error.hint == "Make room there, or choose another file with -o."
    assert device.is_char_device()
    assert left_in(tmp_path) == ["full"]


@pytest.mark.parametrize("name", ["", ".", "..", "/", "folder"])
def test_a_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    error = refusal(Path(name))
    assert error.message == f"{Path(name)} cannot be written: Is a directory"
    assert error.hint == "Name a file in it, or choose another file with -o."
    assert left_in(tmp_path) == ["folder"]


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    assert str(link) in refusal(link).message
    assert link.is_symlink()


def test_a_pipe_has_a_name_unless_a_shell_made_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "file").touch()
    reader, writer = os.pipe()
    named = [path.name for path in sorted(tmp_path.iterdir()) if is_named_pipe(path)]
    nameless = (
        is_named_pipe(Path(f"/dev/fd/{reader}")),
        is_named_pipe(Path(f"/proc/self/fd/{reader}")),
    )
    os.close(reader)
    os.close(writer)
    assert named == ["link", "pipe"]
    assert nameless == (False, False)
    assert not is_named_pipe(tmp_path / "file" / "x")
    assert not is_named_pipe(Path("nul\0octet"))
