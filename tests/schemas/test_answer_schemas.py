"""The schemas of errors and answers, against the documents' own text and against near misses."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from conformance.data import SCHEMAS, schema
from conformance.sandbox.problem import PROBLEMS
from tests.schemas.printed import PRINTED, STATUS

BEYOND: Final = {"unauthorized", "constraint-violation", "problem"}
"""Errors that the Security page does not print."""

NAMES: Final = sorted(
    path.relative_to(SCHEMAS).as_posix().removesuffix(".schema.json")
    for folder in ("answers", "errors")
    for path in (SCHEMAS / folder).glob("*.schema.json")
)
TOKEN: Final[dict[str, Any]] = {
    "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "e30.e30",
}  # fmt: skip
APPLICATION: Final[dict[str, Any]] = {
    "version": 1,
    "application_id": "de.ing.business.application.0c9f9a9e-6a0c-4c58-9a8e-0f0a4b4b0d3e",
    "last_updated_at": "2022-03-01T10:15:30.123Z",
    "last_updated_by": "PARTNER",
    "status": "SUBMITTED",
}
VIOLATION: Final[dict[str, Any]] = {
    "type": "https://zalando.github.io/problem/constraint-violation",
    "status": 400,
    "violations": [{"field": "company.address.zip", "message": 'must match "[0-9]{5}"'}],
    "title": "Constraint Violation",
}
UNAUTHORIZED: Final[dict[str, Any]] = {"title": "Unauthorized", "status": 401}
PROBLEM: Final[dict[str, Any]] = {"title": "Not Found", "status": 404}

Miss = tuple[str, dict[str, Any]]

each_printed = pytest.mark.parametrize("name", PRINTED)
each_schema = pytest.mark.parametrize("name", NAMES)


def accepts(name: str, body: object, *, strict: bool = False) -> bool:
    """Tell whether the schema `name` accepts a body, as `schemas/README.md` says to ask it."""
    rules = schema(name)
    if strict:
        rules = {**rules, "$ref": "#/$defs/strict"}
    return Draft202012Validator(rules).is_valid(body)


def changed(body: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return `body` with other members; None leaves one out."""
    merged = {**copy.deepcopy(body), **members}
    return {name: value for name, value in merged.items() if value is not None}


