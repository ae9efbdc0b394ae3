"""Every probe and every series, by requirement, in the order sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import Final

from conformance.live.draft import Draft
from conformance.probes.access import access_probes, authorization_probes
from conformance.probes.applying import APPLYING
from conformance.probes.expiry import CERTIFICATE, TOKEN
from conformance.probes.probe import Probe, problem
from conformance.probes.series import Series
from conformance.probes.signing import (
    date_probes,
    digest_probes,
    replay_probes,
    signature_probes,
)
from conformance.probes.skew import BOUNDARY
from conformance.probes.throttling import LIMIT

VALIDATION: Final = Probe(
    id="application-empty", requirement="API-VAL-001", says="for an application that is empty",
    expects=problem(400, "constraint-violation"),
    draft=lambda _: Draft(
        method="POST", path="/applications", body=b"{}",
        headers=(("Content-Type", "application/json"), ("Idempotency-Key", secrets.token_hex(16))),
    ),
)  # fmt: skip

PROBES: Final[tuple[Probe, ...]] = (
    *access_probes(), *authorization_probes(), *digest_probes(), *date_probes(),
    *signature_probes(), *replay_probes(), VALIDATION,
)  # fmt: skip
"""The probes of one request; each breaks one thing of a right one, or nothing."""

SERIES: Final[tuple[Series, ...]] = (BOUNDARY, APPLYING, TOKEN, CERTIFICATE, LIMIT)
"""The probes of several requests."""

ERRORS: Final = "API-ERR-001"
"""The requirement that is judged over all errors met."""

_LAST: Final = (*LIMIT.requirements, ERRORS)


def check_id(name: str) -> str:
    """Return the id of the check that the probe or series `name` makes."""
    return f"probe:{name}"


def planned(requirements: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield id and requirement of each check that a whole run makes of `requirements`.

    What an optional series shows is more than that.
    """
    wanted = set(requirements)
    for probe in PROBES:
        if probe.requirement in wanted:
            yield check_id(probe.id), probe.requirement
    for series in SERIES:
        for requirement in series.requirements:
            if requirement in wanted and not series.optional:
                yield check_id(series.id), requirement
    if ERRORS in wanted:
        yield check_id("error-bodies"), ERRORS


def names_of(requirement: str) -> tuple[str, ...]:
    """Return the ids of the probes and series that show `requirement`."""
    probes = (probe.id for probe in PROBES if probe.requirement == requirement)
    return (*probes, *(series.id for series in SERIES if requirement in series.requirements))


def in_order(requirements: Iterable[str]) -> list[str]:
    """Return `requirements` as they are asked.

    What goes to the rate limit comes behind everything else, and what is judged over all answers
    at the very end.
    """
    return sorted(requirements, key=lambda item: _LAST.index(item) if item in _LAST else -1)
