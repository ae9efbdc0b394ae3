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
        "tls_certificate": ("partner", "tls_certificate"),
        "tls_key": ("partner", "tls_key"),
        "tls_password_file": ("partner", "tls_password_file"),
        "signing_certificate": ("partner", "signing_certificate"),
        "signing_key": ("partner", "signing_key"),
        "signing_password_file": ("partner", "signing_password_file"),
        "client_secret_file": ("partner", "client_secret_file"),
        "subscription_key_file": ("partner", "subscription_key_file"),
        "tls_hand_over": ("partner", "tls_hand_over"),
        "signing_hand_over": ("partner", "signing_hand_over"),
        "hand_over_password_file": ("partner", "hand_over_password_file"),
        "base_url": ("api", "base_url"),
        "signed_path": ("api", "signed_path"),
        "ca_file": ("api", "ca_file"),
        "proxy": ("api", "proxy"),
        "max_rate": ("api", "max_rate"),
        "control_url": ("api", "control_url"),
        "control_token_file": ("api", "control_token_file"),
        "unlisted_proxy": ("api", "unlisted_proxy"),
        "probe_rate_limit": ("api", "probe_rate_limit"),
        "create_applications": ("api", "create_applications"),
        "start_timeout": ("timeouts", "start"),
        "request_timeout": ("timeouts", "request"),
        "connect_timeout": ("timeouts", "connect"),
        "answer_timeout": ("timeouts", "answer"),
    }
)
"""The path in `conformance.toml` of each setting, by its name in `Settings`."""


class Plan(StrEnum):
    """What must be shown for the verdict READY."""

    SIGNER = "signer"
    CLIENT = "client"
    API = "api"
    READINESS = "readiness"


class Part(StrEnum):
    """What is run for a plan; each has its suite."""

    OFFLINE = "offline"
    """A signer is asked through its adapter."""
    MATERIAL = "material"
    """Certificates and keys are judged."""
    CLIENT = "client"
    """A client calls the local sandbox."""
    LIVE = "live"
    """The API itself is called."""


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
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_password_file: Path | None = None
    signing_certificate: Path | None = None
    signing_key: Path | None = None
    signing_password_file: Path | None = None
    client_secret_file: Path | None = None
    subscription_key_file: Path | None = None
    tls_hand_over: Path | None = None
    signing_hand_over: Path | None = None
    hand_over_password_file: Path | None = None
    base_url: str = "https://api.sandbox.lendico.de/partner-api"
    signed_path: SignedPath = SignedPath.RELATIVE
    ca_file: Path | None = None
    proxy: str | None = None
    max_rate: float = 5.0
    control_url: str | None = None
    control_token_file: Path | None = None
    unlisted_proxy: str | None = None
    probe_rate_limit: bool = False
    create_applications: bool = False
    start_timeout: timedelta = timedelta(seconds=30)
    request_timeout: timedelta = timedelta(seconds=10)
    connect_timeout: timedelta = timedelta(seconds=10)
    answer_timeout: timedelta = timedelta(seconds=30)
    file: Path | None = None
    """The configuration file that was named, for a command to name it again."""
    own_sandbox: bool = False
    """Whether the API is a local sandbox that runs for this run alone."""
    target_named: bool = False
    """Whether a flag or the environment gave `base_url`; files have it for signers too."""

    @property
    def base_path(self) -> str:
        """The path of `base_url`, the gateway prefix; empty when there is none."""
        return urlsplit(self.base_url).path

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is run for the plan; `readiness` calls the API where its address was given."""
        live = (Part.LIVE,) if self.target_named else ()
        return {
            Plan.SIGNER: (Part.OFFLINE,),
            Plan.CLIENT: (Part.CLIENT,),
            Plan.API: (Part.LIVE,),
            Plan.READINESS: (Part.OFFLINE, Part.MATERIAL, Part.CLIENT, *live),
        }[self.plan]
