"""What has run out: a token after its lifetime, and a client certificate after its own.

A sandbox whose clock can be moved shows both at once. Of any other API a token is waited for only
if it lasts a minute or two, and the partner's registered certificate never runs out on demand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from conformance.live.draft import Draft
from conformance.live.preflight import token_of
from conformance.live.time import MovedTime
from conformance.probes.judging import is_good
from conformance.probes.probe import Expected, Seen, Sight, problem
from conformance.probes.prober import Prober
from conformance.probes.series import Series, Shown

PATIENCE: Final = timedelta(minutes=2)
"""The longest lifetime of a token that is really waited for."""

_UNSHOWN: Final = (
    "That an expired client certificate is refused was not shown: it takes one that Lendico has "
    "registered."
)
_OVER: Final = timedelta(seconds=2)
_UNAUTHORIZED: Final = problem(401, "unauthorized")
_TOKEN: Final = Expected(status=200, passes=True)


def outlive_token(prober: Prober) -> Shown:
    """Get a token, let its lifetime pass, and call with it."""
    session = prober.session
    seen, sent = prober.ask("token-to-expire", session.token_draft(), _TOKEN, "for a token")
    if sent.answer is None or not is_good(sent.answer):
        # Whether a token is granted is another requirement.
        return _token_shown(replace(seen, sight=Sight.UNCLEAR))
    token, seconds = token_of(sent.answer)
    session.redactor.learn([token])
    lifetime = timedelta(seconds=seconds)
    if not token:
        return _token_shown(Seen(
            sight=Sight.UNCLEAR, reason="no-token", observed="the answer holds no access_token",
            hint="See what the token request was answered with: API-TOK-001.",
        ))  # fmt: skip
    if not session.time.skips and lifetime > PATIENCE:
        return Shown(notes=(
            f"That an expired token is refused was not shown: one lasts {seconds:,.0f} s here.",
        ))  # fmt: skip
    prober.wait(lifetime + _OVER, "until a token expires")
    seen, _ = prober.ask("token-expired", Draft(bearer=token), _UNAUTHORIZED,
                         "with a bearer token that has expired")  # fmt: skip
    return _token_shown(seen)


def outlive_certificate(prober: Prober) -> Shown:
    """Move the sandbox's clock past the end of the client certificate, call, and move it back."""
    session, time = prober.session, prober.session.time
    if not isinstance(time, MovedTime):
        return Shown(notes=(_UNSHOWN,))
    ends = session.credentials.tls.certificate.not_valid_after_utc
    span = ends - session.now() + timedelta(days=1)
    time.shift(span)
    try:
        seen, _ = prober.ask("certificate-expired", Draft(), problem(401, "client-certificate"),
                             "with a client certificate that has run out")  # fmt: skip
    finally:
        time.shift(-span)
    return Shown(seen={"API-TLS-002": seen})


def _token_shown(seen: Seen) -> Shown:
    return Shown(seen={"API-AUTH-001": seen})


TOKEN: Final = Series(
    id="token-expired",
    requirements=("API-AUTH-001",),
    says="with a bearer token that has expired",
    expects="401 and the documented error (unauthorized)",
    requests=2,
    run=outlive_token,
    optional=True,
)

CERTIFICATE: Final = Series(
    id="certificate-expired",
    requirements=("API-TLS-002",),
    says="with a client certificate that has run out",
    expects="401 and the documented error (client-certificate)",
    requests=1,
    run=outlive_certificate,
    optional=True,
)
