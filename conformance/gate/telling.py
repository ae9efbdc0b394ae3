"""Decisions as text for people: one line each, then what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from rich.console import Console

from conformance.gate.comparison import Change, Turn
from conformance.gate.decision import ACCEPTED, Decision, Ruling
from conformance.gate.gating import Gated
from conformance.report.model import Certificate
from conformance.report.page import Page
from conformance.report.wording import counted
from conformance.wire.visible import visible

SOON_DAYS: Final = 60
"""Days of validity that a certificate should have left (CERT-009)."""

WAIVERS_HINT: Final = (
    "Mend these entries, or take them out: nothing is accepted while one cannot stand."
)

_MOST: Final = 12
_STYLES: Final = {
    Ruling.INVALID: "bold red", Ruling.ERROR: "bold magenta", Ruling.REGRESSION: "bold red",
    Ruling.NOT_READY: "bold red", Ruling.INCOMPLETE: "bold yellow",
    Ruling.READY_WITH_WAIVERS: "bold green", Ruling.READY: "bold green",
}  # fmt: skip
_WORDS: Final = {
    Turn.WORSE: "worse", Turn.MENDED: "mended", Turn.NEW: "new", Turn.VANISHED: "vanished",
}  # fmt: skip


def print_gated(console: Console, gated: Gated, now: datetime) -> None:
    """Print all decisions, a line each; details of those that are not accepted, or of one alone."""
    page = Page(console)
    many = len(gated.decisions) > 1
    _print_faults(page, gated)
    for decision in gated.decisions:
        told = one_line(decision, from_where=many)
        page.line((str(decision.ruling), _STYLES[decision.ruling]), f"  {told}")
    for decision in gated.decisions:
        if not many or (decision.ruling not in ACCEPTED and len(gated.decisions) <= _MOST):
            _print_details(page, decision, now, titled=many)
    page.line()
    alone = [item.source for item in gated.decisions if not item.compared and not item.refused]
    if gated.compares and alone:
        named = ", ".join(alone[:_MOST])
        more = f" and {len(alone) - _MOST} more" if len(alone) > _MOST else ""
        page.labelled("baseline", f"none was found for {named}{more}: nothing was compared")
    if many:
        page.labelled("partners", summary(gated.decisions))
    page.labelled("gate", f"{gated.ruling}, exit code {gated.exit_code}")


def _print_faults(page: Page, gated: Gated) -> None:
    """Print what is wrong with the waivers: before all decisions, since none of them stands."""
    for fault in gated.faults:
        page.labelled("waiver", fault, style="bold red")
    if gated.faults:
        page.labelled("do", WAIVERS_HINT)
        page.line()


def one_line(decision: Decision, *, from_where: bool = False) -> str:
    """Return a decision in one line: who, from where where that is asked for or all, and why."""
    who = who_is(decision)
    parts = (decision.source if from_where or not who else "", who, decision.says)
    return "  ".join(part for part in parts if part)


def who_is(decision: Decision) -> str:
    """Return whose report it is: name and client id, as far as they are known."""
    name, client = decision.partner, decision.client_id
    return f"{name} ({client})" if name and client else name or client


def changes_say(decision: Decision) -> str:
    """Return what changed since the baseline, in numbers."""
    if not decision.compared:
        return "no baseline"
    counts = [
        (sum(change.turn is turn for change in decision.changes), word)
        for turn, word in _WORDS.items()
    ]
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing"


def change_says(change: Change) -> str:
    """Return one change in a line."""
    path = " → ".join(part for part in (change.before, change.after) if part)
    named = ", ".join(visible(name, limit=100) for name in change.checks[:3])
    left = len(change.checks) - 3
    more = f" and {left} more" if left > 0 else ""
    why = f" ({visible(change.says, limit=120)})" if change.says else ""
    return f"{change.requirement}: {path}{why}: {named}{more}"


def soonest(certificates: Sequence[Certificate]) -> Certificate | None:
    """Return the certificate that expires first; None where none is known."""
    return min(certificates, key=lambda item: item.expires, default=None)


def expiry_says(certificate: Certificate, now: datetime) -> str:
    """Return when a certificate expires, and how many days that leaves."""
    days = (certificate.expires - now).days
    day = f"{certificate.expires:%Y-%m-%d}"
    return f"{day}, expired" if days < 0 else f"{day}, in {counted(days, 'day')}"


def summary(decisions: Iterable[Decision]) -> str:
    """Return how many decisions there are of each kind, the worst first."""
    counts: dict[Ruling, int] = {}
    for decision in decisions:
        counts[decision.ruling] = counts.get(decision.ruling, 0) + 1
    return ", ".join(f"{counts[ruling]} {ruling}" for ruling in Ruling if ruling in counts)


def _print_details(page: Page, decision: Decision, now: datetime, *, titled: bool) -> None:
    page.line()
    if titled:
        page.line((decision.source, "bold"))
    for step in decision.steps:
        page.labelled(step.name, step.says)
    if decision.refused:
        page.labelled("refused", f"{decision.refused}: {decision.says}", style="bold red")
    page.labelled("do", decision.hint)
    for blocker in decision.blocking[:_MOST]:
        about = blocker.requirement or "the run"
        page.labelled("blocks", visible(f"{about} {blocker.outcome}: {blocker.says}", limit=300))
    left = len(decision.blocking) - _MOST
    if left > 0:
        page.labelled("", f"and {left} more")
    if decision.compared:
        page.labelled("changes", changes_say(decision))
    _print_changes(page, decision)
    _print_standing(page, decision, now)


def _print_changes(page: Page, decision: Decision) -> None:
    for turn in _WORDS:
        told = [change for change in decision.changes if change.turn is turn]
        for place, change in enumerate(told[:_MOST]):
            page.labelled(_WORDS[turn] if place == 0 else "", change_says(change))
        if len(told) > _MOST:
            page.labelled("", f"and {len(told) - _MOST} more")


def _print_standing(page: Page, decision: Decision, now: datetime) -> None:
    """Print what holds for a while: waivers and certificates."""
    for waiver in decision.waivers:
        page.labelled(
            "waived",
            f"{waiver.requirement} {visible(waiver.check, limit=100)} until "
            f"{waiver.expires:%Y-%m-%d}: {visible(waiver.reason, limit=200)} "
            f"({visible(waiver.owner, limit=80)}, {visible(waiver.ticket, limit=80)})",
        )
    for item in decision.certificates:
        days = (item.expires - now).days
        told_as = (
            f"{visible(item.use, limit=20)}: {visible(item.sha256, limit=64)[:16]}…, "
            f"until {expiry_says(item, now)}"
        )
        page.labelled("cert", told_as, style="" if days >= SOON_DAYS else "yellow")
