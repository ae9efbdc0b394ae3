"""The secrets that a captured request carries, so that they can be kept out of what is shown."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from conformance.wire.message import HeaderFields, SignedRequest
from conformance.wire.parameters import split_scheme

SECRET_HEADERS: Final = frozenset(
    {
        "subscription-key", "ocp-apim-subscription-key", "x-api-key", "api-key", "x-auth-token",
        "x-client-secret", "cookie", "set-cookie", "authorization", "proxy-authorization",
    }
)  # fmt: skip
"""Header fields, in lower case, whose values are secrets unless they are a signature."""

_SECRET_NAME: Final = re.compile(
    r"secret|password|passwd|passphrase|\bpwd\b|assertion|token$|api[-_]?key|subscription[-_]key",
    re.IGNORECASE,
)
_PAIR: Final = re.compile(r"(?:^|[&;])([^=&;]+)=([^&;]*)")


def is_secret_header(name: str, value: str) -> bool:
    """Tell whether a header field holds a secret: all that is listed, but for signatures."""
    lowered = name.lower()
    if lowered == "authorization":
        return split_scheme(value)[0].lower() != "signature" and "keyid" not in value.lower()
    return lowered in SECRET_HEADERS


def secrets_of(request: SignedRequest) -> frozenset[str]:
    """Return every text in `request` that is a secret, as it stands there and decoded."""
    body = request.body.decode("latin-1")
    found = {
        *_of_headers(request.headers),
        *_of_pairs(request.target.partition("?")[2]),
        *_of_pairs(body),
        *_of_json(request.body),
    }
    return frozenset(secret for secret in found if secret.strip())


def _of_headers(headers: HeaderFields) -> Iterator[str]:
    for name, value in headers:
        if not is_secret_header(name, value):
            continue
        yield value.strip()
        scheme, credential = split_scheme(value)
        if name.lower().endswith("authorization"):
            yield credential
            if scheme.lower() == "basic":
                yield from _of_basic(credential)
        if name.lower().endswith("cookie"):
            for pair in value.split(";"):
                yield pair.partition("=")[2].strip()


def _of_basic(credential: str) -> Iterator[str]:
    """Yield name and password, and the password alone (RFC 7617)."""
    try:
        pair = base64.b64decode(credential).decode("latin-1")
    except (binascii.Error, ValueError):
        return
    yield pair
    yield pair.partition(":")[2]


def _of_pairs(text: str) -> Iterator[str]:
    """Yield the secret values of a query or form."""
    for name, value in _PAIR.findall(text):
        if _SECRET_NAME.search(unquote_plus(name)):
            yield value
            yield unquote_plus(value)


def _of_json(body: bytes) -> Iterator[str]:
    """Yield the secret values of a JSON body, at any depth."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return
    try:
        yield from _of_value(json.loads(body), secret=False)
    except (ValueError, RecursionError):
        return


def _of_value(value: Any, *, secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _of_value(item, secret=_SECRET_NAME.search(name) is not None)
    elif isinstance(value, list):
        for item in value:
            yield from _of_value(item, secret=secret)
    elif secret and isinstance(value, str):
        yield value
