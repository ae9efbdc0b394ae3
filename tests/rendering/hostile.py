"""A report by somebody who wants more of its reader than to be read."""

from __future__ import annotations

from dataclasses import replace

from conformance.report.model import Report
from conformance.report.plain import with_text
from tests.rendering.samples import full, not_ready

RTL = "\u202egnp.exe\u2066\u200f\u200b"
ZALGO = "a" + "\u0301" * 400
ATTACKS = (
    "<script>window.pwned = 1</script>",
    "</style></script><script>window.pwned = 2</script>",
    "<img src=https://evil.example/x.png onerror=window.pwned=3>",
    '" onmouseover="window.pwned=4" autofocus onfocus="window.pwned=5" x="',
    "' onload='window.pwned=6",
    "--><svg onload=window.pwned=7><!--",
    "]]></title></svg><iframe src=javascript:window.pwned=8></iframe>",
    "{{ 7 * 7 }}{% raw %}<base href=https://evil.example/>",
    "javascript:window.pwned=9",
    "<link rel=stylesheet href=https://evil.example/x.css>@import 'https://evil.example/y.css'",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "\x00\x07\x1b[31m\r\n\x7f\u2028\ud800 <b>",
    "@everyone #1 GH-2 https://evil.example/ www.evil.example a@evil.example `x` ```\n| <i> |",
    RTL,
    ZALGO,
)
ALL = " ".join(ATTACKS)
LONG = (ALL * 40)[:30_000]


def everything() -> Report:
    """Return a report with all that a report can have."""
    return replace(full(), causes=not_ready().causes)


def filled(text: str) -> Report:
    """Return a report with `text` for each of its texts, ids and names included."""
    return with_text(everything(), lambda _: text)


def poisoned(text: str = ALL) -> Report:
    """Return a report with `text` in every text that its schema leaves free."""
    report = everything()
    kept = {
        *(item.id for item in report.requirements),
        *(item.topic for item in report.requirements),
        *(item.sha256 for item in report.evidence),
        *(item.file for item in report.evidence),
        *(item.sha256 for item in report.subject.certificates),
        *(item.use for item in report.subject.certificates),
        *(item.id for item in report.quirks),
        *(item for quirk in report.quirks for item in quirk.requirements),
        *(item.id for item in report.charts),
        *(check.reason for item in report.requirements for check in item.checks),
        *(item.fingerprint for item in report.redactions),
        *(cause.stage for cause in report.causes),
        "signing string",
        report.schema_version, report.id, report.plan, *report.parts,
        report.suite.catalogue_sha256,
    }  # fmt: skip
    return with_text(report, lambda old: old if old in kept or not old else f"{old} {text}")
