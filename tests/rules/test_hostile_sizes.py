"""Requests of hostile size: each is judged in time about linear in its size, within the budget.

What would not be linear takes minutes on these, so the limit may be wide enough for any machine.
"""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from conformance.clock import Clock, ManualClock
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.rules import Judgement
from conformance.wire.message import HeaderFields, SignedRequest
from tests.rules.specimen import (
    BODY,
    DATE,
    MOMENT,
    RIGHT_FIELDS,
    digest,
    judged,
    parameters,
    sent,
    signature,
    with_field,
)

N = 40_000
LIMIT = 15.0
"""Seconds of this process's own time."""

RIGHT = dict(RIGHT_FIELDS)["Signature"]
NAMES = "(request-target) date digest"
LINES = f"(request-target): post /Applications?status=open\ndate: {DATE}\ndigest: {digest(BODY)}"


def timed(request: SignedRequest, clock: Clock | None = None) -> Judgement:
    """Judge `request`, and hold it to the limit; a clock that stands still knows no budget."""
    started = time.process_time()
    judgement = judged(request, diagnostician=Diagnostician(clock=clock))
    assert time.process_time() - started < LIMIT
    return judgement


ABSENT = " ".join(f"x{number}" for number in range(N // 8))

CARRIERS = {
    "spaces": " " * N,
    "commas": "," * N,
    "quotes": '"' * N,
    "assignments": "a=" * N,
    "unclosed": 'keyId="a,' * (N // 8),
    "backslashes": 'keyId="' + "\\" * N,
    "single quotes": "keyId='" * (N // 8),
    "marks": "signature=" + "'`" * N + "x" + "'`" * N,
    "typographic marks": "signature=" + "\xe2\x80\x98" * N,
    "names without values": "sig   " * (N // 8),
    "values without end": " sig=a" * (N // 8) + '"',
    "schemes": "Signature " * (N // 8),
    "unknown parameters": ",".join(f'p{n}="v"' for n in range(N // 8)),
    "headers that are not there": parameters("AAAA", names=ABSENT),
    "one header many times": parameters("AAAA", names="date " * (N // 8)),
    "Base64 without end": parameters("A" * 8 * N),
    "base64url without end": parameters("A-" * 4 * N),
    "hexadecimal without end": parameters("ab" * 4 * N),
    "percent escapes": parameters("%41" * N),
    "binary": "".join(map(chr, range(256))) * (N // 256),
}  # fmt: skip


@pytest.mark.parametrize("name", CARRIERS)
def test_a_huge_signature_header_is_judged_and_found_wrong(name: str) -> None:
    judgement = timed(with_field(sent(), "Signature", CARRIERS[name]))
    assert judgement.findings
    assert max(len(item.observed) for item in judgement.findings) < 8 * 2100


@pytest.mark.parametrize(
    "value", ["1" * N, "1 " * N, "12:34:56 " * (N // 8), f"Wed,{' ' * N}", "\xff" * N]
)
def test_a_huge_date_is_judged_and_found_wrong(value: str) -> None:
    assert timed(with_field(sent(), "Date", value)).broken("DATE-001")


@pytest.mark.parametrize("value", [f"SHA-256={'A' * 8 * N}", "SHA-256=," * N, "=" * N, "\xff" * N])
def test_a_huge_digest_is_judged_and_found_wrong(value: str) -> None:
    assert timed(with_field(sent(), "Digest", value)).findings


def test_ten_thousand_further_headers_change_nothing() -> None:
    more = tuple((f"X-{number}", "value") for number in range(10_000))
    request = sent()
    judgement = timed(replace(request, headers=HeaderFields(request.headers.fields + more)))
    assert not judgement.findings


def test_thousands_of_covered_headers_are_right_when_they_are_signed() -> None:
    more = tuple((f"x-{number}", "value") for number in range(5_000))
    names = " ".join((NAMES, *(name for name, _ in more)))
    string = "\n".join((LINES, *(f"{name}: value" for name, _ in more)))
    assert not timed(sent(names=names, string=string, more=more)).findings


def test_thousands_of_covered_headers_are_searched_no_longer_than_the_budget() -> None:
    more = tuple((f"x-{number}", "value") for number in range(5_000))
    names = " ".join((NAMES, *(name for name, _ in more)))
    assert timed(sent(names=names, string="another", more=more)).findings


@pytest.mark.parametrize("name", ["Signature", "Date", "Digest"])
def test_thousands_of_one_header_are_found(name: str) -> None:
    value = dict(RIGHT_FIELDS)[name]
    judgement = timed(with_field(sent(), name, *[value] * 5_000))
    assert "5000" in " ".join(finding.observed for finding in judgement.findings)


@pytest.mark.parametrize(
    "body",
    [b"A" * 2**20, b"[" * 2**20, b"[" + b"1," * 2**17 + b"1]", b"1" * 2**20, b"a=1&" * 2**18,
     "e\u0301".encode() * 2**17, bytes(range(256)) * 2**12],
    ids=["text", "brackets", "numbers", "one number", "form", "combining", "binary"],
)  # fmt: skip
def test_a_wrong_digest_of_a_large_body_is_found(body: bytes) -> None:
    assert timed(sent(body=body, digested=digest(b"another body"))).broken("DIG-002")


@pytest.mark.parametrize(
    "path",
    ["a" * N, "%41" * N, "a?" + "a=b&" * N, "../" * N, "/" * N, "a?" + "&" * N, "\xff" * N],
    ids=["long", "escapes", "query", "dots", "slashes", "ampersands", "binary"],
)
def test_a_long_target_is_right_when_signed_and_found_when_not(path: str) -> None:
    target = f"/partner-api/{path}"
    assert not timed(sent(target=target)).findings
    right = f"(request-target): post /{path}\ndate: {DATE}\ndigest: {digest(BODY)}"
    wrong = sent(target=target, signed=signature(right.replace("post", "POST")))
    judgement = timed(wrong, ManualClock(MOMENT))
    assert [finding.requirement for finding in judgement.findings] == ["TGT-001"]
    assert timed(sent(target=target, string="another")).findings
