"""What a run asks: the checks that a whole one makes, and the one case that a replay names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from conformance.cases.case import Case
from conformance.cases.store import FailureStore
from conformance.cases.vectors import PREFIX as VECTORS
from conformance.cases.vectors import Vector
from conformance.catalogue import Catalogue
from conformance.config import Part
from conformance.errors import UsageError
from conformance.gate.challenge import Challenge
from conformance.report.certified import planned_material
from conformance.report.verdict import of_part
from conformance.stories.case import ClientCase
from conformance.wire.visible import visible

_GENERATED: Final = re.compile(r"generated/([0-9]{1,6})\Z")


def planned(
    parts: Iterable[Part], catalogue: Catalogue, vectors: Iterable[Vector]
) -> Iterator[tuple[str, str]]:
    """Yield id and requirement of each check that a whole run of `parts` makes at least."""
    for part in parts:
        match part:
            case Part.OFFLINE:
                yield from _planned_offline(of_part(catalogue, part), vectors)
            case Part.CLIENT:
                for case in client_cases().values():
                    yield from ((case.check_id, item) for item in case.requirements)
            case Part.MATERIAL:
                yield from planned_material()
            case Part.LIVE:
                from conformance.probes.listing import planned as probed  # noqa: PLC0415 - heavy

                yield from probed(of_part(catalogue, part))


def _planned_offline(
    requirements: Iterable[str], vectors: Iterable[Vector]
) -> Iterator[tuple[str, str]]:
    for requirement in requirements:
        yield f"generated:{requirement}", requirement
    for vector in vectors:
        for requirement in vector.case.requirements:
            yield f"vector:{vector.id}", requirement


def client_cases() -> Mapping[str, ClientCase]:
    """Return the cases of a client by their names."""
    from conformance.stories.cases import load_cases  # noqa: PLC0415 - not where no client is asked

    return load_cases()


def client_case(name: str) -> ClientCase:
    """Return the case of a client that `name` names.

    Raises:
        UsageError: there is none.
    """
    found = client_cases().get(name)
    if found is None:
        raise UsageError(
            f"there is no case {visible(name, limit=100)} of a client",
            hint="Name one as the report does, such as story:call/ping.",
        )
    return found


def signer_case(
    name: str,
    *,
    vectors: Iterable[Vector],
    challenge: Challenge | None,
    store: FailureStore,
    seed: int | None,
) -> Case:
    """Return the case of a signer that `name` names.

    It is a vector, a case of the challenge, a stored failure, or one that `seed` generates.

    Raises:
        UsageError: there is none, or the seed that it takes is not given.
    """
    bare = name.removeprefix(VECTORS)
    for vector in vectors:
        if vector.id == bare:
            return vector.case
    for case in challenge.cases() if challenge else ():
        if case.id == name:
            return case
    generated = _GENERATED.match(name)
    if generated is None:
        return store.load(name)
    if seed is None:
        raise UsageError(
            f"{name} is a case of one seed, and none is given",
            hint="Give the seed of the run that it is from: --seed N.",
        )
    from conformance.cases.generated import stream  # noqa: PLC0415 - hypothesis is slow to load

    return next(islice(stream(seed), int(generated[1]), None))
