"""A session with a sandbox in this process, whose time is moved instead of waited for."""

from __future__ import annotations

from pathlib import Path

from conformance.client.credentials import Credentials
from conformance.client.transport import Transport
from conformance.clock import SystemClock
from conformance.live.draft import Presents, Way
from conformance.live.opening import STRANGER
from conformance.live.pace import Pace
from conformance.live.session import Session
from conformance.live.stranger import unknown_identity
from conformance.live.time import MovedTime
from conformance.material.identity import load_identity
from conformance.redaction import Redactor
from conformance.sandbox.running import Sandbox


def credentials_of(sandbox: Sandbox) -> Credentials:
    demo = sandbox.demo
    assert demo is not None
    return Credentials(
        client_id=demo.client_id.read_text(),
        client_secret=demo.client_secret.read_text(),
        subscription_key=demo.subscription_key.read_text(),
        tls=load_identity(demo.tls_certificate, demo.tls_key),
        signing=load_identity(demo.signing_certificate, demo.signing_key),
    )


def session_with(
    sandbox: Sandbox, credentials: Credentials, base_url: str | None = None, answer_s: float = 5
) -> Session:
    """Return a session whose evidence is in `session.lines`."""
    time = MovedTime(SystemClock(), sandbox.advance)
    address = base_url or sandbox.base_url
    stranger = unknown_identity(time.now())

    def open_way(presents: Presents, way: Way) -> Transport:
        identity = {Presents.REGISTERED: credentials.tls, Presents.NONE: None,
                    Presents.UNKNOWN: stranger}[presents]  # fmt: skip
        ca_file: Path = sandbox.ca_file
        source = STRANGER if way is Way.UNLISTED else None
        return Transport(address, identity=identity, ca_file=ca_file, connect_s=2,
                         answer_s=answer_s, source=source)  # fmt: skip

    return Session(
        base_url=address, credentials=credentials, open=open_way, time=time,
        pace=Pace(time, 0), redactor=Redactor(credentials.secrets),
    )  # fmt: skip
