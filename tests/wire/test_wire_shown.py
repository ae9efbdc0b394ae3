"""Names of files and people are shown as they are, and nothing of them moves a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.files import read_limited
from conformance.wire.shown import shown


@pytest.mark.parametrize("text", ["Müller GmbH", "Prüfung/ä b.zip", "株式会社", "C:\\a.pem", ""])
def test_letters_of_all_languages_stay(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\nb", "a\\nb"), ("\x1b[31m", "\\x1b[31m"), ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"), (b"\xff\xc3\xbc", "\\xffü"), ("x" * 11, "x" * 10 + "…"),
    ],
)  # fmt: skip
def test_what_is_unseen_is_written_out(text: str | bytes, safe: str) -> None:
    assert shown(text, 10 if text == "x" * 11 else 100) == safe


@given(st.text(max_size=40) | st.binary(max_size=40))
def test_it_is_printable_and_twice_is_once(text: str | bytes) -> None:
    once = shown(text, 1000)
    assert once.isprintable()
    assert shown(once, 1000) == once


def test_a_file_is_named_as_its_owner_wrote_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Prüfung Müller/ü\.json cannot be read"):
        read_limited(tmp_path / "Prüfung Müller" / "ü.json", "report", 10)
