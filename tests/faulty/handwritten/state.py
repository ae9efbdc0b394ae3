"""Signers that remember what they should forget. Right at first, wrong later."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial
from typing import Unpack

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tests.faulty.handwritten import occasion as on
from tests.faulty.handwritten.entry import faulty
from tests.faulty.handwritten.right import (
    Headers,
    Order,
    Remembering,
    another_key,
    base64_text,
    carrier,
    dated,
    lines_of,
    moment,
    sent,
    signed,
)


class SignatureKept(Remembering):
    """The header of the first request is sent with every later one."""

    def __init__(self) -> None:
        self._value: str | None = None

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Sign once, then repeat."""
        *head, (_, value) = signed(order)
        value = value.removeprefix("Signature ")
        self._value = self._value or value
        return [*head, carrier(order, self._value)]


class SignatureKeptByTarget(Remembering):
    """A cache whose key is method and target: another date or body gets the old signature."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], str] = {}

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Sign each method and target once."""
        value = signed(order)[-1][1].removeprefix("Signature ")
        value = self._values.setdefault((order["method"], order["target"]), value)
        return [*dated(order), carrier(order, value)]


class DateKept(Remembering):
    """The date is taken when the signer is made, and dates every request."""

    def __init__(self) -> None:
        self._date: str | None = None

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Sign with the first date."""
        self._date = self._date or order["date"]
        return signed(order, date=self._date)


class HashNotReset(Remembering):
    """One hash object serves all requests: it goes on where the last body ended."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Hash this body behind all the earlier ones."""
        self._hash.update(order["body"])
        return signed(order, digest="SHA-256=" + base64_text(self._hash.digest()))


class DigestOfLastBody(Remembering):
    """The digest is stored before it is updated: each request carries the one before."""

    def __init__(self) -> None:
        self._body: bytes | None = None

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Send the digest of the body before."""
        last, self._body = self._body, order["body"]
        return signed(Order(**{**order, "body": order["body"] if last is None else last}))


class SecondTicks(Remembering):
    """The clock is read twice, and every third time the second changes in between."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Sign one date, and now and then send the next."""
        self._count += 1
        fields = signed(order)
        later = moment(order) + timedelta(seconds=1)
        date = f"{later:%a, %d %b %Y %H:%M:%S} GMT" if self._count % 3 == 0 else order["date"]
        return [("Date", date), *fields[1:]]


class TwoNodes(Remembering):
    """Two nodes take turns, and one of them has the key of the old certificate."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Sign with the right key, then the old one, then the right one."""
        self._count += 1
        if self._count % 2:
            return signed(order)
        string = "\n".join(lines_of(order)).encode()
        return sent(order, another_key().sign(string, PKCS1v15(), SHA256()))


_date = partial(faulty, stage="date")
_digest = partial(faulty, stage="digest")
_signature = partial(faulty, stage="signature")

FAULTY = (
    _signature(SignatureKept(), "SIG-004", "earlier|reus|cache|another request", on.LATER),
    _signature(SignatureKeptByTarget(), "SIG-004", "earlier|reus|cache", on.SAME_TARGET_AGAIN),
    _date(DateKept(), "DATE-001 DATE-003", "reus|once|minutes|date", on.MINUTES_LATER),
    _date(SecondTicks(), "DATE-004", "twice|second|sent|signed|signing", on.EVERY_THIRD),
    _digest(HashNotReset(), "DIG-002", "digest", on.AFTER_A_BODY, listed=False),
    _digest(DigestOfLastBody(), "DIG-002", "digest|hash", on.AFTER_ANOTHER_BODY, listed=False),
    _signature(TwoNodes(), "SIG-002", "key", on.EVERY_SECOND),
)
