"""The test modules that a user runs, a package for each part of a run."""

from pathlib import Path
from typing import Final

SUITES: Final = Path(__file__).parent
"""The folder in which each part of a run has its suite, by its name."""
