"""The kill matrix of clients: every faulty client against every requirement of its side.

    python -m tests.faulty.clients.matrix

prints by which requirement each faulty client was caught, then whatever went wrong: survivors,
requirements blamed that have nothing to do with it, right clients that were flagged.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from conformance.stories.case import ClientCase
from tests.faulty.clients.faulty import FAULTY, RIGHT, FaultyClient
from tests.faulty.clients.playing import Shown, play


@dataclass(frozen=True, kw_only=True)
class Row:
    """A faulty client, and what was seen of it."""

    client: FaultyClient
    shown: Shown

    @property
    def fault(self) -> str:
        """Why the row does not stand; empty when it does."""
        broken = self.shown.broken
        if self.client.breaks not in broken:
            return f"survived; seen were {', '.join(sorted(broken)) or 'none'}"
        beside = broken - {self.client.breaks} - self.client.related
        return f"also blamed: {', '.join(sorted(beside))}" if beside else ""


def row(client: FaultyClient, cases: Sequence[ClientCase] | None = None) -> Row:
    """Play one faulty client."""
    with tempfile.TemporaryDirectory() as directory:
        return Row(client=client, shown=play(client.make(), Path(directory), cases))


def main() -> int:
    """Print the matrix; return how many rows do not stand."""
    console = Console(width=120, soft_wrap=True)
    wrong = 0
    for client in FAULTY:
        made = row(client)
        wrong += bool(made.fault)
        caught = ", ".join(sorted(made.shown.broken))
        console.print(f"{client.name:<46} {client.breaks:<10} caught by {caught} {made.fault}")
    for right in RIGHT:
        with tempfile.TemporaryDirectory() as directory:
            shown = play(right(), Path(directory))
        wrong += bool(shown.broken)
        console.print(f"{right.__name__:<46} right      {shown.words() or 'not flagged'}")
    console.print(f"{len(FAULTY)} faulty clients and {len(RIGHT)} right ones, {wrong} misjudged")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main()))
