"""Certificates and keys: each requirement, judged of the files that are handed over."""

from __future__ import annotations

from conformance.run.certifying import Certifier
from conformance.run.conclusion import conclude_checks


def test_requirement(requirement: str, certifier: Certifier) -> None:
    """The certificates, and their keys, are as the documents ask."""
    conclude_checks(certifier.run, certifier.requirement(requirement))
