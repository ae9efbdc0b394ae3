"""Who calls the API: client id, secret, subscription key, and two certificates with their keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.material.identity import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a partner needs to call the API; its secrets are left out of its `repr`."""

    client_id: str
    client_secret: str = field(repr=False)
    subscription_key: str = field(repr=False)
    tls: Identity
    """Presented in the TLS handshake (Security.md, "Authentication")."""
    signing: Identity
    """Signs the requests; another certificate, with another key."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must never be shown."""
        return (self.client_secret, self.subscription_key)
