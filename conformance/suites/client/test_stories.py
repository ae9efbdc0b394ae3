"""Stories: each lets the client loose on a sandbox that is set up for it."""

from __future__ import annotations

from conformance.run.conclusion import conclude_story
from conformance.run.staged import Stage
from conformance.stories.case import ClientCase


def test_story(story: ClientCase, stage: Stage) -> None:
    """The client does what it should, whatever the API does."""
    conclude_story(stage.run, stage.case(story), says=story.says)
