"""A moment as it is written on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from conformance.errors import UsageError, WireError
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.visible import visible


def read_moment(text: str, option: str) -> datetime:
    """Return the moment in `text`: an IMF-fixdate, or ISO 8601 with its zone.

    Raises:
        UsageError: it is neither; `option` names where it was given.
    """
    try:
        return parse_imf_fixdate(text)
    except WireError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UsageError(
        f"{option} is no date with a zone: {visible(text, limit=60)}",
        hint="Write it like Wed, 03 Jul 2019 08:28:28 GMT or 2019-07-03T08:28:28Z.",
    )
