"""The parts of an address that a signed request needs, taken apart without changing an octet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?:(?P<user>[^/?#]*)@)?"
    r"(?P<authority>(?:\[[0-9A-Fa-f:.]+\]|[^][\s/?#@:]+)(?::[0-9]{0,5})?)"
    r"(?P<target>[/?#][^#]*|\Z)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An absolute `http` or `https` address.

    `target` is everything after the authority, as written, without the fragment; it begins with
    `/` because a client puts one there (RFC 9112, section 3.2.1). `user` is a secret.
    """

    scheme: str
    authority: str
    target: str
    user: str = ""

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{self.scheme}://{self.authority}"


def split_address(text: str) -> Address | None:
    """Return the parts of `text`, or None when it is no absolute `http` or `https` address."""
    match = _ADDRESS.match(text)
    if match is None:
        return None
    target = match["target"].partition("#")[0]
    return Address(
        scheme=match["scheme"].lower(),
        authority=match["authority"],
        target=target if target.startswith("/") else f"/{target}",
        user=match["user"] or "",
    )
