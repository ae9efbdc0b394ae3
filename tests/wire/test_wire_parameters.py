"""The grammar of signature parameters, and header values that mean harm."""

from __future__ import annotations

import re
import time
import timeit
from functools import partial
from urllib.request import parse_http_list

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.wire.parameters import (
    Parameter,
    escape,
    format_parameters,
    parse_parameters,
    split_scheme,
    unescape,
)

TOKENS = st.text("abcXYZ019!#$%&'*+.^_`|~-", min_size=1, max_size=8)
VALUES = st.text(st.sampled_from('aB =,"\\;:/\t(é\n'), max_size=10)
PARAMETERS = st.lists(st.builds(Parameter, TOKENS, VALUES), max_size=6)
SEPARATORS = st.sampled_from([",", ", ", " ,\t", ",  "])


@given(PARAMETERS, SEPARATORS)
def test_what_was_written_is_read_again(parameters: list[Parameter], separator: str) -> None:
    read = parse_parameters(format_parameters(parameters, separator=separator))
    assert read.parameters == tuple(parameters)
    assert not read.malformed


@given(PARAMETERS)
def test_the_standard_library_separates_them_in_the_same_places(
    parameters: list[Parameter],
) -> None:
    text = format_parameters(parameters)
    assert len(parse_http_list(text)) == len(parse_parameters(text).parameters)


@given(VALUES)
def test_escaping_is_undone_by_unescaping(value: str) -> None:
    assert unescape(escape(value)) == value


@given(st.text(alphabet='\\"a,\n', max_size=12))
def test_a_backslash_stands_before_any_character_that_is_meant(value: str) -> None:
    assert unescape(value) == re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)


def test_the_time_of_backslashes_grows_with_their_number_alone() -> None:
    few, many = "\\" * 20_001, "\\" * 400_001
    fast, slow = (min(timeit.repeat(partial(unescape, x), number=1, repeat=5)) for x in (few, many))
    assert slow / fast < 100  # 20 times as many; a quadratic way takes 400 times as long


@given(st.text(st.sampled_from('aA=,"\\ \t;é'), max_size=40))
def test_nothing_is_lost_and_nothing_raises(text: str) -> None:
    """Whatever is no parameter is kept as malformed, so that a rule can speak of it."""
    read = parse_parameters(text)
    kept = sum(len(item.name) + len(item.value) for item in read.parameters)
    kept += sum(map(len, read.malformed))
    assert kept or not text.strip(" \t,")


def test_the_last_of_a_repeated_parameter_counts() -> None:
    assert parse_parameters('keyId="a",keyId="b"').get("keyId") == "b"


def test_names_have_letter_case() -> None:
    assert parse_parameters('keyid="a"').get("keyId") is None


def test_unknown_parameters_are_kept_and_harm_nothing() -> None:
    read = parse_parameters('created=1402170695,keyId="a",x="y"')
    assert read.get("keyId") == "a"
    assert read.get("created") == "1402170695"
    assert not read.malformed


def test_a_missing_headers_parameter_means_the_date() -> None:
    assert parse_parameters('keyId="a"').covered == ("date",)
    assert parse_parameters('headers=""').covered == ()
    assert parse_parameters('headers="a  b"').covered == ("a", "b")


def test_a_token_is_told_from_a_quoted_string() -> None:
    read = parse_parameters('a=b,c="d"')
    assert [(item.value, item.quoted) for item in read.parameters] == [("b", False), ("d", True)]
    assert format_parameters(read.parameters) == 'a=b,c="d"'


@pytest.mark.parametrize(
    ("text", "names", "malformed"),
    [
        ('keyId="a" algorithm="b",x="c"', ["x"], ['keyId="a" algorithm="b"']),
        ('keyId="a";algorithm="b"', [], ['keyId="a";algorithm="b"']),
        ('keyId="a,b', [], ['keyId="a,b']),
        ('a="b",keyId="c\\', ["a"], ['keyId="c\\']),
        ("keyId='a b',x=y", ["x"], ["keyId='a b'"]),
        ("keyId=,x=y", ["x"], ["keyId="]),
        ('="a",x=y', ["x"], ['="a"']),
        ('"a,b",x=y', ["x"], ['"a,b"']),
        (",,  ,x=y,", ["x"], []),
        ("", [], []),
    ],
)
def test_what_fits_no_grammar_is_set_aside(
    text: str, names: list[str], malformed: list[str]
) -> None:
    read = parse_parameters(text)
    assert [item.name for item in read.parameters] == names
    assert list(read.malformed) == malformed


@pytest.mark.parametrize(
    "piece", ['"', '\\"', '"\\', 'a="', 'a="b" ', ",", "a", " ", "\t,", "a=", 'a="\\"'], ids=repr
)
def test_a_hostile_header_is_read_in_linear_time(piece: str) -> None:
    """A moment for half a megabyte; going back at each quote would take hours."""
    text = 'a="' + piece * (500_000 // len(piece))
    begun = time.perf_counter()
    parse_parameters(text)
    parse_parameters(text + '"x')
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("value", "scheme", "rest"),
    [
        ('Signature keyId="a"', "Signature", 'keyId="a"'),
        ("  Bearer   abc ", "Bearer", "abc"),
        ("Signature", "Signature", ""),
        ("", "", ""),
    ],
)
def test_a_scheme_is_split_from_what_follows(value: str, scheme: str, rest: str) -> None:
    assert split_scheme(value) == (scheme, rest)
