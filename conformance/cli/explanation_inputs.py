"""What `explain` was given, read and put together: the capture, certificates and expectation."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from conformance.capture.address import split_address
from conformance.capture.captured import Captured, Format
from conformance.capture.reader import read_capture
from conformance.capture.source import STANDARD_INPUT, read_octets
from conformance.cli.moment import read_moment
from conformance.clock import Clock
from conformance.errors import MaterialError, UsageError
from conformance.material.certificate import Certificate, load_certificate
from conformance.material.password import read_password, way_to_give
from conformance.wire.message import Place, SignedPath
from conformance.wire.reading import Expectation
from conformance.wire.visible import visible

GATEWAY = "/partner-api"
"""The gateway prefix that every published address has (quirk Q3)."""

TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path, not a password
"""How the path of the token request ends (quirk Q9)."""

CERT_PASSWORD = "LENDICO_CONFORMANCE_CERT_PASSWORD"  # noqa: S105 - a variable's name
TLS_CERT_PASSWORD = "LENDICO_CONFORMANCE_TLS_CERT_PASSWORD"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line as it was given; None is what was not."""

    file: str
    form: str
    entry: int | None
    body: str | None
    cert: Path | None
    cert_password_file: Path | None
    tls_cert: Path | None
    tls_cert_password_file: Path | None
    key_id: str | None
    place: str
    now: str | None
    date_now: bool
    base_url: str | None
    signed_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One captured request, and all that it is judged against."""

    captured: Captured
    expectation: Expectation
    certificate: Certificate | None = None
    tls_certificate: Certificate | None = None


def read_subject(options: Options, clock: Clock) -> Subject:
    """Return what the command line names, read.

    Raises:
        UsageError: a file cannot be read as what it should be, or options contradict each other.
    """
    if options.file == options.body == STANDARD_INPUT:
        raise UsageError(
            "capture and body cannot both come from standard input",
            hint="Put one of them in a file.",
        )
    now = _now(options, clock)
    certificate = _certificate("--cert", options.cert, options.cert_password_file, CERT_PASSWORD)
    tls_certificate = _certificate(
        "--tls-cert", options.tls_cert, options.tls_cert_password_file, TLS_CERT_PASSWORD
    )
    captured = read_capture(
        _read(options.file, "capture"),
        form=None if options.form == "auto" else Format(options.form),
        entry=options.entry,
        body=None if options.body is None else _read(options.body, "body"),
    )
    captured, base_path = _base_path(captured, options.base_url)
    expectation = Expectation(
        key=certificate.public_key if certificate else None,
        tls_key=tls_certificate.public_key if tls_certificate else None,
        key_id=options.key_id,
        place=_place(options.place, captured),
        base_path=base_path,
        signed_path=SignedPath(options.signed_path),
        now=now,
        host=captured.origin,
    )
    return Subject(
        captured=captured,
        expectation=expectation,
        certificate=certificate,
        tls_certificate=tls_certificate,
    )


def _read(name: str, what: str) -> bytes:
    if name == STANDARD_INPUT and sys.stdin is not None and sys.stdin.isatty():
        print(f"Paste the {what}, then press Ctrl-D.", file=sys.stderr)  # noqa: T201
    elif _is_pipe(name):
        waiting = f"Waiting for the {what} from the pipe {visible(name, limit=300)} …"
        print(waiting, file=sys.stderr)  # noqa: T201
    return read_octets(name, what)


def _is_pipe(name: str) -> bool:
    """Tell whether `name` is a pipe, which keeps its reader waiting until somebody writes."""
    try:
        return Path(name).is_fifo()
    except (OSError, ValueError):
        return False


def _certificate(
    option: str, path: Path | None, password_file: Path | None, variable: str
) -> Certificate | None:
    if path is None:
        return None
    try:
        return load_certificate(path, read_password(password_file, variable))
    except MaterialError as error:
        if error.reason == "password-missing":
            error.hint = way_to_give(f"{option}-password-file", variable)
        raise


def _now(options: Options, clock: Clock) -> datetime | None:
    """Return the moment to judge the date against."""
    if options.date_now and options.now is not None:
        raise UsageError(
            "--now and --date-now exclude each other", hint="Give the moment, or take the present."
        )
    if options.date_now:
        return clock.now()
    if options.now is None:
        return None
    return read_moment(options.now, "--now")


def _base_path(captured: Captured, base_url: str | None) -> tuple[Captured, str]:
    """Return the gateway prefix, and `captured` with a note where the path lacks it."""
    path = captured.request.target.partition("?")[0]
    if base_url is None:
        return captured, GATEWAY if path == GATEWAY or path.startswith(f"{GATEWAY}/") else ""
    address = split_address(base_url)
    if address is None or "?" in address.target:
        raise UsageError(
            f"--base-url is no http or https address: {visible(base_url, limit=100)}",
            hint="Write it like https://api.sandbox.lendico.de/partner-api",
        )
    base_path = address.target.rstrip("/")
    if base_path and path != base_path and not path.startswith(f"{base_path}/"):
        note = "the path does not begin with that of --base-url: the whole of it is to be signed"
        captured = replace(captured, notes=(*captured.notes, note))
    return captured, base_path


def _place(given: str, captured: Captured) -> Place | None:
    """Return where the signature belongs: only a POST can be the token request.

    None leaves it to the request itself: the token address may have another path (quirk Q9).
    """
    if given != "auto":
        return Place(given)
    path = captured.request.target.partition("?")[0]
    if captured.request.method.upper() != "POST":
        return Place.SIGNATURE
    return Place.AUTHORIZATION if path.endswith(TOKEN_PATH) else None
