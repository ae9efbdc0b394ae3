"""How a client connects, and what it sends to whom (Security.md, "Authentication")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.stories.reaction import ReactionBook, Sight, sight
from conformance.stories.story import Call, Story, field_names
from conformance.wire.visible import visible

REACTIONS: Final = ReactionBook()

_CREDENTIALS: Final[tuple[str, ...]] = ("authorization", "signature", "subscription-key")


def _connects(story: Story) -> bool:
    spoke_plainly = any(mishap.is_plain_http for mishap in story.mishaps)
    return not story.bad_certificate and (bool(story.api) or spoke_plainly)


@REACTIONS("TLS-001", concerns=_connects)
def presents_its_tls_certificate(story: Story) -> Iterator[Sight]:
    """Each connection is TLS, and the client presents its TLS certificate on it."""
    registered = story.registered
    for mishap in story.mishaps:
        if mishap.is_plain_http:
            yield sight("TLS-001", "plain-http", "a TLS connection", "HTTP without TLS")
            break
    for call in story.api:
        if call.certificate == registered.tls_fingerprint:
            continue
        if call.certificate is None:
            reason, seen = "no-certificate", "no certificate"
        elif call.certificate == registered.signing_fingerprint:
            reason, seen = "signing-certificate", "the HTTP signature certificate"
        else:
            reason = "other-certificate"
            seen = f"a certificate that is not registered ({call.certificate[:16]}…)"
        yield sight(
            "TLS-001", reason, "the TLS certificate is presented", f"{seen} on {_named(call)}", call
        )
        break


@REACTIONS("TLS-002", concerns=lambda story: bool(story.bad_certificate))
def refuses_a_bad_server_certificate(story: Story) -> Iterator[Sight]:
    """Nothing is sent to a server whose certificate is not good, nor without TLS instead."""
    for mishap in story.mishaps:
        if mishap.is_plain_http:
            yield sight(
                "TLS-002", "falls-back-to-http", "the client gives up",
                "it tries once more without TLS",
            )  # fmt: skip
            break
    for call in story.api:
        if not (story.spares_token and call.is_token_request):
            yield sight(
                "TLS-002", f"accepts-{story.bad_certificate}",
                "the client breaks the connection off before it sends anything",
                f"it sends {_named(call)} to a server with a certificate that is "
                f"{_BAD.get(story.bad_certificate, story.bad_certificate)}",
                call,
            )  # fmt: skip
            break


_BAD: Final = {
    "untrusted": "issued by an authority that it was not told to trust",
    "self-signed": "signed by itself",
    "expired": "expired",
    "other-host": "for another host",
}


@REACTIONS("SUB-001", concerns=lambda story: bool(story.api))
def sends_the_subscription_key(story: Story) -> Iterator[Sight]:
    """Each request carries `Subscription-Key`, the token request too."""
    for call in story.api:
        keys = call.request.headers.all("subscription-key")
        if keys != (story.registered.subscription_key,):
            seen = "none" if not keys else "several" if len(keys) > 1 else "another key"
            yield sight(
                "SUB-001", "absent" if not keys else "wrong", "one Subscription-Key, as given",
                f"{seen} on {_named(call)}", call,
            )  # fmt: skip
            return


@REACTIONS("RATE-002", concerns=lambda story: len(story.api) > PER_SECOND or _floods(story))
def stays_below_the_limit(story: Story) -> Iterator[Sight]:
    """No more than 30 requests come within a second, and no flood of connections."""
    times = [call.at_s for call in story.api]
    for first, last in zip(times, times[PER_SECOND:], strict=False):
        if last - first < 1.0:
            count = sum(first <= at < first + 1.0 for at in times)
            yield sight(
                "RATE-002", "too-many-a-second", f"at most {PER_SECOND} requests a second",
                f"{count} requests within a second",
            )  # fmt: skip
            break
    if _floods(story):
        yield sight(
            "RATE-002", "floods", "a connection for each request at most",
            f"{len(story.mishaps)} connections that came to no request",
        )  # fmt: skip


PER_SECOND: Final = 30
MOST_MISHAPS: Final = 20
"""Connections without a request that a client may come to, bad certificates and all."""


def _floods(story: Story) -> bool:
    return len(story.mishaps) > MOST_MISHAPS


def _redirected(story: Story) -> bool:
    return any(call.fault == "redirect" for call in story.api)


@REACTIONS("SEC-001", concerns=_redirected)
def sends_no_credential_elsewhere(story: Story) -> Iterator[Sight]:
    """What follows a redirect to another host carries neither key, token, signature nor secret."""
    for call in story.calls:
        if not call.host:
            continue
        carried = [name for name in _CREDENTIALS if name in field_names(call.request.headers)]
        secrets = (story.registered.client_secret, story.registered.subscription_key)
        octets = call.request.body + call.request.target.encode("latin-1", "replace")
        if any(secret.encode() in octets for secret in secrets):
            carried.append("the client secret")
        if carried:
            yield sight(
                "SEC-001", "credentials-follow", "no credential goes to another host",
                f"{_named(call)} to {call.host} carries {' and '.join(carried)}", call,
            )  # fmt: skip
            return


def _named(call: Call) -> str:
    return f"{visible(call.request.method, limit=40)} {visible(call.request.target, limit=200)}"
