"""The conforming sandbox keeps every promise; a broken promise, and no other, is seen broken."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.catalogue import load_catalogue
from conformance.client.credentials import Credentials
from conformance.client.message import Answer
from conformance.live.preflight import preflight
from conformance.probes.listing import ERRORS, PROBES
from conformance.probes.probe import Seen, Sight
from conformance.probes.prober import Prober
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox
from conformance.wire.message import HeaderFields
from tests.live.calling import session_with


def seen_by_all(
    sandbox: Sandbox, credentials: Credentials, *, strict: bool = False
) -> dict[str, list[Seen]]:
    """Run every probe; return what was seen by requirement."""
    session = session_with(sandbox, credentials)
    preflight(session)
    prober = Prober(session=session, strict=strict)
    found: dict[str, list[Seen]] = {}
    for probe in PROBES:
        found.setdefault(probe.requirement, []).append(prober.run(probe))
    found[ERRORS] = [prober.error_bodies()]
    session.close()
    return found


def broken(found: dict[str, list[Seen]]) -> set[str]:
    return {name for name, seen in found.items() if any(s.sight is Sight.BROKEN for s in seen)}


@pytest.mark.parametrize("strict", [False, True])
def test_the_conforming_sandbox_keeps_every_promise(
    sandbox: Sandbox, credentials: Credentials, strict: bool
) -> None:
    found = seen_by_all(sandbox, credentials, strict=strict)
    amiss = [item for seen in found.values() for item in seen if item.sight is not Sight.HELD]
    assert amiss == []


def test_ids_are_unique_and_requirements_are_of_the_catalogue() -> None:
    counts = Counter(probe.id for probe in PROBES)
    assert max(counts.values()) == 1
    assert {probe.requirement for probe in PROBES} <= set(load_catalogue().requirements)


def test_every_wrong_request_differs_from_a_right_one(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    """A mistake that changes nothing about the request would prove nothing."""
    session = session_with(sandbox, credentials)
    preflight(session)
    right = session.sign(PROBES[0].draft(session))
    for probe in PROBES:
        draft = probe.draft(session)
        same = session.sign(draft) == right and draft.presents == "registered"
        assert not (same and probe.expects.is_error), probe.id
    session.close()


@pytest.mark.parametrize(
    ("deviation", "requirements"),
    [
        ("accepts-subscription-key-absent", {"API-SUB-001"}),
        ("accepts-certificate-unknown", {"API-TLS-002"}),
        ("accepts-signature-tls-key", {"API-SIG-001"}),
        ("accepts-signature-algorithm", {"API-SIG-002"}),
        ("accepts-replay-query", {"API-SIG-003"}),
        ("subscription-key-invalid-status", {"API-SUB-002"}),
        ("digest-header-title", {"API-DIG-002"}),
        ("date-header-detail", {"API-DATE-003"}),
        ("date-skew-body-status", {"API-ERR-001"}),
        ("error-content-type", {"API-ERR-001"}),
        ("ping-text", {"API-PING-001"}),
        ("token-no-type", {"API-TOK-001"}),
        ("token-no-access-token", {"API-TOK-001"}),
        ("skew-narrow", {"API-DATE-002"}),
        ("skew-wide", {"API-DATE-001"}),
        ("validation-off", {"API-VAL-001"}),
    ],
)
def test_a_deviation_breaks_what_it_breaks_and_nothing_else(
    deviation: str, requirements: set[str], sandbox: Sandbox, credentials: Credentials
) -> None:
    sandbox.deviate(deviation)
    assert broken(seen_by_all(sandbox, credentials)) == requirements


def test_the_other_type_of_status_passes_with_a_note_unless_strict(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    sandbox.deviate("subscription-key-missing-status-type")
    found = seen_by_all(sandbox, credentials)
    assert broken(found) == set()
    assert any("status" in note for seen in found["API-SUB-001"] for note in seen.notes)
    sandbox.deviate("subscription-key-missing-status-type")
    assert broken(seen_by_all(sandbox, credentials, strict=True)) == {"API-ERR-001"}


@pytest.mark.parametrize("kind", [FaultKind.UNAVAILABLE, FaultKind.HTML, FaultKind.REDIRECT,
                                  FaultKind.RESET, FaultKind.TRUNCATED])  # fmt: skip
def test_trouble_is_never_a_failure_and_never_a_pass(
    kind: FaultKind, sandbox: Sandbox, credentials: Credentials
) -> None:
    session = session_with(sandbox, credentials)
    preflight(session)
    sandbox.arm(Fault(kind=kind, count=10_000))
    prober = Prober(session=session)
    sights = {prober.run(probe).sight for probe in PROBES}
    session.close()
    assert sights == {Sight.UNCLEAR}


def test_trouble_on_every_second_request_does_not_look_steady(
    sandbox: Sandbox, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few second tries are made in a run, so what is unsteady stays unclear."""
    session = session_with(sandbox, credentials)
    preflight(session)
    numbers = iter(range(10_000))
    deliver = session.way

    class Unsteady:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        def send(self, request: object) -> object:
            if next(numbers) % 2:
                return Answer(status=503, headers=HeaderFields(), body=b""), ()
            return self.inner.send(request)  # type: ignore[attr-defined]

    monkeypatch.setattr(session, "way", lambda *arguments: Unsteady(deliver(*arguments)))
    prober = Prober(session=session)
    sights = Counter(prober.run(probe).sight for probe in PROBES)
    session.close()
    assert sights[Sight.BROKEN] == 0
    assert sights[Sight.UNCLEAR] > len(PROBES) // 4


def test_the_evidence_names_each_exchange_and_holds_no_secret(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    session = session_with(sandbox, credentials)
    lines: list[str] = []
    session.record = lines.append
    preflight(session)
    prober = Prober(session=session)
    named = {name for probe in PROBES for name in prober.run(probe).evidence}
    session.close()
    text = "\n".join(lines)
    for secret in (*credentials.secrets, session.token):
        assert secret not in text
    assert "PRIVATE KEY" not in text
    assert all(f'"_id": "{name}"' in text for name in named)
