"""Sends probes, each once in a run, and judges what comes back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Protocol

from conformance.client.message import Answer
from conformance.errors import UsageError
from conformance.live.draft import Draft
from conformance.live.message import Sent
from conformance.live.preflight import get_token
from conformance.live.session import Session
from conformance.probes.body import error_faults
from conformance.probes.judging import judge, shown
from conformance.probes.probe import Expected, Probe, Seen, Sight
from conformance.wire.message import Place

_UNNOTICED: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error that the API answered with; `schema` is what it should fit, where that is known."""

    name: str
    evidence: str
    answer: Answer
    schema: str


class Onlooker(Protocol):
    """Is told of waits that a person would wonder about."""

    def phase(self, name: str, total: int) -> None:
        """Begin to wait for `total` seconds; `name` says what for."""

    def advance(self, steps: int = 1) -> None:
        """Tell that `steps` more seconds have passed."""


class Nobody:
    """Looks away."""

    def phase(self, name: str, total: int) -> None:
        """Say nothing of the wait."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing of the seconds."""


@dataclass(kw_only=True)
class Prober:
    """Asks the API through `session`; `strict` makes a failure of what quirks let pass."""

    session: Session
    strict: bool = False
    onlooker: Onlooker = field(default_factory=Nobody)
    refusals: list[Refusal] = field(default_factory=list)
    _seen: dict[str, Seen] = field(default_factory=dict)

    def run(self, probe: Probe) -> Seen:
        """Return what came of `probe`, sent when it is first asked for."""
        if probe.id not in self._seen:
            self._seen[probe.id] = self._tried(probe)
        return self._seen[probe.id]

    def ask(self, name: str, draft: Draft, expected: Expected, says: str) -> tuple[Seen, Sent]:
        """Send `draft` once and judge the answer; an error is kept for `error_bodies`."""
        sent = self.session.send(name, draft)
        return self.judged(name, sent, expected, says), sent

    def ask_again(
        self, name: str, draft: Draft, expected: Expected, says: str
    ) -> tuple[Seen, Sent | None]:
        """Ask with a token that lasts, and once more where the environment stood in the way.

        There is nothing sent where there is no token to send it with.
        """
        lacking = self.ready()
        if lacking is not None:
            return lacking, None
        seen, sent = self.ask(name, draft, expected, says)
        if seen.sight is not Sight.UNCLEAR or not self.session.retry():
            return seen, sent
        again, sent = self.ask(name, draft, expected, says)
        return replace(again, evidence=(*seen.evidence, *again.evidence), tries=2), sent

    def wait(self, span: timedelta, why: str) -> None:
        """Let `span` pass; where that really takes long, the onlooker is told each second."""
        time = self.session.time
        if time.skips or span <= _UNNOTICED:
            time.wait(span)
            return
        whole = math.ceil(span.total_seconds())
        self.onlooker.phase(f"seconds {why}", whole)
        for number in range(whole):
            time.wait(min(timedelta(seconds=1), span - timedelta(seconds=number)))
            self.onlooker.advance()

    def judged(self, name: str, sent: Sent, expected: Expected, says: str) -> Seen:
        """Judge what was sent already."""
        seen = judge(sent, expected, says, strict=self.strict)
        answer = sent.answer
        if answer is not None and answer.status >= 400 and seen.sight is not Sight.UNCLEAR:
            met = answer.status == expected.status and not expected.refusal
            schema = expected.schema if met else ""
            self.refusals.append(
                Refusal(name=name, evidence=sent.evidence, answer=answer, schema=schema)
            )
        request = sent.request
        return replace(
            seen, evidence=(sent.evidence,),
            method=request.method, target=request.target, size=len(request.body),
        )  # fmt: skip

    def error_bodies(self) -> Seen:
        """Return what the errors met so far say of API-ERR-001."""
        wanted = "each error is JSON of its schema, and says its own status"
        broken = [
            (refusal, fault)
            for refusal in self.refusals
            for fault in error_faults(refusal.answer, refusal.schema, strict=self.strict)
        ]
        names = tuple(item.evidence for item in self.refusals)
        if not names:
            return Seen(sight=Sight.UNCLEAR, reason="no-error", expected=wanted,
                        observed="the API answered with no error")  # fmt: skip
        if not broken:
            return Seen(sight=Sight.HELD, expected=wanted, evidence=names, tries=1)
        refusal, fault = broken[0]
        count = len({item.evidence for item, _ in broken})
        return Seen(
            sight=Sight.BROKEN, reason=f"error-{fault.path.partition('.')[0].lower()}",
            expected=f"{wanted}; {fault.path}: {fault.expected}",
            observed=f"{count} of {len(names)} errors; {refusal.name}: {fault.path} is "
            f"{fault.observed}, in {shown(refusal.answer)}",
            evidence=tuple(dict.fromkeys(item.evidence for item, _ in broken)),
        )  # fmt: skip

    def ready(self) -> Seen | None:
        """See that there is a token that lasts; return why nothing can be shown without one."""
        session = self.session
        due = session.renew_at is not None and session.time.monotonic() >= session.renew_at
        if due:
            try:
                get_token(session)
            except UsageError as error:
                return Seen(sight=Sight.UNCLEAR, reason="no-token", observed=error.message,
                            hint=error.hint)  # fmt: skip
        if session.token:
            return None
        return Seen(
            sight=Sight.UNCLEAR, reason="no-token", observed="there is no token to call with",
            hint="See what the token request was answered with: API-TOK-001.",
        )  # fmt: skip

    def _tried(self, probe: Probe) -> Seen:
        """Send `probe`, and once more where the environment stood in the way."""
        first = self._sent(probe)
        if first.sight is not Sight.UNCLEAR or not first.evidence or not self.session.retry():
            return first
        second = self._sent(probe)
        return replace(
            second, evidence=(*first.evidence, *second.evidence), tries=first.tries + second.tries
        )

    def _sent(self, probe: Probe) -> Seen:
        draft = probe.draft(self.session)
        lacking = self.ready() if draft.place is Place.SIGNATURE else None
        if lacking is not None:
            return lacking
        if probe.replays:
            return self._replayed(probe, draft)
        seen, _ = self.ask(probe.id, draft, probe.expects, probe.says)
        return seen

    def _replayed(self, probe: Probe, draft: Draft) -> Seen:
        """Send the request as signed, then with what was signed for it changed."""
        session = self.session
        session.pace.admit()
        request = session.sign(replace(draft, edits=()))
        right = session.deliver(f"{probe.id}-before", request)
        if right.answer is None or right.answer.status >= 300:
            return Seen(
                sight=Sight.UNCLEAR, reason="not-replayed", evidence=(right.evidence,),
                observed="the right request that goes before was not answered as it should be",
            )  # fmt: skip
        session.pace.admit()
        for edit in draft.edits:
            request = edit(request)
        sent = session.deliver(probe.id, request)
        seen = self.judged(probe.id, sent, probe.expects, probe.says)
        return replace(seen, evidence=(right.evidence, sent.evidence))


def of_requirement(probes: Iterable[Probe], requirement: str) -> Iterator[Probe]:
    """Yield those of `probes` that are about `requirement`."""
    return (probe for probe in probes if probe.requirement == requirement)
