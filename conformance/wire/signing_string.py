"""The signing string (draft-cavage-http-signatures-10, section 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from conformance.errors import WireError
from conformance.wire.message import HeaderFields, to_octets
from conformance.wire.visible import visible

REQUEST_TARGET: Final = "(request-target)"

DOCUMENTED_NAMES: Final = (REQUEST_TARGET, "date", "digest")
"""What Security.md asks to be signed, in the order of its example."""


def request_target(method: str, target: str) -> str:
    """Return the value of `(request-target)`: only the method is lower-cased."""
    return f"{method.lower()} {target}"


def signed_values(
    names: Iterable[str], method: str, target: str, headers: HeaderFields
) -> tuple[tuple[str, str], ...]:
    """Return (lower-cased name, value) for each of `names`, in that order.

    `target` is the part of the request target that is signed.

    Raises:
        WireError: `covered-header-absent`: a name whose header field the request does not have.
    """
    values = []
    for name in (raw.lower() for raw in names):
        value = request_target(method, target) if name == REQUEST_TARGET else headers.combined(name)
        if value is None:
            raise WireError(
                "covered-header-absent", f"there is no header '{visible(name, limit=80)}' to sign"
            )
        values.append((name, value))
    return tuple(values)


def signing_string(values: Sequence[tuple[str, str]]) -> bytes:
    """Return the octets to sign: `name: value` lines, LF between them and none after the last.

    `values` holds one character per octet; a character beyond U+00FF is taken as UTF-8.
    """
    return to_octets("\n".join(f"{name}: {value}" for name, value in values))
