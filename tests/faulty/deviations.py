"""The deviation matrix: every broken promise of the sandbox against every requirement of the API.

    python -m tests.faulty.deviations

runs every probe against the sandbox with each deviation in turn, in one process and in time that
stands still, and prints which requirements the run fails on. Exits 1 when one is missing that the
deviation breaks, or when one fails that it has nothing to do with.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import rsa
from rich.console import Console

from conformance.client.credentials import Credentials
from conformance.clock import ManualClock, SystemClock
from conformance.live.preflight import get_token
from conformance.live.stranger import unknown_identity
from conformance.material.identity import Identity
from conformance.probes.listing import ERRORS, PROBES, SERIES
from conformance.probes.probe import Seen, Sight
from conformance.probes.prober import Prober
from conformance.sandbox.deviation import DEVIATIONS
from conformance.sandbox.record import Record
from conformance.sandbox.running import Sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.faulty.direct import direct_session
from tests.live.calling import credentials_of

STRICTLY = "-status-type"
"""How deviations end that quirk Q1 lets pass unless the run is strict."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One deviation: what it breaks, what else it may break, and what the run failed on."""

    deviation: str
    breaks: frozenset[str]
    spoils: frozenset[str]
    broken: frozenset[str]

    @property
    def survived(self) -> frozenset[str]:
        """What the deviation breaks and the run did not see."""
        return self.breaks - self.broken

    @property
    def unrelated(self) -> frozenset[str]:
        """What the run failed on without a cause."""
        return self.broken - self.breaks - self.spoils

    @property
    def stands(self) -> bool:
        """Whether the run failed on what is broken, and on nothing else."""
        return not self.survived and not self.unrelated


@dataclass(frozen=True, kw_only=True)
class Bed:
    """A sandbox that is not listening, whose time stands still, and who calls it."""

    sandbox: Sandbox
    credentials: Credentials
    stranger: Identity
    clock: ManualClock

    def seen(self, *deviations: str, strict: bool = False) -> Mapping[str, list[Seen]]:
        """Send everything there is; return what was seen by requirement."""
        self.sandbox.reset()
        self.sandbox.deviate(*deviations)
        session = direct_session(self.sandbox, self.credentials, self.stranger, self.clock)
        get_token(session)
        prober = Prober(session=session, strict=strict)
        found: dict[str, list[Seen]] = {}
        for probe in PROBES:
            found.setdefault(probe.requirement, []).append(prober.run(probe))
        for series in SERIES:
            for requirement, seen in series.run(prober).seen.items():
                found.setdefault(requirement, []).append(seen)
        found[ERRORS] = [prober.error_bodies()]
        return found

    def row(self, name: str) -> Row:
        """Return what a run fails on with the deviation `name`."""
        deviation = DEVIATIONS[name]
        return Row(
            deviation=name,
            breaks=frozenset(deviation.breaks),
            spoils=frozenset(deviation.spoils),
            broken=broken(self.seen(name, strict=name.endswith(STRICTLY))),
        )


def broken(found: Mapping[str, Iterable[Seen]]) -> frozenset[str]:
    """Return the requirements that were seen broken."""
    return frozenset(
        name for name, seen in found.items() if any(item.sight is Sight.BROKEN for item in seen)
    )


@contextmanager
def bed() -> Iterator[Bed]:
    """Make a bed for as long as the block lasts.

    The sandbox keeps no record, and whoever is a stranger has the same key: making keys and
    explaining failures would be most of the work.
    """
    clock = ManualClock(SystemClock().now().replace(microsecond=0))
    stranger = unknown_identity(clock.now())
    sandbox = Sandbox(SandboxSettings(), clock=clock)
    made = Bed(sandbox=sandbox, credentials=credentials_of(sandbox), stranger=stranger, clock=clock)
    try:
        with (
            patch.object(Record, "note", lambda *_: None),
            patch.object(rsa, "generate_private_key", lambda *_, **__: stranger.key),
        ):
            yield made
    finally:
        sandbox.stop()


def run(names: Sequence[str]) -> list[Row]:
    """Return the rows of these deviations."""
    with bed() as made:
        return [made.row(name) for name in names]


def matrix() -> list[Row]:
    """Return the rows of every deviation, worked out on two processors."""
    names = list(DEVIATIONS)
    with ProcessPoolExecutor(max_workers=2) as pool:
        halves = list(pool.map(run, (names[::2], names[1::2])))
    rows = {row.deviation: row for half in halves for row in half}
    return [rows[name] for name in names]


def show(rows: Sequence[Row], console: Console) -> None:
    """Print a line for each deviation: how it went, and what the run failed on."""
    console.print(f"\nDeviations of the sandbox: {len(rows)}", markup=False)
    for row in rows:
        mark = "ok " if row.stands else "BAD"
        console.print(
            f"  {mark} {row.deviation:42} {' '.join(sorted(row.broken)) or 'nothing'}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
        for says, names in (("not seen", row.survived), ("unrelated", row.unrelated)):
            if names:
                console.print(f"      {says}: {' '.join(sorted(names))}", highlight=False)
    hit = {name for row in rows for name in row.broken & row.breaks}
    every = dict.fromkeys(name for item in DEVIATIONS.values() for name in item.breaks)
    missing = " ".join(name for name in every if name not in hit) or "none"
    console.print(f"  requirements that no deviation was caught by: {missing}", highlight=False)
    exact = sum(row.broken == row.breaks for row in rows)
    console.print(f"  {exact} of {len(rows)} fail on what they break and on nothing else")


def main() -> int:
    """Run, print, and tell whether the matrix stands."""
    console = Console(width=160)
    rows = matrix()
    show(rows, console)
    return 0 if all(row.stands for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
