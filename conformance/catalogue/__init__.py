"""Requirements and quirks: the data that says what must hold, and its typed loader."""

from conformance.catalogue.loading import load_catalogue
from conformance.catalogue.requirement import (
    Catalogue,
    Level,
    Quirk,
    Requirement,
    Side,
    Source,
    Topic,
)

__all__ = [
    "Catalogue",
    "Level",
    "Quirk",
    "Requirement",
    "Side",
    "Source",
    "Topic",
    "load_catalogue",
]
