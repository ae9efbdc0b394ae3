"""The verdict as a badge: a small SVG for a README or a dashboard."""

from __future__ import annotations

from typing import Final

from markupsafe import escape

from conformance.rendering.overview import TONES
from conformance.report.model import Report

_COLOURS: Final = {"good": "#136c34", "warn": "#8a5a00", "bad": "#ab1f1f", "odd": "#6b3fa0"}
_WIDE, _NARROW = "mwMWGOQCDNHUABRYKVX_", "iljtfrI.,:;'|! ()"
_PADDING: Final = 7


def badge(report: Report) -> str:
    """Return the badge of `report`: its plan on the left, its verdict on the right."""
    label, verdict = f"partner api · {report.plan}", report.verdict.replace("_", " ")
    left, right = _width(label), _width(verdict)
    width = left + right
    title = escape(f"{label}: {verdict}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"'
        f' aria-label="{title}"><title>{title}</title>'
        f'<rect width="{width}" height="20" rx="4" fill="{_COLOURS[TONES[report.verdict]]}"/>'
        f'<path d="M4 0H{left}V20H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" fill="#3a424b"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"'
        f' text-anchor="middle">{_text(label, left / 2, left)}'
        f"{_text(verdict, left + right / 2, right)}</g></svg>\n"
    )


def _text(text: str, middle: float, width: int) -> str:
    """Return `text` around `middle`, stretched to its room whatever the font is."""
    room = width - 2 * _PADDING
    return f'<text x="{middle:g}" y="14" textLength="{room}">{escape(text)}</text>'


def _width(text: str) -> int:
    """Return about how many pixels `text` takes at 11 pixels in Verdana, with room around it."""
    letters = sum(8.4 if c in _WIDE else 3.9 if c in _NARROW else 6.8 for c in text)
    return round(letters) + 2 * _PADDING
