"""The test modules that a user runs."""

from pathlib import Path
from typing import Final

OFFLINE: Final = Path(__file__).parent / "offline"
"""The folder of the plan `signer`: a signer is asked through its adapter, without any network."""

LIVE: Final = Path(__file__).parent / "live"
"""The folder of the plan `api`: the API itself is called, and held to its documents."""
