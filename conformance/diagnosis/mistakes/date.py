"""Mistakes of the date stage: how the moment is written, and which moment it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from conformance.diagnosis.mistake import Given, Shelf
from conformance.wire.date import DAYS, MONTHS, format_imf_fixdate, moved
from conformance.wire.procedure import CoveredField, Stage

SHELF = Shelf(Stage.DATE)

Form = Callable[[datetime], str]

_IMF: Final = "write an IMF-fixdate, such as Wed, 03 Jul 2019 08:28:28 GMT: "
_FULL_DAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip

_PORTUGUESE_DAYS: Final = ("seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom.")
_PORTUGUESE_MONTHS: Final = (
    "jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez.",
)  # fmt: skip

LOCALES: Final[dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "german": (
        "German", ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
        ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni",
         "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    ),
    "german-bare": (
        "German", ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
        ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun",
         "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"),
    ),
    "french": (
        "French", ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
        ("janv.", "févr.", "mars", "avr.", "mai", "juin",
         "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    ),
    "dutch": (
        "Dutch", ("ma", "di", "wo", "do", "vr", "za", "zo"),
        ("jan.", "feb.", "mrt.", "apr.", "mei", "jun.",
         "jul.", "aug.", "sep.", "okt.", "nov.", "dec."),
    ),
    "italian": (
        "Italian", ("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
        ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
    ),
    "spanish": (
        "Spanish", ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
        ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
    ),
    "polish": (
        "Polish", ("pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."),
        ("sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"),
    ),
}  # fmt: skip
"""Short names of days and months as Java's and ICU's locale data have them."""


def _written(text: str) -> CoveredField:
    octets = text.encode("utf-8").decode("latin-1")
    return CoveredField(sent=(("Date", octets),), signed=octets)


def _moment(given: Given) -> datetime:
    return given.request.date.astimezone(UTC)


def _form(
    identity: str,
    says: str,
    mend: str,
    form: Form,
    *,
    breaks: str = "DATE-001",
    source: str = "own",
) -> None:
    @SHELF(f"date-{identity}", breaks=breaks, says=says, mend=mend, source=source)
    def written_so(_field: CoveredField, given: Given) -> CoveredField:
        return _written(form(_moment(given)))


def _clock(at: datetime) -> str:
    return f"{at.hour:02}:{at.minute:02}:{at.second:02}"


def _zone(text: str) -> Form:
    return lambda at: format_imf_fixdate(at).replace("GMT", text)


_ENGLISH_UTC: Final = (
    "toUTCString() in JavaScript, gmdate('D, d M Y H:i:s \\G\\M\\T') in PHP, "
    'email.utils.format_datetime(…, usegmt=True) in Python, ToUniversalTime().ToString("r") in C#'
)
_IN_JAVA: Final = (
    "in Java take DateTimeFormatter.ofPattern(\"EEE, dd MMM yyyy HH:mm:ss 'GMT'\", Locale.ENGLISH) "
    "on a time in UTC (ZonedDateTime.now(ZoneOffset.UTC)), not RFC_1123_DATE_TIME"
)
_ZONE = _IMF + "the zone is the word GMT, always: " + _ENGLISH_UTC
_form(
    "zone-z", "the zone is written Z instead of GMT",
    _ZONE + "; " + _IN_JAVA,
    _zone("Z"), source="the documented Java sample",
)  # fmt: skip
_form(
    "zone-numeric", "the zone is written as a number, +0000, instead of GMT", _ZONE,
    _zone("+0000"),
)  # fmt: skip
_form(
    "zone-numeric-colon", "the zone is written as a number, +00:00, instead of GMT", _ZONE,
    _zone("+00:00"), source="the documented Postman sample",
)  # fmt: skip
_form("zone-utc", "the zone is written UTC instead of GMT", _ZONE, _zone("UTC"))
_form(
    "zone-missing", "the zone is missing", _ZONE,
    lambda at: format_imf_fixdate(at).removesuffix(" GMT"),
)  # fmt: skip
_form(
    "zone-gmt-offset", "an offset stands behind GMT, as a browser prints dates", _ZONE,
    _zone("GMT+0000"),
)  # fmt: skip


def _locale(identity: str) -> None:
    name, days, months = LOCALES[identity]

    def local(at: datetime, zone: str) -> str:
        day, month = days[at.weekday()], months[at.month - 1]
        return f"{day}, {at.day:02} {month} {at.year} {_clock(at)} {zone}"

    mend = _IMF + "give the formatter an English locale (Locale.US, InvariantCulture, LC_ALL=C)"
    says = f"the names of day and month are {name}"
    source = "apache/paimon#7577"
    _form(f"names-{identity}", says, mend, lambda at: local(at, "GMT"), source=source)
    _form(
        f"names-{identity}-zone-z", f"{says}, and the zone is written Z instead of GMT", mend,
        lambda at: local(at, "Z"), source="the documented Java sample on such a machine",
    )  # fmt: skip


for _name in LOCALES:
    _locale(_name)

_form(
    "day-digits", "the day of the month has one digit",
    _IMF + "write the day with two digits; " + _IN_JAVA,
    lambda at: (
        f"{DAYS[at.weekday()]}, {at.day} {MONTHS[at.month - 1]} {at.year:04} {_clock(at)} GMT"
    ),
    source="Java RFC_1123_DATE_TIME; mastodon/mastodon#9189",
)  # fmt: skip
_form(
    "asctime", "the parts stand in the order of asctime", _IMF + "in that order",
    lambda at: f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:02} {_clock(at)} {at.year}",
    source="adamcin/httpsig-java#1",
)  # fmt: skip
_form(
    "asctime-padded", "the parts stand in the order of asctime", _IMF + "in that order",
    lambda at: f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:2} {_clock(at)} {at.year}",
)  # fmt: skip
_form(
    "java-to-string", "the date is what Java's Date.toString gives", _IMF + "in that order",
    lambda at: (
        f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:02} {_clock(at)} GMT {at.year}"
    ),
)  # fmt: skip
_form(
    "javascript-to-string", "the date is what JavaScript's Date.toString gives",
    "use toUTCString() instead of toString()",
    lambda at: (
        f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:02} {at.year} {_clock(at)} GMT+0000"
        " (Coordinated Universal Time)"
    ),
)  # fmt: skip
_form(
    "rfc-850", "the date is in RFC 850 form", _IMF + "with a four-digit year and no hyphens",
    lambda at: (
        f"{_FULL_DAYS[at.weekday()]}, {at.day:02}-{MONTHS[at.month - 1]}-{at.year % 100:02}"
        f" {_clock(at)} GMT"
    ),
)  # fmt: skip
_form(
    "year-digits", "the year has two digits", _IMF + "with a four-digit year",
    lambda at: (
        f"{DAYS[at.weekday()]}, {at.day:02} {MONTHS[at.month - 1]} {at.year % 100:02}"
        f" {_clock(at)} GMT"
    ),
)  # fmt: skip
_form(
    "full-day-name", "the day's name is written in full", _IMF + "with a three-letter day",
    lambda at: format_imf_fixdate(at).replace(DAYS[at.weekday()], _FULL_DAYS[at.weekday()], 1),
)  # fmt: skip
_form(
    "day-name-missing", "the day's name is missing", _IMF + "with the day and a comma in front",
    lambda at: format_imf_fixdate(at).partition(", ")[2],
)  # fmt: skip
_form(
    "comma-missing", "the comma behind the day's name is missing", _IMF + "with its comma",
    lambda at: format_imf_fixdate(at).replace(",", "", 1),
)  # fmt: skip
_form(
    "upper-case", "the date is in upper case", _IMF + "in that letter case",
    lambda at: format_imf_fixdate(at).upper(),
)  # fmt: skip
_form(
    "lower-case", "the date is in lower case", _IMF + "in that letter case",
    lambda at: format_imf_fixdate(at).lower(),
)  # fmt: skip
_form(
    "iso-8601", "the date is in ISO 8601 form", _IMF + "not 2019-07-03T08:28:28Z",
    lambda at: f"{at:%Y-%m-%d}T{_clock(at)}Z",
)  # fmt: skip
_form(
    "iso-8601-milliseconds", "the date is in ISO 8601 form",
    _IMF + "toUTCString() in JavaScript, not toISOString()",
    lambda at: f"{at:%Y-%m-%d}T{_clock(at)}.000Z",
)  # fmt: skip
_form(
    "iso-8601-offset", "the date is in ISO 8601 form", _IMF + "not 2019-07-03T08:28:28+00:00",
    lambda at: f"{at:%Y-%m-%d}T{_clock(at)}+00:00",
)  # fmt: skip
_form(
    "unix-time", "the date is a count of seconds", _IMF + "not a number",
    lambda at: str(int(at.timestamp())),
)  # fmt: skip
_form(
    "12-hour-clock", "the hours are those of a 12-hour clock",
    _IMF + "with the 24-hour clock (HH in Java and C#, H in PHP, %H in strftime)",
    lambda at: format_imf_fixdate(at).replace(
        _clock(at), f"{at.hour % 12 or 12:02}:{at.minute:02}:{at.second:02}"
    ),
)  # fmt: skip
_form(
    "week-year", "the year is that of the ISO week, which differs around New Year",
    _IMF + "with the calendar year (yyyy, not YYYY, in Java)",
    lambda at: format_imf_fixdate(at).replace(f" {at.year:04} ", f" {at.isocalendar()[0]:04} "),
    breaks="DATE-002",
)  # fmt: skip
_form(
    "weekday", "the weekday is not that of the date", "take the weekday from the date itself",
    lambda at: DAYS[(at.weekday() + 1) % 7] + format_imf_fixdate(at)[3:],
    breaks="DATE-002", source="w3c-ccg/http-signatures#9",
)  # fmt: skip


_form(
    "names-local", "the names of day or month are not English",
    _IMF + "give the formatter an English locale (Locale.US, InvariantCulture, LC_ALL=C)",
    lambda at: (
        f"{_PORTUGUESE_DAYS[at.weekday()]}, {at.day:02} {_PORTUGUESE_MONTHS[at.month - 1]} "
        f"{at.year} {_clock(at)} GMT"
    ),
)  # fmt: skip
_form(
    "milliseconds", "fractions of a second follow the time", _IMF + "in whole seconds",
    lambda at: format_imf_fixdate(at).replace(" GMT", ".000 GMT"),
)  # fmt: skip
_form(
    "day-padded-with-space", "a one-digit day is padded with a space", _IMF + "with a zero",
    lambda at: format_imf_fixdate(at).replace(", 0", ",  "),
)  # fmt: skip
_form(
    "month-for-minutes", "the month stands in place of the minutes",
    _IMF + "with minutes in their place (mm in Java and C#, i in PHP, %M in strftime)",
    lambda at: format_imf_fixdate(at).replace(f":{at.minute:02}:", f":{at.month:02}:"),
)  # fmt: skip


_TO_UTC: Final = (
    "convert to UTC before formatting: withZoneSameInstant(ZoneOffset.UTC) in Java, toUTCString() "
    "in JavaScript, ToUniversalTime in C#, gmdate in PHP, datetime.now(UTC) in Python, UTC() in "
    "Go, date -u in a shell"
)


def central_european(at: datetime) -> timedelta:
    """Return how far Berlin's clock is ahead of `at`, from 1970 on: an hour, in summer two."""
    began = _last_sunday(at.year, 3) if at.year > 1980 else _FIRST_SUMMER
    ended = _last_sunday(at.year, 10 if at.year > 1995 else 9)
    return timedelta(hours=2 if began <= at < ended else 1)


