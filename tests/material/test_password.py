"""Passwords come from a file or the environment."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from conformance.errors import MaterialError
from conformance.material.password import read_password

VARIABLE = "LENDICO_CONFORMANCE_CERT_PASSWORD"


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (b"secret", b"secret"),
        (b"secret\n", b"secret"),
        (b"secret\r\n", b"secret"),
        (b" sp ace \n", b" sp ace "),
        (b"\n", b""),
        (b"", b""),
        ("\u00fc".encode(), b"\xc3\xbc"),
        ("secret\r\n".encode("utf-8-sig"), b"secret"),
        ("s\u00fc\r\n".encode("utf-16"), b"s\xc3\xbc"),
        (codecs.BOM_UTF16_BE + "secret\n".encode("utf-16-be"), b"secret"),
    ],
)
def test_a_file_holds_it_on_one_line(tmp_path: Path, data: bytes, password: bytes) -> None:
    path = tmp_path / "password"
    path.write_bytes(data)
    assert read_password(path, VARIABLE) == password


def test_the_environment_holds_it_where_there_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert read_password(None, VARIABLE) is None
    monkeypatch.setenv(VARIABLE, "secret")
    assert read_password(None, VARIABLE) == b"secret"


def test_the_file_counts_more_than_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "other")
    path = tmp_path / "password"
    path.write_bytes(b"secret")
    assert read_password(path, VARIABLE) == b"secret"


@pytest.mark.parametrize("data", [b"secret\nsecond", b"\n\n", b"s" * 2000])
def test_more_than_one_line_is_refused_and_not_shown(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(MaterialError, match="more than one line") as caught:
        read_password(path, VARIABLE)
    assert "secret" not in caught.value.message + caught.value.hint


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path, Path("nul\0octet")):
        with pytest.raises(MaterialError, match="cannot be read"):
            read_password(path, VARIABLE)


def test_half_a_character_of_utf16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("secret".encode("utf-16")[:-1])
    with pytest.raises(MaterialError, match="begins like UTF-16 text, but is not"):
        read_password(path, VARIABLE)
