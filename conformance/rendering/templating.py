"""How the pages' templates are filled: everything escaped, and nothing of it unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.rendering.text import shown


def environment_of(directory: Path) -> Environment:
    """Return what the templates in `directory` are rendered by; an unknown name in one is an error.

    Every text that a template writes passes `text.shown` and Jinja's escaping.
    """
    return Environment(
        loader=FileSystemLoader(directory),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _finalized(value: Any) -> Any:
    """Return what an expression of a template writes: text without anything unseen."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
