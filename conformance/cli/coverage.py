"""What checks each requirement: where requirements, rules, vectors, probes and stories meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from conformance.cases.vectors import load_vectors
from conformance.catalogue import Catalogue
from conformance.material.judge import RULES as MATERIAL_RULES
from conformance.probes.listing import planned
from conformance.rules import RULES
from conformance.stories.cases import load_cases
from conformance.stories.reactions import REACTIONS
from conformance.wire.message import SignedPath

OFFLINE: Final = "offline"
"""The suite that asks every vector and the generated requests, and has every rule judge them."""


CLIENT: Final = "client"
"""The suite that lets a client loose on the local sandbox."""

LIVE: Final = "live"
"""The suite that calls the API itself."""

CERTIFICATES: Final = "lendico-conformance certs check"
"""The command that has the rules on certificates judge what a partner hands over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What checks one requirement; nothing is empty text, or an empty tuple.

    `rule` and `says` are name and sentence of its rule; `vectors` are the ids of those that were
    made for it, although every rule judges every vector; `suites` run the rule, or `command` does;
    `probes` are the ids of those that are sent to the API. `reactions` are the sentences by which a
    client's stories are judged, `stories` the ids of the cases that tell of it.
    """

    rule: str = ""
    says: str = ""
    vectors: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    command: str = ""
    probes: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()

    @property
    def checked(self) -> bool:
        """Whether anything judges the requirement: a vector alone judges nothing."""
        return bool(self.rule or self.probes or self.reactions)


def coverage(catalogue: Catalogue) -> Mapping[str, Coverage]:
    """Return what checks each requirement of `catalogue`, by id.

    Raises:
        DataError: the vectors cannot be read.
    """
    either_way = {vector.id: vector for path in SignedPath for vector in load_vectors(path)}
    vectors: dict[str, list[str]] = {}
    for name, vector in sorted(either_way.items()):
        for requirement in vector.case.requirements:
            vectors.setdefault(requirement, []).append(name)
    return MappingProxyType(
        {name: _coverage(name, vectors.get(name, [])) for name in catalogue.requirements}
    )


def _coverage(requirement: str, vectors: list[str]) -> Coverage:
    if requirement in MATERIAL_RULES:
        judge = MATERIAL_RULES[requirement]
        return Coverage(rule=judge.name, says=judge.says, command=CERTIFICATES)
    probes = tuple(name.partition(":")[2] for name, _ in planned([requirement]))
    if probes:
        return Coverage(probes=probes, suites=(LIVE,))
    stories = tuple(case.id for case in load_cases().values() if requirement in case.requirements)
    found = Coverage(
        vectors=tuple(vectors),
        reactions=tuple(item.says for item in REACTIONS if item.requirement == requirement),
        stories=stories,
        suites=(CLIENT,) if stories else (),
    )
    rule = RULES.get(requirement)
    if rule is None:
        return found
    return replace(found, rule=rule.name, says=rule.says, suites=(OFFLINE, *found.suites))
