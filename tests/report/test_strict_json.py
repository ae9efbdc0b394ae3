"""JSON from outside has one meaning, or is refused."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.strict import strict_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(PLAIN)
def test_what_json_writes_is_read_as_json_reads_it(value: object) -> None:
    text = json.dumps(value)

    assert strict_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a": 1, "a": 1}', "'a' stands in one object twice"),
        (b'{"a": {"b": 1, "b": 2}}', "'b'"),
        (b'{"\\u0061": 1, "a": 2}', "'a'"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "-Infinity"),
        (b"1e400", "too large"),
        (b"-1e400", "too large"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"\xff", "no text in UTF-8"),
        ("{}".encode("utf-16"), ""),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"", "no JSON (Expecting value at line 1, column 1)"),
        (b"{} {}", ""),
        (b"1" * 5000, ""),
    ],
)
def test_what_two_readers_may_take_differently_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        strict_json(data)

    assert says in str(caught.value)


def test_a_key_twice_among_many_is_found_soon() -> None:
    names = ",".join(f'"{number}":1' for number in range(100_000))
    began = time.perf_counter()
    with pytest.raises(ValueError, match="'99999' stands in one object twice"):
        strict_json(f'{{{names},"99999":1}}'.encode())
    assert time.perf_counter() - began < 5
