"""How a client submits applications (the pages on idempotency and throttling)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.client.application import crefo_id
from conformance.stories.reaction import ReactionBook, Sight, sight
from conformance.stories.story import Call, Story
from conformance.wire.visible import visible

REACTIONS: Final = ReactionBook()

_KEY: Final = "idempotency-key"


@REACTIONS("IDEM-001", concerns=lambda story: bool(story.applications))
def keys_each_application(story: Story) -> Iterator[Sight]:
    """Each application has one `Idempotency-Key`; a retry keeps it, another one has another."""
    known: dict[str, Call] = {}
    first: dict[int, str] = {}
    for call in story.applications:
        values = [value for value in call.request.headers.all(_KEY) if value.strip(" \t")]
        if len(values) != 1:
            seen = "none" if not values else f"{len(values)} of them"
            yield sight("IDEM-001", "absent" if not values else "several",
                        "one Idempotency-Key", seen, call)  # fmt: skip
            return
        key = values[0]
        if first.setdefault(call.during, key) != key:
            yield sight(
                "IDEM-001", "changed", "the retry keeps the Idempotency-Key of the first try",
                "the retry has another one", call,
            )  # fmt: skip
            return
        if known.setdefault(key, call).during != call.during:
            yield sight(
                "IDEM-001", "reused", "another application has another Idempotency-Key",
                f"two applications have {visible(key, limit=80)}", call,
            )  # fmt: skip
            return


def _of_crefo(call: Call) -> bool:
    return call.status == 429 and "crefo" in call.answered("title").lower()


@REACTIONS("CREFO-001", concerns=lambda story: any(map(_of_crefo, story.applications)))
def waits_before_applying_again(story: Story) -> Iterator[Sight]:
    """After a 429 for a crefo id no other application for it comes within five minutes."""
    barred: dict[str, Call] = {}
    for call in story.applications:
        crefo = crefo_id(call.request.body) or ""
        if crefo in barred:
            gap = call.at_s - barred[crefo].answered_s
            yield sight(
                "CREFO-001", "applied-again", "no other application for this crefo id for 300 s",
                f"the next one came after {gap:.2f} s", call,
            )  # fmt: skip
            return
        if _of_crefo(call):
            barred[crefo] = call
