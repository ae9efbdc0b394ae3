"""One faulty signer for each mistake of the registry: seen, and called by its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.mistake import Mistake
from conformance.diagnosis.registry import breed
from conformance.rules import Judgement, judge
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys, Procedure, Signing, Stage
from conformance.wire.reading import Expectation
from tests.faulty.requests import HOST, REQUESTS

STATEFUL = frozenset({"date-reused", "signature-reused", "digest-reused"})
"""Signers that are wrong only after an earlier request."""

ENOUGH = 4
"""Requests on which each mistake is tried, of those that it changes."""


@dataclass(kw_only=True)
class Row:
    """What became of one faulty signer."""

    name: str
    breaks: str
    tried: int = 0
    seen: int = 0
    named: int = 0
    proved: int = 0
    misled: int = 0
    """Requests whose explanation pointed to another stage."""
    requirements: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def survived(self) -> bool:
        """Whether a wrong request passed, or no request showed the mistake."""
        return not self.tried or self.seen < self.tried

    @property
    def misnamed(self) -> bool:
        """Whether the first line of an explanation named something else."""
        return self.named < self.tried

    @property
    def misplaced(self) -> bool:
        """Whether the requirement that the mistake breaks was not found broken."""
        return self.breaks not in self.requirements


def expectation(request: UnsignedRequest, keys: Keys, *, clock: bool = True) -> Expectation:
    """Return what a right signature of `request` is judged against."""
    return Expectation(
        key=keys.signing.public_key(),
        tls_key=keys.tls.public_key() if keys.tls else None,
        key_id=request.key_id,
        place=request.place,
        base_path=request.base_path,
        signed_path=request.signed_path,
        date=request.date if clock else None,
        now=None if clock else request.date + timedelta(seconds=20),
        host=HOST,
    )


def differs(mistakes: Iterable[Mistake], request: UnsignedRequest, keys: Keys) -> bool:
    """Tell whether `mistakes` change anything about `request`, without signing it."""
    chosen = tuple(mistakes)
    if any(item.stage is Stage.SIGNATURE for item in chosen):
        return True
    return _unsigned(breed(chosen), request, keys) != _unsigned(DOCUMENTED, request, keys)


def _unsigned(procedure: Procedure, request: UnsignedRequest, keys: Keys) -> tuple[object, ...]:
    made = replace(procedure, signature=lambda _data, _keys: "AAAA").sign(request, keys)
    return made.string.data, made.headers


def run(mistake: Mistake, keys: Keys) -> Row:
    """Breed the signer that makes `mistake` and judge what it signs."""
    row = Row(name=mistake.id, breaks=mistake.breaks)
    doctor = Diagnostician()
    for request, signing in _signed(mistake, keys):
        # A signer that is handed the date has no clock of its own that could be wrong.
        expected = expectation(request, keys, clock=mistake.breaks != "DATE-003")
        judgement = judge(signing.signed, expected, diagnostician=doctor)
        if signing.signed != DOCUMENTED.sign(request, keys).signed:
            _count(row, mistake, request, judgement)
        elif judgement.findings or judgement.causes:
            row.notes.append(f"a right request is flagged: {request.method} {request.target}")
    return row


def _signed(mistake: Mistake, keys: Keys) -> Iterator[tuple[UnsignedRequest, Signing]]:
    procedure = breed([mistake])
    wrong = 0
    for request in REQUESTS:
        if mistake.id not in STATEFUL and not differs([mistake], request, keys):
            continue
        yield request, procedure.sign(request, keys)
        wrong += 1
        if wrong == ENOUGH:
            return


def _count(row: Row, mistake: Mistake, request: UnsignedRequest, judgement: Judgement) -> None:
    row.tried += 1
    where = f"{request.method} {request.target}"
    if not judgement.findings:
        row.notes.append(f"survives {where}")
        return
    row.seen += 1
    for requirement in {finding.requirement for finding in judgement.findings}:
        row.requirements[requirement] = row.requirements.get(requirement, 0) + 1
    first = judgement.causes[0] if judgement.causes else None
    if first is not None and mistake.id in (first.mistake, *first.same_as):
        row.named += 1
        row.proved += first.proved
    else:
        row.notes.append(f"called {first.mistake if first else 'nothing'}: {where}")
