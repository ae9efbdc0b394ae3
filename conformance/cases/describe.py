"""A case as people read it."""

from __future__ import annotations

from conformance.cases.case import Case
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import Place
from conformance.wire.visible import visible


def describe(case: Case) -> str:
    r"""Return `case` as a request in printable ASCII: what is long is cut, `\r` and the like shown.

    A few lines: request line, date, key id and place, then the body with its length.
    """
    field = "Authorization" if case.place is Place.AUTHORIZATION else "Signature"
    lines = [
        f"{visible(case.method, limit=40)} {visible(case.target, limit=200)}",
        f"Date: {format_imf_fixdate(case.date)}",
        f'{field}: keyId="{visible(case.key_id, limit=100)}"',
    ]
    if case.body:
        lines += ["", f"{visible(case.body, limit=200)}", f"[a body of {_octets(len(case.body))}]"]
    else:
        lines += ["[no body]"]
    return "\n".join(lines)


def _octets(count: int) -> str:
    return "1 octet" if count == 1 else f"{count} octets"
