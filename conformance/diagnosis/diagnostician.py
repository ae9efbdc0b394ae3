"""From a wrong request to its causes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from conformance.clock import Clock, SystemClock
from conformance.diagnosis.alike import same_as
from conformance.diagnosis.cause import Cause
from conformance.diagnosis.encoding import encoding_mistake, raw_signature, signature_octets
from conformance.diagnosis.explanation import Explanation
from conformance.diagnosis.memory import Memory
from conformance.diagnosis.mistake import Given
from conformance.diagnosis.of_date import explain_date
from conformance.diagnosis.of_digest import explain_digest
from conformance.diagnosis.of_header import explain_coverage, explain_header
from conformance.diagnosis.recovery import Recovered, bare_hash, recover
from conformance.diagnosis.refutation import Witnesses
from conformance.diagnosis.registry import MISTAKES
from conformance.diagnosis.reproduction import cause_of
from conformance.diagnosis.reuse import Reuse
from conformance.diagnosis.search import Found, Search, Searcher
from conformance.diagnosis.slips import Slips
from conformance.diagnosis.slot import unsigned
from conformance.diagnosis.space import Space
from conformance.diagnosis.unlisted import slip, unknown_string
from conformance.wire.message import to_octets
from conformance.wire.parameters import unescape
from conformance.wire.procedure import Stage
from conformance.wire.reading import Reading

_REMEMBERED: Final = 8
_SHARE: Final = 0.85
"""How much of the budget may pass until the search ends; the rest is for saying what it found."""
_WHOLE_SEARCHES: Final = 10
"""How many searches may use up their budget; after that, a thousand of them must not take long."""
_PATIENCE: Final = 10
"""How many requests in which nothing shows are tried for pairs of mistakes in one header."""
_LEAST: Final = 0.02
"""Seconds that each search has in any case."""
_UNCERTAIN: Final = 0.05
"""Seconds for a search under what may not be a signature at all."""
_STAGES: Final = tuple(Stage)

_IMPLIES: Final = {
    "header-headers-hides-digest": "string-digest-not-signed",
    "header-headers-hides-target": "string-target-not-signed",
    "digest-not-encoded": "digest-untrimmed",
    "digest-not-encoded-latin-1": "digest-untrimmed",
    "digest-not-encoded-raw": "digest-untrimmed",
}

# The digest and date of these are wrong in the string only in the way their own words say; any
# other mistake of those stages found in the string means that it differs from the header sent.
_OF_THE_STRING: Final = frozenset({
    "digest-not-sent", "digest-sent-twice", "digest-untrimmed", "digest-wrapped",
    "digest-changed-after-signing", "date-not-sent", "date-sent-twice", "date-untrimmed",
    "date-rewritten", "date-clock-read-twice", "date-clock-read-twice-later",
})  # fmt: skip


class Diagnostician:
    """Explains requests, and remembers from one to the next.

    `budget` is what one explanation may take. The causes that explained the last ones are tried
    first, and the strings that earlier requests should have signed are known again under a later
    signature. Not safe for several threads.
    """

    def __init__(
        self, *, clock: Clock | None = None, budget: timedelta = timedelta(seconds=1)
    ) -> None:
        self._clock = clock or SystemClock()
        self._budget = budget
        self._causes: OrderedDict[frozenset[str], None] = OrderedDict()
        self._slips = Slips()
        self._memory = Memory()
        self._reuse = Reuse()
        self._witnesses = Witnesses()
        self._patience = _PATIENCE
        self._left = budget.total_seconds() * _WHOLE_SEARCHES

    def remember(self, reading: Reading, *, right: bool) -> None:
        """Keep what a later request may have used again; a right one is kept as a witness."""
        if right:
            self._witnesses.add(reading)
        self._memory.add(reading)
        self._reuse.add(reading)

    def explain(self, reading: Reading) -> Explanation:
        """Return why `reading` is wrong; without a key, as far as that can be told."""
        started = self._clock.monotonic()
        request = unsigned(reading)
        most = 2 if self._patience else 1
        raw = raw_signature(reading.carrier or "") is not None
        shown = [
            *explain_digest(reading, request, self._memory.digests, most),
            *explain_date(reading, request, self._memory.dates),
            *explain_coverage(reading),
            *([] if raw else explain_header(reading, request, most)),
        ]
        self._patience -= bool(self._patience and not shown)
        explanation = self._signature(reading, started)
        causes = _ranked(shown, explanation.causes)
        return replace(explanation, causes=tuple(self._witnesses.weigh(item) for item in causes))

    def _signature(self, reading: Reading, started: float) -> Explanation:
        """Explain the signature: its text, its key, its scheme, and the string under it."""
        raw = raw_signature(reading.carrier or "")
        text = reading.parameter("signature") if raw is None else raw
        if text is None:
            return Explanation()
        octets, recovered, tls = _recover(reading, text)
        if raw is not None and recovered is None:
            octets, recovered, tls = _recover(reading, text := unescape(raw))
            if recovered is None:
                lost = cause_of(MISTAKES["signature-not-encoded"], proved=False)
                return Explanation(causes=(replace(lost, observed=to_octets(raw)),))
        if recovered is None and octets is not None and reading.expected.key is not None:
            recovered = bare_hash(octets)
        causes = list(_written(reading, text, octets))
        again = reading.verifies is not True and self._reuse.again(octets)
        if recovered is None:
            reused = [cause_of(MISTAKES["signature-reused"])]
            more = reused if again else _no_recovery(reading, octets, causes)
            return Explanation(causes=(*causes, *more))
        if tls:
            causes.append(cause_of(MISTAKES["signature-tls-key"]))
        if reading.verifies:
            return Explanation(
                causes=tuple(causes), signed=reading.expected_string, recovered=recovered
            )
        if again:
            return _reused(reading, recovered, causes, proved=True)
        return self._string(reading, recovered, causes, started)

    def _string(
        self, reading: Reading, recovered: Recovered, causes: list[Cause], started: float
    ) -> Explanation:
        search = self._search(reading, recovered, started)
        found = search.found
        if found is not None:
            more = _causes_of(reading, found)
            return Explanation(causes=(*causes, *more), signed=found.string, recovered=recovered)
        if recovered.value in self._memory.strings:
            proved = self._memory.strings[recovered.value]
            self._reuse.proved |= proved
            return _reused(reading, recovered, causes, proved=proved)
        if not recovered.certain:
            octets = next(signature_octets(reading.parameter("signature") or ""), None)
            return Explanation(causes=(*causes, *_no_recovery(reading, octets, causes)))
        unknown = unknown_string(reading, recovered, search)
        return Explanation(
            causes=(*causes, unknown.cause), recovered=recovered, ruled_out=unknown.ruled_out
        )

    def _search(self, reading: Reading, recovered: Recovered, started: float) -> Search:
        """Search for the string, only shortly when it is that of an earlier request."""
        begun = self._clock.monotonic()
        own = _SHARE * self._budget.total_seconds() - (begun - started)
        budget = max(min(own, self._left), _LEAST)
        if not recovered.certain:
            budget = min(budget, _UNCERTAIN)
        searcher = Searcher(
            reading, recovered, self._clock, timedelta(seconds=budget), slips=self._slips
        )
        known = recovered.value in self._memory.strings
        search = searcher.search(reversed(self._causes), far=not known)
        self._left -= self._clock.monotonic() - begun
        if search.found is not None and not search.found.listed:
            self._slips.learn(
                reading.expected_string or Space(reading).right(), search.found.string
            )
        if search.found is not None and search.found.listed and search.found.mistakes:
            ids = frozenset(search.found.mistakes)
            self._causes.pop(ids, None)
            self._causes[ids] = None
            while len(self._causes) > _REMEMBERED:
                self._causes.popitem(last=False)
        return search


def _recover(reading: Reading, text: str) -> tuple[bytes | None, Recovered | None, bool]:
    """Return the signature's octets, what is under them, and whether that took the TLS key."""
    first: bytes | None = None
    chance: tuple[bytes, Recovered, bool] | None = None
    for octets in signature_octets(text):
        first = first or octets
        for key, tls in ((reading.expected.key, False), (reading.expected.tls_key, True)):
            recovered = None if key is None else recover(octets, key)
            if recovered is not None and recovered.certain:
                return octets, recovered, tls
            if recovered is not None:
                chance = chance or (octets, recovered, tls)
    return chance or (first, None, False)


