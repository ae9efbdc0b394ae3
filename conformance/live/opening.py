"""A session with the API that settings name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

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

STRANGER: Final = "127.0.0.2"
"""The loopback address that stands for one that is not whitelisted."""


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
        identity = credentials.tls if presents is Presents.REGISTERED else None
        if presents is Presents.UNKNOWN:
            identity = unknown_identity(time.now())
        return transport(settings, identity, way)

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


def transport(settings: Settings, identity: Identity | None, way: Way = Way.USUAL) -> Transport:
    """Return a way to the API on which `identity` is presented, or none.

    An address that is not whitelisted is that of a proxy, or, where nothing but a local sandbox is
    called, a further loopback address of this machine.

    Raises:
        MaterialError: the file of authorities, or the identity, cannot be used.
    """
    unlisted = way is Way.UNLISTED
    return Transport(
        settings.base_url,
        identity=identity,
        ca_file=settings.ca_file,
        proxy=settings.unlisted_proxy if unlisted else settings.proxy,
        source=STRANGER if unlisted and settings.unlisted_proxy is None else None,
        connect_s=settings.connect_timeout.total_seconds(),
        answer_s=settings.answer_timeout.total_seconds(),
    )
