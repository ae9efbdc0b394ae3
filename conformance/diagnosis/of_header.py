"""Why the header of the signature is what it is, and what it leaves unsigned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given
from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.diagnosis.reproduction import cause_of, reproduced, shown_fields
from conformance.wire.message import Field, Place, UnsignedRequest, to_octets
from conformance.wire.parameters import RSA_SHA256, Parameter, parse_parameters, split_scheme
from conformance.wire.procedure import DOCUMENTED, SignatureHeader, Stage
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES, REQUEST_TARGET


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


def explain_header(reading: Reading, request: UnsignedRequest, most: int) -> Iterator[Cause]:
    """Yield the mistakes, up to `most`, that make the header of the signature what it is.

    A key id or algorithm that no mistake accounts for is left to its own requirement, and the
    rest of the header explained beside it.
    """
    observed = _carriers(reading)
    for given, header in _variants(reading, request):
        if observed == _canonical(header.fields):
            return
        found = list(
            reproduced(
                header,
                of_stage(Stage.HEADER),
                given,
                lambda changed: _canonical(changed.fields) == observed,
                observed=_shown(reading),
                counts=range(1, most + 1),
            )
        )
        if found:
            yield from found
            return


def _variants(
    reading: Reading, request: UnsignedRequest
) -> Iterator[tuple[Given, SignatureHeader]]:
    """Yield the right header, then the same with the key id and the algorithm that were sent."""
    names = reading.covered if reading.parameter("headers") else DOCUMENTED_NAMES
    key_id, algorithm = reading.parameter("keyId"), reading.parameter("algorithm")
    asked = [request]
    if key_id is not None and key_id != request.key_id:
        asked.append(replace(request, key_id=key_id))
    for one in asked:
        header = DOCUMENTED.header(one, names, reading.parameter("signature") or "")
        yield Given(request=one), header
        if algorithm is not None and algorithm != RSA_SHA256:
            yield Given(request=one), _with_algorithm(header, algorithm)


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
