"""Deviations: promises of the documents that a sandbox breaks on purpose, one each.

They prove that whoever tests the API would notice. Every documented problem may be told with
another status, title, detail or type of `status`; every reason for refusing may be overlooked; the
rest is written out one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from conformance.errors import UsageError
from conformance.sandbox.behaviour import DOCUMENTED, Behaviour, Change, Deviation
from conformance.sandbox.problem import GUARDED, Problem
from conformance.sandbox.refusal import REASONS, Reason
from conformance.sandbox.spoiled import BODIES, HEADERS

_ANY_REFUSAL: Final = "API-SIG-003"
"""The requirement that promises a refusal, whichever."""


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


_RULES: Final = (
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
    *BODIES,
    *HEADERS,
    *_RULES,
)

DEVIATIONS: Final[Mapping[str, Deviation]] = MappingProxyType({item.id: item for item in _LIST})
"""Every deviation by its id."""
