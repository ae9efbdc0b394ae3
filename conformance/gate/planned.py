"""What the suite checks: what a report of it must have, whatever the report says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from conformance.cases.case import Case
from conformance.cases.vectors import PREFIX as VECTORS
from conformance.catalogue import Catalogue
from conformance.config import Part
from conformance.report.certified import planned_material
from conformance.report.verdict import of_part
from conformance.stories.cases import load_cases

CheckKey = tuple[str, str]
"""Id and requirement of a check."""


def planned_offline(vectors: Iterable[Case], catalogue: Catalogue) -> Iterator[CheckKey]:
    """Yield each check that the suite makes of a signer."""
    for requirement in of_part(catalogue, Part.OFFLINE):
        yield f"generated:{requirement}", requirement
    for case in vectors:
        for requirement in case.requirements:
            yield f"vector:{case.id.removeprefix(VECTORS)}", requirement


def planned_others(parts: Collection[str]) -> Iterator[CheckKey]:
    """Yield each check that the suite makes of certificates and clients, as far as in `parts`."""
    if Part.MATERIAL in parts:
        yield from planned_material()
    if Part.CLIENT in parts:
        for case in load_cases().values():
            yield from ((case.check_id, requirement) for requirement in case.requirements)


def provable(catalogue: Catalogue) -> frozenset[str]:
    """Return the requirements that nothing but evidence shows: those of signers and clients."""
    return frozenset(
        item for part in (Part.OFFLINE, Part.CLIENT) for item in of_part(catalogue, part)
    )
