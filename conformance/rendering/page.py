"""The report as one HTML file that needs nothing else: no network, no other file.

Every text passes `text.shown` and Jinja's escaping on its way out, style and script are the only
ones that the page's policy lets run, and nothing of a report becomes an address.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from conformance import __version__
from conformance.catalogue import Catalogue
from conformance.rendering.blocking import blocking, shortened
from conformance.rendering.chart import drawing
from conformance.rendering.comparison import compared
from conformance.rendering.overview import overview
from conformance.rendering.story import diagram, stories
from conformance.rendering.templating import environment_of
from conformance.rendering.text import pieces, shown
from conformance.rendering.timeline import time_line
from conformance.rendering.topics import topics
from conformance.report.model import Report
from conformance.report.verdict import WORST_FIRST
from conformance.report.wording import (
    asked_says,
    certainty,
    counted,
    example_says,
    outcome_word,
    result_word,
)

_HERE: Final = Path(__file__).parent / "templates"


def html(report: Report, catalogue: Catalogue, now: datetime | None = None) -> str:
    """Return `report` as an HTML page.

    `now` decides how long certificates have left; by default it is the moment of the report.
    """
    moment = now or report.created
    told = stories(report, WORST_FIRST)
    found = blocking(report, told)
    style, script = _read("page.css"), _read("page.js")
    return _environment().get_template("page.html").render(
        report=report,
        overview=overview(report, catalogue, moment),
        blocking=found,
        topics=topics(report, catalogue, (*found.causes, *found.waived, *found.warnings), told),
        titles={item.id: item.title for item in report.requirements},
        stories=told,
        drawings=[drawing(item) for item in report.charts],
        time_line=time_line(report.subject.certificates, moment),
        preflight=diagram(report.preflight),
        now=moment,
        version=__version__,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=_policy(style, script),
    )  # fmt: skip


def _policy(style: str, script: str) -> str:
    """Return the policy that lets this style and this script work, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    """Return the source expression for an inline element that holds `text` (CSP 3, 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@functools.cache
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@functools.cache
def _environment() -> Environment:
    environment = environment_of(_HERE)
    environment.filters |= {
        "code": _code,
        "counted": counted,
        "date": _date,
        "moment": _moment,
        "outcome": outcome_word,
        "pieces": pieces,
        "seconds": _seconds,
        "short": shortened,
    }
    environment.globals |= {
        "asked_says": asked_says,
        "result_word": result_word,
        "certainty": certainty,
        "compared": compared,
        "example_says": example_says,
    }
    return environment


def _code(text: str) -> list[tuple[bool, str]]:
    """Return Markdown of one line in runs, each with whether back quotes make it code."""
    return [(bool(place % 2), run) for place, run in enumerate(shown(text).split("`")) if run]


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment.astimezone(UTC):%b} {moment.year:04d}"


def _moment(moment: datetime) -> str:
    return f"{_date(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def _seconds(value: float) -> str:
    """Return a span of seconds as people read it."""
    if abs(value) < 0.0995:
        return f"{value * 1000:.0f} ms"
    if abs(value) < 9.995:
        return f"{value:.2f} s"
    return f"{value:,.1f} s" if abs(value) < 1e6 else f"{value:.3g} s"
