"""What a sandbox is told before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from conformance.sandbox.connection import Limits
from conformance.sandbox.reaching import LOOPBACK, is_exposed
from conformance.sandbox.record import KEPT
from conformance.wire.message import SignedPath

DIRECTORY: Final = Path(".lendico-conformance") / "sandbox"
"""Where the command keeps the sandbox's material, counted from where it runs."""

_USUAL: Final = frozenset({LOOPBACK, "::1"})
"""From where a client on this machine calls, unless it chooses another address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """What a sandbox is told before it starts.

    Ports of 0 are any that are free; a `control_port` of None is none. `directory` None is one
    that goes when the sandbox stops. Without `partner_files` a demo partner is made. `whitelist`
    None lets every address call; where this machine alone can, all but its further loopback
    addresses, such as 127.0.0.2: they stand for those that are not whitelisted. `rate` is in
    requests a second and address, `token_lifetime` what `expires_in` says, `kept` how many entries
    the record keeps at most.
    """

    host: str = LOOPBACK
    port: int = 0
    control_port: int | None = None
    directory: Path | None = None
    partner_files: tuple[Path, ...] = ()
    base_path: str = "/partner-api"
    signed_path: SignedPath = SignedPath.RELATIVE
    whitelist: frozenset[str] | None = None
    rate: int = 30
    token_lifetime: timedelta = timedelta(seconds=3599)
    explains: bool = False
    deviations: tuple[str, ...] = ()
    kept: int = KEPT
    limits: Limits = field(default_factory=Limits)

    @property
    def admitted(self) -> frozenset[str] | None:
        """The addresses that may call; None lets every one."""
        if self.whitelist is not None or is_exposed(self.host):
            return self.whitelist
        return _USUAL
