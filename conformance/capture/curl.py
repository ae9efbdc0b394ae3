"""Reads a `curl` command line: the request that curl would put on the wire.

What depends on the version of curl (`User-Agent`, and the codings that `--compressed` names) is
left out unless the command gives it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from conformance.capture.address import Address, split_address
from conformance.capture.captured import Captured, Format
from conformance.capture.curl_body import query_of, read_body
from conformance.capture.curl_headers import read_headers
from conformance.capture.curl_options import ADDRESS, Option, read_options
from conformance.capture.shell import Command, commands
from conformance.errors import CaptureError
from conformance.wire.message import SignedRequest

_PROMPTS: Final = frozenset("$%+")
_LONGEST: Final = 2 * 1024 * 1024
_NEXT_OPTION: Final = re.compile(r"[ \t]*--?[A-Za-z]")
_REFUSED: Final = {
    "form": "sends a multipart form, whose boundary curl makes up anew each time",
    "form-string": "sends a multipart form, whose boundary curl makes up anew each time",
    "upload-file": "uploads a file",
    "config": "takes more options from a file",
    "next": "begins a second request",
    "aws-sigv4": "lets curl sign the request in another way",
    "expand-data": "fills in variables",
    "expand-header": "fills in variables",
    "expand-url": "fills in variables",
}


def read_curl(octets: bytes) -> Captured:
    """Return the request of the first `curl` command in `octets`, quoted as for bash.

    Files that the command names with `@` are read, relative to the current folder.

    Raises:
        CaptureError: there is no such command, it is cut off, or it cannot be told what it sends.
    """
    if len(octets) > _LONGEST:
        raise CaptureError(
            "the curl command line is longer than any shell takes (2 MiB)",
            hint="Put the body in a file and name it with --data-binary @FILE.",
        )
    text = octets.decode("latin-1")
    if re.search(r'\^(?:"|\r?\n)', text):
        raise CaptureError(
            "the command line is quoted for the Windows command prompt",
            hint="In the browser, choose Copy as cURL (bash).",
        )
    for command in commands(text):
        words = command.words[1:] if command.words[0] in _PROMPTS else command.words
        if not words or words[0].rpartition("/")[2].lower() not in ("curl", "curl.exe"):
            continue
        _refuse_half(text, command)
        captured = _request(tuple(read_options(words[1:])))
        if command.ended_by == "&":
            note = "the shell ends the command at an & outside of quotes: quote the address"
            captured = replace(captured, notes=(*captured.notes, note))
        return captured
    raise CaptureError(
        "the capture holds no curl command", hint="It should begin like this: curl -X POST …"
    )


def _refuse_half(text: str, command: Command) -> None:
    """Raise where the lines of `command` were not all copied, or not joined."""
    if command.ended_by == "\n" and _NEXT_OPTION.match(text, command.end):
        raise CaptureError(
            "a line of the curl command does not end in a backslash, but options follow",
            hint="Nothing, not even a space, may stand after the backslash.",
        )
    if not command.ended_by and text.rstrip().endswith("\\"):
        raise CaptureError(
            "the curl command is cut off: its last line ends in a backslash",
            hint="Copy the lines that follow, too.",
        )


def _request(options: Sequence[Option]) -> Captured:
    names = {option.name for option in options}
    for name, reason in _REFUSED.items():
        if name in names:
            raise CaptureError(
                f"curl's option --{name} {reason}, so what was sent cannot be told",
                hint="Give the request as it went on the wire, from a log or a proxy.",
            )
    if "head" in names and not names.isdisjoint(_DATA) and "get" not in names:
        raise CaptureError(
            "the command asks for HEAD (-I) and gives a body, which curl refuses",
            hint="Take one of the two out.",
        )
    address, notes = _address(options)
    body = read_body(options)
    sends_body = body.given and "get" not in names
    return Captured(
        request=SignedRequest(
            method=_method(options, sends_body=sends_body),
            target=_last(options, "request-target") or address.target,
            headers=read_headers(options, address, body if sends_body else None),
            body=body.octets if sends_body else b"",
        ),
        format=Format.CURL,
        origin=address.origin,
        notes=notes,
        trouble=body.trouble,
    )


_DATA: Final = frozenset(
    ("data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json")
)


def _method(options: Sequence[Option], *, sends_body: bool) -> str:
    if chosen := _last(options, "request"):
        return chosen
    if any(option.name == "head" for option in options):
        return "HEAD"
    return "POST" if sends_body else "GET"


def _last(options: Sequence[Option], name: str) -> str:
    """Return the argument of the last `name`, empty when there is none."""
    return next((option.value for option in reversed(options) if option.name == name), "")


def _address(options: Sequence[Option]) -> tuple[Address, tuple[str, ...]]:
    """Return the one address of the command, as curl puts it on the wire, with notes."""
    given = [option.value for option in options if option.name == ADDRESS]
    if len(given) != 1:
        raise CaptureError(
            f"the curl command has {len(given) or 'no'} address{'es' if given else ''}",
            hint="Give a command with one address; quote it, so that the shell keeps it whole.",
        )
    text = given[0] if "://" in given[0] else f"http://{given[0]}"
    address = split_address(text)
    if address is None or re.search(r"[\x00-\x20\x7f]", text):
        raise CaptureError(
            "the curl command's address is no http or https address without white space",
            hint="Write it as it is sent, with %20 for a space.",
        )
    if not any(option.name == "globoff" for option in options) and re.search(r"[][{}]", text):
        raise CaptureError(
            "the curl command's address has brackets or braces, which curl itself takes apart",
            hint="Give curl the option -g, or write them as %5B, %5D, %7B and %7D.",
        )
    notes = []
    target = address.target
    if not any(option.name == "path-as-is" for option in options):
        path, mark, query = target.partition("?")
        target = without_dot_segments(path) + mark + query
    if target != address.target:
        notes.append("curl takes . and .. out of the path before it sends it (not --path-as-is)")
    if not target.isascii():
        notes.append("versions of curl differ in how they send the address's non-ASCII characters")
    return replace(address, target=query_of(options, target)), tuple(notes)


def without_dot_segments(path: str) -> str:
    """Return `path` without `.` and `..` (RFC 3986, section 5.2.4), as curl sends it."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ends_in_dots = bool(segments) and segments[-1] in (".", "..")
    return "/" + "/".join(kept) + ("/" if ends_in_dots and kept else "")
