"""What an error body says, read so that no body can break the client.

The documents write `status` as a number here and as a text there (quirk Q1), titles with and
without a final dot (Q10), and a gateway may answer with a page or nothing at all. So what a client
does follows from the HTTP status; the body is read for what it adds, and trusted with nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from conformance.client.message import Answer

_LONGEST: Final = 2000
"""Characters of a text that are kept."""

_MOST: Final = 100
"""Violations that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A field of an application, and what is wrong with it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error body as far as it could be understood (RFC 9457, Security.md)."""

    title: str = ""
    detail: str = ""
    type: str = ""
    status: int | None = None
    """As the body tells it; the answer's own status is what counts."""
    violations: tuple[Violation, ...] = ()

    @property
    def is_of_token(self) -> bool:
        """Whether it may mean a token that is expired or refused.

        The same title stands over the error for a date that is off, which no token mends.
        """
        title = self.title.strip().rstrip(".").casefold()
        return title == "unauthorized" and "date header" not in self.detail.casefold()

    @property
    def is_of_crefo(self) -> bool:
        """Whether one crefo id was applied for twice within five minutes."""
        return "crefo" in self.title.casefold()


def problem_of(answer: Answer) -> Problem | None:
    """Return what the body of `answer` says; None when it is no JSON object."""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    found = content.get("violations")
    listed = found if isinstance(found, list) else []
    return Problem(
        title=_text(content, "title"),
        detail=_text(content, "detail"),
        type=_text(content, "type"),
        status=_status(content.get("status")),
        violations=tuple(
            Violation(field=_text(item, "field"), message=_text(item, "message"))
            for item in listed[:_MOST]
            if isinstance(item, dict)
        ),
    )


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""


def _status(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:4])
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 100 <= value <= 599 else None
