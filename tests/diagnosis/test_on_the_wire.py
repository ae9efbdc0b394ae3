"""What each mistake does to the wire: what was written down, and read, still holds."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache

import pytest

from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.wire.procedure import Stage
from tests.diagnosis.on_the_wire.record import REQUESTS, path_of, read, records

made = cache(records)
written = cache(lambda stage: read(path_of(stage)))
RECORDED = [(stage, name) for stage in Stage for name in written(stage)]


@pytest.mark.parametrize(("stage", "name"), RECORDED, ids=str)
def test_a_mistake_does_to_the_wire_what_was_written_down(stage: Stage, name: str) -> None:
    assert name == "right" or name in MISTAKES, "a mistake was lost"
    assert made(stage)[name] == written(stage)[name]


def test_what_is_written_down_covers_nearly_all_mistakes() -> None:
    for stage in Stage:
        told = set(written(stage)) - {"right"}
        known = {item.id for item in of_stage(stage)}
        if stage is Stage.SIGNATURE:
            known = {item.id for item in of_stage(stage) if item.breaks == "SIG-003"}
        assert told <= known
        assert len(told) >= 0.9 * len(known)


@pytest.mark.parametrize("name", ["sha1", "sha384", "sha512", "md5"])
def test_another_hash_is_that_of_the_body(name: str) -> None:
    lines = written(Stage.DIGEST)[f"digest-{name}"]
    for line, request in zip(lines, REQUESTS[Stage.DIGEST], strict=True):
        text = line.partition("SHA-256=")[2]
        hashed = hashlib.new(name, request.body, usedforsecurity=False).digest()
        assert base64.b64decode(text) == hashed


def test_a_date_of_local_time_is_off_by_as_many_hours_as_its_words_say() -> None:
    told = 0
    for mistake in of_stage(Stage.DATE):
        match = re.search(r"local time, (\d+) h (ahead of|behind) ", mistake.says)
        if match:
            told += 1
            hours = int(match[1]) if match[2] == "ahead of" else -int(match[1])
            assert mistake.id == f"date-local-time-{hours:+}"
    assert told > 9
