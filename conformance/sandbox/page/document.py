"""The page as one document: markup, style, scripts and what the requirements say, put together.

It holds no data of the sandbox. Its scripts ask the control port for that with the token that the
reader has, so the page itself is served to everybody who can reach the port.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from conformance.sandbox.message import HTML, Answer, Arrival
from conformance.sandbox.page.reference import reference

PATH: Final = "/_inspect"
"""Where the page is served on the control port."""

_HERE: Final = Path(__file__).parent
_SCRIPTS: Final = (
    "element.js", "octets.js", "comparison.js", "entry.js", "control.js", "list.js",
    "reaching.js", "rules.js", "detail.js", "page.js",
)  # fmt: skip
"""Read as one module, in this order: each may use what those before it define."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The page, and the policy that lets its own style and script run and nothing else."""

    body: bytes
    policy: str


def page_url(control_url: str, token: str = "") -> str:
    """Return the address of the page; with `token` in its fragment, which no browser sends."""
    return f"{control_url}{PATH}#token={token}" if token else control_url + PATH


def show_page(_: Arrival) -> Answer:
    """Answer with the page."""
    document = page()
    return Answer(
        status=200,
        headers=(
            ("Content-Type", HTML),
            ("Content-Security-Policy", document.policy),
            ("Cache-Control", "no-store"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ),
        body=document.body,
    )


@cache
def page() -> Document:
    """Return the page, put together once."""
    style = _read("page.css")
    script = "\n".join(map(_read, _SCRIPTS))
    markup = _read("page.html")
    for name, text in (("style", style), ("script", script), ("reference", _inert(reference()))):
        markup = markup.replace(f"{{{{{name}}}}}", text)
    policy = (
        "default-src 'none'",
        f"script-src '{_hash(script)}'",
        f"style-src '{_hash(style)}'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    return Document(body=markup.encode(), policy="; ".join(policy))


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression for an inline element that holds `text` (CSP 3, 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _inert(content: object) -> str:
    """Return JSON that cannot end the element it stands in."""
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
