"""The exchanges that a check of the API stands on: for Allure, and as a command to repeat one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from conformance.probes.body import faults
from conformance.probes.listing import PROBES
from conformance.report.check import Check, Outcome
from conformance.report.probed import PREFIX

MOST: Final = 8
"""Exchanges of one check that are shown; the HAR file has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One exchange as text, without secrets, and how its body breaks the schema of the probe."""

    name: str
    request: str
    response: str
    faults: tuple[str, ...] = ()


def with_command(check: Check, exchanges: Mapping[str, str]) -> Check:
    """Return `check`; where it failed, its hint says how to repeat the request by hand.

    `exchanges` are the entries of the HAR file by the names that evidence has.
    """
    line = exchanges.get(check.evidence[-1]) if check.evidence else None
    command = json.loads(line).get("comment") if line else None
    if check.outcome is not Outcome.FAIL or not command:
        return check
    return replace(check, hint=f"{check.hint} To repeat it by hand: {command}".strip())


def exhibits(check: Check, exchanges: Mapping[str, str], *, strict: bool) -> Iterator[Exhibit]:
    """Yield what a check stands on, the last `MOST` exchanges of it."""
    schema = next((probe.expects.schema for probe in PROBES if check.id == PREFIX + probe.id), "")
    for name in check.evidence[-MOST:]:
        if name in exchanges:
            entry = json.loads(exchanges[name])
            found = _faults(entry, schema, strict=strict) if schema else ()
            yield Exhibit(
                name=name, request=_request(entry["request"]),
                response=_response(entry["response"]), faults=found,
            )  # fmt: skip


def _faults(entry: Mapping[str, Any], schema: str, *, strict: bool) -> tuple[str, ...]:
    """Return how the body of an answer breaks the schema, a line each."""
    if not entry["response"]["status"]:
        return ()
    try:
        content = json.loads(entry["response"]["content"].get("text", ""))
    except (ValueError, RecursionError):
        return ("body: JSON expected, and it is none",)
    return tuple(
        f"{fault.path}: {fault.expected} expected, {fault.observed} observed"
        for fault in faults(content, schema, strict=strict)
    )


def _request(request: Mapping[str, Any]) -> str:
    body = request.get("postData", {}).get("text", "")
    return _message(f"{request['method']} {request['url']}", request["headers"], body)


def _response(response: Mapping[str, Any]) -> str:
    if not response["status"]:
        return str(response.get("_error", ""))
    first = f"{response['status']} {response['statusText']}".rstrip()
    return _message(first, response["headers"], response["content"].get("text", ""))


def _message(first: str, headers: list[dict[str, str]], body: str) -> str:
    lines = [first, *(f"{item['name']}: {item['value']}" for item in headers)]
    return "\n".join([*lines, "", body] if body else lines)
