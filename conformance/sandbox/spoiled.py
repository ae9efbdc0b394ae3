"""Answers that are not as documented: bodies and RateLimit headers, spoiled one way each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.sandbox.behaviour import Change, Deviation, Edit
from conformance.sandbox.message import HTML, Answer
from conformance.sandbox.refusal import REASONS

_WITH_BODY: Final = (*dict.fromkeys(reason.promises for reason in REASONS.values()), "API-VAL-001")
"""The requirements that promise an error and its body."""


def _edit(edit: Edit) -> Change:
    return lambda behaviour: replace(behaviour, edits=(*behaviour.edits, edit))


def _on(route: str, change: Callable[[Answer], Answer]) -> Change:
    """Change the answers of one route where they are good."""

    def edit(name: str, answer: Answer) -> Answer:
        return change(answer) if name == route and answer.status < 400 else answer

    return _edit(edit)


def _on_errors(change: Callable[[Answer], Answer]) -> Change:
    return _edit(lambda _, answer: change(answer) if answer.status >= 400 else answer)


def _member(name: str, value: object = None) -> Callable[[Answer], Answer]:
    """Give a member of the JSON body another value; None leaves it out."""

    def change(answer: Answer) -> Answer:
        content = json.loads(answer.body)
        content.pop(name, None)
        if value is not None:
            content[name] = value
        return replace(answer, body=json.dumps(content).encode())

    return change


def _header(name: str, value: str | None) -> Callable[[Answer], Answer]:
    """Give a header field another value; None leaves it out."""

    def change(answer: Answer) -> Answer:
        headers = tuple(field for field in answer.headers if field[0].lower() != name.lower())
        return replace(answer, headers=headers if value is None else (*headers, (name, value)))

    return change


def _always(change: Callable[[Answer], Answer]) -> Change:
    return _edit(lambda _, answer: change(answer))


def _fraction(answer: Answer) -> Answer:
    reset = answer.header("RateLimit-Reset") or "0"
    return _header("RateLimit-Reset", f"{reset}.5")(answer)


def _another(name: str) -> Deviation:
    """Break whole numbers, presence and movement of one RateLimit header."""
    return Deviation(
        id=f"rate-no-{name.lower()}", says=f"no answer has {name}", breaks=("API-RATE-002",),
        change=_always(_header(name, None)),
    )  # fmt: skip


BODIES: Final = (
    Deviation(
        id="error-html", says="errors come as HTML", breaks=("API-ERR-001",),
        change=_on_errors(lambda answer: replace(
            _header("Content-Type", HTML)(answer), body=b"<html><body>Error</body></html>"
        )),
        spoils=_WITH_BODY,
    ),
    Deviation(
        id="error-content-type", says="errors come as text/plain", breaks=("API-ERR-001",),
        change=_on_errors(_header("Content-Type", "text/plain")),
    ),
    Deviation(
        id="error-empty", says="errors have no body", breaks=("API-ERR-001",),
        change=_on_errors(lambda answer: replace(answer, body=b"")), spoils=_WITH_BODY,
    ),
    Deviation(
        id="error-no-title", says="errors have no title", breaks=("API-ERR-001",),
        change=_on_errors(_member("title")), spoils=_WITH_BODY,
    ),
    Deviation(
        id="ping-text", says="ping answers another text", breaks=("API-PING-001",),
        change=_on("ping", lambda answer: replace(answer, body=b"pong")),
    ),
    Deviation(
        id="ping-status", says="ping answers 202", breaks=("API-PING-001",),
        change=_on("ping", lambda answer: replace(answer, status=202)),
    ),
    Deviation(
        id="ping-empty", says="ping answers nothing", breaks=("API-PING-001",),
        change=_on("ping", lambda answer: replace(answer, body=b"")),
    ),
    Deviation(
        id="token-status", says="the token request answers 201", breaks=("API-TOK-001",),
        change=_on("token", lambda answer: replace(answer, status=201)),
    ),
    Deviation(
        id="token-no-access-token", says="the answer to a token request has no access_token",
        breaks=("API-TOK-001",), change=_on("token", _member("access_token")),
    ),
    Deviation(
        id="token-no-type", says="the answer to a token request has no token_type",
        breaks=("API-TOK-001",), change=_on("token", _member("token_type")),
    ),
    Deviation(
        id="token-other-type", says="the token is of another type", breaks=("API-TOK-001",),
        change=_on("token", _member("token_type", "mac")),
    ),
    Deviation(
        id="token-no-lifetime", says="the answer to a token request has no expires_in",
        breaks=("API-TOK-001",), change=_on("token", _member("expires_in")),
    ),
    Deviation(
        id="token-lifetime-text", says="expires_in is a text", breaks=("API-TOK-001",),
        change=_on("token", _member("expires_in", "soon")),
    ),
    Deviation(
        id="constraint-no-violations", says="'Constraint Violation' names no violation",
        breaks=("API-VAL-001",),
        change=_edit(lambda _, answer: _member("violations")(answer)
                     if b'"Constraint Violation"' in answer.body else answer),
    ),
)  # fmt: skip
"""Bodies that are not as documented."""

HEADERS: Final = (
    *map(_another, ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")),
    Deviation(
        id="rate-fraction", says="RateLimit-Reset is no whole number", breaks=("API-RATE-002",),
        change=_always(_fraction),
    ),
    Deviation(
        id="rate-remaining-stands", says="RateLimit-Remaining never moves",
        breaks=("API-RATE-002",), change=_always(_header("RateLimit-Remaining", "17")),
    ),
    Deviation(
        id="rate-reset-stands", says="RateLimit-Reset never moves", breaks=("API-RATE-002",),
        change=_always(_header("RateLimit-Reset", "60")),
    ),
    Deviation(
        id="rate-negative", says="RateLimit-Remaining is negative", breaks=("API-RATE-002",),
        change=_always(_header("RateLimit-Remaining", "-1")),
    ),
)  # fmt: skip
"""RateLimit headers that are not as documented."""
