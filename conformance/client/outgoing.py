"""A request that can be sent: checked, with what belongs to it whenever it is sent."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.wire.message import Field, Place
from conformance.wire.visible import visible

KEY: Final = "Idempotency-Key"
APPLICATIONS: Final = "/applications"

_TARGET: Final = re.compile(r"/[\x21-\x7e]*")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\x20-\x7e\t]*")
_OWN: Final = frozenset(
    {"authorization", "connection", "content-length", "date", "digest", "host", "signature",
     "subscription-key", "transfer-encoding"}
)  # fmt: skip
"""Header fields that the client writes itself."""

_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that do no more when they are done twice (RFC 9110, section 9.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request before it is dated and signed; `target` is what goes on the wire, whole.

    `repeatable` says that sending it twice does no more than sending it once. `fields` do not
    change from one try to the next.
    """

    origin: str
    method: str
    target: str
    body: bytes
    fields: tuple[Field, ...]
    repeatable: bool
    place: Place = Place.SIGNATURE

    @property
    def idempotency_key(self) -> str | None:
        """The key under which it is done once, where it has one."""
        return _value(self.fields, KEY)


def outgoing(
    method: str, target: str, body: bytes, headers: Iterable[Field], *, origin: str, base_path: str
) -> Outgoing:
    """Return the request for `target` below `base_path`; an application gets its idempotency key.

    Raises:
        UsageError: method, target or a header field cannot be sent as it stands.
    """
    fields = tuple(headers)
    _check(method, target, fields)
    if body and _value(fields, "Content-Type") is None:
        fields += (("Content-Type", "application/json"),)
    if is_application(method, target) and _value(fields, KEY) is None:
        fields += ((KEY, str(uuid.uuid4())),)
    return Outgoing(
        origin=origin, method=method, target=base_path + target, body=body, fields=fields,
        repeatable=method in _REPEATABLE or _value(fields, KEY) is not None,
    )  # fmt: skip


def is_application(method: str, target: str) -> bool:
    """Tell whether a request submits an application."""
    return method == "POST" and target.partition("?")[0] == APPLICATIONS


def address(url: str) -> tuple[str, str]:
    """Return origin and path of an address.

    Raises:
        UsageError: it is none of HTTPS.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
        _ = parts.port
    except ValueError:
        fits = False
    if not fits or not re.fullmatch(r"[\x21-\x7e]+", url):
        raise UsageError(
            f"{visible(url, limit=200)} is no https address: the API is called over TLS alone",
            hint="write it like https://api.sandbox.lendico.de/partner-api",
        )
    return f"https://{parts.netloc}", parts.path.rstrip("/")


def _check(method: str, target: str, fields: tuple[Field, ...]) -> None:
    if not _NAME.fullmatch(method):
        raise UsageError(
            f"{visible(method, limit=40)!r} is no HTTP method", hint="GET or POST, say"
        )
    if not _TARGET.fullmatch(target):
        raise UsageError(
            f"the target {visible(target, limit=200)} cannot be sent as it stands",
            hint="begin it with a slash, and percent-encode spaces and what is no ASCII",
        )
    for name, value in fields:
        if name.lower() in _OWN:
            raise UsageError(f"the client writes {name} itself", hint="leave that field out")
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise UsageError(
                f"the header field {visible(name, limit=80)} cannot be sent as it stands",
                hint="a name is a word, a value one line of ASCII",
            )


def _value(fields: tuple[Field, ...], name: str) -> str | None:
    return next((value for key, value in fields if key.lower() == name.lower()), None)
