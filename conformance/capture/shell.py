"""Words of a command line, split and unquoted as bash does it.

Text is one character per octet. What only a running shell can fill in (variables, commands in
`$( )`) is refused, because a guess would explain another request than the one that was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from conformance.errors import CaptureError

_CONTINUED: Final = re.compile(r"\\\r?\n")
_BLANK: Final = re.compile(r"(?:[ \t]|\r(?=\n)|\\\r?\n)+")
_COMMENT: Final = re.compile(r"#[^\n]*")
_REDIRECTION: Final = re.compile(r"[0-9]*(?:&>>?|>>?&?|<)|[0-9]+>>?&?")
_PLAIN: Final = re.compile(r"(?:[^\\'\"$` \t\r\n;&|()<>]|\r(?!\n))+")
_PLAIN_IN_DOUBLE: Final = re.compile(r"[^\\\"$`]+")
_PLAIN_IN_ANSI_C: Final = re.compile(r"[^\\']+")
_ESCAPED_IN_DOUBLE: Final = re.compile(r"\\([$`\"\\])")
_EXPANSION: Final = re.compile(r"\$(?=[A-Za-z_0-9{(@*#?$!-])|`")
_ESCAPE: Final = re.compile(
    r"\\(?:u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})|x(?P<x>[0-9A-Fa-f]{1,2})"
    r"|(?P<octal>[0-7]{1,3})|c(?P<control>.)|(?P<other>.))",
    re.DOTALL,
)
_QUOTES: Final = frozenset("\\'\"")
_NAMED: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command: its words, what ended it (empty at the very end) and what follows."""

    words: tuple[str, ...]
    ended_by: str
    end: int
    """Where the text after it begins."""


@dataclass(slots=True)
class _Scanner:
    """Walks through the text; `position` is that of the next character."""

    text: str
    position: int = 0
    words: list[str] = field(default_factory=list)

    def command(self) -> Command:
        """Read up to a line end or an operator, and past it."""
        self.words = []
        while self.position < len(self.text):
            if self._skip(_BLANK) or self._skip(_COMMENT):
                continue
            character = self.text[self.position]
            if self._skip(_REDIRECTION):
                self._skip(_BLANK)
                self._word()
            elif character in "\n;&|()":
                self.position += 1
                return Command(words=tuple(self.words), ended_by=character, end=self.position)
            else:
                self.words.append(self._word())
        return Command(words=tuple(self.words), ended_by="", end=self.position)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.position)
        if match is None:
            return False
        self.position = match.end()
        return True

    def _word(self) -> str:
        """Read one word, whatever mix of quotes it is written in."""
        start = self.position
        parts: list[str] = []
        while self.position < len(self.text):
            if self._skip(_CONTINUED):
                continue
            plain = _PLAIN.match(self.text, self.position)
            if plain is not None:
                parts.append(plain[0])
                self.position = plain.end()
                continue
            part = self._quoted()
            if part is None:
                break
            parts.append(part)
        self._refuse_braces(self.text[start : self.position])
        return "".join(parts)

    def _quoted(self) -> str | None:
        """Read one quoted piece or escape; None where the word ends."""
        self._refuse_expansion()
        piece: str | None = None
        match self.text[self.position : self.position + 2]:
            case "$'":
                piece = self._ansi_c()
            case '$"':
                self.position += 1
                piece = self._double()
            case found if found[0] == "'":
                piece = self._single()
            case found if found[0] == '"':
                piece = self._double()
            case found if found[0] == "\\":
                self.position += 2
                piece = found[1:] or found
            case found if found[0] == "$":
                self.position += 1
                piece = "$"
        return piece

    def _single(self) -> str:
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise self._unclosed("'")
        piece = self.text[self.position + 1 : end]
        self.position = end + 1
        return piece

    def _double(self) -> str:
        self.position += 1
        parts: list[str] = []
        while self.position < len(self.text):
            if self._skip(_CONTINUED):
                continue
            plain = _PLAIN_IN_DOUBLE.match(self.text, self.position)
            escaped = _ESCAPED_IN_DOUBLE.match(self.text, self.position)
            if found := plain or escaped:
                parts.append(escaped[1] if escaped else found[0])
                self.position = found.end()
                continue
            self._refuse_expansion()
            character = self.text[self.position]
            self.position += 1
            if character == '"':
                return "".join(parts)
            parts.append(character)
        raise self._unclosed('"')

    def _ansi_c(self) -> str:
        """Read `$'…'` with its backslash escapes (ANSI-C quoting)."""
        self.position += 2
        parts: list[str] = []
        while found := (
            _PLAIN_IN_ANSI_C.match(self.text, self.position)
            or _ESCAPE.match(self.text, self.position)
        ):
            parts.append(_unescaped(found) if found.re is _ESCAPE else found[0])
            self.position = found.end()
        if self.text[self.position : self.position + 1] != "'":
            raise self._unclosed("'")
        self.position += 1
        return "".join(parts)

    def _refuse_expansion(self) -> None:
        if _EXPANSION.match(self.text, self.position):
            raise CaptureError(
                f"the command line has a variable or another command in it (at octet "
                f"{self.position + 1}), which only your shell can fill in",
                hint="Run it after `set -x` and give the line that bash prints, or give the "
                "output of curl -v.",
            )

    def _refuse_braces(self, raw: str) -> None:
        if {"{", ",", "}"} <= set(raw) and not _QUOTES & set(raw):
            raise CaptureError(
                "the command line has {…,…} outside of quotes, which bash takes apart",
                hint="Put the word in single quotes.",
            )

    def _unclosed(self, quote: str) -> CaptureError:
        return CaptureError(
            f"the command line is cut off: a {quote} is opened and never closed",
            hint="Copy the whole command; write a ' inside single quotes as '\\''.",
        )


def _unescaped(escape: re.Match[str]) -> str:
    if escape["other"] is not None:
        return _NAMED.get(escape["other"], escape[0])
    if escape["control"] is not None:
        return _not_nul(chr(ord(escape["control"]) & 0x1F))
    point = escape["u"] or escape["U"]
    if point is None:
        code = int(escape["x"], 16) if escape["x"] else int(escape["octal"], 8) & 0xFF
        return _not_nul(chr(code))
    if int(point, 16) > 0x10FFFF:
        return escape[0]
    return _not_nul(chr(int(point, 16)).encode("utf-8", "surrogatepass").decode("latin-1"))


def _not_nul(text: str) -> str:
    if text == "\0":
        raise CaptureError(
            "the command line has a NUL octet in it, which no program can be given",
            hint="Put the body in a file and name it with --data-binary @FILE.",
        )
    return text


def commands(text: str) -> Iterator[Command]:
    """Yield the simple commands in `text`, those without words left out.

    Raises:
        CaptureError: a quote is not closed, or a word holds what only a shell can fill in.
    """
    scanner = _Scanner(text)
    while scanner.position < len(text):
        command = scanner.command()
        if command.words:
            yield command
