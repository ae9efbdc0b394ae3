"""Applications: one crefo id within five minutes and after, another one, and the same key again.

Creates at most three applications, so it is sent only when that was asked for (Security.md,
"Throttling"; the page "Idempotency").
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from conformance.live.draft import Draft
from conformance.live.message import Sent
from conformance.probes.asking import Need
from conformance.probes.judging import shown
from conformance.probes.probe import Expected, Seen, Sight, problem
from conformance.probes.prober import Prober
from conformance.probes.series import Series, Shown

WINDOW: Final = timedelta(minutes=5)

_LATE: Final = WINDOW - timedelta(seconds=15)
_OVER: Final = timedelta(seconds=5)
_PASSES: Final = Expected(status=201, passes=True)
_THROTTLED: Final = problem(429, "crefo")

_ADDRESS: Final = {
    "line_1": "Teststrasse 1", "city": "Berlin", "zip": "10115",
    "country_code": "DE", "type": "PRIMARY",
}  # fmt: skip
_PERSON: Final = {
    "salutation": "UNKNOWN", "email": "conformance@example.org",
    "first_name": "Conformance", "last_name": "Test",
}  # fmt: skip


def application(crefo: str) -> bytes:
    """Return an application that the documents' schema accepts, for the company `crefo`."""
    document: dict[str, Any] = {
        "company": {
            "name": "Conformance Test GmbH",
            "address": _ADDRESS,
            "financials": [{"year": 2021, "revenue": "120000.00", "currency": "EUR"}],
            "representatives": [
                {
                    **_PERSON, "roles": ["MD", "APPLICANT"], "birthday": "1980-01-31",
                    "nationality": "DE", "phone_number": "+49 30 123456", "addresses": [_ADDRESS],
                }
            ],
            "legal_form": "GMBH",
            "foundation_date": "2010-01-31",
            "bookkeeping_standard": "HGB_ESTR",
            "credit_scores": [{"type": "CREFO", "id": crefo}],
        },
        "details": {
            "purpose": "Conformance test", "product_code": "TERM_LOAN_EQUAL_INSTALLMENT",
            "currency": "EUR", "request_amount": 50000, "request_term": 24,
            "request_term_unit": "MONTH",
        },
        "partner_account_manager": {**_PERSON, "phone_number": "030 123456"},
    }  # fmt: skip
    return json.dumps(document).encode()


def submission(crefo: str, key: str) -> Draft:
    """Return the request that applies for the company `crefo` under an idempotency key."""
    headers = (("Content-Type", "application/json"), ("Idempotency-Key", key))
    return Draft(method="POST", path="/applications", body=application(crefo), headers=headers)


def apply_and_wait(prober: Prober) -> Shown:
    """Apply, again with the same key, with another, for another crefo id, and after 5 minutes."""
    return _Applying(prober=prober, crefo=_crefo()).run()


def _crefo() -> str:
    """Return a crefo id that nobody applied for of late."""
    return f"2{secrets.randbelow(10**11):011}"


def _key() -> str:
    return secrets.token_hex(16)


@dataclass(slots=True, kw_only=True)
class _Applying:
    prober: Prober
    crefo: str
    began: float = 0.0

    def run(self) -> Shown:
        key = _key()
        first, sent = self._apply("application-first", self.crefo, key, _PASSES, "to apply")
        self.began = self.prober.session.time.monotonic()
        if first.sight is not Sight.HELD:
            # That a good application is taken is no requirement of its own: nothing follows.
            stopped = replace(
                first, sight=Sight.UNCLEAR, reason="application-refused",
                hint="What stands against an application must be out of the way before.",
            )  # fmt: skip
            return Shown(seen=dict.fromkeys(APPLYING.requirements, stopped))
        again = self._same_key(key, _number(sent))
        other, _ = self._apply("application-other-crefo", _crefo(), _key(), _PASSES,
                               "to apply for another crefo id")  # fmt: skip
        throttled = self._within()
        found = {"API-CREFO-001": throttled, "API-CREFO-002": other, "API-IDEM-001": again}
        if other.sight is Sight.HELD and _was_refused(throttled):
            found["API-CREFO-002"] = self._after(other)
        return Shown(seen=found)

    def _apply(
        self, name: str, crefo: str, key: str, expected: Expected, says: str
    ) -> tuple[Seen, Sent | None]:
        return self.prober.ask_again(name, submission(crefo, key), expected, says)

    def _same_key(self, key: str, number: str) -> Seen:
        """Send the same once more: it must give the same `application_id`."""
        wanted = f"the same application with the same Idempotency-Key: {number or 'the same id'}"
        seen, sent = self._apply(
            "application-same-key", self.crefo, key, _PASSES, "to apply again with the same key"
        )
        seen = replace(seen, expected=wanted)
        if sent is None or sent.answer is None or seen.sight is Sight.UNCLEAR:
            return seen
        if seen.sight is Sight.HELD and number and _number(sent) == number:
            return seen
        return replace(
            seen, sight=Sight.BROKEN, reason=seen.reason or "another-application",
            observed=shown(sent.answer),
        )  # fmt: skip

    def _within(self) -> Seen:
        """Apply for the same crefo id at once, and just before five minutes are over."""
        says = "to apply again for one crefo id"
        soon, _ = self._apply("application-same-crefo", self.crefo, _key(), _THROTTLED, says)
        if not _was_refused(soon):
            return soon
        self._wait_until(_LATE)
        says = f"to apply again for one crefo id after {_LATE.total_seconds():.0f} s"
        late, _ = self._apply("application-same-crefo-late", self.crefo, _key(), _THROTTLED, says)
        worse = soon if soon.sight is Sight.BROKEN else late
        return replace(worse, evidence=(*soon.evidence, *late.evidence), tries=1) if (
            worse is soon and _was_refused(late)
        ) else late  # fmt: skip

    def _after(self, other: Seen) -> Seen:
        """Apply for the first crefo id when five minutes are over."""
        self._wait_until(WINDOW + _OVER)
        says = "to apply again for one crefo id after 5 minutes"
        seen, _ = self._apply("application-after-5-minutes", self.crefo, _key(), _PASSES, says)
        return replace(seen, evidence=(*other.evidence, *seen.evidence))

    def _wait_until(self, span: timedelta) -> None:
        passed = timedelta(seconds=self.prober.session.time.monotonic() - self.began)
        self.prober.wait(span - passed, "until the crefo id may apply again")


def _was_refused(seen: Seen) -> bool:
    """Tell whether an application was refused, rightly or with a body that is not as documented."""
    return seen.sight is Sight.HELD or (seen.sight is Sight.BROKEN and seen.reason != "accepted")


def _number(sent: Sent | None) -> str:
    """Return the id of the application that an answer tells of; empty when there is none."""
    try:
        found = None if sent is None or sent.answer is None else sent.answer.json()
    except ValueError:
        return ""
    number = found.get("application_id") if isinstance(found, dict) else None
    return number if isinstance(number, str) else ""


APPLYING: Final = Series(
    id="applications",
    requirements=("API-CREFO-001", "API-CREFO-002", "API-IDEM-001"),
    says="applications: with the same key, for one crefo id within 5 minutes and after, for "
    "another",
    expects="the same application, 429 and the documented error (crefo), 201",
    requests=6,
    run=apply_and_wait,
    waits=WINDOW + _OVER,
    needs=Need.CREATE,
)
