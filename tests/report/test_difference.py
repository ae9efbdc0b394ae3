"""Where two strings part is marked under both."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.report.difference import MarkedLine, marked
from conformance.wire.visible import first_difference, visible


def pointed(line: MarkedLine) -> str:
    """Return what the mark points at; `$` for the end of the line."""
    return line.text[line.column : line.column + line.width] or ("$" if line.width else "")


def both(expected: bytes, observed: bytes, width: int = 80) -> tuple[list[str], list[str]]:
    left, right = marked(visible(expected), visible(observed), width)
    return [pointed(line) for line in left], [pointed(line) for line in right]


def test_cr_lf_is_marked_as_one_octet() -> None:
    assert both(b"a: 1\nb: 2", b"a: 1\r\nb: 2") == (["\\n", ""], ["\\r", ""])


def test_a_line_end_too_many_is_marked_at_the_end() -> None:
    assert both(b"a: 1\nb: 2", b"a: 1\nb: 2\n") == (["", "$"], ["", "\\n"])


def test_an_end_after_a_line_end_is_marked_once() -> None:
    left, right = both(b"a\n", b"a\nb")
    assert (left, right) == (["", "$"], ["", "b"])


def test_equal_strings_have_no_mark() -> None:
    assert both(b"a\nb", b"a\nb") == (["", ""], ["", ""])


def test_a_space_at_the_end_is_the_space_that_it_is_elsewhere() -> None:
    assert both(b"a ", b"a b") == (["$"], ["b"])


def test_an_empty_string_is_marked_at_its_end() -> None:
    assert both(b"", b"x") == (["$"], ["x"])


def test_of_a_long_line_the_part_around_the_difference_is_shown() -> None:
    expected, observed = b"x" * 1000 + b"A" + b"y" * 1000, b"x" * 1000 + b"B" + b"y" * 1000
    for line, letter in zip(
        (side[0] for side in marked(visible(expected), visible(observed), 60)), "AB", strict=True
    ):
        assert len(line.text) <= 60
        assert pointed(line) == letter
        assert line.text.startswith("…")
        assert line.text.endswith("…")


@given(
    start=st.binary(max_size=200), left=st.binary(max_size=50), right=st.binary(max_size=50),
    width=st.integers(20, 100),
)  # fmt: skip
def test_the_mark_points_at_the_octet_where_they_part(
    start: bytes, left: bytes, right: bytes, width: int
) -> None:
    expected, observed = start + left, start + right
    difference = first_difference(expected, observed)
    for lines, octet in zip(
        marked(visible(expected), visible(observed), width),
        (difference.expected, difference.observed) if difference else ("", ""),
        strict=True,
    ):
        assert all(len(line.text) <= width for line in lines)
        marks = [line for line in lines if line.width]
        assert len(marks) == bool(difference)
        for line in marks:
            assert line.column + line.width <= width
            assert pointed(line).replace("\\x20", " ") == (octet.replace("\\x20", " ") or "$")
