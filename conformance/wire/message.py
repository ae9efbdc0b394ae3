"""Requests as values: what is to be signed, and what was sent.

Text taken from the wire is held octet for octet: each character of a header field or target
stands for one octet (ISO 8859-1), as in WSGI and `http.client`. `octets` brings text that came as
Unicode, from JSON say, into that form by way of UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from conformance.wire.cached import cached_property

Field = tuple[str, str]
"""A header field: its name in the letter case it was sent in, and its value."""


class Place(StrEnum):
    """Which header field carries the signature (draft-cavage-10, sections 3 and 4)."""

    SIGNATURE = "signature"
    """`Signature: keyId=…`: every API request."""
    AUTHORIZATION = "authorization"
    """`Authorization: Signature keyId=…`: the token request."""


class SignedPath(StrEnum):
    """Whether the gateway's prefix is part of the signed path (quirk Q3)."""

    RELATIVE = "relative"
    FULL = "full"


def octets(text: str) -> str:
    """Return Unicode `text` as one character per octet of its UTF-8 form."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def to_octets(text: str) -> bytes:
    """Return `text` as octets: one a character, or its UTF-8 form where that cannot be."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class HeaderFields:
    """Header fields in the order, letter case and number in which they were sent."""

    fields: tuple[Field, ...] = ()

    def __iter__(self) -> Iterator[Field]:
        """Yield (name, value) in the order sent."""
        return iter(self.fields)

    def __len__(self) -> int:
        """Return how many fields there are, repeats included."""
        return len(self.fields)

    @cached_property
    def _values(self) -> Mapping[str, tuple[str, ...]]:
        """The values by lower-cased name, so that looking up is quick however many there are."""
        values: dict[str, list[str]] = {}
        for name, value in self.fields:
            values.setdefault(name.lower(), []).append(value)
        return {name: tuple(found) for name, found in values.items()}

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of every field called `name`, in any letter case, in order."""
        return self._values.get(name.lower(), ())

    def first(self, name: str) -> str | None:
        """Return the value of the first field called `name`, in any letter case."""
        values = self.all(name)
        return values[0] if values else None

    def combined(self, name: str) -> str | None:
        """Return the field's value as it is signed; None when the field is absent.

        Each value loses leading and trailing optional white space, and the values of repeated
        fields are joined with a comma and a space (draft-cavage-10, section 2.3).
        """
        values = self.all(name)
        return ", ".join(value.strip(" \t") for value in values) if values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedRequest:
    """A request to be signed.

    `target` is the request target as it goes on the wire, gateway prefix included; `date` is
    aware; `key_id` becomes `keyId`.
    """

    method: str
    target: str
    date: datetime
    key_id: str
    body: bytes = b""
    place: Place = Place.SIGNATURE
    base_path: str = ""
    signed_path: SignedPath = SignedPath.RELATIVE
    further: tuple[Field, ...] = ()
    """Header fields to send, and to sign after the documented three."""

    @property
    def signed_target(self) -> str:
        """The part of the target that the profile wants signed."""
        return signed_target(self.target, self.base_path, self.signed_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it was, or would be, sent: what every rule judges, whoever made it."""

    method: str
    target: str
    headers: HeaderFields
    body: bytes = b""


def signed_target(target: str, base_path: str, signed_path: SignedPath) -> str:
    """Return the part of `target` that is signed: with or without the gateway prefix.

    A target that does not start with the prefix is signed as it stands (quirk Q3).
    """
    if signed_path is SignedPath.FULL or not base_path or not target.startswith(base_path):
        return target
    rest = target[len(base_path) :]
    if rest.startswith("/"):
        return rest
    return "/" + rest if not rest or rest.startswith("?") else target


def header_fields(pairs: Iterable[Iterable[str]]) -> HeaderFields:
    """Return header fields from pairs of Unicode text, brought to one character per octet."""
    return HeaderFields(tuple((octets(name), octets(value)) for name, value in pairs))
