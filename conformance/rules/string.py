"""STR-001 to STR-008: the signing string (Security.md, step 3; draft-cavage-10, section 2.3).

What was signed shows only through the signature, so most of these speak through the diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.finding import Finding
from conformance.rules.rule import Needs, RuleBook, Seen
from conformance.wire.signing_string import DOCUMENTED_NAMES
from conformance.wire.visible import visible

RULES = RuleBook()


@RULES("STR-001", needs=Needs.PARAMETERS)
def covers_target_date_and_digest(seen: Seen) -> Iterator[Finding]:
    """The signature covers `(request-target)`, `date` and `digest`."""
    covered = seen.reading.covered
    missing = [name for name in DOCUMENTED_NAMES if name not in covered]
    if missing:
        yield Finding(
            requirement="STR-001",
            reason="not-covered",
            expected=" ".join(DOCUMENTED_NAMES),
            observed=visible(seen.reading.parameter("headers") or "no headers parameter: date"),
            hint=f"sign {' and '.join(missing)} too, and name it in headers",
        )


@RULES("STR-002", needs=Needs.SIGNING_STRING)
def lines_stand_in_the_declared_order(seen: Seen) -> Iterator[Finding]:
    """The lines are those that `headers` names, in its order."""
    yield from seen.blamed("STR-002")


@RULES("STR-003", needs=Needs.PARAMETERS)
def order_is_that_of_the_example(seen: Seen) -> Iterator[Finding]:
    """The order is `(request-target) date digest` (quirk Q6)."""
    documented = [name for name in seen.reading.covered if name in DOCUMENTED_NAMES]
    if documented != [name for name in DOCUMENTED_NAMES if name in documented]:
        yield Finding(
            requirement="STR-003",
            reason="other-order",
            expected=" ".join(DOCUMENTED_NAMES),
            observed=visible(" ".join(seen.reading.covered)),
            hint="sign in the order of the documents' example; a declared order of your own is "
            "allowed by the draft, but nobody promises that the API reads it",
        )


@RULES("STR-004", needs=Needs.SIGNING_STRING)
def lines_are_name_colon_space_value(seen: Seen) -> Iterator[Finding]:
    """Each line is the lower-cased name, a colon, one space and the value."""
    yield from seen.blamed("STR-004")


@RULES("STR-005", needs=Needs.SIGNING_STRING)
def lines_end_in_lf(seen: Seen) -> Iterator[Finding]:
    """Lines are separated by LF, never by CR LF."""
    yield from seen.blamed("STR-005")


@RULES("STR-006", needs=Needs.SIGNING_STRING)
def no_lf_after_the_last_line(seen: Seen) -> Iterator[Finding]:
    """No LF follows the last line (quirk Q7)."""
    yield from seen.blamed("STR-006")


@RULES("STR-007", needs=Needs.SIGNING_STRING)
def values_lose_outer_white_space_only(seen: Seen) -> Iterator[Finding]:
    """Values lose leading and trailing white space, and nothing else."""
    yield from seen.blamed("STR-007")


@RULES("STR-008", needs=Needs.SIGNING_STRING)
def further_fields_follow_the_draft(seen: Seen) -> Iterator[Finding]:
    """Further header fields, when signed: repeats joined with `, ` in order, empty values kept."""
    yield from seen.blamed("STR-008")
