"""A series: several requests whose answers only together show something, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from conformance.probes.asking import Need
from conformance.probes.probe import Seen
from conformance.probes.prober import Prober


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One point of a measurement: `kind` is what was seen there, `label` says it for people."""

    x: float
    y: float
    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a series measured, fit to be drawn; `x_says` and `y_says` name axes and units."""

    id: str
    requirement: str
    title: str
    says: str
    x_says: str
    y_says: str
    points: tuple[Measured, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What came of a series: a result by requirement, none for what it could not be asked here.

    `notes` say what was left unshown, and why.
    """

    seen: Mapping[str, Seen] = field(default_factory=dict)
    measurement: Measurement | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Several requests in a row, for one or more requirements.

    `says` and `expects` are for people. `requests`, those that go out `together`, and `waits` are
    what it takes of an API that is as documented. One that is `optional`
    shows something only where time can be moved or the API's own figures permit it.
    """

    id: str
    requirements: tuple[str, ...]
    says: str
    expects: str
    requests: int
    run: Callable[[Prober], Shown]
    together: int = 0
    waits: timedelta = timedelta()
    needs: Need | None = None
    optional: bool = False
