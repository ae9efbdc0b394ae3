"""A session that calls a sandbox's gateway without a socket between, in time that stands still."""

from __future__ import annotations

from typing import cast

from cryptography.hazmat.primitives.serialization import Encoding

from conformance.client.credentials import Credentials
from conformance.client.message import Answer
from conformance.client.transport import Transport
from conformance.clock import Clock
from conformance.live.draft import Presents, Way
from conformance.live.opening import STRANGER
from conformance.live.pace import Pace
from conformance.live.session import Session
from conformance.live.time import MovedTime
from conformance.material.identity import Identity
from conformance.redaction import Redactor
from conformance.sandbox.message import Arrival
from conformance.sandbox.running import Sandbox
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import Field, HeaderFields, SignedRequest


class DirectTransport:
    """Hands requests to the gateway as the server would, from one address."""

    def __init__(self, sandbox: Sandbox, certificate: bytes | None, address: str) -> None:
        self._sandbox = sandbox
        self._certificate = certificate
        self._address = address

    def send(self, request: SignedRequest) -> tuple[Answer, tuple[Field, ...]]:
        now = self._sandbox.clock.now()
        found = self._sandbox.gateway.answer(
            Arrival(
                request=request, target=request.target, address=self._address,
                certificate=self._certificate, at=now,
            )
        )  # fmt: skip
        headers = HeaderFields((("Date", format_imf_fixdate(now)), *found.headers))
        return Answer(status=found.status, headers=headers, body=found.body), ()

    def close(self) -> None:
        """Nothing is open."""


def direct_session(
    sandbox: Sandbox, credentials: Credentials, stranger: Identity, clock: Clock
) -> Session:
    """Return a session with `sandbox`, which goes by `clock`; an unknown client is `stranger`."""
    time = MovedTime(clock, sandbox.advance)
    known = credentials.tls.certificate.public_bytes(Encoding.DER)
    unknown = stranger.certificate.public_bytes(Encoding.DER)
    certificates = {
        Presents.REGISTERED: known, Presents.NONE: None, Presents.UNKNOWN: unknown,
    }  # fmt: skip

    def open_way(presents: Presents, way: Way) -> Transport:
        address = STRANGER if way is Way.UNLISTED else "127.0.0.1"
        return cast("Transport", DirectTransport(sandbox, certificates[presents], address))

    return Session(
        base_url=sandbox.base_url, credentials=credentials, open=open_way, time=time,
        pace=Pace(time, 0), redactor=Redactor(credentials.secrets),
    )  # fmt: skip
