"""Lines on a console: wrapped, styled where there is a screen, and never read as markup."""

from __future__ import annotations

import textwrap
from typing import Final

from rich.console import Console
from rich.text import Text

from conformance.report.difference import MarkedLine, marked

WIDTH: Final = 80
"""Columns of a page that is piped or has no screen to ask."""

LABEL: Final = 12
"""Columns of a label and the space before its text."""

_MOST: Final = 120
_PLAIN: Final = str.maketrans({"—": "-", "·": "-", "…": "..."})


class Page:
    """Writes a page to `console`, line by line.

    Text goes out as it is: square brackets are no markup, and a character that the stream cannot
    encode is escaped.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.width = max(min(console.width, _MOST), 40) if console.is_terminal else WIDTH

    def line(self, *parts: str | tuple[str, str]) -> None:
        """Write one line of plain parts and (part, style) pairs."""
        text = Text()
        for part in parts:
            words, style = (part, "") if isinstance(part, str) else part
            text.append(self._encodable(words), style)
        self._console.print(text, soft_wrap=True, highlight=False)

    def wrapped(
        self, text: str, *, style: str = "", indent: int = 0, first: str | None = None
    ) -> None:
        """Write `text`, broken at spaces and indented; `first` is the first line's indent."""
        lead = " " * indent
        lines = textwrap.wrap(
            text, self.width, initial_indent=lead if first is None else first,
            subsequent_indent=lead, break_on_hyphens=False,
        )  # fmt: skip
        for line in lines:
            self.line((line, style))

    def labelled(self, label: str, text: str, *, style: str = "") -> None:
        """Write `text` behind a label, its further lines below it; nothing when it is empty."""
        if text:
            lines = textwrap.wrap(text, self.width - LABEL, break_on_hyphens=False)
            for number, line in enumerate(lines):
                self.line(_label(label if number == 0 else ""), (line, style))

    def copied(self, label: str, text: str) -> None:
        """Write `text` behind a label on one line, however long: it is to be copied."""
        if text:
            self.line(_label(label), text)

    def compared(self, expected: str, observed: str, observed_label: str) -> None:
        """Write two visible strings with the first difference marked below."""
        left, right = marked(expected, observed, self.width - LABEL)
        self._marked("expected", left, "green")
        self._marked(observed_label, right, "red")

    def octets(self, label: str, text: str) -> None:
        """Write a visible string behind a label, a line for each of its own."""
        if text:
            self._marked(label, marked(text, text, self.width - LABEL)[0], "")

    def _marked(self, label: str, lines: list[MarkedLine], style: str) -> None:
        for number, line in enumerate(lines):
            end = line.column + line.width
            self.line(
                _label(label if number == 0 else ""),
                line.text[: line.column],
                (line.text[line.column : end], f"bold {style}"),
                line.text[end:],
            )
            if line.width:
                self.line(" " * (LABEL + line.column), ("^" * line.width, f"bold {style}"))

    def _encodable(self, text: str) -> str:
        encoding = self._console.encoding
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
        return text


def _label(label: str) -> str:
    return f"  {label}".ljust(LABEL)
