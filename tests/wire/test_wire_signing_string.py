"""The signing string (draft-cavage-http-signatures-10, section 2.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cases.generated import targets
from conformance.errors import WireError
from conformance.wire.message import HeaderFields
from conformance.wire.signing_string import request_target, signed_values, signing_string

VALUES = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=12)
FIELDS = st.lists(st.tuples(st.sampled_from(["A", "a", "B"]), VALUES), min_size=1, max_size=5)


@given(targets(), st.sampled_from(["GET", "Get", "PATCH", "m-search"]))
def test_only_the_method_is_lower_cased(target: str, method: str) -> None:
    assert request_target(method, target) == f"{method.lower()} {target}"


@given(FIELDS)
def test_each_name_has_one_line_and_there_is_no_line_end_after_the_last(
    fields: list[tuple[str, str]],
) -> None:
    headers = HeaderFields(tuple(fields))
    names = list(dict.fromkeys(name.lower() for name, _ in fields))
    string = signing_string(signed_values(names, "GET", "/", headers))
    lines = string.split(b"\n")
    assert [line.partition(b": ")[0].decode() for line in lines] == names
    for line, name in zip(lines, names, strict=True):
        values = [value.strip(" \t") for field, value in fields if field.lower() == name]
        assert line.partition(b": ")[2].decode("latin-1") == ", ".join(values)


def test_no_name_gives_no_octets() -> None:
    assert signing_string(signed_values((), "GET", "/", HeaderFields())) == b""


def test_an_absent_header_is_refused_in_a_short_sentence() -> None:
    with pytest.raises(WireError, match="there is no header") as refusal:
        signed_values(("date", "\x1b" * 10_000), "GET", "/", HeaderFields((("Date", "x"),)))
    assert refusal.value.reason == "covered-header-absent"
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 500


def test_octets_are_signed_as_they_were_sent() -> None:
    """A character of a header is an octet; one beyond that came as Unicode and is UTF-8."""
    assert signing_string((("x", "\xe4"),)) == b"x: \xe4"
    assert signing_string((("x", "€"),)) == b"x: \xe2\x82\xac"
