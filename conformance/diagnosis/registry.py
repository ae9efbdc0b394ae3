"""All mistakes, by id, and the faulty signers that they breed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.mistakes import date, digest, header, signature, string, target
from conformance.errors import DataError
from conformance.wire.message import HeaderFields, UnsignedRequest
from conformance.wire.procedure import (
    DOCUMENTED,
    CoveredField,
    Keys,
    Procedure,
    RequestTarget,
    SignatureHeader,
    SigningString,
    Stage,
)

SHELVES: Final = (
    digest.SHELF,
    date.SHELF,
    target.SHELF,
    string.SHELF,
    signature.SHELF,
    header.SHELF,
)


def _gather() -> Mapping[str, Mistake]:
    mistakes: dict[str, Mistake] = {}
    for mistake in (item for shelf in SHELVES for item in shelf):
        if mistake.id in mistakes:
            raise DataError(f"two mistakes are called {mistake.id!r}")
        mistakes[mistake.id] = mistake
    return MappingProxyType(mistakes)


MISTAKES: Final = _gather()
"""Every mistake by its id, in the order of the stages and of their writing."""


_OF_STAGE: Final = {
    stage: tuple(item for item in MISTAKES.values() if item.stage is stage) for stage in Stage
}


def of_stage(stage: Stage) -> tuple[Mistake, ...]:
    """Return the mistakes of one stage."""
    return _OF_STAGE[stage]


def breed(mistakes: Iterable[Mistake], *, host: str = "api.example") -> Procedure:
    """Return a signer that makes all of `mistakes`: the documented procedure, stages replaced.

    Mistakes of one stage are applied one after the other. A stateful mistake keeps its state for
    as long as the procedure lives. One request at a time.
    """
    faulty = _Faulty(tuple(mistakes), host)
    return Procedure(
        digest=faulty.digest,
        date=faulty.date,
        target=faulty.target,
        string=faulty.string,
        signature=faulty.signature,
        header=faulty.header,
    )


class _Faulty:
    """The stages of the documented procedure, each with its mistakes made after it.

    The later stages are told nothing of the request: the first one keeps it for them.
    """

    def __init__(self, mistakes: tuple[Mistake, ...], host: str) -> None:
        self._mistakes = mistakes
        self._host = host
        self._memory: dict[str, Any] = {}
        self._request: UnsignedRequest | None = None

    def _changed(
        self, stage: Stage, value: Any, data: bytes = b"", keys: Keys | None = None
    ) -> Any:
        if self._request is None:
            raise DataError("a faulty signer was not asked for the digest first")
        given = Given(
            request=self._request, keys=keys, data=data, host=self._host, memory=self._memory
        )
        for mistake in self._mistakes:
            if mistake.stage is stage:
                value = mistake.change(value, given)
        return value

    def digest(self, request: UnsignedRequest) -> CoveredField:
        self._request = request
        return cast("CoveredField", self._changed(Stage.DIGEST, DOCUMENTED.digest(request)))

    def date(self, request: UnsignedRequest) -> CoveredField:
        return cast("CoveredField", self._changed(Stage.DATE, DOCUMENTED.date(request)))

    def target(self, request: UnsignedRequest) -> RequestTarget:
        return cast(
            "RequestTarget", self._changed(Stage.REQUEST_TARGET, DOCUMENTED.target(request))
        )

    def string(
        self, target: RequestTarget, date: CoveredField, digest: CoveredField, more: HeaderFields
    ) -> SigningString:
        right = DOCUMENTED.string(target, date, digest, more)
        return cast("SigningString", self._changed(Stage.SIGNING_STRING, right))

    def signature(self, data: bytes, keys: Keys) -> str:
        right = DOCUMENTED.signature(data, keys)
        return cast("str", self._changed(Stage.SIGNATURE, right, data, keys))

    def header(self, request: UnsignedRequest, names: Sequence[str], text: str) -> SignatureHeader:
        right = DOCUMENTED.header(request, names, text)
        return cast("SignatureHeader", self._changed(Stage.HEADER, right))
