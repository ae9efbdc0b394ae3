"""What a preflight looks at, told line by line while it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from conformance.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at; `at_s` is in seconds since the preflight began.

    `holds` is False where it ends the run, and None where it is left to the probes to judge.
    """

    name: str
    says: str
    holds: bool | None
    at_s: float


class Course:
    """Keeps what was looked at, in order; `tell` hears of each line at once."""

    def __init__(
        self, monotonic: Callable[[], float], tell: Callable[[Line], None] = lambda _: None
    ) -> None:
        """Begin now, by `monotonic`, in seconds."""
        self._monotonic = monotonic
        self._began = monotonic()
        self._tell = tell
        self.lines: list[Line] = []

    def saw(self, name: str, says: str, *, holds: bool | None = True) -> None:
        """Tell what was seen of `name`."""
        at_s = round(self._monotonic() - self._began, 3)
        line = Line(name=name, says=says, holds=holds, at_s=at_s)
        self.lines.append(line)
        self._tell(line)

    def has_seen(self, name: str) -> bool:
        """Tell whether there is a line of that name already."""
        return any(line.name == name for line in self.lines)

    @contextmanager
    def looking_at(self, name: str) -> Iterator[None]:
        """Let a `UsageError` raised meanwhile be the line that ends the preflight."""
        try:
            yield
        except UsageError as error:
            self.saw(name, error.message, holds=False)
            raise
