"""Before anything is judged: whether this machine is set up to call the API at all.

Most failures are configuration. A preflight that fails names one cause and one thing to do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from conformance.client.credentials import Credentials
from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.client.reached import Reached
from conformance.client.trouble import trouble_of
from conformance.errors import UsageError
from conformance.live.course import Course
from conformance.live.draft import Draft, Presents, Way
from conformance.live.message import Sent
from conformance.live.refusal import is_of_address, refusal_of
from conformance.live.route import address_told, addresses, certificate_says
from conformance.live.session import Session
from conformance.material.identity import Identity

SKEW: Final = timedelta(seconds=170)
"""How far the clocks may be apart: less than the API lets pass (Security.md, step 2)."""

_EARLY_S: Final = 30.0
"""Seconds before its end that a token is renewed."""

_LIFETIME_S: Final = 3599.0
"""How long a token is taken to last that does not say."""

_WORTH_TELLING: Final = timedelta(seconds=5)
_PLACES: Final = {
    TroubleKind.DNS: "DNS", TroubleKind.REFUSED: "TCP", TroubleKind.TIMEOUT: "TCP",
    TroubleKind.PROXY: "TCP",
}  # fmt: skip
"""How far a request came that met trouble; others got as far as TLS, or further."""


def check_material(credentials: Credentials, now: datetime) -> None:
    """See that the two certificates can serve, before anything is sent.

    Raises:
        UsageError: one is not valid now, or both are one.
    """
    for use, identity in (("TLS", credentials.tls), ("signing", credentials.signing)):
        _check_dates(use, identity.certificate, now)
    if credentials.tls.key.public_key() == credentials.signing.key.public_key():
        raise UsageError(
            "the TLS and the signing certificate have one key between them",
            hint="Security.md asks for two different certificates: make a second key pair.",
        )


def _check_dates(use: str, certificate: x509.Certificate, now: datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise UsageError(
            f"the {use} certificate is valid from {certificate.not_valid_before_utc:%Y-%m-%d} on",
            hint="Check this machine's clock, or wait until then.",
        )
    if now > certificate.not_valid_after_utc:
        raise UsageError(
            f"the {use} certificate ran out on {certificate.not_valid_after_utc:%Y-%m-%d}",
            hint="Make a new one, hand it over to Lendico, and name it in the configuration.",
        )


def preflight(session: Session, course: Course | None = None) -> list[str]:
    """See that the API can be called, tell `course` line by line, and return notes for people.

    The session has a token and knows the server's clock afterwards. A token answer that works and
    is not as documented passes: the probes will say what is wrong with it.

    Raises:
        UsageError: the API cannot be called; one cause, one thing to do.
    """
    course = course or Course(session.time.monotonic)
    with course.looking_at("certificates"):
        check_material(session.credentials, session.time.now())
    course.saw("certificates", _material_says(session.credentials))
    _find_host(session, course)
    get_token(session, course)
    notes = _clock_notes(session)
    if not session.token:
        says = "The token answer holds no access_token: nothing could be called with it."
        course.saw("token", says, holds=None)
        return [*notes, says]
    _ask(session, "ping", Draft(), course)
    course.saw("ping", "GET /ping is answered well")
    return notes


def get_token(session: Session, course: Course | None = None) -> None:
    """Get a token for `session`, and note when it is to be renewed.

    Raises:
        UsageError: the token request is refused, or cannot be sent.
    """
    answer = _ask(session, "token", session.token_draft(), course)
    session.token, seconds = token_of(answer)
    session.renew_at = session.time.monotonic() + max(seconds - _EARLY_S, 1)
    session.redactor.learn([session.token])
    if course is not None and session.token:
        course.saw("token", f"granted for {seconds:,.0f} s")


def _material_says(credentials: Credentials) -> str:
    pairs = (("TLS", credentials.tls), ("signing", credentials.signing))
    told = "; ".join(_identity_says(use, identity) for use, identity in pairs)
    return f"each fits its key, and the keys differ: {told}"


def _identity_says(use: str, identity: Identity) -> str:
    until = identity.certificate.not_valid_after_utc
    return f"{use} RSA {identity.key.key_size}, until {until:%Y-%m-%d}"


def _find_host(session: Session, course: Course) -> None:
    """Tell the addresses of the host that is connected to, and hear of the connection.

    Raises:
        UsageError: there is none.
    """
    transport = session.way(Presents.REGISTERED, Way.USUAL)
    host, port = transport.meets
    with course.looking_at("DNS"):
        try:
            found = addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise _unreachable(trouble_of(error, host, 0)) from None
    many = f"has {len(found)} addresses: " if len(found) > 1 else "has the address "
    course.saw("DNS", f"{host} {many}{', '.join(found[:4])}{', …' if len(found) > 4 else ''}")

    def hear(reached: Reached) -> None:
        if course.has_seen("TLS"):
            return
        proxy = f"the proxy {host}, which connected to the API" if transport.proxied else host
        course.saw("TCP", f"connected to {proxy} ({reached.peer})")
        course.saw("TLS", f"{reached.version}; {certificate_says(reached.certificate)}")
        session.local = reached.local

    transport.hear(hear)


def _ask(session: Session, what: str, draft: Draft, course: Course | None) -> Answer:
    """Return the good answer to `draft`, tried once more where that may help.

    Raises:
        UsageError: there is none.
    """
    course = course or Course(session.time.monotonic)
    sent = session.send(f"preflight-{what}", draft)
    if (sent.answer is None or sent.answer.status in (429, 500, 502, 503, 504)) and session.retry():
        sent = session.send(f"preflight-{what}", draft)
    answer = sent.answer
    if answer is None:
        with course.looking_at(_place(sent, what, session, course)):
            raise _unreachable(sent.trouble)
    is_refused = not 200 <= answer.status < 300 or answer.is_html
    if is_refused and is_of_address(answer):
        with course.looking_at("address"):
            raise refusal_of(draft, answer, session.redactor, local=session.local)
    _tell_address(session, answer, course)
    with course.looking_at("clock"):
        _set_clock(session, sent)
    _tell_clock(session, answer, course)
    if is_refused:
        with course.looking_at(what):
            raise refusal_of(draft, answer, session.redactor)
    return answer


def _place(sent: Sent, what: str, session: Session, course: Course) -> str:
    """Return the line that trouble belongs to: how far the request came."""
    place = _PLACES.get(sent.trouble.kind) if sent.trouble else None
    if place is not None or course.has_seen("TLS"):
        return place or what
    if not course.has_seen("TCP"):
        host, port = session.way(Presents.REGISTERED, Way.USUAL).meets
        course.saw("TCP", f"{host}:{port} takes connections")
    return "TLS"


def _unreachable(trouble: Trouble | None) -> UsageError:
    says, hint = (trouble.says, trouble.hint) if trouble else ("", "")
    return UsageError(f"the API cannot be reached: {says}", hint=hint)


def _tell_address(session: Session, answer: Answer, course: Course) -> None:
    """Tell from where the API is called, as far as that can be known without asking others."""
    if course.has_seen("address"):
        return
    told = address_told(answer)
    seen = f"the answer names {told} as the caller's" if told else (
        "the API may see another, of the network that you leave by, and did not say"
    )  # fmt: skip
    course.saw("address", f"{session.local or 'none known'} is this machine's own; {seen}")


def _set_clock(session: Session, sent: Sent) -> None:
    """Learn the server's clock from an answer.

    Raises:
        UsageError: it is so far from this machine's that every request would be refused.
    """
    date = sent.answer.date if sent.answer else None
    if date is None:
        return
    offset = date - session.time.now().replace(microsecond=0)
    if abs(offset) > SKEW:
        ahead = "behind" if offset > timedelta() else "ahead of"
        raise UsageError(
            f"this machine's clock is {abs(offset).total_seconds():,.0f} s {ahead} the server's",
            hint="Set it, and let it be kept by NTP: the API refuses dates 3 minutes off.",
        )
    session.offset = offset if abs(offset) > timedelta(seconds=1) else timedelta()


def _tell_clock(session: Session, answer: Answer, course: Course) -> None:
    if course.has_seen("clock"):
        return
    if answer.date is None:
        course.saw("clock", "the answer has no Date that could be compared", holds=None)
        return
    seconds = session.offset.total_seconds()
    apart = "within a second of" if not seconds else f"{abs(seconds):.0f} s off"
    course.saw("clock", f"this machine's is {apart} the server's")


def _clock_notes(session: Session) -> list[str]:
    if abs(session.offset) < _WORTH_TELLING:
        return []
    seconds = session.offset.total_seconds()
    return [f"The server's clock is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}."]


def token_of(answer: Answer) -> tuple[str, float]:
    """Return the token in an answer, empty when there is none, and for how many seconds."""
    try:
        found = answer.json()
    except ValueError:
        return "", _LIFETIME_S
    if not isinstance(found, dict):
        return "", _LIFETIME_S
    token, seconds = found.get("access_token"), found.get("expires_in")
    fit = isinstance(token, str) and token.isascii() and token.isprintable()
    lasts = float(seconds) if type(seconds) is int and seconds > 0 else _LIFETIME_S
    return str(token).strip() if fit else "", lasts