_FIRST_SUMMER: Final = datetime(1980, 4, 6, 1, tzinfo=UTC)


def _last_sunday(year: int, month: int) -> datetime:
    """Return 01:00 UTC on the last Sunday of a month, when European clocks move."""
    last = datetime(year, month, 30 if month == 9 else 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def with_offset(at: datetime, offset: timedelta, digits: int = 2) -> str:
    """Return `at` as local time and its offset; `digits` is the least width of the day."""
    local = moved(at, offset)
    minutes = int(offset.total_seconds()) // 60
    sign, minutes = "-" if minutes < 0 else "+", abs(minutes)
    return (
        f"{DAYS[local.weekday()]}, {local.day:0{digits}} {MONTHS[local.month - 1]} "
        f"{local.year:04} {_clock(local)} {sign}{minutes // 60:02}{minutes % 60:02}"
    )


_form(
    "java-rfc-1123",
    "the date is what Java's RFC_1123_DATE_TIME makes of local time: with its offset, such as "
    "+0200, instead of GMT, and with one digit for the days 1 to 9",
    _IMF + _IN_JAVA, lambda at: with_offset(at, central_european(at), 1),
    source="Java RFC_1123_DATE_TIME with a zone",
)  # fmt: skip
_form(
    "local-offset", "the date is local time with its offset, such as +0200, as in mails",
    _IMF + "convert to UTC and write GMT: " + _ENGLISH_UTC + "; " + _IN_JAVA,
    lambda at: with_offset(at, central_european(at)),
    source="PHP date('r'), Python email.utils.format_datetime, date -R",
)  # fmt: skip


def _hours_off(hours: int) -> None:
    @SHELF(
        f"date-local-time-{hours:+}",
        breaks="DATE-003",
        says=f"the time is local time, {abs(hours)} h {'ahead of' if hours > 0 else 'behind'} "
        "GMT, under the name GMT",
        mend=_TO_UTC,
        source="OpenAPITools/openapi-generator#6923",
    )
    def hours_off(_field: CoveredField, given: Given) -> CoveredField:
        return _written(format_imf_fixdate(moved(_moment(given), timedelta(hours=hours))))


for _hours in (1, 2, 3, -1, -4, -5, -6, -7, -8, 8, 9):
    _hours_off(_hours)


@SHELF(
    "date-local-time-central-europe",
    breaks="DATE-003",
    says="the time is local time of a zone with summer time, such as Europe/Berlin, under the "
    "name GMT",
    mend=_TO_UTC,
    source="OpenAPITools/openapi-generator#6923",
)
def local_time_of_berlin(_field: CoveredField, given: Given) -> CoveredField:
    """Take the time from the clock on the wall."""
    at = _moment(given)
    return _written(format_imf_fixdate(moved(at, central_european(at))))


def _signed_apart(identity: str, says: str, seconds: int) -> None:
    @SHELF(
        f"date-{identity}",
        breaks="DATE-004",
        says=says,
        mend="read the clock once, and sign the very text that is sent as Date; keep libraries "
        "and proxies from setting it",
        source="gcr/lua-s3#2, nahi/httpclient#76",
    )
    def signed_apart(field: CoveredField, given: Given) -> CoveredField:
        signed = format_imf_fixdate(moved(_moment(given), timedelta(seconds=seconds)))
        return replace(field, signed=signed)


_signed_apart("clock-read-twice", "the date signed is one second older than the one sent", -1)
_signed_apart("clock-read-twice-later", "the date signed is one second newer than the one sent", 1)


@SHELF(
    "date-rewritten",
    breaks="DATE-004",
    says="the Date header was changed after signing",
    mend="sign the very text that is sent as Date; keep libraries and proxies from setting it",
    source="nahi/httpclient#76",
)
def rewritten(field: CoveredField, given: Given) -> CoveredField:
    """Sign one moment, and let the library send another, some seconds later."""
    later = moved(_moment(given), timedelta(seconds=7))
    return replace(field, sent=(("Date", format_imf_fixdate(later)),))


@SHELF(
    "date-reused",
    breaks="DATE-003",
    says="the date is that of an earlier request",
    mend="take the date anew for every request, a retry too",
)
def reused(field: CoveredField, given: Given) -> CoveredField:
    """Take the date once, when the signer starts."""
    kept: CoveredField = given.memory.setdefault("date", field)
    return kept


@SHELF(
    "date-absent",
    breaks="DATE-001",
    says="no Date header is sent, and none is signed",
    mend="send a Date header with every request and sign it",
)
def absent(_field: CoveredField, _given: Given) -> CoveredField:
    """Leave the date to others."""
    return CoveredField(sent=(), signed=None)


@SHELF(
    "date-not-sent",
    breaks="DATE-001",
    says="the date is signed, but the Date header is never sent",
    mend="add the Date header to the request with the very text that is signed",
)
def not_sent(field: CoveredField, _given: Given) -> CoveredField:
    """Sign a date and forget the header."""
    return replace(field, sent=())


@SHELF(
    "date-in-x-date",
    breaks="DATE-001",
    says="the date is sent as X-Date, not as Date",
    mend="send it as Date; where the platform forbids that (browsers do), sign elsewhere",
)
def in_x_date(field: CoveredField, _given: Given) -> CoveredField:
    """Use the header that browsers allow."""
    return replace(field, sent=tuple(("X-Date", value) for _, value in field.sent))


@SHELF(
    "date-untrimmed",
    breaks="STR-007",
    says="white space around the Date value is signed too",
    mend="strip leading and trailing white space from the value before it goes into the string",
    source="Security.md, tips",
)
def untrimmed(field: CoveredField, _given: Given) -> CoveredField:
    """Send and sign a space at the end of the value."""
    value = f"{field.signed} "
    return CoveredField(sent=(("Date", value),), signed=value)


@SHELF(
    "date-sent-twice",
    breaks="DATE-001",
    says="two Date headers are sent",
    mend="send one Date header: replace it instead of adding to it, and keep the library from "
    "setting its own",
)
def sent_twice(field: CoveredField, _given: Given) -> CoveredField:
    """Add the header twice."""
    return replace(field, sent=field.sent * 2)
