"""The request that `sign` was asked for, made and signed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from conformance.clock import SystemClock
from conformance.config import Settings, load_settings
from conformance.errors import UsageError
from conformance.live.credentials import load_credentials
from conformance.live.curl import curl_config, header_lines
from conformance.live.draft import Draft
from conformance.live.opening import open_session
from conformance.live.preflight import get_token
from conformance.live.secret import read_secret
from conformance.live.session import TOKEN_PATH, Session
from conformance.live.time import RealTime
from conformance.probes.listing import PROBES
from conformance.redaction import Redactor
from conformance.wire.message import Field, Place, octets
from conformance.wire.shown import shown
from conformance.wire.visible import visible

LARGEST: Final = 16 << 20
"""Octets that a body may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be signed, as the command line says it; `body` `-` is standard input."""

    method: str
    target: str
    body: Path | None = None
    headers: tuple[str, ...] = ()
    ahead: float = 0.0
    probe: str | None = None
    credentials: bool = False
    for_curl: bool = False


def signed(asked: Asked, flags: Mapping[str, object], file: Path | None) -> bytes:
    """Return what is printed: header lines, or options for curl.

    Raises:
        UsageError: settings are wrong, the request cannot be made, or no token is granted.
    """
    settings = load_settings(flags, os.environ, file)
    credentials = load_credentials(settings, os.environ)
    redactor = Redactor(credentials.secrets)
    session = open_session(settings, credentials, time=RealTime(SystemClock()), redactor=redactor)
    secrets = asked.credentials or asked.for_curl
    try:
        draft = _draft(session, asked)
        if secrets and draft.place is Place.SIGNATURE and draft.bearer is None:
            get_token(session)
            draft = _draft(session, asked)
        request = session.sign(replace(draft, ahead=draft.ahead + timedelta(seconds=asked.ahead)))
    finally:
        session.close()
    if asked.for_curl:
        return curl_config(request, session.origin, password=_password(settings))
    return header_lines(request, secrets=secrets).encode("latin-1", "backslashreplace")


def _password(settings: Settings) -> str | None:
    """Return the password of the PKCS#12 file that curl is to open; None for PEM files."""
    if settings.tls_key is not None:
        return None
    return read_secret("tls_password", settings.tls_password_file, os.environ)


def _draft(session: Session, asked: Asked) -> Draft:
    if asked.probe is not None:
        return _probed(session, asked.probe)
    if not asked.target.startswith("/") or any(ord(letter) <= 32 for letter in asked.target):
        raise UsageError(
            f"the target {visible(asked.target, limit=100)} does not begin with a slash, or has "
            "a space in it",
            hint="Give what follows the API's base address, such as /ping.",
        )
    if asked.target == TOKEN_PATH and asked.body is None:
        return session.token_draft()
    token = asked.target.partition("?")[0] == TOKEN_PATH
    return Draft(
        method=asked.method,
        path=octets(asked.target),
        body=_body(asked.body),
        headers=tuple(map(_field, asked.headers)),
        place=Place.AUTHORIZATION if token else Place.SIGNATURE,
    )


def _probed(session: Session, name: str) -> Draft:
    for probe in PROBES:
        if probe.id == name:
            return probe.draft(session)
    close = get_close_matches(name, [probe.id for probe in PROBES], n=1)
    raise UsageError(
        f"there is no probe '{visible(name, limit=60)}'",
        hint=f"Did you mean '{close[0]}'?"
        if close
        else "`lendico-conformance check --plan api --dry-run` lists them.",
    )


def _body(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        if str(path) == "-":
            found = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with path.open("rb") as file:
                found = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no such file name"
        raise UsageError(
            f"the body {shown(str(path), 300)} cannot be read: {why}",
            hint="Name the file that is to be sent, or - for standard input.",
        ) from None
    if len(found) > LARGEST:
        raise UsageError(
            f"the body is larger than {LARGEST >> 20} MiB", hint="The API takes no such body."
        )
    return found


def _field(text: str) -> Field:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable():
        raise UsageError(
            f"{visible(text, limit=100)} is no header field",
            hint="Write it as 'Name: value', on one line.",
        )
    return name.strip(), octets(value.strip())
