"""A case of a client: what it is asked for, and what the sandbox does meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.fault import Fault

PREFIX: Final = "story:"
"""What the ids of its checks, and of its evidence, begin with; the id of the case follows."""

BASE_PATH: Final = "/partner-api"
"""The gateway prefix of every sandbox that a case is played on."""

DEADLINE: Final = timedelta(seconds=10)
"""How long a client may take for a call, unless its case says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One `send`; before it the sandbox's clock is moved by `after`."""

    method: str = "GET"
    target: str = "/ping"
    body: bytes = b""
    deadline: timedelta = DEADLINE
    after: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """What the sandbox of a case is set up with.

    `bad_certificate` is what is wrong with the server's certificate: of the whole API, or with
    `spares_token` of all but the token endpoint. `ahead` is how far the sandbox's clock is ahead of
    the client's. Where `redirects` names a path, requests to it are sent on to another host.
    """

    faults: tuple[Fault, ...] = ()
    bad_certificate: BadCertificate | None = None
    spares_token: bool = False
    ahead: timedelta = timedelta()
    redirects: str = ""
    redirect_status: int = 307
    rate: int = 1000
    token_lifetime: timedelta = timedelta(seconds=3599)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCase:
    """One case.

    `id` is `<topic>/<name>`. `armed_says` and `should` tell people what the sandbox does and what a
    client should do; `requirements` are those that the case tells of. A client `may_decline` what
    not every HTTP library can send.
    """

    id: str
    says: str
    armed_says: str
    should: str
    requirements: tuple[str, ...]
    asks: tuple[Ask, ...] = (Ask(),)
    armed: Armed = Armed()
    may_decline: bool = False

    @property
    def check_id(self) -> str:
        """The id of its checks and of its evidence."""
        return PREFIX + self.id
