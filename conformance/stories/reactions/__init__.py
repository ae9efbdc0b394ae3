"""Every reaction, by topic: explicitly listed, none found by scanning."""

from __future__ import annotations

from typing import Final

from conformance.stories.reaction import Reaction
from conformance.stories.reactions import again, application, connection, error, token

REACTIONS: Final[tuple[Reaction, ...]] = tuple(
    reaction
    for module in (connection, token, again, application, error)
    for reaction in module.REACTIONS
)
"""All of them, in the order in which they judge."""
