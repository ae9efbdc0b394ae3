"""How many generated cases a profile asks for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PROFILES: Final[Mapping[str, int]] = MappingProxyType(
    {"quick": 200, "default": 1000, "thorough": 10_000}
)
"""The number of cases by the name of the profile, the smallest first."""
