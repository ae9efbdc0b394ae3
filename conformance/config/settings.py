"""The settings of a run, and where each stands in `conformance.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from conformance.wire.message import SignedPath

FILE_NAME: Final = "conformance.toml"
"""The configuration file that is read where none is named: in the current directory."""

PREFIX: Final = "LENDICO_CONFORMANCE_"
"""What the environment variables begin with; a setting's name in upper case follows."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "adapter": ("adapter",),
        "plan": ("plan",),
        "profile": ("profile",),
        "seed": ("seed",),
        "report_dir": ("report_dir",),
        "partner": ("partner", "name"),
        "key_id": ("partner", "key_id"),
        "base_url": ("api", "base_url"),
        "signed_path": ("api", "signed_path"),
        "start_timeout": ("timeouts", "start"),
        "request_timeout": ("timeouts", "request"),
    }
)
"""The path in `conformance.toml` of each setting, by its name in `Settings`."""


class Plan(StrEnum):
    """What must be shown for the verdict READY."""

    SIGNER = "signer"


class Profile(StrEnum):
    """How many generated requests are asked beside the vectors."""

    QUICK = "quick"
    DEFAULT = "default"
    THOROUGH = "thorough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run was told, by flags, environment and file, or is by default.

    `schemas/config.schema.json` says what each may be. `adapter` is an address, or a command with
    its arguments; `base_url` has no slash at its end; a relative `report_dir` counts from the
    current directory.
    """

    adapter: str | tuple[str, ...] = "reference"
    plan: Plan = Plan.SIGNER
    profile: Profile = Profile.DEFAULT
    seed: int | None = None
    report_dir: Path = Path("reports")
    partner: str | None = None
    key_id: str | None = None
    base_url: str = "https://api.sandbox.lendico.de/partner-api"
    signed_path: SignedPath = SignedPath.RELATIVE
    start_timeout: timedelta = timedelta(seconds=30)
    request_timeout: timedelta = timedelta(seconds=10)

    @property
    def base_path(self) -> str:
        """The path of `base_url`, the gateway prefix; empty when there is none."""
        return urlsplit(self.base_url).path
