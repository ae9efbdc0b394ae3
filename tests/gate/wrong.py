"""Signers for `python:tests.gate.wrong:…`: one that errs, one with a clock of its own."""

from __future__ import annotations

from pathlib import Path

from conformance.adapters.interface import Refused
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.material.keyfile import load_key
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import HeaderFields, Place, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys, Procedure
from tests.gate.handed import NOW

_KEYS: dict[str, Keys] = {}


class UpperCase:
    """Leaves the method in upper case in what it signs."""

    def sign(
        self, *, method: str, target: str, date: str, body: bytes, key_id: str, key_file: str,
        place: str,
    ) -> list[tuple[str, str]]:  # fmt: skip
        asked = UnsignedRequest(
            method=method, target=target, date=parse_imf_fixdate(date), key_id=key_id, body=body,
            place=Place(place),
        )  # fmt: skip
        return list(signed(breed([MISTAKES["target-method-upper-case"]]), asked, key_file))


class OwnClock:
    """Takes no date: its requests are dated by a clock that stands still."""

    def sign(
        self, *, method: str, target: str, body: bytes, key_id: str, key_file: str, place: str
    ) -> list[tuple[str, str]]:
        asked = UnsignedRequest(
            method=method, target=target, date=NOW, key_id=key_id, body=body, place=Place(place)
        )
        return list(signed(DOCUMENTED, asked, key_file))


def signed(procedure: Procedure, asked: UnsignedRequest, key_file: str) -> HeaderFields:
    if key_file not in _KEYS:
        _KEYS[key_file] = Keys(signing=load_key(Path(key_file)))
    return procedure.sign(asked, _KEYS[key_file]).headers


class Unwilling:
    """Declines everything."""

    def sign(self, *, method: str, date: str, key_file: str) -> list[tuple[str, str]]:
        raise Refused(f"no {method} at {date} with {key_file[:0]}")
