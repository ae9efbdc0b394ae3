"""Deviations: promises of the documents that a sandbox breaks on purpose, one each.

They prove that whoever tests the API would notice. Every documented problem may be told with
another status, title, detail or type of `status`; every reason for refusing may be overlooked; the
rest is written out one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from conformance.errors import UsageError
from conformance.sandbox.behaviour import DOCUMENTED, Behaviour, Edit
from conformance.sandbox.message import HTML, Answer
from conformance.sandbox.problem import GUARDED, Problem
from conformance.sandbox.refusal import REASONS, Reason

Change = Callable[[Behaviour], Behaviour]

_ANY_REFUSAL: Final = "API-SIG-003"
"""The requirement that promises a refusal, whichever."""

_WITH_BODY: Final = (*dict.fromkeys(reason.promises for reason in REASONS.values()), "API-VAL-001")
"""The requirements that promise an error and its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One way to break the documents; `breaks` names the requirements of the API that are broken.

    `spoils` names those that may look broken with them, since they cannot be shown without.
    """

    id: str
    says: str
    breaks: tuple[str, ...]
    change: Change
    spoils: tuple[str, ...] = ()


def deviating(ids: Iterable[str]) -> Behaviour:
    """Return the documented behaviour with these deviations.

    Raises:
        UsageError: there is no such deviation.
    """
    behaviour = DOCUMENTED
    for name in ids:
        if name not in DEVIATIONS:
            close = get_close_matches(name, DEVIATIONS, n=1)
            raise UsageError(
                f"there is no deviation '{name}'",
                hint=f"Did you mean '{close[0]}'?" if close else "List them with --deviation list.",
            )
        behaviour = DEVIATIONS[name].change(behaviour)
    return behaviour


def _of_problem(problem: Problem) -> Iterator[Deviation]:
    """Yield the ways in which one documented problem may be told wrongly."""
    status = 500 if problem.status != 500 else 400
    parts: tuple[tuple[str, str, Change], ...] = (
        ("status", f"answers {status} instead of {problem.status}", _told(problem, status=status)),
        ("title", "has another title", _told(problem, title="Something went wrong")),
        ("detail", "has another detail", _told(problem, detail="Please contact the support.")),
        (
            "status-type",
            "has its status in the body as the other type, number or text",
            _told(problem, status_is_text=not problem.status_is_text),
        ),
        ("body-status", "has another status in the body", _told(problem, told_status=418)),
    )
    for part, says, change in parts:
        if part == "detail" and problem.detail == "{why}":
            continue  # the documents print none
        in_body = part in {"status-type", "body-status"}
        yield Deviation(
            id=f"{problem.id}-{part}", says=f"the problem '{problem.title}' {says}",
            breaks=("API-ERR-001",) if in_body else _promising(problem), change=change,
        )  # fmt: skip


def _promising(problem: Problem) -> tuple[str, ...]:
    """Return the requirements that promise `problem`, word for word."""
    found = (reason.promises for reason in REASONS.values() if reason.problem == problem.id)
    return tuple(dict.fromkeys(item for item in found if item != _ANY_REFUSAL))


def _told(problem: Problem, **parts: Any) -> Change:
    def change(behaviour: Behaviour) -> Behaviour:
        told = replace(behaviour.problems[problem.id], **parts)
        return replace(
            behaviour, problems=MappingProxyType({**behaviour.problems, problem.id: told})
        )

    return change


def _overlooking(reason: Reason) -> Deviation:
    # Who does not look at the digest takes a replayed request with another body, too.
    more = (_ANY_REFUSAL,) if reason.id == "digest-of-another-body" else ()
    return Deviation(
        id=f"accepts-{reason.id}",
        says=f"does not mind that {reason.says}",
        breaks=(reason.promises, *more),
        change=lambda behaviour: replace(behaviour, accepts=behaviour.accepts | {reason.id}),
    )


def _with(**parts: Any) -> Change:
    return lambda behaviour: replace(behaviour, **parts)


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


_BODIES: Final = (
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

_LIMITS: Final = (
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
    Deviation(
        id="rate-never-resets", says="once the limit was exceeded nothing passes for an hour",
        breaks=("API-RATE-003",), change=_with(penalty=timedelta(hours=1)),
    ),
    Deviation(
        id="skew-wide", says="a date may be 5 minutes off", breaks=("API-DATE-001",),
        change=_with(skew=timedelta(minutes=5)),
    ),
    Deviation(
        id="skew-narrow", says="a date may be only 1 minute off", breaks=("API-DATE-002",),
        change=_with(skew=timedelta(minutes=1)),
    ),
    Deviation(
        id="skew-2-minutes", says="a date may be only 2 minutes off", breaks=("API-DATE-002",),
        change=_with(skew=timedelta(minutes=2)),
    ),
    Deviation(
        id="skew-boundary", says="a date exactly 3 minutes off is refused",
        breaks=("API-DATE-002",), change=_with(skew=timedelta(seconds=179)),
    ),
    Deviation(
        id="skew-boundary-wide", says="a date 181 seconds off passes",
        breaks=("API-DATE-001",), change=_with(skew=timedelta(seconds=181)),
    ),
    Deviation(
        id="crefo-short", says="a crefo id may apply again after 1 minute",
        breaks=("API-CREFO-001",), change=_with(crefo_window=timedelta(minutes=1)),
    ),
    Deviation(
        id="crefo-long", says="a crefo id may not apply again for 10 minutes",
        breaks=("API-CREFO-002",), change=_with(crefo_window=timedelta(minutes=10)),
    ),
    Deviation(
        id="crefo-shared", says="one crefo id keeps every other one from applying",
        breaks=("API-CREFO-002",), change=_with(one_crefo_for_all=True),
    ),
    Deviation(
        id="idempotency-ignored", says="the same Idempotency-Key makes another application",
        breaks=("API-IDEM-001",), change=_with(remembers_keys=False),
    ),
    Deviation(
        id="validation-off", says="an application that breaks the schema is taken",
        breaks=("API-VAL-001",), change=_with(validates=False),
    ),
    Deviation(
        id="signature-unverified", says="no signature is looked at",
        breaks=("API-SIG-001", "API-SIG-002", "API-SIG-003"),
        change=lambda behaviour: replace(
            behaviour,
            accepts=behaviour.accepts
            | {name for name, reason in REASONS.items() if reason.problem == "signature"},
        ),
    ),
)  # fmt: skip

_LIST: Final = (
    *(deviation for problem in GUARDED for deviation in _of_problem(problem)),
    *map(_overlooking, REASONS.values()),
    *_BODIES,
    *_LIMITS,
)

DEVIATIONS: Final[Mapping[str, Deviation]] = MappingProxyType({item.id: item for item in _LIST})
"""Every deviation by its id."""