def _written(reading: Reading, text: str, octets: bytes | None) -> Iterator[Cause]:
    """Yield the mistake of the signature's text."""
    request = unsigned(reading)
    found = encoding_mistake(text, octets or b"", Given(request=request))
    if found is not None:
        mistake, same = found
        yield cause_of(mistake, observed=to_octets(text), same_as=same)


def _reused(
    reading: Reading, recovered: Recovered, causes: Sequence[Cause], *, proved: bool
) -> Explanation:
    """Explain a signature that is another request's."""
    reused = cause_of(MISTAKES["signature-reused"], proved=proved)
    return Explanation(
        causes=(*causes, reused), signed=reading.expected_string, recovered=recovered
    )


def _no_recovery(reading: Reading, octets: bytes | None, causes: list[Cause]) -> Iterator[Cause]:
    """Yield what may be wrong with a signature that the key makes nothing of."""
    key = reading.expected.key
    if key is None or any(cause.mistake == "signature-empty" for cause in causes):
        return
    size = (key.key_size + 7) // 8
    length = len(octets or b"")
    if octets is not None and octets.count("\ufffd".encode()) > 1:
        yield cause_of(MISTAKES["signature-through-text"], proved=False)
    elif length == 32:
        yield cause_of(MISTAKES["signature-hmac"], proved=False)
    elif octets is not None and length < size and length not in {128, 256, 384, 512}:
        yield replace(
            cause_of(MISTAKES["signature-cut"], proved=False),
            says=f"the signature is cut short: it has {length} octets, one by this key has {size}",
        )
    elif octets is not None and length != size:
        yield replace(
            cause_of(MISTAKES["signature-other-key"], proved=True),
            says=f"the signature was made with another key: it has {length} octets, one by the "
            f"signing certificate's key has {size}",
        )
    else:
        yield cause_of(MISTAKES["signature-other-key"], proved=False)


