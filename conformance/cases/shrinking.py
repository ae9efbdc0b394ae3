"""From a case that fails to the plainest one that still does.

It works on the case itself, whatever made it, and asks as little as it can: each question is a
signature by the partner's own signer. Bold steps come first, each request is asked once, and
the same answers always lead to the same case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeVar

from conformance.cases.case import Case
from conformance.cases.corner import KEY_IDS, PLAINEST_DATE, refusal_of
from conformance.clock import Clock
from conformance.wire.message import Place

Text = TypeVar("Text", bound=Sequence[Any])

_TARGET_PIECE: Final = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)
_FEW: Final = 24
"""So many characters are tried one by one; a longer text is shortened, not spelt anew."""


def shrink(
    case: Case,
    is_broken: Callable[[Case], bool],
    *,
    clock: Clock,
    calls: int = 200,
    time: timedelta = timedelta(seconds=5),
) -> Case:
    """Return the plainest case found for which `is_broken` still holds; `case` itself is taken so.

    `is_broken` is asked at most `calls` times, and not again once `time` is over. The case returned
    keeps the id of `case`.
    """
    deadline = clock.monotonic() + time.total_seconds()
    best, asked = case, {case}
    plainer = _plainer(best)
    while (candidate := next(plainer, None)) is not None:
        if candidate in asked:
            continue
        if len(asked) > calls or clock.monotonic() >= deadline:
            break
        asked.add(candidate)
        if is_broken(candidate):
            best = candidate
            plainer = _plainer(best)
    return best


def _plainer(case: Case) -> Iterator[Case]:
    """Yield cases that are plainer than `case` in one respect, the boldest first."""
    yield replace(case, place=Place.SIGNATURE)
    yield replace(case, body=b"")
    yield replace(case, date=PLAINEST_DATE)
    yield replace(case, key_id=KEY_IDS[0])
    if case.place is Place.SIGNATURE:
        yield _with_method(case, "GET" if not case.body else "POST")
        yield from (replace(case, target=target) for target in _plainer_targets(case.target))
    yield from (replace(case, body=body) for body in _plainer_bodies(case.body))


def _with_method(case: Case, method: str) -> Case:
    return replace(case, method=method, refusal=refusal_of(method))


def _plainer_targets(target: str) -> Iterator[str]:
    path, mark, query = target.partition("?")
    yield "/"
    yield path
    yield f"/{mark}{query}"
    pieces = _TARGET_PIECE.findall(target)[1:]
    for fewer in _shorter(pieces):
        yield "/" + "".join(fewer)
    if len(pieces) <= _FEW:
        for index, piece in enumerate(pieces):
            if piece != "a":
                yield "/" + "".join((*pieces[:index], "a", *pieces[index + 1 :]))


def _plainer_bodies(body: bytes) -> Iterator[bytes]:
    """Yield shorter bodies; one that is UTF-8 stays so."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        yield from _shorter(body)
        return
    yield from (shorter.encode("utf-8") for shorter in _shorter(text))
    if len(text) <= _FEW:
        for index, character in enumerate(text):
            if character != "a":
                yield f"{text[:index]}a{text[index + 1 :]}".encode()


def _shorter(text: Text) -> Iterator[Text]:
    """Yield `text` without each of its halves, quarters, and so on, sixty-fourths at the least."""
    size = (len(text) + 1) // 2
    while size > len(text) // 128:
        for start in range(0, len(text), size):
            yield text[:start] + text[start + size :]  # type: ignore[operator]
        size //= 2
