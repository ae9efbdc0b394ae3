"""DATE-001 to DATE-004: the `Date` header (Security.md, step 2; RFC 7231, section 7.1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.diagnosis.of_date import right_moment
from conformance.rules.finding import Finding
from conformance.rules.rule import Concern, Needs, RuleBook, Seen
from conformance.wire.date import format_imf_fixdate
from conformance.wire.visible import visible

RULES = RuleBook()

_FORM = "an IMF-fixdate, such as Wed, 03 Jul 2019 08:28:28 GMT"


@RULES("DATE-001")
def date_is_an_imf_fixdate(seen: Seen) -> Iterator[Finding]:
    """There is exactly one `Date` header, and it is an IMF-fixdate in GMT."""
    values = seen.reading.request.headers.all("date")
    if len(values) != 1:
        yield Finding(
            requirement="DATE-001",
            reason="date-repeated" if values else "date-missing",
            expected=f"one Date header: {_expected(seen)}",
            observed=f"{len(values)} Date headers" if values else "no Date header",
            hint="send the date once, and keep libraries from adding their own",
        )
        return
    refusal = seen.reading.date_refusal
    asked = seen.reading.expected.date
    if refusal is not None:
        if refusal.reason != "date-weekday":
            yield Finding(
                requirement="DATE-001",
                reason=refusal.reason,
                expected=_expected(seen),
                observed=visible(values[0].strip(" \t"), limit=200),
                hint=f"{refusal.message}; write {_FORM}",
            )
    elif asked is not None and right_moment(seen.reading) is None:
        yield Finding(
            requirement="DATE-001",
            reason="date-other-moment",
            expected=format_imf_fixdate(asked),
            observed=visible(values[0].strip(" \t")),
            hint="send the moment that was asked for, in GMT: hours off point to local time, "
            "anything else to a date kept from before",
        )


@RULES("DATE-002", needs=Needs.WEEKDAY)
def weekday_fits_the_date(seen: Seen) -> Iterator[Finding]:
    """The name of the day is that of the date."""
    if seen.reading.weekday_fits is False:
        yield Finding(
            requirement="DATE-002",
            reason="date-weekday",
            expected=_expected(seen),
            observed=visible(seen.reading.request.headers.first("date") or "", limit=200),
            hint="take the name of the day from the date itself",
        )


@RULES("DATE-003", concerns=Concern.OWN_CLOCK, needs=Needs.MOMENT)
def date_is_within_three_minutes(seen: Seen) -> Iterator[Finding]:
    """The date is within 3 minutes of now, before or after; exactly 3 minutes still counts."""
    expected = seen.reading.expected
    moment = seen.reading.moment
    if expected.now is None or moment is None:
        return
    if right_moment(seen.reading) is None:
        seconds = int((moment - expected.now.replace(microsecond=0)).total_seconds())
        side = "ahead" if seconds > 0 else "behind"
        yield Finding(
            requirement="DATE-003",
            reason="date-skew",
            expected=f"within {int(expected.skew.total_seconds())} s of "
            f"{format_imf_fixdate(expected.now)}",
            observed=f"{format_imf_fixdate(moment)}, {abs(seconds)} s {side}",
            hint="set the machine's clock by NTP, and take the date anew for every request; "
            "whole hours off point to local time under the name of GMT",
        )


@RULES("DATE-004", needs=Needs.SIGNING_STRING)
def date_signed_is_the_date_sent(seen: Seen) -> Iterator[Finding]:
    """The date in the signing string is the very text of the `Date` header."""
    yield from seen.blamed("DATE-004")


def _expected(seen: Seen) -> str:
    moment = seen.reading.expected.date
    return _FORM if moment is None else format_imf_fixdate(moment)
