"""TGT-001 to TGT-005: the request target in the signing string (draft-cavage-10, section 2.3).

What was signed shows only through the signature, so these rules speak through the diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.finding import Finding
from conformance.rules.rule import Needs, RuleBook, Seen

RULES = RuleBook()


@RULES("TGT-001", needs=Needs.SIGNING_STRING)
def method_is_lower_cased(seen: Seen) -> Iterator[Finding]:
    """The method stands in lower case in front of the path."""
    yield from seen.blamed("TGT-001")


@RULES("TGT-002", needs=Needs.SIGNING_STRING)
def path_keeps_its_case(seen: Seen) -> Iterator[Finding]:
    """The path is signed in the letter case in which it is sent."""
    yield from seen.blamed("TGT-002")


@RULES("TGT-003", needs=Needs.SIGNING_STRING)
def query_is_included(seen: Seen) -> Iterator[Finding]:
    """The query is signed with the path, exactly as it is sent."""
    yield from seen.blamed("TGT-003")


@RULES("TGT-004", needs=Needs.SIGNING_STRING)
def target_is_not_changed(seen: Seen) -> Iterator[Finding]:
    """Nothing is decoded, encoded or normalised between signing and sending."""
    yield from seen.blamed("TGT-004")


@RULES("TGT-005", needs=Needs.SIGNING_STRING)
def gateway_prefix_as_configured(seen: Seen) -> Iterator[Finding]:
    """The gateway prefix is signed, or left out, as `signed_path` says (quirk Q3)."""
    yield from seen.blamed("TGT-005")
