"""`check --dry-run`: what would be sent to the API, how long that takes, what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click
from rich.console import Console

from conformance.config import Part, Plan, Settings
from conformance.errors import UsageError
from conformance.report.page import Page
from conformance.report.plain import to_plain
from conformance.report.wording import counted, without_markdown
from conformance.run.rehearsal import LeftOut, Rehearsal, Would, rehearse, span_says
from conformance.run.shielded import chosen_of_api
from conformance.run.suite import SuiteRun
from conformance.suites import SUITES

if TYPE_CHECKING:
    from conformance.catalogue import Catalogue

_ASIDE = {
    Part.OFFLINE: "the signer is asked through its adapter",
    Part.MATERIAL: "certificates and keys are judged",
    Part.CLIENT: "the client calls a local sandbox",
}


def dry_run(settings: Settings, keyword: str, *, sandbox: bool, as_json: bool) -> int:
    """Print what a run with `settings` would send to the API; return 0.

    Raises:
        UsageError: the plan calls no API, or `keyword` cannot be read.
    """
    if sandbox:
        settings = _own_sandbox(settings)
    if Part.LIVE not in settings.parts:
        raise UsageError(
            f"the plan {settings.plan} sends nothing to the API",
            hint="Name one that does: --plan api, or --plan readiness with --target.",
        )
    run = SuiteRun(settings=settings)
    asked = chosen_of_api(SUITES, run, keyword=keyword)
    found = rehearse(settings, asked, run.clock)
    if as_json:
        click.echo(json.dumps({"plan": settings.plan.value, **to_plain(found)}, indent=2))
    else:
        _print(Page(Console()), found, settings, run.catalogue)
    return 0


def _own_sandbox(settings: Settings) -> Settings:
    """Return `settings` as they are when a local sandbox is run: everything is granted."""
    usual = settings.max_rate == Settings().max_rate
    return replace(
        settings, base_url="https://localhost/partner-api", target_named=True,
        control_url="https://localhost", max_rate=0.0 if usual else settings.max_rate,
    )  # fmt: skip


def _print(page: Page, found: Rehearsal, settings: Settings, catalogue: Catalogue) -> None:
    page.wrapped(
        f"Plan {settings.plan} would send {counted(found.requests, 'request')} to {found.target}, "
        f"at most {found.rate:g} a second: about {span_says(found.seconds)}. Nothing was sent.",
        style="bold", indent=2, first="",
    )  # fmt: skip
    topic: tuple[str, ...] | None = None
    for item in found.would:
        if item.requirements != topic:
            topic = item.requirements
            page.line()
            page.line((_title(topic, catalogue), "bold"))
        _print_would(page, item)
    _print_left_out(page, found.left_out)
    if settings.plan is Plan.READINESS:
        page.line()
        for part in settings.parts:
            if part in _ASIDE:
                page.wrapped(f"Beside it, {_ASIDE[part]}; no API is called for that.", indent=0)


def _title(requirements: tuple[str, ...], catalogue: Catalogue) -> str:
    if not requirements:
        return "Preflight"
    known = catalogue.requirements
    titles = [f"{name} {without_markdown(known[name].title)}" for name in requirements[:1]]
    return ", ".join((*titles, *requirements[1:]))


def _print_would(page: Page, item: Would) -> None:
    first = f"{item.method} {item.target}".strip() or "several"
    many = f" ({counted(item.requests, 'request')})" if item.requests > 1 else ""
    waits = f", waits {span_says(item.waits_s)}" if item.waits_s else ""
    page.wrapped(f"{item.probe}: {first}{many}{waits}", indent=6, first="  ")
    page.wrapped(f"{item.says} → {item.expects}", indent=6, style="dim")


def _print_left_out(page: Page, left_out: tuple[LeftOut, ...]) -> None:
    if left_out:
        page.line()
        page.line(("Left out", "bold"))
    for item in left_out:
        names = ", ".join(item.requirements)
        page.wrapped(f"{item.probe} ({names}): {item.says}", indent=6, first="  ")
        page.wrapped(item.why, indent=6, style="dim")
