"""How far a run is, while it runs: a bar on a screen, a line a phase in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from conformance.report.check import Step, StepOutcome
from conformance.report.page import Page

_MARK: Final = 7
_NAME: Final = 15
_MARKS: Final = {
    StepOutcome.NEUTRAL: "", StepOutcome.RIGHT: "ok", StepOutcome.WRONG: "FAILED",
    StepOutcome.UNCLEAR: "?",
}  # fmt: skip


class Progress(Protocol):
    """Is told what the run does."""

    def phase(self, name: str, total: int) -> None:
        """Begin the phase `name`, of `total` steps; what was begun before is over."""

    def advance(self, steps: int = 1) -> None:
        """Tell that `steps` more steps of the phase are done."""

    def step(self, step: Step) -> None:
        """Tell what the preflight has just looked at."""


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

    def step(self, step: Step) -> None:
        _print_step(self._page, step)

    def phase(self, name: str, total: int) -> None:
        self._page.line(f"{name}: {total:,}")

    def advance(self, steps: int = 1) -> None:
        del steps


class _Screen:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._page = Page(bars.console)
        self._task = None if not bars.task_ids else bars.task_ids[-1]

    def phase(self, name: str, total: int) -> None:
        self._task = self._bars.add_task(Text(name).plain, total=total)

    def advance(self, steps: int = 1) -> None:
        if self._task is not None:
            self._bars.advance(self._task, steps)

    def step(self, step: Step) -> None:
        _print_step(self._page, step)


def _print_step(page: Page, step: Step) -> None:
    """Print one line of the preflight: what was looked at, then what was seen."""
    name, _, says = step.says.partition(": ")
    lead = f"  {_MARKS[step.outcome]:<{_MARK}}{name:<{_NAME}}"
    style = "bold red" if step.outcome is StepOutcome.WRONG else ""
    page.wrapped(lead + says, indent=len(lead), first="", style=style)
