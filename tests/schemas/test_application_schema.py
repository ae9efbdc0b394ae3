"""The schema of an application as it is submitted: the example fits, near misses do not."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from conformance.data import EXAMPLES, schema

EXAMPLE: Final[dict[str, Any]] = json.loads(
    (EXAMPLES / "clients" / "application.json").read_text("utf-8")
)
VALIDATOR: Final = Draft202012Validator(
    schema("application"), format_checker=FormatChecker(["date"])
)
Place = tuple[str | int, ...]
PERSON: Final[Place] = ("company", "representatives", 0)
OPTIONAL: Final = {
    "financials", "foundation_date", "bookkeeping_standard", "purpose", "nationality",
    "phone_number",
}  # fmt: skip


def changed(place: Place, value: object) -> dict[str, Any]:
    """Return the example with another value at `place`; None leaves the member out."""
    document = copy.deepcopy(EXAMPLE)
    holder: Any = document
    for step in place[:-1]:
        holder = holder[step]
    if value is None:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return document


def members(node: object, place: Place = ()) -> Iterator[Place]:
    """Yield where every member of an object stands."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield (*place, name)
            yield from members(child, (*place, name))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from members(child, (*place, index))


def words(place: Place) -> str:
    return ".".join(map(str, place))


def test_the_example_fits() -> None:
    assert not [error.message for error in VALIDATOR.iter_errors(EXAMPLE)]


@pytest.mark.parametrize("place", list(members(EXAMPLE)), ids=words)
def test_each_member_is_asked_for_unless_it_may_be_missing(place: Place) -> None:
    fits = VALIDATOR.is_valid(changed(place, None))
    assert fits is (place[-1] in OPTIONAL)


@pytest.mark.parametrize("place", list(members(EXAMPLE)), ids=words)
def test_no_member_may_be_of_another_type(place: Place) -> None:
    assert not VALIDATOR.is_valid(changed(place, [["neither"]]))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("company", "address", "zip"), "1011"),
        (("company", "address", "zip"), "101155"),
        (("company", "address", "country_code"), "AT"),
        (("company", "address", "type"), "primary"),
        (("company", "financials", 0, "currency"), "eur"),
        (("company", "financials", 0, "revenue"), "1.000,50"),
        (("company", "financials", 0, "year"), "2022"),
        (("company", "representatives"), []),
        (("company", "legal_form"), "GmbH"),
        (("company", "foundation_date"), "2010-02-30"),
        (("company", "foundation_date"), "31.01.2010"),
        (("company", "bookkeeping_standard"), "HGB"),
        (("company", "credit_scores"), []),
        ((*PERSON, "roles"), ["MD"]),
        ((*PERSON, "roles"), ["APPLICANT", "OWNER"]),
        ((*PERSON, "salutation"), "MS"),
        ((*PERSON, "email"), "erika"),
        ((*PERSON, "email"), "erika@exam\u001cple.de"),
        ((*PERSON, "phone_number"), "+43 1 123456"),
        ((*PERSON, "addresses"), []),
        (("details", "product_code"), "TERM_LOAN"),
        (("details", "request_term"), 0),
        (("details", "request_term"), 1.5),
        (("details", "request_term_unit"), "MONTHS"),
        (("details", "request_amount"), "fifty"),
    ],
    ids=lambda part: words(part) if isinstance(part, tuple) else repr(part),
)
def test_a_near_miss_is_refused(place: Place, value: object) -> None:
    assert not VALIDATOR.is_valid(changed(place, value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("company", "financials", 0, "revenue"), 120000.5),
        (("details", "request_amount"), "50000.00"),
        (("details", "currency"), "USD"),
        (("company", "financials"), []),
        ((*PERSON, "title"), "Dr."),
        (("company", "address", "line_2"), ""),
        (("unknown",), {"any": "thing"}),
    ],
    ids=lambda part: words(part) if isinstance(part, tuple) else repr(part),
)
def test_what_the_documents_leave_open_fits(place: Place, value: object) -> None:
    """Another currency is well formed: it is refused with 422, not with 400."""
    assert VALIDATOR.is_valid(changed(place, value))
