"""Mistakes that show on the wire: found by making them, and comparing octets.

Digest, date, header and the text of the signature are sent, so nothing has to be searched for in
them: a mistake is proved when it turns the right text into the very text that was sent.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, Final

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.diagnosis.slot import sent_moment, unsigned
from conformance.errors import WireError
from conformance.wire.date import format_imf_fixdate, parse_imf_fixdate
from conformance.wire.message import Field, Place, UnsignedRequest
from conformance.wire.parameters import Parameter, parse_parameters, split_scheme
from conformance.wire.procedure import DOCUMENTED, CoveredField, SignatureHeader, Stage
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES
from conformance.wire.visible import first_difference

_LARGE: Final = 16384
"""Beyond this many octets of body, pairs of digest mistakes are not tried."""

_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})")
_NUMBER: Final = re.compile(r"[0-9]+")
_HEADER_MISTAKES: Final = 2
_FORMS: Final = {
    "date-day-name": "date-names-local",
    "date-month-name": "date-names-local",
    "date-weekday": "date-weekday",
}
_STRING_ONLY: Final = frozenset({"digest-wrapped", "digest-untrimmed", "date-untrimmed"})


def cause_of(
    mistake: Mistake,
    *,
    expected: bytes | None = None,
    observed: bytes | None = None,
    proved: bool = True,
    requirement: str = "",
    same_as: tuple[str, ...] = (),
) -> Cause:
    """Return `mistake` as a cause, with what it should have been and what it was."""
    both = expected is not None and observed is not None
    return Cause(
        mistake=mistake.id,
        stage=mistake.stage,
        requirement=requirement or mistake.breaks,
        proved=proved,
        says=mistake.says,
        mend=mistake.mend,
        expected=expected,
        observed=observed,
        difference=first_difference(expected or b"", observed or b"") if both else None,
        same_as=same_as,
    )


def explain_digest(
    reading: Reading, request: UnsignedRequest, earlier: Container[str]
) -> Iterator[Cause]:
    """Yield the mistakes that make the `Digest` header of this body what it is.

    `earlier` are the digests of requests before this one.
    """
    observed = _sent(reading, ("digest", "content-digest"))
    right = DOCUMENTED.digest(request)
    if observed == _normal(right.sent):
        return
    covered = "digest" in reading.covered

    def fits(field: CoveredField) -> bool:
        return _normal(field.sent) == observed and (
            bool(observed) or (field.signed is not None) == covered
        )

    most = 2 if len(request.body) <= _LARGE else 1
    mistakes = [item for item in of_stage(Stage.DIGEST) if item.id not in _STRING_ONLY]
    given = Given(request=request)
    found = list(_reproduced(right, mistakes, given, fits, observed=observed, most=most))
    if not found and len(observed) == 1 and observed[0][1] in earlier:
        found = [
            cause_of(MISTAKES["digest-reused"], expected=_shown(right), observed=_fields(observed))
        ]
    yield from found


def explain_date(
    reading: Reading, request: UnsignedRequest, earlier: Container[datetime]
) -> Iterator[Cause]:
    """Yield the mistakes that make the `Date` header what it is.

    `earlier` are the moments of requests before this one.
    """
    observed = _sent(reading, ("date", "x-date"))
    asked = reading.expected.date
    moment = sent_moment(reading)
    if len(observed) == 1 and moment is not None and observed[0][0] == "date":
        yield from _other_moment(reading, moment, earlier)
        return
    covered = "date" in reading.covered

    def fits(field: CoveredField) -> bool:
        return _normal(field.sent) == observed and (
            bool(observed) or (field.signed is not None) == covered
        )

    text = observed[-1][1] if observed else ""
    mistakes = [item for item in of_stage(Stage.DATE) if item.id not in _STRING_ONLY]
    for guess in [asked] if asked is not None else _moments(text, request.date):
        dated = _at(request, guess)
        given = Given(request=dated)
        most = 1 if asked is None else 2
        found = list(
            _reproduced(DOCUMENTED.date(dated), mistakes, given, fits, observed=observed, most=most)
        )
        if found:
            yield from found
            return
    if len(observed) == 1:
        yield from _by_its_form(text, asked)


def _by_its_form(text: str, asked: datetime | None) -> Iterator[Cause]:
    """Yield what the grammar says of a date that no mistake reproduces."""
    try:
        parse_imf_fixdate(text)
    except WireError as refusal:
        if refusal.reason in _FORMS:
            right = None if asked is None else _octets(format_imf_fixdate(asked))
            yield cause_of(MISTAKES[_FORMS[refusal.reason]], expected=right, observed=_octets(text))


def _other_moment(
    reading: Reading, moment: datetime, earlier: Container[datetime]
) -> Iterator[Cause]:
    """Yield why a date of the right form is another one: hours off, or kept from before."""
    expected = reading.expected
    asked, now = expected.date, expected.now
    if asked is not None:
        requirement, right = "DATE-001", asked.replace(microsecond=0)
        slack = timedelta()
    elif now is not None:
        requirement, right, slack = "DATE-003", now, expected.skew
    else:
        return
    if abs(moment - right) <= slack:
        return
    expected_text = _octets(format_imf_fixdate(right))
    observed_text = _octets(format_imf_fixdate(moment))
    if asked is not None:
        found = list(_reproduced_moment(reading, asked))
        if found:
            yield from found
            return
    for mistake in of_stage(Stage.DATE):
        match = re.fullmatch(r"date-local-time-([+-][0-9]+)", mistake.id)
        if match and abs(moment - timedelta(hours=int(match[1])) - right) <= slack:
            yield cause_of(
                mistake, expected=expected_text, observed=observed_text,
                proved=asked is not None, requirement=requirement,
            )  # fmt: skip
            return
    if moment in earlier:
        yield cause_of(
            MISTAKES["date-reused"], expected=expected_text, observed=observed_text,
            requirement=requirement,
        )  # fmt: skip


def _reproduced_moment(reading: Reading, asked: datetime) -> Iterator[Cause]:
    """Yield the mistake that makes this other moment of the one asked for."""
    request = _at(unsigned(reading), asked)
    observed = _sent(reading, ("date",))
    mistakes = [item for item in of_stage(Stage.DATE) if item.id not in _STRING_ONLY]
    for cause in _reproduced(
        DOCUMENTED.date(request), mistakes, Given(request=request),
        lambda field: _normal(field.sent) == observed, observed=observed,
    ):  # fmt: skip
        yield cause if cause.requirement != "DATE-003" else replace(cause, requirement="DATE-001")


def explain_coverage(reading: Reading) -> Iterator[Cause]:
    """Yield what `headers` leaves out of the documented names."""
    if reading.carrier is None or reading.parameter("headers") is None:
        return
    missing = [name for name in DOCUMENTED_NAMES if name not in reading.covered]
    if missing == [DOCUMENTED_NAMES[0], DOCUMENTED_NAMES[2]]:
        missing = ["only-date"]
    for name in missing:
        label = {DOCUMENTED_NAMES[0]: "target-not", "only-date": "only-date"}.get(
            name, f"{name}-not"
        )
        yield cause_of(
            MISTAKES[f"string-{label}-signed"],
            expected=_octets(" ".join(DOCUMENTED_NAMES)),
            observed=_octets(" ".join(reading.covered)),
        )


def explain_header(reading: Reading, request: UnsignedRequest) -> Iterator[Cause]:
    """Yield the mistakes that make the header of the signature what it is."""
    observed = _carriers(reading)
    text = reading.parameter("signature") or ""
    names = reading.covered if reading.parameter("headers") else ()
    right = DOCUMENTED.header(request, names or DOCUMENTED_NAMES, text)
    if observed == _canonical(right.fields):
        return
    mistakes = of_stage(Stage.HEADER)
    yield from _reproduced(
        right, mistakes, Given(request=request),
        lambda header: _canonical(header.fields) == observed,
        observed=observed, most=_HEADER_MISTAKES,
    )  # fmt: skip


def _reproduced(
    right: Any,
    mistakes: Sequence[Mistake],
    given: Given,
    fits: Callable[[Any], bool],
    *,
    observed: Any,
    most: int = 1,
) -> Iterator[Cause]:
    """Yield the smallest set of up to `most` mistakes of one stage that fits; those alike named."""
    active = [item for item in mistakes if item.change(right, given) != right]
    for count in range(1, most + 1):
        found = [
            chosen for chosen in combinations(active, count) if fits(_made(right, chosen, given))
        ]
        if found:
            same = tuple(item.id for chosen in found[1:] for item in chosen) if count == 1 else ()
            expected = _shown(right)
            for mistake in found[0]:
                yield cause_of(mistake, expected=expected, observed=_fields(observed), same_as=same)
            return


def _made(value: Any, mistakes: Sequence[Mistake], given: Given) -> Any:
    for mistake in mistakes:
        value = mistake.change(value, given)
    return value


def _shown(right: CoveredField | SignatureHeader) -> bytes:
    fields = right.sent if isinstance(right, CoveredField) else right.fields
    return _fields(fields)


def _fields(fields: Sequence[Any]) -> bytes:
    return _octets("\n".join(f"{field[0]}: {field[1]}" for field in fields))


def _octets(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _sent(reading: Reading, names: Sequence[str]) -> tuple[Field, ...]:
    return _normal(tuple(field for field in reading.request.headers if field[0].lower() in names))


def _normal(fields: Sequence[Field]) -> tuple[Field, ...]:
    return tuple((name.lower(), value.strip(" \t")) for name, value in fields)


def _carriers(reading: Reading) -> tuple[Any, ...]:
    """Return the fields that carry signature parameters, in a form that allows for variety."""
    return _canonical(
        tuple(
            (name, value)
            for name, value in reading.request.headers
            if name.lower() == "signature"
            or (name.lower() == "authorization" and reading.place is Place.AUTHORIZATION)
            or "keyid=" in value.lower()
        )
    )


def _canonical(fields: Sequence[Field]) -> tuple[Any, ...]:
    """Return header fields so that allowed variety (order, spaces) makes no difference."""
    return tuple(sorted(_canonical_field(name, value) for name, value in fields))


def _canonical_field(name: str, value: str) -> tuple[str, str, str]:
    text = value.strip(" \t")
    scheme, rest = split_scheme(text)
    prefix, text = ("", text) if "=" in scheme else (scheme, rest)
    read = parse_parameters(text)
    if read.malformed:
        return name.lower(), prefix, text
    ordered = sorted(read.parameters, key=_parameter_key)
    return name.lower(), prefix, repr([_parameter_key(item) for item in ordered])


def _parameter_key(parameter: Parameter) -> tuple[str, str, bool]:
    return parameter.name, parameter.value, parameter.quoted


def _at(request: UnsignedRequest, moment: datetime) -> UnsignedRequest:
    return replace(request, date=moment)


def _moments(text: str, near: datetime) -> Iterator[datetime]:
    """Guess which moments a text in an unknown form may stand for."""
    with contextlib.suppress(WireError):
        yield parse_imf_fixdate(text)
    numbers = [int(number) for number in _NUMBER.findall(text) if len(number) <= 10]
    yield from (datetime.fromtimestamp(n, UTC) for n in numbers if 10**9 <= n < 4 * 10**9)
    time = _TIME.search(text)
    if time is None:
        return
    hour, minute, second = (int(part) for part in time.groups())
    years = [n for n in numbers if 1900 <= n <= 9999] or [near.year]
    days = [n for n in numbers if 1 <= n <= 31] or [near.day]
    for year in dict.fromkeys(years[:2]):
        for month in range(1, 13):
            for day in dict.fromkeys(days[:3]):
                for hours in (hour, hour + 12):
                    try:
                        yield datetime(year, month, day, hours % 24, minute, second, tzinfo=UTC)
                    except ValueError:
                        continue
