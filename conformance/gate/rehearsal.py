"""A bundle held against what its maker knows, before it is handed in."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256

from conformance.clock import Clock
from conformance.gate.bundling import Made
from conformance.gate.gating import Gate, run_gate
from conformance.gate.registry import Registry
from conformance.gate.sources import Kind, Source
from conformance.report.wording import counted
from conformance.wire.shown import shown
from conformance.wire.visible import visible


def rehearse(made: Made, path: Path, clock: Clock) -> str:
    """Return what a gate would say of the bundle at `path`, as far as its maker can know.

    Which certificate is registered, the challenge and the waivers are Lendico's to know.
    """
    fingerprint = made.certificate.fingerprint(SHA256()).hex()
    gate = Gate(now=clock.now(), registry=Registry(anybody=frozenset({fingerprint})))
    name = shown(str(path), 300)
    decision = run_gate([Source(path=path, name=name, kind=Kind.BUNDLE)], gate).decisions[0]
    told = f"refused, {decision.refused}: " if decision.refused else ""
    whose = visible(made.report.subject.client_id, limit=80)
    lines = [
        f"{name}: {counted(len(made.data), 'octet')}, signed by {whose} with {fingerprint[:16]}…",
        *(f"  {step.name:<12}{step.says}" for step in decision.steps),
        f"A gate would say: {decision.ruling}: {told}{decision.says}",
    ]
    return "\n".join(lines)
