"""An exchange as a command that can be repeated: `sign` makes the request afresh, curl sends it.

No secret stands in the command: `sign` writes them into the configuration that curl reads from its
standard input, beside method, target, header fields and body.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from conformance.config import Settings
from conformance.errors import UsageError, WireError
from conformance.live.draft import Presents, Way
from conformance.live.opening import STRANGER
from conformance.live.session import TOKEN_PATH
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import SignedRequest

COMMAND: Final = "lendico-conformance"

_REDACTED: Final = "<redacted:"
_MADE: Final = frozenset(
    {
        "host", "user-agent", "accept", "accept-encoding", "connection", "content-length",
        "subscription-key", "authorization", "date", "digest", "signature", "transfer-encoding",
    }
)  # fmt: skip
"""Header fields that `sign`, curl or the suite's own transport put into every request."""

_NUMBERED: Final = re.compile(r"\d+-")
_BEFORE: Final = "-before"
_APART_S: Final = 2.0
"""Seconds by which a Date may differ from the moment of sending without having been meant to."""

_LARGEST_BODY: Final = 2048
"""Characters of a body that a command repeats."""

_STRANGER: Final = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=conformance probe' "
    "-keyout unknown.key -out unknown.pem 2>/dev/null && "
)


def _name(entry: Mapping[str, Any]) -> str:
    """Return the id of what was sent, without its number in the run."""
    return _NUMBERED.sub("", str(entry["_id"]), count=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeater:
    """Words commands for the exchanges of a run.

    `probes` are the ids that `sign --probe` knows.
    """

    settings: Settings
    probes: Collection[str] = ()

    def command(self, entry: Mapping[str, Any]) -> str:
        """Return the command that repeats `entry` of the HAR file; empty where none can.

        The sandbox of a run's own ends with it, so there the probe is sent to another one.
        """
        if self.settings.own_sandbox:
            name = _name(entry)
            known = name in self.probes
            return f"{COMMAND} check --plan api --sandbox -k {name}" if known else ""
        words = self._request_words(entry)
        if words is None:
            return ""
        lead, signing = words
        stranger = _STRANGER if entry.get("_certificate") == Presents.UNKNOWN else ""
        sign = shlex.join([COMMAND, "sign", *signing, *self._where(), "--for-curl"])
        curl = shlex.join(["curl", "-q", "-i", "--config", "-", *self._curl_words(entry)])
        return f"{stranger}{lead}{sign} | {curl}"

    def _request_words(self, entry: Mapping[str, Any]) -> tuple[str, list[str]] | None:
        """Return what goes before `sign`, and its words: the probe, or method, target and more."""
        name = _name(entry)
        if name in self.probes:
            return "", ["--probe", name]
        request = entry["request"]
        base = self.settings.base_url
        if not request["url"].startswith(base) or _REDACTED in request["url"]:
            return None
        target = request["url"].removeprefix(base)
        words = [request["method"], target, *_ahead_words(entry), *_header_words(request)]
        text = request.get("postData", {}).get("text", "")
        if target == TOKEN_PATH or not text:
            return "", words
        known = request["postData"].get("encoding") is None and _REDACTED not in text
        if not known or len(text) > _LARGEST_BODY:
            return None
        return f"printf %s {shlex.quote(text)} | ", [*words, "--body", "-"]

    def _where(self) -> list[str]:
        file = self.settings.file
        named = ["--config", str(file)] if file is not None else []
        return [*named, "--target", self.settings.base_url]

    def _curl_words(self, entry: Mapping[str, Any]) -> Iterator[str]:
        """Yield who calls, whom is trusted, and the way: what stands in files is named by path."""
        settings = self.settings
        match entry.get("_certificate"):
            case Presents.UNKNOWN:
                yield from ("--cert", "unknown.pem", "--key", "unknown.key")
            case Presents.REGISTERED if settings.tls_certificate is not None:
                yield from ("--cert", str(settings.tls_certificate))
                yield from (
                    ("--cert-type", "P12")
                    if settings.tls_key is None
                    else ("--key", str(settings.tls_key))
                )
        if settings.ca_file is not None:
            yield from ("--cacert", str(settings.ca_file))
        unlisted = entry.get("_way") == Way.UNLISTED
        proxy = settings.unlisted_proxy if unlisted else settings.proxy
        if unlisted and proxy is None:
            yield from ("--interface", STRANGER)
        yield from ("--proxy", proxy) if proxy else ("--noproxy", "*")
        yield from ("--max-time", f"{settings.answer_timeout.total_seconds():g}")


def _ahead_words(entry: Mapping[str, Any]) -> list[str]:
    """Return how far the Date was ahead of the moment of sending, where that was meant."""
    dates = [
        item["value"] for item in entry["request"]["headers"] if item["name"].lower() == "date"
    ]
    if len(dates) != 1:
        return []
    try:
        date = parse_imf_fixdate(dates[0])
    except WireError:
        return []
    apart = (date - datetime.fromisoformat(entry["startedDateTime"])).total_seconds()
    return ["--ahead", str(round(apart))] if abs(apart) > _APART_S else []


def _header_words(request: Mapping[str, Any]) -> list[str]:
    """Return the header fields that are neither made afresh nor sent with every request."""
    form = request["url"].endswith(TOKEN_PATH)
    return [
        word
        for item in request["headers"]
        if item["name"].lower() not in _MADE and not form
        for word in ("--header", f"{item['name']}: {item['value']}")
    ]


def header_lines(request: SignedRequest, *, secrets: bool) -> str:
    """Return the header fields of `request` as lines for `curl -H @-`.

    Subscription key and bearer token are among them only where `secrets` are asked for.
    """
    lines = [
        _line(name, value)
        for name, value in request.headers
        if secrets or not _is_secret(name, value)
    ]
    return "".join(f"{line}\n" for line in lines)


def curl_config(request: SignedRequest, origin: str, *, password: str | None = None) -> bytes:
    """Return `request` as options that `curl --config -` reads: all of it, secrets too.

    Raises:
        UsageError: its body has an octet that no such option can carry.
    """
    if b"\0" in request.body:
        raise UsageError(
            "the body holds a zero octet, which curl takes from a file alone",
            hint="Leave --for-curl out, and give the body to curl with --data-binary @FILE.",
        )
    options: list[tuple[str, str]] = [
        ("url", origin + request.target.partition("?")[0]),
        ("request-target", request.target),
        ("request", request.method),
        *(("header", _line(name, value)) for name, value in request.headers),
        *(("header", f"{name}:") for name in _suppressed(request)),
    ]
    if password is not None:
        options.append(("pass", password))
    text = "path-as-is\ngloboff\nhttp1.1\n"
    text += "".join(f"{name} = {_quoted(value)}\n" for name, value in options)
    found = text.encode("latin-1", "backslashreplace")
    if request.body:
        body = _quoted(request.body.decode("latin-1")).encode("latin-1")
        found += b"data-raw = " + body + b"\n"
    return found


def _suppressed(request: SignedRequest) -> Sequence[str]:
    """Return what curl would add by itself and was not in the request."""
    return [name for name in ("Content-Type", "Expect") if request.headers.first(name) is None]


def _is_secret(name: str, value: str) -> bool:
    lowered = name.lower()
    signs = value.lower().startswith("signature ") or "keyid" in value.lower()
    return lowered == "subscription-key" or (lowered == "authorization" and not signs)


def _line(name: str, value: str) -> str:
    """Return a field as curl wants it, which takes `Name:` for a field to leave out."""
    return f"{name}: {value}" if value.strip() else f"{name};"


def _quoted(text: str) -> str:
    for plain, escaped in (
        ("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\v", "\\v"),
    ):  # fmt: skip
        text = text.replace(plain, escaped)
    return f'"{text}"'
