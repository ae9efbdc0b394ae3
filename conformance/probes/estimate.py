"""What a run would send to the API, and how long it would take: known before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from conformance.config import Settings
from conformance.live.pace import rate
from conformance.probes.asking import Need, granted
from conformance.probes.judging import describe
from conformance.probes.listing import ERRORS, PROBES, SERIES
from conformance.probes.probe import Probe
from conformance.probes.series import Series

PREFLIGHT: Final = 2
"""Requests of the preflight: a token, and a ping."""

_LOCAL_S: Final = 0.015
"""Seconds that a request to a sandbox on this machine takes, all that goes with it included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A probe as it would be sent: how many requests, and how long is waited between them.

    `needs` is what the run was not granted; then it is not sent.
    """

    id: str
    requirements: tuple[str, ...]
    says: str
    expects: str
    requests: int
    together: int = 0
    """How many of them go out at once."""
    waits: timedelta = timedelta()
    needs: Need | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many requests a run sends, and how long it takes from the first to the last answer.

    It holds where the API answers sooner than the next request is due.
    """

    requests: int
    span: timedelta


def planned_probes(
    settings: Settings, requirements: Iterable[str] | None = None
) -> tuple[Planned, ...]:
    """Return what a run with `settings` would send for `requirements`, or for all of them.

    API-ERR-001 is judged over the errors of all others, so it plans every probe of an error.
    """
    wanted = None if requirements is None else set(requirements)
    grants, moves = granted(settings), settings.control_url is not None
    return tuple(_planned(wanted, grants, moves=moves))


def estimate(settings: Settings, planned: Iterable[Planned]) -> Estimate:
    """Return what `planned` comes to, the preflight included."""
    sent = [item for item in planned if item.needs is None]
    requests = PREFLIGHT + sum(item.requests for item in sent)
    waits = sum((item.waits for item in sent), timedelta())
    if settings.control_url is not None:  # time is moved instead of waited for
        return Estimate(requests=requests, span=timedelta(seconds=requests * _LOCAL_S))
    together = sum(item.together for item in sent)
    seconds = (requests - together) / rate(settings.max_rate)
    return Estimate(requests=requests, span=timedelta(seconds=seconds) + waits)


def _planned(wanted: set[str] | None, grants: frozenset[Need], *, moves: bool) -> Iterator[Planned]:
    errors = wanted is None or ERRORS in wanted
    for probe in PROBES:
        about = wanted is None or probe.requirement in wanted
        if about or (errors and probe.expects.is_error):
            yield _of_probe(probe, grants)
    for series in SERIES:
        about = wanted is None or bool(wanted & set(series.requirements))
        if about and (moves or not series.optional):
            yield _of_series(series, grants)


def _of_probe(probe: Probe, grants: frozenset[Need]) -> Planned:
    return Planned(
        id=probe.id, requirements=(probe.requirement,), says=f"a request {probe.says}",
        expects=describe(probe.expects), requests=probe.requests,
        needs=None if probe.needs in grants else probe.needs,
    )  # fmt: skip


def _of_series(series: Series, grants: frozenset[Need]) -> Planned:
    return Planned(
        id=series.id, requirements=series.requirements, says=series.says,
        expects=series.expects, requests=series.requests, together=series.together,
        waits=series.waits,
        needs=None if series.needs in grants else series.needs,
    )  # fmt: skip
