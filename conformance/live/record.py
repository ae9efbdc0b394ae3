"""The exchanges of a run as entries of a HAR file (HTTP Archive 1.2), without secrets.

An entry is made when an exchange is over and redacted then: nothing secret is kept for later.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from conformance import __version__
from conformance.client.message import Answer, Trouble
from conformance.live.draft import Presents, Way
from conformance.redaction import Redactor
from conformance.wire.message import Field, HeaderFields, SignedRequest

LARGEST_BODY: Final = 64 * 1024
"""Octets of a body that are kept."""


def entry(
    name: str,
    request: SignedRequest,
    sent: Iterable[Field],
    outcome: Answer | Trouble,
    *,
    origin: str,
    started: datetime,
    took: timedelta,
    redactor: Redactor,
    presents: Presents = Presents.REGISTERED,
    way: Way = Way.USUAL,
) -> str:
    """Return an exchange as one line of JSON; `sent` are the fields that really went out.

    `_certificate` and `_way` say which client certificate was presented, and from where.
    """
    milliseconds = round(took.total_seconds() * 1000, 3)
    made: dict[str, Any] = {
        "_id": name,
        "startedDateTime": started.isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": _request(request, sent, origin, redactor),
        "response": _response(outcome, redactor),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_certificate": presents.value,
        "_way": way.value,
    }
    return json.dumps(made, ensure_ascii=True)


def commented(line: str, comment: Callable[[Mapping[str, Any]], str]) -> tuple[str, str]:
    """Return the name of an entry, and the entry with what `comment` says of it."""
    made = json.loads(line)
    says = comment(made)
    told = json.dumps({**made, "comment": says}, ensure_ascii=True) if says else line
    return made["_id"], told


def har(entries: Iterable[str]) -> bytes:
    """Return the file that holds `entries`."""
    creator = json.dumps({"name": "lendico-conformance", "version": __version__})
    body = ",\n".join(entries)
    return (
        f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": [\n{body}\n]}}}}\n'
    ).encode()


def _request(
    request: SignedRequest, sent: Iterable[Field], origin: str, redactor: Redactor
) -> dict[str, Any]:
    fields = HeaderFields(tuple(sent) or request.headers.fields)
    made: dict[str, Any] = {
        "method": request.method,
        "url": redactor.text(origin + request.target),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(fields, redactor),
        "queryString": [],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        kind = request.headers.first("content-type") or "application/octet-stream"
        made["postData"] = {"mimeType": kind, **_text(request.body, redactor)}
    return made


def _response(outcome: Answer | Trouble, redactor: Redactor) -> dict[str, Any]:
    if isinstance(outcome, Trouble):
        return {
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": "",
            "headersSize": -1, "bodySize": -1, "_error": outcome.says, "_trouble": outcome.kind,
        }  # fmt: skip
    return {
        "status": outcome.status,
        "statusText": redactor.text(outcome.reason),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(outcome.headers, redactor),
        "content": {
            "size": len(outcome.body),
            "mimeType": outcome.media_type or "x-unknown",
            **_text(outcome.body, redactor),
        },
        "redirectURL": redactor.text(outcome.headers.first("location") or ""),
        "headersSize": -1,
        "bodySize": len(outcome.body),
    }


def _headers(fields: HeaderFields, redactor: Redactor) -> list[dict[str, str]]:
    cleaned, _ = redactor.headers(fields)
    return [{"name": name, "value": value} for name, value in cleaned]


def _text(body: bytes, redactor: Redactor) -> dict[str, str]:
    """Return a body as text, or in Base64 where it is none; cut where it is long."""
    kept = body[:LARGEST_BODY]
    cut = {"comment": f"cut after {LARGEST_BODY} octets"} if len(body) > LARGEST_BODY else {}
    try:
        text = kept.decode("utf-8")
    except UnicodeDecodeError:
        if redactor.holds_secret(kept):
            return {"text": "", "comment": "it holds a secret"}
        return {"text": base64.b64encode(kept).decode(), "encoding": "base64", **cut}
    return {"text": redactor.text(text), **cut}
