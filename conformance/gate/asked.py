"""Whether evidence is of what the suite asks: its cases, and what each is judged against."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance import __version__
from conformance.cases.case import Case
from conformance.cases.challenged import PREFIX as CHALLENGED
from conformance.cases.corner import refusal_of
from conformance.cases.profile import PROFILES
from conformance.cases.store import PREFIX as STORED
from conformance.cases.vectors import PREFIX as VECTORS
from conformance.cases.vectors import load_vectors, vector_key
from conformance.catalogue import Catalogue
from conformance.gate.challenge import Challenge
from conformance.gate.refusal import RefusalError
from conformance.report.evidence import Exchange
from conformance.report.model import Report
from conformance.wire.message import SignedPath
from conformance.wire.reading import SKEW, Expectation
from conformance.wire.visible import visible

_LONGEST_RUN: Final = timedelta(days=1)
_MOST_KEYS: Final = 64
"""Keys made for a run: one for each process that asks."""
_RUN_KEY_BITS: Final = (2048, 4096)
_GENERATED: Final = "generated/"
_HINT: Final = "Take the files of one run as they are; do not edit them."


@functools.cache
def _vectors(signed_path: SignedPath) -> Mapping[str, Case]:
    """Return the vectors' cases by id, without the words that no evidence has."""
    vectors = load_vectors(signed_path)
    return MappingProxyType({item.case.id: replace(item.case, says="") for item in vectors})


