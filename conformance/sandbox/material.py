"""What a sandbox has before it listens: its authority and its partners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.clock import Clock
from conformance.errors import UsageError
from conformance.sandbox.authority import Authority
from conformance.sandbox.demo import DemoFiles, demo_files, demo_partner
from conformance.sandbox.partner import Partner, check_partners, load_partner
from conformance.sandbox.reaching import LOOPBACK, Reach, origin
from conformance.sandbox.resource import TOKEN_PATH
from conformance.sandbox.settings import SandboxSettings
from conformance.sandbox.vault import Vault

CONTROL_TOKEN: Final = "control-token"  # noqa: S105 - the name of a file
"""The file with the token of the control port, made anew at each start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a sandbox has before it listens; `demo` is None where partners were named."""

    vault: Vault
    authority: Authority
    demo: DemoFiles | None
    partners: tuple[Partner, ...]


def load_material(directory: Path, partner_files: Sequence[Path], clock: Clock) -> Material:
    """Return what `directory` keeps, made where it is missing, and the partners named.

    Raises:
        UsageError: the directory or a partner file cannot be used.
        MaterialError: a partner's certificate cannot be read.
    """
    vault = Vault(directory)
    partners = tuple(map(load_partner, partner_files))
    demo = None if partners else demo_files(vault)
    partners = partners or (demo_partner(vault, clock),)
    check_partners(partners)
    return Material(vault=vault, authority=Authority(vault, clock), demo=demo, partners=partners)


def planned_reach(settings: SandboxSettings, clock: Clock) -> Reach:
    """Return how to reach a sandbox with these settings, without starting one.

    Raises:
        UsageError: the directory or a partner file cannot be used, or the port is not settled.
        MaterialError: a partner's certificate cannot be read.
    """
    if 0 in (settings.port, settings.control_port) or settings.directory is None:
        raise UsageError(
            "the configuration of a sandbox on any free port is not known before it runs",
            hint="Name a port with --port.",
        )
    material = load_material(settings.directory, settings.partner_files, clock)
    base_url = origin(settings.host, settings.port) + settings.base_path
    control = settings.control_port
    return Reach(
        base_url=base_url,
        token_url=base_url + TOKEN_PATH,
        ca_file=material.authority.ca_file,
        client_id=material.partners[0].client_id,
        signed_path=settings.signed_path,
        demo=material.demo,
        control_url=None if control is None else origin(LOOPBACK, control),
        control_token=None if control is None else material.vault.path(CONTROL_TOKEN),
    )
