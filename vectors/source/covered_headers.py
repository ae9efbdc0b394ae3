"""Header vectors of requests whose `Date` or `Digest` is wrong, and signed as it is sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from source.headers import Request, fault_of
from source.signing import body_of, digest_of

Vector = dict[str, Any]


def vectors() -> Iterator[Vector]:
    """Yield every header vector whose fault is in what is covered."""
    yield from _date_faults()
    yield from _digest_faults()


def _date_faults() -> Iterator[Vector]:
    ping = Request()
    signed = ("Signature", ping.parameters())
    digest = ["Digest", ping.digest]
    for name, says, dates, reason in (
        ("missing", "a date that is signed and not sent", [], "date-missing"),
        ("repeated", "the date twice", [["Date", ping.date]] * 2, "date-repeated"),
    ):  # fmt: skip
        yield ping.vector(
            f"header/date-{name}", says, [*dates, digest, list(signed)], ("DATE-001", reason)
        )
    for name, says, date, fault in (
        ("zone-z", "Z for GMT, as the Java sample writes", "Wed, 03 Jul 2019 08:28:28 Z",
         "DATE-001 date-zone"),
        ("zone-numeric", "a numeric zone, as the Postman sample writes",
         "Wed, 03 Jul 2019 08:28:28 +00:00", "DATE-001 date-zone"),
        ("german", "German names, as Java writes on a German machine",
         "Mi., 03 Juli 2019 08:28:28 Z", "DATE-001 date-day-name"),
        ("one-digit-day", "a day of one digit", "Wed, 3 Jul 2019 08:28:28 GMT",
         "DATE-001 date-day-digits"),
        ("weekday", "a weekday that does not fit", "Thu, 03 Jul 2019 08:28:28 GMT",
         "DATE-002 date-weekday"),
        ("local-time", "local time called GMT", "Wed, 03 Jul 2019 10:28:28 GMT",
         "DATE-001 date-other-moment"),
    ):  # fmt: skip
        wrong = Request(date=date)
        yield wrong.vector(
            f"header/date-{name}", says, wrong.fields(("Signature", wrong.parameters())),
            fault_of(fault),
        )  # fmt: skip


def _digest_faults() -> Iterator[Vector]:
    ping = Request()
    signed = ("Signature", ping.parameters())
    date = ["Date", ping.date]
    for name, says, digests, reason in (
        ("missing", "a digest that is signed and not sent", [], "digest-missing"),
        ("repeated", "the digest twice", [["Digest", ping.digest]] * 2, "digest-repeated"),
    ):  # fmt: skip
        yield ping.vector(
            f"header/digest-{name}", says, [date, *digests, list(signed)], ("DIG-001", reason)
        )
    full: dict[str, Any] = {"method": "POST", "target": "/applications", "body": body_of('{"a":1}')}
    for name, says, digest, changes, fault in (
        ("lower-case", "sha-256 in lower case", ping.digest.replace("SHA", "sha"), {},
         "DIG-004 digest-algorithm-case"),
        ("name-missing", "Base64 without SHA-256= in front", ping.digest.removeprefix("SHA-256="),
         {},
         "DIG-004 digest-algorithm-missing"),
        ("hex", "hexadecimal", "SHA-256=" + base64.b64decode(ping.digest[8:]).hex(), {},
         "DIG-003 base64-hex"),
        ("unpadded", "the padding left out", ping.digest.rstrip("="), {}, "DIG-003 base64-padding"),
        ("of-line-feed", "the hash of a line feed for an empty body", digest_of(b"\n"), {},
         "DIG-003 digest-mismatch"),
        ("of-nothing", "the hash of nothing for a full body", ping.digest, full,
         "DIG-002 digest-mismatch"),
        ("of-spaced-json", "the hash of the JSON written anew", digest_of(b'{"a": 1}'), full,
         "DIG-002 digest-mismatch"),
    ):  # fmt: skip
        wrong = Request(digest=digest, **changes)
        yield wrong.vector(
            f"header/digest-{name}", says, wrong.fields(("Signature", wrong.parameters())),
            fault_of(fault),
        )  # fmt: skip