class Asked:
    """Holds the exchanges of one report against what the suite asks.

    The vectors' cases can be compared only where this version of the suite judged; the cases of a
    challenge always. `challenge` is None where none is to be answered.
    """

    def __init__(self, catalogue: Catalogue, challenge: Challenge | None = None) -> None:
        self._catalogue = catalogue
        self._challenged = (
            {case.id: replace(case, says="") for case in challenge.cases()} if challenge else {}
        )
        self._challenge = challenge
        self.same_suite = False
        """Whether the report is of this very suite: its version, its catalogue."""

    def begin(self, report: Report, registered: RSAPublicKey) -> None:
        """Begin with `report`, of the partner whose key is `registered`."""
        suite = report.suite
        self.same_suite = (suite.version, suite.catalogue_sha256) == (
            __version__, self._catalogue.digest,
        )  # fmt: skip
        self._report = report
        self._registered = registered
        self._takes_date = "clock" in report.adapter.can
        self._takes_key = "keys" in report.adapter.can
        self._signed_path = signed_path_of(report)
        self._vectors = _vectors(self._signed_path)
        self._keys: dict[int, tuple[RSAPublicKey, str]] = {}
        self._run_keys = 0
        self._base_path: str | None = None
        self._seen: set[str] = set()

    @property
    def vectors(self) -> tuple[Case, ...]:
        """The cases of the vectors that are asked where this way of signing paths is in force."""
        return tuple(self._vectors.values())

    def refuse_other(self, exchange: Exchange) -> None:
        """See that `exchange` is one that a run of the suite has.

        Raises:
            RefusalError: its case, or what it was judged against, is another.
        """
        wrong = self._wrong_case(exchange) or self._wrong_expectation(exchange)
        if wrong:
            raise RefusalError(
                "evidence-differs",
                f"the evidence of {visible(exchange.id, limit=100)} is not what the suite asks: "
                f"{wrong}",
                hint=_HINT,
            )
        self._seen.add(exchange.id)

    def refuse_gaps(self, replaced: int) -> None:
        """See that nothing that was to be asked is missing.

        `replaced` is the number of stored failures that failed again, or for the first time: each
        may stand for the generated request that it is a plainer form of.

        Raises:
            RefusalError: cases of the challenge, or generated ones, are missing.
        """
        missing = self._challenged.keys() - self._seen
        if missing:
            raise RefusalError(
                "challenge-unanswered",
                f"{len(missing)} of the {len(self._challenged)} cases of the challenge are not in "
                "the evidence",
                hint="Run the check with --challenge, and make the bundle of that run.",
            )
        report = self._report
        owed = PROFILES.get(report.profile)
        if owed is None:
            raise RefusalError(
                "report-broken", "the report names no profile that there is", hint=_HINT
            )
        gone = owed - sum(f"{_GENERATED}{number}" in self._seen for number in range(owed))
        if gone > replaced and not report.aborted and not self._deselected():
            raise RefusalError(
                "evidence-missing",
                f"a run of profile {report.profile} asks {owed:,} generated requests; {gone:,} of "
                "them are not in the evidence",
                hint=_HINT,
            )

    def _deselected(self) -> bool:
        """Tell whether the report says itself that no generated request shows anything."""
        return not any(
            check.id.startswith("generated:") and check.outcome in ("pass", "warn")
            for result in self._report.requirements
            for check in result.checks
        )

    def _wrong_case(self, exchange: Exchange) -> str:
        case = exchange.case
        if case.id != exchange.id:
            return "it goes by two names"
        if case.id.startswith(CHALLENGED):
            known = self._challenged.get(case.id)
            wrong = self._challenge is not None and not (known and _same(known, case))
            return "the challenge has no such case" if wrong else ""
        if case.id.startswith(VECTORS):
            known = self._vectors.get(case.id)
            wrong = self.same_suite and not (known and _same(known, case, exchange.withheld))
            return "the suite has no such vector" if wrong else ""
        named = case.key is not None or bool(case.requirements)
        drawn = case.id.startswith((_GENERATED, STORED)) and not named
        fits = drawn and case.refusal is refusal_of(case.method)
        return "" if fits else "no run has such a case"

    def _wrong_expectation(self, exchange: Exchange) -> str:
        case, expected, request = exchange.case, exchange.expected, exchange.request
        base_path = expected.base_path
        if self._base_path is None:
            self._base_path = base_path
        fits = {
            "key id": expected.key_id == case.key_id,
            "place": expected.place == case.place,
            "gateway prefix": base_path == self._base_path,
            "signed path": expected.signed_path == self._signed_path,
            "skew": expected.skew == SKEW,
            "time": self._fits_time(case, expected),
            "target": request is None or request.target == base_path + case.target,
            "key": self._fits_key(case, expected.key),
        }
        wrong = [name for name, right in fits.items() if not right]
        return f"it was judged by another {wrong[0]}" if wrong else ""

    def _fits_time(self, case: Case, expected: Expectation) -> bool:
        if self._takes_date:
            return expected.date == case.date and expected.now is None
        created = self._report.created
        return (
            expected.date is None
            and expected.now is not None
            and created - _LONGEST_RUN <= expected.now <= created + SKEW
        )

    def _fits_key(self, case: Case, key: RSAPublicKey | None) -> bool:
        """Tell whether `key` is the one that the signer was to use."""
        if key is None:
            return False
        known = self._keys.get(id(key))
        if known is None:
            known = self._keys[id(key)] = (key, self._kind(key))
        if not self._takes_key:
            return known[1] == "own"
        return known[1] == ("run" if case.key is None else f"vector {case.key}")

    def _kind(self, key: RSAPublicKey) -> str:
        if not self._takes_key:
            return "own" if key == self._registered else "other"
        for name in {case.key for case in self._vectors.values() if case.key}:
            if vector_key(name).public_key() == key:
                return f"vector {name}"
        self._run_keys += 1
        small, large = _RUN_KEY_BITS
        return "run" if self._run_keys <= _MOST_KEYS and small <= key.key_size <= large else "other"


def signed_path_of(report: Report) -> SignedPath:
    """Return which path was to be signed in the run of `report`: its quirks say so."""
    chosen = next((item.chosen for item in report.quirks if item.id == "Q3"), "")
    return SignedPath.FULL if chosen == "full" else SignedPath.RELATIVE


def _same(known: Case, found: Case, withheld: str = "") -> bool:
    """Tell whether two cases ask the same; of what is withheld, the body is not there."""
    body = known.body if withheld else found.body
    return known == (found if body is found.body else replace(found, body=body))
