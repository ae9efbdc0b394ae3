"""Bodies held against the JSON Schemas of the documents, and told in a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from conformance.client.message import Answer
from conformance.data import schema

JSON: Final = ("application/json", "application/problem+json")
"""Media types of an error body (quirk Q11)."""

GENERAL: Final = "errors/problem"
"""The schema that every error fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a body breaks its schema; `path` is where, such as `title`."""

    path: str
    expected: str
    observed: str


@cache
def _validator(name: str, strength: str) -> Draft202012Validator:
    root = schema(name)
    return Draft202012Validator({"$ref": f"#/$defs/{strength}", "$defs": root["$defs"]})


def faults(content: Any, name: str, *, strict: bool) -> list[Fault]:
    """Return how `content` breaks the schema `name`; nothing when it fits."""
    found = _validator(name, "strict" if strict else "lenient").iter_errors(content)
    told = {_told(error) for error in found}
    return [Fault(path=path, expected=wanted, observed=seen) for path, wanted, seen in sorted(told)]


def error_faults(answer: Answer, name: str, *, strict: bool) -> Iterator[Fault]:
    """Yield how an error breaks what holds for all: JSON, its schema's `status`, the media type.

    `name` is the schema of the documented error, empty where another refusal was met.
    """
    if answer.media_type not in JSON:
        yield Fault(
            path="Content-Type", expected=" or ".join(JSON),
            observed=answer.media_type or "no Content-Type",
        )  # fmt: skip
    try:
        content = answer.json()
    except ValueError:
        yield Fault(path="body", expected="JSON", observed=f"{len(answer.body)} octets of no JSON")
        return
    yield from faults(content, GENERAL, strict=False)
    if not isinstance(content, dict) or "status" not in content:
        return
    if str(content["status"]) != str(answer.status):
        yield Fault(
            path="status", expected=f"{answer.status}, as the response has",
            observed=json.dumps(content["status"]),
        )  # fmt: skip
    elif name:
        found = faults(content, name, strict=strict)
        yield from (fault for fault in found if fault.path == "status")


def _told(error: ValidationError) -> tuple[str, str, str]:
    path = ".".join(str(part) for part in error.absolute_path)
    instance: Any = error.instance
    needed: Any = error.validator_value
    if error.validator == "required":
        missing = next((item for item in needed if item not in instance), "")
        there = ", ".join(instance) or "no member"
        return missing or path, f"the member {missing}", f"only {there}"
    return path or "body", _wanted(error), _shown(error.instance)


def _wanted(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "enum":
        return " or ".join(json.dumps(item) for item in wanted)
    if error.validator == "type":
        return f"of the type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
    return json.dumps(wanted) if error.validator == "const" else f"{error.validator} {wanted}"


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
