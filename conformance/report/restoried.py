"""Checks made again from a file of stories: what a client's run shows to whoever has the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.catalogue import Catalogue
from conformance.report.check import Check
from conformance.report.storied import StoryTeller
from conformance.stories.cases import load_cases
from conformance.stories.evidence import read_stories
from conformance.stories.judging import judge_story


def checks_again(
    lines: Iterable[bytes | str], catalogue: Catalogue
) -> Mapping[tuple[str, str], Check]:
    """Return the check of each story and requirement, by the ids of both.

    What a story is about is looked up among this suite's own cases, not taken from the file. A
    story that is withheld, or of a case that this suite does not have, gives no check.

    Raises:
        ValueError: a line is no story, or a case is told twice; the text says which.
    """
    teller = StoryTeller(catalogue=catalogue)
    found: dict[tuple[str, str], Check] = {}
    told: set[str] = set()
    for identity, story in read_stories(lines):
        if identity in told:
            raise ValueError(f"{identity[:100]} is told twice")
        told.add(identity)
        case = None if story is None else load_cases().get(story.case)
        if story is None or case is None:
            continue
        for check in teller.checks(case, story, judge_story(story)):
            found[check.id, check.requirement] = check
    return found
