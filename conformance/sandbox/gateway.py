"""The Partner API itself: a request comes in, an answer goes out, and both are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from conformance.clock import Clock
from conformance.sandbox.application import Applications
from conformance.sandbox.behaviour import DOCUMENTED, Behaviour
from conformance.sandbox.deviation import deviating
from conformance.sandbox.exchange import Exchange, Incident
from conformance.sandbox.fault import ArmedFaults, FaultKind
from conformance.sandbox.guard import Passage, SignaturesSeen, place_of, refusals
from conformance.sandbox.message import Answer, Arrival
from conformance.sandbox.partner import Partner, fingerprint
from conformance.sandbox.record import Pending, Record
from conformance.sandbox.refusal import REASONS
from conformance.sandbox.resource import TOKEN_PATH, Resources
from conformance.sandbox.throttling import Standing, Throttle
from conformance.sandbox.token import Tokens
from conformance.wire.message import Field, HeaderFields, SignedPath, signed_target
from conformance.wire.reading import Expectation, Reading
from conformance.wire.visible import visible

EXPLANATION: Final = "Sandbox-Diagnosis"
"""The header field with the diagnosis, when it was asked for."""

LEFT: Final = "the client shook hands and left without a request"

_BROKEN: Final[Mapping[int, str]] = {
    408: "timeout",
    413: "too-large",
    431: "header-too-large",
    500: "internal",
    501: "not-implemented",
    505: "version",
}
"""The problem for each status of a request that could not be read; others are a bad request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What this API was set up with: no promise of the documents, but a choice they leave.

    `whitelist` holds the addresses that may call; None lets everybody. `rate` is in requests a
    second and address. `lifetime` is that of a token.
    """

    base_path: str = "/partner-api"
    signed_path: SignedPath = SignedPath.RELATIVE
    whitelist: frozenset[str] | None = None
    rate: int = 30
    lifetime: timedelta = timedelta(seconds=3599)
    explains: bool = False


class Gateway:
    """Serves requests one by one, from as many threads as there are connections."""

    def __init__(
        self, partners: Sequence[Partner], terms: Terms, *, clock: Clock, record: Record
    ) -> None:
        self.record = record
        self.faults = ArmedFaults()
        self._partners = tuple(partners)
        self._terms = terms
        self._clock = clock
        self._throttle = Throttle(clock, per_second=terms.rate)
        self._tokens = Tokens(clock)
        self._seen = SignaturesSeen()
        self._applications = Applications(clock, self._throttle)
        self._resources = Resources(self._applications, lifetime=terms.lifetime)
        self._deviations: tuple[str, ...] = ()
        self._behaviour = DOCUMENTED

    @property
    def deviations(self) -> tuple[str, ...]:
        """The promises that are broken on purpose, by the ids of their deviations."""
        return self._deviations

    def deviate(self, ids: Iterable[str]) -> None:
        """Break these promises and no others.

        Raises:
            UsageError: there is no such deviation.
        """
        chosen = tuple(dict.fromkeys(ids))
        self._behaviour = deviating(chosen)
        self._deviations = chosen

    def reset(self) -> None:
        """Be as at the start: no fault, deviation, token, application, count or record."""
        self.faults.clear()
        self.deviate(())
        self._tokens.revoke_all()
        self._applications.clear()
        self._throttle.reset()
        self._seen.clear()
        self.record.clear()

    def answer(self, arrival: Arrival, head: bytes = b"") -> Answer:
        """Serve one request; `head` is its request line and header fields as they came."""
        began = self._clock.monotonic()
        behaviour = self._behaviour
        standing = self._throttle.admit(arrival.address, penalty=behaviour.penalty)
        passage = self._passage(arrival, standing, behaviour)
        path = signed_target(arrival.path, self._terms.base_path, SignedPath.RELATIVE)
        fault = self.faults.take(arrival.request.method, path)
        answer = None if fault is None else fault.instead(arrival)
        route, reasons = "fault", tuple[str, ...]()
        if answer is None:
            if fault is not None and fault.kind is FaultKind.TOKEN_DIES:
                passage.lifetime = timedelta(seconds=fault.seconds)
            route, answer, reasons = self._served(passage, path)
        answer = self._finished(route, answer, standing, behaviour)
        if fault is not None:
            answer = fault.spoil(answer)
        exchange = self._exchange(
            passage, answer, head=head, route=route, reasons=reasons,
            fault=None if fault is None else fault.kind.value,
            took=timedelta(seconds=self._clock.monotonic() - began),
        )  # fmt: skip
        pending = Pending(exchange=exchange, reading=passage.reading)
        if self._terms.explains:
            pending, answer = self._explained(pending, answer)
        self.record.note(pending)
        return answer

    def refuse(self, status: int, why: str, address: str) -> Answer:
        """Answer what is no HTTP request, or one that is too large or slow, and record it."""
        behaviour = self._behaviour
        standing = self._throttle.admit(address)
        problem = behaviour.problems[_BROKEN.get(status, "bad-request")]
        self.broke(why, address)
        return self._finished(problem.id, problem.answer(why=why), standing, behaviour)

    def broke(self, says: str, address: str) -> None:
        """Record a connection that came to no request."""
        self.record.note(
            Incident(at=self._clock.now(), address=address, says=visible(says, limit=300))
        )

    def left(self, address: str) -> None:
        """Leave it to the record whether a client that asked for nothing is worth a word."""
        self.record.left(Incident(at=self._clock.now(), address=address, says=LEFT))

    def _passage(self, arrival: Arrival, standing: Standing, behaviour: Behaviour) -> Passage:
        terms = self._terms
        keys = arrival.request.headers.all("subscription-key")
        partner = next(
            (item for item in self._partners if item.subscription_key in keys), self._partners[0]
        )
        is_token_request = arrival.path == terms.base_path + TOKEN_PATH
        expectation = Expectation(
            key=partner.signing_key,
            key_id=partner.client_id,
            place=place_of(is_token_request=is_token_request),
            base_path=terms.base_path,
            signed_path=terms.signed_path,
            now=arrival.at,
            tls_key=partner.tls_key,
            host=f"https://{arrival.request.headers.first('host') or 'localhost'}",
        )
        return Passage(
            arrival=arrival,
            partner=partner,
            standing=standing,
            reading=Reading(request=arrival.request, expected=expectation),
            tokens=self._tokens,
            whitelist=terms.whitelist,
            partners=self._partners,
            seen=self._seen,
            behaviour=behaviour,
            lifetime=terms.lifetime,
            is_token_request=is_token_request,
        )

    def _served(self, passage: Passage, path: str) -> tuple[str, Answer, tuple[str, ...]]:
        """Return the route, its answer, and the reasons where it was refused."""
        problems = passage.behaviour.problems
        for reason in refusals(passage):
            problem = problems[REASONS[reason].problem]
            return problem.id, problem.answer(
                seconds=passage.standing.reset, why=f"{REASONS[reason].says.capitalize()}."
            ), (reason,)  # fmt: skip
        route, answer = self._resources.answer(passage, path)
        refused = answer.status >= 400
        if refused and passage.notes:
            route = REASONS[passage.notes[0]].problem
        return route, answer, tuple(passage.notes) if refused else ()

    def _finished(
        self, route: str, answer: Answer, standing: Standing, behaviour: Behaviour
    ) -> Answer:
        """Return `answer` with the RateLimit headers, and what the behaviour makes of it."""
        given = {name.lower() for name, _ in answer.headers}
        limits: tuple[Field, ...] = (
            ("RateLimit-Limit", str(standing.limit)),
            ("RateLimit-Remaining", str(standing.remaining)),
            ("RateLimit-Reset", str(standing.reset)),
        )
        more = tuple(field for field in limits if field[0].lower() not in given)
        answer = replace(answer, headers=answer.headers + more)
        for edit in behaviour.edits:
            answer = edit(route, answer)
        return answer

    def _exchange(self, passage: Passage, answer: Answer, **more: Any) -> Exchange:
        arrival, partner = passage.arrival, passage.partner
        certificate = arrival.certificate
        known = partner.subscription_key in arrival.request.headers.all("subscription-key")
        return Exchange(
            at=arrival.at,
            address=arrival.address,
            request=arrival.request,
            client_id=partner.client_id if known else None,
            certificate=None if certificate is None else fingerprint(certificate).hex(),
            is_token_request=passage.is_token_request,
            status=answer.status,
            answer_headers=HeaderFields(answer.headers),
            answer_body=answer.body,
            **more,
        )

    def _explained(self, pending: Pending, answer: Answer) -> tuple[Pending, Answer]:
        """Judge at once, and say in a header field what was found."""
        judged = self.record.judged(pending)
        says = judged.exchange.diagnosis
        if not says:
            return judged, answer
        text = visible(f"{judged.exchange.requirement or ''} {says}".strip(), limit=800)
        return judged, replace(answer, headers=(*answer.headers, (EXPLANATION, text)))
