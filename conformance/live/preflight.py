"""Before anything is judged: whether this machine is set up to call the API at all.

Most failures are configuration. A preflight that fails names one cause and one thing to do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from conformance.client.credentials import Credentials
from conformance.client.message import Answer
from conformance.errors import UsageError
from conformance.live.draft import Draft
from conformance.live.message import Sent
from conformance.live.session import Session
from conformance.wire.visible import visible

SKEW: Final = timedelta(seconds=170)
"""How far the clocks may be apart: less than the API lets pass (Security.md, step 2)."""

_EARLY_S: Final = 30.0
"""Seconds before its end that a token is renewed."""

_LIFETIME_S: Final = 3599.0
"""How long a token is taken to last that does not say."""

_WORTH_TELLING: Final = timedelta(seconds=5)
_HINTS: Final = {
    "Forbidden": "This machine calls from an address that Lendico has not whitelisted: ask the "
    "Partner API tech team to add the address that you leave your network from.",
    "Missing subscription key": "Something on the way removes the Subscription-Key header field.",
    "Invalid subscription key": "Compare the subscription key with the one in the API portal.",
    "Invalid client certificate": "Lendico knows another TLS certificate of you: compare "
    "partner.tls_certificate with the file that you handed over.",
    "Signature could not be successfully verified.": "Lendico knows another signing certificate "
    "of you, or another client id; or set api.signed_path to the other value.",
    "Rate limit is exceeded.": "Something else calls from this address: wait a minute.",
}


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


def preflight(session: Session) -> list[str]:
    """Get a token and ping, and return what a person should know.

    The session has a token and knows the server's clock afterwards. A token answer that works and
    is not as documented passes: the probes will say what is wrong with it.

    Raises:
        UsageError: the API cannot be called; one cause, one thing to do.
    """
    check_material(session.credentials, session.time.now())
    get_token(session)
    notes = _clock_notes(session)
    if not session.token:
        return [*notes, "The token answer holds no access_token: nothing could be called with it."]
    _ask(session, "preflight-ping", Draft())
    return notes


def get_token(session: Session) -> None:
    """Get a token for `session`, and note when it is to be renewed.

    Raises:
        UsageError: the token request is refused, or cannot be sent.
    """
    answer = _ask(session, "preflight-token", session.token_draft())
    session.token, seconds = _token_of(answer)
    session.renew_at = session.time.monotonic() + max(seconds - _EARLY_S, 1)
    session.redactor.learn([session.token])


def _ask(session: Session, name: str, draft: Draft) -> Answer:
    """Return the good answer to `draft`, tried once more where that may help.

    Raises:
        UsageError: there is none.
    """
    sent = session.send(name, draft)
    _set_clock(session, sent)
    if (sent.answer is None or sent.answer.status in (429, 500, 502, 503, 504)) and session.retry():
        sent = session.send(name, draft)
        _set_clock(session, sent)
    answer = sent.answer
    if answer is None:
        says, hint = (sent.trouble.says, sent.trouble.hint) if sent.trouble else ("", "")
        raise UsageError(f"the API cannot be reached: {says}", hint=hint)
    if not 200 <= answer.status < 300 or answer.is_html:
        raise _refused(session, draft, answer)
    return answer


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


def _clock_notes(session: Session) -> list[str]:
    if abs(session.offset) < _WORTH_TELLING:
        return []
    seconds = session.offset.total_seconds()
    return [f"The server's clock is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}."]


def _token_of(answer: Answer) -> tuple[str, float]:
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


def _refused(session: Session, draft: Draft, answer: Answer) -> UsageError:
    """Return the cause for which a right request was refused."""
    what = f"{draft.method} {draft.path}"
    if 300 <= answer.status < 400:
        to = visible(answer.headers.first("location") or "nowhere", limit=200)
        return UsageError(
            f"{what} is redirected to {to}, which is not followed: credentials stay with the host "
            "they are for",
            hint="Is the target the API's own address? A proxy that wants a login redirects too.",
        )
    if answer.is_html:
        return UsageError(
            f"{what} is answered with a page (HTML, status {answer.status}), not by the API",
            hint="A proxy or firewall stands in between: ask for the way out to be opened, or set "
            "api.proxy.",
        )
    title = visible(session.redactor.text(answer.title), limit=100)
    says = f"{what} is answered with {answer.status}{f' “{title}”' if title else ''}"
    if answer.status >= 500:
        return UsageError(says, hint="The API itself has trouble: try again later.")
    if answer.title == "Unauthorized" and draft.path.endswith("/token"):
        return UsageError(says, hint="Compare partner.key_id and the client secret with Lendico's.")
    hint = _HINTS.get(answer.title, "Is api.base_url the address of the Partner API?")
    return UsageError(says, hint=hint)
