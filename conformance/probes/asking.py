"""What a run may do to the API beyond asking it politely: only what was asked for."""

from __future__ import annotations

from enum import StrEnum

from conformance.config import Settings


class Need(StrEnum):
    """What a probe needs that a run has only when told; the value is the flag that tells it."""

    STRAIN = "--probe-rate-limit"
    """To go to the rate limit, which strains the API."""
    CREATE = "--create-applications"
    """To create applications."""
    ELSEWHERE = "--unlisted-proxy URL"
    """An address that is not whitelisted."""

    @property
    def says(self) -> str:
        """Why it is not done unless asked for, and how to ask."""
        return f"{_REASONS[self]}: ask for it with {self}"


_REASONS = {
    Need.STRAIN: "it goes to the rate limit, which strains the API",
    Need.CREATE: "it creates applications, and takes five minutes",
    Need.ELSEWHERE: "it needs a proxy whose address is not whitelisted",
}


def granted(settings: Settings) -> frozenset[Need]:
    """Return what `settings` grant; all where a local sandbox can be controlled."""
    if settings.control_url is not None:
        return frozenset(Need)
    given = {
        Need.STRAIN: settings.probe_rate_limit,
        Need.CREATE: settings.create_applications,
        Need.ELSEWHERE: settings.unlisted_proxy is not None,
    }
    return frozenset(need for need, is_given in given.items() if is_given)
