"""Mistakes refuted by requests that were right: who makes a mistake, makes it every time.

Several mistakes may leave the same octets in one request. One that would have spoilt another
request, which was right, is not the one.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.registry import MISTAKES
from conformance.diagnosis.slot import unsigned
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Stage
from conformance.wire.reading import Reading

_KEPT: Final = 64
_LARGE: Final = 4096
"""Requests with more octets of body than this are not kept."""


class Witnesses:
    """Requests that were right, as many as are worth asking."""

    def __init__(self) -> None:
        self._requests: OrderedDict[tuple[str, str, bytes], UnsignedRequest] = OrderedDict()

    def add(self, reading: Reading) -> None:
        """Keep a right request, unless one like it is kept."""
        request = reading.request
        key = request.method, request.target, request.body
        wanted = len(self._requests) < _KEPT and len(request.body) <= _LARGE
        if wanted and key not in self._requests:
            self._requests[key] = unsigned(reading)

    def weigh(self, cause: Cause) -> Cause:
        """Return `cause` without the mistakes that a witness refutes.

        Where its own mistake is refuted, the first of those alike that stands takes its place;
        where all are, the cause is left as it is.
        """
        if not cause.same_as or cause.mistake not in MISTAKES:
            return cause
        standing = [
            identity
            for identity in (cause.mistake, *cause.same_as)
            if not self._refute(MISTAKES[identity])
        ]
        if not standing:
            return cause
        known, first = MISTAKES[cause.mistake], MISTAKES[standing[0]]
        return replace(
            cause,
            mistake=first.id,
            stage=first.stage,
            requirement=first.breaks if cause.requirement == known.breaks else cause.requirement,
            says=cause.says.replace(known.says, first.says),
            mend=first.mend,
            same_as=tuple(standing[1:]),
        )

    def _refute(self, mistake: Mistake) -> bool:
        return any(_spoils(mistake, request) for request in self._requests.values())


def _spoils(mistake: Mistake, request: UnsignedRequest) -> bool:
    """Tell whether the mistake would have changed what was signed or sent."""
    given = Given(request=request)
    match mistake.stage:
        case Stage.REQUEST_TARGET:
            target = DOCUMENTED.target(request)
            changed: object = mistake.change(target, given)
            return changed != target
        case Stage.DIGEST:
            digest = DOCUMENTED.digest(request)
            spoilt = mistake.change(digest, given)
            return bool((spoilt.sent, spoilt.signed) != (digest.sent, digest.signed))
        case _:
            return False
