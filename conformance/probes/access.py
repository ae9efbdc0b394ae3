"""The probes of whoever may call at all: address, keys, certificates and tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Final

from conformance.live.draft import Draft, Presents, Way, with_header
from conformance.probes.asking import Need
from conformance.probes.drafting import edited, ping
from conformance.probes.probe import Expected, Probe, problem

PING: Final = "You are connected to partner API!"

_UNAUTHORIZED: Final = problem(401, "unauthorized")
_CERTIFICATE: Final = problem(401, "client-certificate")


def access_probes() -> Iterator[Probe]:
    """Yield the probes of ping, token, address, subscription key and client certificate."""
    yield Probe(
        id="ping",
        requirement="API-PING-001",
        says="with everything right",
        expects=Expected(status=200, text=PING),
        draft=ping(),
    )
    yield Probe(
        id="token",
        requirement="API-TOK-001",
        says="for a token, with everything right",
        expects=Expected(status=200, schema="answers/token"),
        draft=lambda session: session.token_draft(),
    )
    yield Probe(
        id="address-unlisted", requirement="API-IP-001",
        says="from an address that is not whitelisted",
        expects=problem(403, "address"), draft=ping(way=Way.UNLISTED), needs=Need.ELSEWHERE,
    )  # fmt: skip
    yield Probe(
        id="subscription-key-absent",
        requirement="API-SUB-001",
        says="without Subscription-Key",
        expects=problem(401, "subscription-key-missing"),
        draft=edited(with_header("Subscription-Key", None)),
    )
    yield Probe(
        id="subscription-key-wrong",
        requirement="API-SUB-002",
        says="with a Subscription-Key that is nobody's",
        expects=problem(401, "subscription-key-invalid"),
        draft=lambda _: Draft().edited(with_header("Subscription-Key", secrets.token_hex(16))),
    )
    yield Probe(
        id="certificate-absent",
        requirement="API-TLS-001",
        says="without a client certificate",
        expects=_CERTIFICATE,
        draft=ping(presents=Presents.NONE),
    )
    yield Probe(
        id="certificate-unknown", requirement="API-TLS-002",
        says="with a client certificate that nobody registered",
        expects=_CERTIFICATE, draft=ping(presents=Presents.UNKNOWN),
    )  # fmt: skip


def authorization_probes() -> Iterator[Probe]:
    """Yield the probes of bearer tokens and client credentials."""
    for name, says, bearer in (
        ("bearer-absent", "without a bearer token", ""),
        ("bearer-wrong", "with a bearer token that was never issued", None),
        ("bearer-scheme", "with `Basic` in place of `Bearer`", "Basic cHJvYmU6cHJvYmU="),
    ):
        yield Probe(
            id=name,
            requirement="API-AUTH-001",
            says=says,
            expects=_UNAUTHORIZED,
            draft=lambda _, bearer=bearer: Draft(  # type: ignore[misc]
                bearer=secrets.token_urlsafe(24) if bearer is None else bearer
            ),
        )
    yield Probe(
        id="secret-wrong", requirement="API-AUTH-001", says="for a token, with a wrong secret",
        expects=_UNAUTHORIZED,
        draft=lambda session: session.token_draft(secrets.token_urlsafe(24)),
    )  # fmt: skip
