"""JSON as JavaScript writes it again, held against Node where it is there."""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess

import pytest

from conformance.diagnosis.javascript import number, rewritten

TEXTS = [
    ('{"":2,"a":1.0}', '{"":2,"a":1}'),
    ("[1e21, 1e20, 1e-6, 1e-7, 0.1, -0, -0.0, 1.50, 1E3]",
     "[1e+21,100000000000000000000,0.000001,1e-7,0.1,0,0,1.5,1000]"),
    ("[9007199254740993, 5e-324, 1.5e300, 1e400, -12.5]",
     "[9007199254740992,5e-324,1.5e+300,null,-12.5]"),
    ('{"b":1,"2":2,"1":3,"01":4,"4294967294":1,"4294967295":2,"-1":5}',
     '{"1":3,"2":2,"4294967294":1,"b":1,"01":4,"4294967295":2,"-1":5}'),
    (r'"\ud800 \u00e4 / \u007f \u001f \b \n"', '"\\ud800 ä / \x7f \\u001f \\b \\n"'),
    ('{"a": 1, "a": true, "c": null}', '{"a":true,"c":null}'),
    (" [ ] ", "[]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), TEXTS)
def test_json_is_written_again_as_javascript_does(text: str, written: str) -> None:
    assert rewritten(text) == written
    assert rewritten(text.encode()) == written
    assert rewritten(written) == written


@pytest.mark.parametrize("text", ["", "NaN", "[Infinity]", "{a:1}", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        rewritten(text)


def test_node_writes_the_same() -> None:
    if not shutil.which("node"):
        pytest.skip("node is not on this machine")
    chance = random.Random(20190703)  # noqa: S311 - a sample, not a secret
    numbers = [0.1 + 0.2]
    while len(numbers) < 2000:
        (value,) = struct.unpack(">d", chance.randbytes(8))
        if value - value == 0:  # a number, and finite
            numbers += [value, chance.uniform(-1e9, 1e9), chance.randrange(10**25) / 1000]
    text = f"[{json.dumps(numbers)},{','.join(text for text, _ in TEXTS)}]"
    script = "process.stdout.write(JSON.stringify(JSON.parse(require('fs').readFileSync(0))))"
    command = ["node", "-e", script]
    run = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=True)
    assert rewritten(text) == run.stdout


def test_one_number_is_printed_as_short_as_it_can_be() -> None:
    assert [number(item) for item in (123456789.0, -2.5e-10, 1.25e22)] == [
        "123456789", "-2.5e-10", "1.25e+22",
    ]  # fmt: skip
