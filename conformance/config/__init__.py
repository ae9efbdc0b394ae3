"""What a run was told: flags, environment, `conformance.toml`, defaults."""

from conformance.config.loading import load_settings
from conformance.config.settings import Part, Plan, Profile, Settings

__all__ = ["Part", "Plan", "Profile", "Settings", "load_settings"]
