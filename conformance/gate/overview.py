"""All partners on one page: an HTML file that needs nothing else, no network and no script."""

from __future__ import annotations

import base64
import functools
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from conformance import __version__, rendering
from conformance.gate.decision import ACCEPTED, WORST_FIRST, Decision, Ruling
from conformance.gate.gating import Gated
from conformance.gate.telling import (
    SOON_DAYS,
    WAIVERS_HINT,
    change_says,
    changes_say,
    expiry_says,
    soonest,
    summary,
    who_is,
)
from conformance.rendering.templating import environment_of

_HERE: Final = Path(__file__).parent / "templates"
_SHARED: Final = Path(rendering.__file__).parent / "templates" / "page.css"
_TONES: Final = {
    Ruling.INVALID: "odd", Ruling.ERROR: "odd", Ruling.REGRESSION: "bad", Ruling.NOT_READY: "bad",
    Ruling.INCOMPLETE: "warn", Ruling.READY_WITH_WAIVERS: "good", Ruling.READY: "good",
}  # fmt: skip


def overview_page(gated: Gated, now: datetime) -> str:
    """Return the decisions of `gated` as an HTML page, as of `now`, the worst first."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    decisions = sorted(
        gated.decisions,
        key=lambda item: (WORST_FIRST.index(item.ruling), who_is(item).lower(), item.source),
    )
    return _environment().get_template("overview.html").render(
        gated=gated,
        decisions=decisions,
        summary=summary(gated.decisions),
        accepted=sum(item.ruling in ACCEPTED for item in gated.decisions),
        tone=_TONES[gated.ruling],
        tones=_TONES,
        now=now,
        soon=functools.partial(_soon, now=now),
        expiry=functools.partial(_expiry, now=now),
        version=__version__,
        style=Markup(style),  # noqa: S704 - our own files
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
    )  # fmt: skip


@functools.cache
def _style() -> str:
    own = (_HERE / "overview.css").read_text(encoding="utf-8")
    return _SHARED.read_text(encoding="utf-8") + own


@functools.cache
def _environment() -> Environment:
    environment = environment_of(_HERE)
    environment.globals |= {
        "change_says": change_says, "changes_say": changes_say, "who_is": who_is,
        "waivers_hint": WAIVERS_HINT,
    }  # fmt: skip
    return environment


def _expiry(decision: Decision, now: datetime) -> str:
    found = soonest(decision.certificates)
    return f"{found.use}: {expiry_says(found, now)}" if found else "none known"


def _soon(decision: Decision, now: datetime) -> bool:
    found = soonest(decision.certificates)
    return found is not None and (found.expires - now).days < SOON_DAYS