def _causes_of(reading: Reading, found: Found) -> Iterator[Cause]:
    """Yield the causes that a found string stands for."""
    expected = reading.expected_string or Space(reading).right()
    if found.scheme is not None:
        yield cause_of(MISTAKES[found.scheme])
    if not found.listed:
        yield slip(expected, found.string)
    for identity in found.mistakes:
        mistake = MISTAKES[identity]
        cause = cause_of(
            mistake, expected=expected, observed=found.string,
            same_as=same_as(reading, found, identity),
        )  # fmt: skip
        if mistake.stage in {Stage.DIGEST, Stage.DATE} and identity not in _OF_THE_STRING:
            field = mistake.stage.value.capitalize()
            cause = replace(
                cause,
                requirement="DATE-004" if mistake.stage is Stage.DATE else "STR-004",
                says=f"what is signed is not the {field} header sent: {mistake.says}",
            )
        yield cause


def _ranked(shown: Sequence[Cause], hidden: Sequence[Cause]) -> tuple[Cause, ...]:
    """Put causes in the order of certainty, then of the stages; each mistake once.

    What shows on the wire explains what the string search found of the same header: a date sent
    as X-Date, say, is the reason why the date signed is not sent.
    """
    stages = {cause.stage for cause in shown}
    implied = {"date-not-sent", "digest-not-sent", "header-headers-missing"}
    kept = [cause for cause in hidden if not (cause.mistake in implied and cause.stage in stages)]
    distinct = {cause.mistake: cause for cause in (*kept, *shown)}
    for hiding, implies in _IMPLIES.items():
        if hiding in distinct:
            distinct.pop(implies, None)
    if any(cause.mistake == "signature-reused" and cause.proved for cause in hidden):
        for mistake in [item for item in distinct if item.startswith("header-key-id-")]:
            del distinct[mistake]  # the header was kept whole, or the first request told of it
    return tuple(
        sorted(distinct.values(), key=lambda cause: (not cause.proved, _STAGES.index(cause.stage)))
    )
