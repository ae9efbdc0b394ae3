"""Text of an adapter, fit to be shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.adapters.shown import last_lines, paragraphs
from conformance.wire.shown import shown


@given(st.text())
def test_what_is_shown_is_printable_and_bounded(text: str) -> None:
    assert shown(text, 10).isprintable()
    assert len(shown(text, 10)) <= 10 * len("\\U0010ffff") + 1


@given(st.text())
def test_doing_it_twice_changes_nothing(text: str) -> None:
    assert shown(shown(text)) == shown(text)


@given(st.binary())
def test_octets_are_shown_too(octets: bytes) -> None:
    assert shown(octets).isprintable()


def test_letters_of_any_language_stay() -> None:
    assert shown("Schlüssel 鍵 ключ") == "Schlüssel 鍵 ключ"


def test_controls_and_direction_marks_become_visible() -> None:
    assert shown("a\r\n\x1b[2J\u202eb") == "a\\r\\n\\x1b[2J\\u202eb"


def test_the_last_lines_stand_under_their_title() -> None:
    assert last_lines("errors", [b"one", "two\x07"]) == "errors:\n  one\n  two\\x07"
    assert last_lines("errors", []) == ""
    assert last_lines("errors", [b"x"] * 500).count("\n") == 20


def test_empty_paragraphs_are_left_out() -> None:
    assert paragraphs("", "a", "", "b") == "a\nb"
