"""The API itself: each of its requirements, shown by probes that break one thing each."""

from __future__ import annotations

from conformance.run.calling import Caller
from conformance.run.conclusion import conclude_checks
from conformance.run.mishap import told_without_secrets


def test_requirement(requirement: str, caller: Caller) -> None:
    """The API keeps what its documents promise."""
    with told_without_secrets(caller.run):
        conclude_checks(caller.run, caller.requirement(requirement))
