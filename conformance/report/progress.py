"""How far a run is, while it runs: a bar on a screen, a line a phase in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from conformance.report.page import Page


class Progress(Protocol):
    """Is told what the run does."""

    def phase(self, name: str, total: int) -> None:
        """Begin the phase `name`, of `total` steps; what was begun before is over."""

    def advance(self, steps: int = 1) -> None:
        """Tell that `steps` more steps of the phase are done."""


@contextmanager
def progress(console: Console) -> Iterator[Progress]:
    """Show the progress of a run on `console`, which should write to standard error.

    On a screen the bars are gone when the run is over, whatever ended it.
    """
    if not console.is_terminal:
        yield _Lines(Page(console))
        return
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Bars(*columns, console=console, transient=True) as bars:
        yield _Screen(bars)


class _Lines:
    def __init__(self, page: Page) -> None:
        self._page = page

    def phase(self, name: str, total: int) -> None:
        self._page.line(f"{name}: {total:,}")

    def advance(self, steps: int = 1) -> None:
        del steps


class _Screen:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = None if not bars.task_ids else bars.task_ids[-1]

    def phase(self, name: str, total: int) -> None:
        self._task = self._bars.add_task(Text(name).plain, total=total)

    def advance(self, steps: int = 1) -> None:
        if self._task is not None:
            self._bars.advance(self._task, steps)