def near_misses(body: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what is almost the documented body of an error."""
    for name in body:
        yield f"no {name}", changed(body, **{name: None})
    for name in ("title", "detail"):
        text = body[name]
        for miss in {text.upper(), f" {text}", f"{text} ", f"{text}..", text[1:], "", text + "x"}:
            if miss != text:
                yield f"{name} {miss!r}", changed(body, **{name: miss})
        yield f"{name} as a number", {**body, name: 401}
        yield f"{name} null", {**body, name: None}
        yield f"{name} in a list", {**body, name: [text]}
    code = int(body["status"])
    for status in (code + 1, str(code + 1), f"{code} ", f"+{code}", 0, True, None, [code], 401.5):
        yield f"status {status!r}", {**body, "status": status}
    if "type" in body:
        for kind in ("about:blank", body["type"].rstrip("/"), "", None, 1):
            yield f"type {kind!r}", {**body, "type": kind}
    yield "in a list", [body]
    yield "as a text", json.dumps(body)
    yield "wrapped", {"error": body}
    yield "empty", {}
    yield "null", None


def test_every_documented_error_has_a_schema_and_no_other() -> None:
    names = {name.removeprefix("errors/") for name in NAMES if name.startswith("errors/")}
    assert names == set(PRINTED) | BEYOND


@each_schema
def test_it_is_a_schema_with_a_name_of_its_own(name: str) -> None:
    rules = schema(name)
    Draft202012Validator.check_schema(rules)
    kind, _, rest = name.partition("/")
    assert rules["$id"] == f"urn:lendico-conformance:{kind.removesuffix('s')}:{rest}:1"
    assert rules["title"]
    assert rules["description"]


@each_schema
def test_its_own_examples_fit_strictly(name: str) -> None:
    examples = schema(name)["examples"]
    assert examples
    assert all(accepts(name, body, strict=True) for body in examples)


@each_schema
def test_every_quirk_it_speaks_of_is_in_the_register(name: str) -> None:
    register = (SCHEMAS.parent / "conformance" / "catalogue" / "quirks.toml").read_text("utf-8")
    known = re.findall(r"^id = '(Q\d+)'$", register, re.MULTILINE)
    assert set(re.findall(r"\bQ\d+", schema(name)["description"])) <= set(known)


@each_printed
def test_the_documented_text_fits_field_by_field(name: str) -> None:
    """Each member stands in the strict schema as it is printed, or as a pattern that it matches."""
    body = PRINTED[name]
    assert accepts(f"errors/{name}", body)
    assert accepts(f"errors/{name}", body, strict=True)
    assert schema(f"errors/{name}")["examples"] == [body]
    for member in body:
        assert not accepts(f"errors/{name}", changed(body, **{member: None})), member
        assert not accepts(f"errors/{name}", {**body, member: "something else"}), member


@each_printed
def test_a_near_miss_is_refused(name: str) -> None:
    passed = [
        what
        for what, miss in near_misses(PRINTED[name])
        if accepts(f"errors/{name}", miss) or accepts(f"errors/{name}", miss, strict=True)
    ]
    assert not passed


@each_printed
def test_no_other_error_passes_for_it(name: str) -> None:
    others = [
        other
        for other, body in PRINTED.items()
        if other != name and accepts(f"errors/{name}", body)
    ]
    assert not others


@each_printed
def test_the_other_type_of_status_passes_unless_strict(name: str) -> None:
    """Quirk Q1."""
    status = PRINTED[name]["status"]
    other = {**PRINTED[name], "status": int(status) if isinstance(status, str) else str(status)}
    assert accepts(f"errors/{name}", other)
    assert not accepts(f"errors/{name}", other, strict=True)


@each_printed
def test_members_that_nobody_named_are_ignored(name: str) -> None:
    """RFC 7807, section 3.2: whoever reads a problem ignores extensions that they do not know."""
    more = {**PRINTED[name], "instance": "/ping", "trace": {"id": 1}}
    assert accepts(f"errors/{name}", more, strict=True)


@each_printed
def test_it_is_a_problem_and_what_the_sandbox_answers(name: str) -> None:
    body = PRINTED[name]
    assert accepts("errors/problem", body)
    answer = PROBLEMS[name].answer(seconds=46)
    assert answer.status == STATUS[name]
    assert json.loads(answer.body) == body


@pytest.mark.parametrize("bracket", ["]", ""])
def test_the_stray_bracket_is_all_one(bracket: str) -> None:
    """Quirk Q5: with and without it passes, strict or not."""
    detail = PRINTED["date-skew"]["detail"].replace("]", bracket)
    assert accepts("errors/date-skew", {**PRINTED["date-skew"], "detail": detail}, strict=True)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("rate", {"title": "Rate limit is exceeded"}),
        ("rate", {"detail": "Rate limit is exceeded. Try again in 1 second."}),
        ("crefo", {"title": "Limit of requests by crefo Id exceeded"}),
        ("crefo", {"title": "Limit of request by crefo Id exceeded."}),
        ("signature", {"title": "Signature could not be successfully verified"}),
    ],
)
def test_the_other_wording_passes_unless_strict(name: str, members: dict[str, str]) -> None:
    """Quirk Q10."""
    body = {**PRINTED[name], **members}
    assert accepts(f"errors/{name}", body)
    assert not accepts(f"errors/{name}", body, strict=True)


@pytest.mark.parametrize(
    ("seconds", "fits"),
    [("1", True), ("60", True), ("", False), ("-1", False), ("1.5", False), ("soon", False)],
)
def test_the_seconds_to_wait_are_a_whole_number(seconds: str, fits: bool) -> None:
    detail = f"Rate limit is exceeded. Try again in {seconds} seconds."
    assert accepts("errors/rate", {**PRINTED["rate"], "detail": detail}, strict=True) is fits


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("errors/unauthorized", UNAUTHORIZED),
        ("errors/constraint-violation", VIOLATION),
        ("errors/problem", PROBLEM),
        ("answers/token", TOKEN),
        ("answers/application", APPLICATION),
        ("answers/application", {**APPLICATION, "status": "REJECTED"}),
        ("answers/application", {**APPLICATION, "status": "REJECTED",
                                 "rejection_reasons": ["COMPANY_TOO_YOUNG", "INTERNAL_REASON"]}),
    ],
)  # fmt: skip
def test_what_the_linked_pages_give_fits_strictly(name: str, body: dict[str, Any]) -> None:
    assert accepts(name, body)
    assert accepts(name, body, strict=True)


def misses(name: str, body: dict[str, Any], *members: dict[str, Any]) -> list[Miss]:
    """Return the name of a schema and a changed body, one for each set of members."""
    return [(name, changed(body, **item)) for item in members]


MISSES: Final[list[Miss]] = [
    *misses("errors/unauthorized", UNAUTHORIZED,
        {"title": None}, {"title": "unauthorized"}, {"title": "401"}, {"status": None},
        {"status": 403}, {"status": "403"}, {"detail": 5}, {"type": 1}),
    *misses("errors/constraint-violation", VIOLATION,
        {"type": None}, {"type": "about:blank"}, {"title": "Constraint violation"},
        {"status": 422}, {"violations": None}, {"violations": []}, {"violations": {}},
        {"violations": ["zip"]}, {"violations": [{"field": "zip"}]},
        {"violations": [{"message": "must not be null"}]},
        {"violations": [{"field": "", "message": "must not be null"}]},
        {"violations": [{"field": "zip", "message": 3}]}),
    *misses("errors/problem", PROBLEM,
        {"title": None}, {"title": ""}, {"title": 404}, {"status": None}, {"status": 200},
        {"status": 600}, {"status": "200"}, {"status": "4040"}, {"status": "404 "},
        {"status": 404.5}, {"status": True}, {"detail": ""}, {"detail": []}, {"type": 1},
        {"instance": {}}),
    *misses("answers/token", TOKEN,
        {"token_type": None}, {"token_type": "mac"}, {"expires_in": None}, {"expires_in": "3599"},
        {"expires_in": 0}, {"expires_in": -1}, {"expires_in": 1.5}, {"ext_expires_in": "soon"},
        {"access_token": None}, {"access_token": ""}, {"access_token": "two words"},
        {"access_token": "quo\"te"}),
    *misses("answers/application", APPLICATION,
        {"version": None}, {"version": ""}, {"version": -1}, {"application_id": None},
        {"application_id": "0c9f9a9e-6a0c-4c58-9a8e-0f0a4b4b0d3e"},
        {"application_id": APPLICATION["application_id"] + "0"}, {"last_updated_at": "yesterday"},
        {"last_updated_at": 1646129730}, {"last_updated_by": None}, {"status": "submitted"},
        {"status": None}, {"rejection_reasons": ["COMPANY_TOO_YOUNG"]},
        {"status": "REJECTED", "rejection_reasons": "COMPANY_TOO_YOUNG"},
        {"status": "REJECTED", "rejection_reasons": ["too young"]}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body"), MISSES)
def test_a_near_miss_of_what_the_linked_pages_give_is_refused(
    name: str, body: dict[str, Any]
) -> None:
    assert not accepts(name, body)
    assert not accepts(name, body, strict=True)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("answers/token", {**TOKEN, "token_type": "bearer"}),
        ("answers/token", changed(TOKEN, ext_expires_in=None)),
        ("answers/application", {**APPLICATION, "last_updated_by": "LENDICO"}),
        ("answers/application", {**APPLICATION, "status": "REJECTED",
                                 "rejection_reasons": ["SOMETHING_NEW"]}),
        ("errors/problem", {**PROBLEM, "status": "404"}),
        ("errors/unauthorized", {**UNAUTHORIZED, "status": "401"}),
        ("errors/constraint-violation", {**VIOLATION, "status": "400"}),
    ],
)  # fmt: skip
def test_what_the_documents_leave_open_passes_unless_strict(
    name: str, body: dict[str, Any]
) -> None:
    assert accepts(name, body)
    assert not accepts(name, body, strict=True)
