"""Servers that a client must not talk to (RFC 9110, section 4.3.4)."""

from __future__ import annotations

from datetime import timedelta

from conformance.sandbox.authority import BadCertificate
from conformance.stories.case import Armed, Ask, ClientCase

_SAYS = {
    BadCertificate.UNTRUSTED: "a server certificate of an authority that nobody told it to trust",
    BadCertificate.SELF_SIGNED: "a server certificate that is signed by itself",
    BadCertificate.EXPIRED: "a server certificate that has expired",
    BadCertificate.OTHER_HOST: "a server certificate for another host",
}


def cases() -> list[ClientCase]:
    """Return the cases: each on the token request, and on the request that follows it."""
    return [
        ClientCase(
            id=f"tls/{bad.value}{'-after-token' if spares_token else ''}",
            says=says,
            armed_says=f"{says}{', on all but the token endpoint' if spares_token else ''}",
            should="break the connection off, send nothing, and not try without TLS",
            requirements=("TLS-002",),
            asks=(Ask(deadline=timedelta(seconds=5)),),
            armed=Armed(bad_certificate=bad, spares_token=spares_token),
        )
        for bad, says in _SAYS.items()
        for spares_token in (False, True)
    ]
