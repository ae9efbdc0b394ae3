"""An entry of the record as a line for people, and as plain JSON for programs."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from conformance.diagnosis.cause import Cause
from conformance.rules import RULES, Finding, Judgement
from conformance.sandbox.exchange import Entry, Exchange, Incident
from conformance.wire.message import HeaderFields
from conformance.wire.visible import visible

_WIDTH: Final = 60
_SAID: Final = 200


def line(entry: Entry) -> str:
    """Return one line: time, status, request, requirement at fault, and the diagnosis."""
    at = entry.at.strftime("%H:%M:%S")
    if isinstance(entry, Incident):
        return f"{at} ---  {visible(entry.address)}: {entry.says}"
    request = entry.request
    target = visible(request.target, limit=_WIDTH)
    said = f"{at} {entry.status}  {visible(request.method, limit=20)} {target}"
    if entry.fault:
        said += f"  [fault: {entry.fault}]"
    if entry.requirement:
        said += f"  {entry.requirement}"
    return f"{said}  {entry.diagnosis}" if entry.diagnosis else said


def plain(entry: Entry) -> dict[str, Any]:
    """Return an entry as what JSON can say; octets in Base64, header text one octet a character."""
    common = {"number": entry.number, "at": entry.at.isoformat(), "address": entry.address}
    if isinstance(entry, Incident):
        return {"kind": "incident", **common, "says": entry.says}
    return {
        "kind": "exchange",
        **common,
        "client_id": entry.client_id,
        "certificate_sha256": entry.certificate,
        "is_token_request": entry.is_token_request,
        "request": {
            "method": entry.request.method,
            "target": entry.request.target,
            "headers": _pairs(entry.request.headers),
            "body_b64": _base64(entry.request.body),
            "head_b64": _base64(entry.head),
        },
        "answer": {
            "status": entry.status,
            "headers": _pairs(entry.answer_headers),
            "body_b64": _base64(entry.answer_body),
        },
        "route": entry.route,
        "reasons": list(entry.reasons),
        "fault": entry.fault,
        "requirement": entry.requirement,
        "diagnosis": entry.diagnosis,
        "took_ms": round(entry.took.total_seconds() * 1000, 3),
        "judgement": None if entry.judgement is None else _judgement(entry.judgement),
    }


def summary(entry: Entry) -> dict[str, Any]:
    """Return the little of an entry that a list needs."""
    common = {"number": entry.number, "at": entry.at.isoformat(), "address": entry.address}
    if isinstance(entry, Incident):
        return {"kind": "incident", **common, "says": entry.says}
    return {
        "kind": "exchange",
        **common,
        "method": entry.request.method,
        "target": entry.request.target,
        "status": entry.status,
        "route": entry.route,
        "fault": entry.fault,
        "requirement": entry.requirement,
        "diagnosis": entry.diagnosis,
        "broken": broken(entry),
        "answer": _answered(entry),
    }


def _answered(exchange: Exchange) -> str:
    """Return the title of the problem that was answered, and what it says; empty for others."""
    if exchange.status < 400:
        return ""
    try:
        problem = json.loads(exchange.answer_body)
        violations = [
            f"{item['field']} {item['message']}" for item in problem.get("violations", ())
        ]
        told = [problem.get("title"), problem.get("detail"), *violations[:1]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""
    more = f" and {len(violations) - 1} more" if len(violations) > 1 else ""
    return visible(": ".join(str(text) for text in told if text), limit=_SAID) + more


def broken(exchange: Exchange) -> list[str]:
    """Return the requirements that the rules saw broken, each once."""
    if exchange.judgement is None:
        return []
    return list(dict.fromkeys(finding.requirement for finding in exchange.judgement.findings))


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "signing_string_b64": _maybe(judgement.signing_string),
        "rules": [
            {"requirement": name, "says": rule.says, "result": _result(judgement, name)}
            for name, rule in RULES.items()
        ],
        "findings": [_finding(finding) for finding in judgement.findings],
        "causes": [_cause(cause) for cause in judgement.causes],
        "undetermined": dict(judgement.undetermined),
        "ruled_out": list(judgement.ruled_out),
    }


def _result(judgement: Judgement, requirement: str) -> str:
    if judgement.broken(requirement):
        return "broken"
    if requirement in judgement.silent:
        return "silent"
    return "undetermined" if requirement in judgement.undetermined else "holds"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "requirement": finding.requirement,
        "reason": finding.reason,
        "expected": finding.expected,
        "observed": finding.observed,
        "hint": finding.hint,
        "difference": str(finding.difference) if finding.difference else None,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    difference = cause.difference
    return {
        "mistake": cause.mistake,
        "stage": cause.stage.value,
        "requirement": cause.requirement,
        "proved": cause.proved,
        "says": cause.says,
        "mend": cause.mend,
        "same_as": list(cause.same_as),
        "expected_b64": _maybe(cause.expected),
        "observed_b64": _maybe(cause.observed),
        "difference": str(difference) if difference else None,
        "offset": difference.offset if difference else None,
    }


def _pairs(fields: HeaderFields) -> list[list[str]]:
    return [[name, value] for name, value in fields]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _maybe(data: bytes | None) -> str | None:
    return None if data is None else _base64(data)
