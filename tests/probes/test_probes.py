"""Probes over real connections: what they show of a right API, and of none that can be reached."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.catalogue import load_catalogue
from conformance.client.credentials import Credentials
from conformance.client.message import Answer
from conformance.live.draft import Presents, Way
from conformance.live.preflight import preflight
from conformance.probes.listing import ERRORS, PROBES, SERIES
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
    for series in SERIES:
        for requirement, seen in series.run(prober).seen.items():
            found.setdefault(requirement, []).append(seen)
    found[ERRORS] = [prober.error_bodies()]
    session.close()
    return found


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
        usual = draft.presents is Presents.REGISTERED and draft.way is Way.USUAL
        same = session.sign(draft) == right and usual
        assert not (same and probe.expects.is_error), probe.id
    session.close()


@pytest.mark.slow
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
    for series in SERIES:
        sights |= {seen.sight for seen in series.run(prober).seen.values()}
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
    for series in SERIES:
        sights.update(seen.sight for seen in series.run(prober).seen.values())
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
