"""Why the header of the signature is what it is, and what it leaves unsigned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given
from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.diagnosis.reproduction import cause_of, reproduced, shown_fields
from conformance.wire.message import Field, Place, UnsignedRequest, to_octets
from conformance.wire.parameters import Parameter, parse_parameters, split_scheme
from conformance.wire.procedure import DOCUMENTED, SignatureHeader, Stage
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES, REQUEST_TARGET

_MOST: Final = 2
"""How many mistakes of the header at once are looked for."""


def explain_coverage(reading: Reading) -> Iterator[Cause]:
    """Yield what `headers` leaves out of the documented names."""
    if reading.carrier is None or reading.parameter("headers") is None:
        return
    missing = [
        name
        for name in DOCUMENTED_NAMES
        if name not in reading.covered
        and (name == REQUEST_TARGET or reading.request.headers.all(name))
    ]
    if missing == [REQUEST_TARGET, "digest"]:
        missing = ["only-date"]
    for name in missing:
        label = {REQUEST_TARGET: "target-not", "only-date": "only-date"}.get(name, f"{name}-not")
        yield cause_of(
            MISTAKES[f"string-{label}-signed"],
            expected=to_octets(" ".join(DOCUMENTED_NAMES)),
            observed=to_octets(" ".join(reading.covered)),
        )


def explain_header(reading: Reading, request: UnsignedRequest) -> Iterator[Cause]:
    """Yield the mistakes that make the header of the signature what it is."""
    observed = _carriers(reading)
    for given in _readings(reading, request):
        names = reading.covered if reading.parameter("headers") else DOCUMENTED_NAMES
        right = DOCUMENTED.header(given, names, reading.parameter("signature") or "")
        algorithm = reading.parameter("algorithm")
        for header in (right, _with_algorithm(right, algorithm or "")):
            if observed == _canonical(header.fields):
                return
            found = list(
                reproduced(
                    header,
                    of_stage(Stage.HEADER),
                    Given(request=given),
                    lambda changed: _canonical(changed.fields) == observed,
                    observed=_shown(reading),
                    most=_MOST,
                )
            )
            if found:
                yield from found
                return


def _readings(reading: Reading, request: UnsignedRequest) -> Iterator[UnsignedRequest]:
    """Yield the request with the key id expected, then with the one that was sent."""
    yield request
    sent = reading.parameter("keyId")
    if sent is not None and sent != request.key_id:
        yield replace(request, key_id=sent)


def _with_algorithm(header: SignatureHeader, algorithm: str) -> SignatureHeader:
    return replace(
        header,
        parameters=tuple(
            replace(item, value=algorithm) if item.name == "algorithm" else item
            for item in header.parameters
        ),
    )


def _shown(reading: Reading) -> bytes:
    return shown_fields([field for field in reading.request.headers if _is_carrier(reading, field)])


def _carriers(reading: Reading) -> tuple[Any, ...]:
    """Return the fields that carry signature parameters, in a form that allows for variety."""
    return _canonical([field for field in reading.request.headers if _is_carrier(reading, field)])


def _is_carrier(reading: Reading, field: Field) -> bool:
    name, value = field[0].lower(), field[1].lower()
    token = name == "authorization" and reading.place is Place.AUTHORIZATION
    return name == "signature" or token or "keyid=" in value


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
