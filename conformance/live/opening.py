"""A session with the API that settings name."""

from __future__ import annotations

from collections.abc import Callable

from conformance.client.credentials import Credentials
from conformance.client.transport import Transport
from conformance.config import Settings
from conformance.live.draft import Presents, Way
from conformance.live.pace import Pace
from conformance.live.session import Session
from conformance.live.stranger import unknown_identity
from conformance.live.time import Time
from conformance.material.identity import Identity
from conformance.redaction import Redactor


def open_session(
    settings: Settings,
    credentials: Credentials,
    *,
    time: Time,
    redactor: Redactor,
    record: Callable[[str], None] = lambda _: None,
) -> Session:
    """Return a session of the partner with the API; nothing is sent yet.

    Raises:
        MaterialError: when a way is opened: the file of authorities, or a certificate, cannot be
            used.
    """

    def open_way(presents: Presents, way: Way) -> Transport:
        del way
        if presents is Presents.UNKNOWN:
            return transport(settings, unknown_identity(time.now()))
        return transport(settings, credentials.tls if presents is Presents.REGISTERED else None)

    return Session(
        base_url=settings.base_url,
        credentials=credentials,
        open=open_way,
        time=time,
        pace=Pace(time, settings.max_rate),
        redactor=redactor,
        signed_path=settings.signed_path,
        record=record,
    )


def transport(settings: Settings, identity: Identity | None) -> Transport:
    """Return a way to the API on which `identity` is presented, or none.

    Raises:
        MaterialError: the file of authorities, or the identity, cannot be used.
    """
    return Transport(
        settings.base_url,
        identity=identity,
        ca_file=settings.ca_file,
        proxy=settings.proxy,
        connect_s=settings.connect_timeout.total_seconds(),
        answer_s=settings.answer_timeout.total_seconds(),
    )
