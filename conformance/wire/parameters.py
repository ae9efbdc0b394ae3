"""The parameters of `Signature` and `Authorization: Signature` (draft-cavage-10, 2.1, 2.2, 4.1).

The grammar is that of RFC 7235 section 2.1: `name = token / quoted-string`, separated by commas
with optional white space. A parameter that is repeated counts as its last occurrence; what is
unknown or malformed is left out, and kept in `malformed` for the rules to speak of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

KNOWN: Final = ("keyId", "algorithm", "headers", "signature")
"""The parameters that Security.md asks for, in the order of its example."""

SCHEME: Final = "Signature"

RSA_SHA256: Final = "rsa-sha256"
"""The one algorithm (section 2.5 of the draft, and Security.md)."""

_PARAMETER: Final = re.compile(
    r"[ \t]*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*"
    r'(?:"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*+)"|(?P<token>[^\s",]+))[ \t]*(?=,|\Z)',
    re.DOTALL,
)
_PIECE: Final = re.compile(r'(?:"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z)|[^",])*', re.DOTALL)
"""Text up to the next comma outside quotes; a quote that is never closed reaches to the end."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as it was sent; `value` has its quotes and escapes taken off."""

    name: str
    value: str
    quoted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParameters:
    """The parameters of one header, in the order sent, and the pieces that are none."""

    parameters: tuple[Parameter, ...]
    malformed: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """Return the value of the last parameter called exactly `name`, or None."""
        for parameter in reversed(self.parameters):
            if parameter.name == name:
                return parameter.value
        return None

    @property
    def covered(self) -> tuple[str, ...]:
        """The names in `headers`, in order; `("date",)` when there is no such parameter."""
        value = self.get("headers")
        return ("date",) if value is None else tuple(value.split())


def parse_parameters(text: str) -> SignatureParameters:
    """Return the parameters in `text`, a `Signature` header's value or what follows the scheme.

    Never raises: what fits no grammar ends in `malformed`.
    """
    parameters: list[Parameter] = []
    malformed: list[str] = []
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match:
            quoted = match["quoted"]
            value = match["token"] if quoted is None else unescape(quoted)
            parameters.append(Parameter(match["name"], value, quoted is not None))
            position = match.end() + 1
            continue
        piece = _PIECE.match(text, position)
        end = piece.end() if piece else len(text)
        if text[position:end].strip(" \t"):
            malformed.append(text[position:end].strip(" \t"))
        position = end + 1
    return SignatureParameters(parameters=tuple(parameters), malformed=tuple(malformed))


def format_parameters(parameters: Iterable[Parameter], *, separator: str = ",") -> str:
    """Return `parameters` as a header value, quoted where they say so."""
    return separator.join(
        f'{item.name}="{escape(item.value)}"' if item.quoted else f"{item.name}={item.value}"
        for item in parameters
    )


def escape(value: str) -> str:
    r"""Return `value` as it stands between the quotes: `"` and `\` get a backslash."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def unescape(value: str) -> str:
    """Return what stands between the quotes without its backslashes; one at the end stays."""
    if "\\" not in value:
        return value
    pieces = value.split("\\\\")  # each pair is one backslash; any other stands before a character
    end = "\\" if pieces[-1].endswith("\\") else ""
    return "\\".join(piece.replace("\\", "") for piece in pieces) + end


def split_scheme(value: str) -> tuple[str, str]:
    """Return an `Authorization` header's scheme and the rest (RFC 7235, section 2.1)."""
    scheme, _, rest = value.strip(" \t").partition(" ")
    return scheme, rest.lstrip(" ")
