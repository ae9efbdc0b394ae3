"""From what `requests`, urllib3 and `ssl` raise to one cause in words."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import requests
import urllib3.exceptions as urllib3

from conformance.client.message import Trouble, TroubleKind
from conformance.wire.visible import visible

_NOT_OUR_DOING: Final = (
    "If you reach the API through a proxy, set api.proxy; if it ends TLS itself, set api.ca_file."
)
_CERTIFICATES: Final = {
    10: ("has expired", "Check this machine's clock; else tell whoever runs the server."),
    9: ("is not valid yet", "Check this machine's clock; else tell whoever runs the server."),
    62: ("is for another host", "Check the host name in the target; do not call it by its number."),
    64: ("is for another address", "Call the server by the name in its certificate."),
}
_REFUSED: Final = re.compile(r"Tunnel connection failed: (\d{3}) ?([^\r\n'\")]*)")
_REFUSALS: Final = {
    "407": "It wants credentials, which are never sent: name a proxy that needs none, or one of "
    "your own before it that adds them.",
}
_UNTRUSTED: Final = (
    "comes from an authority that is not trusted",
    "Name the authority's certificate with api.ca_file (--ca-file); the local sandbox prints it.",
)


def trouble_of(error: Exception, host: str, seconds: float, proxy: str | None = None) -> Trouble:
    """Return what `error`, raised while a request was sent to `host`, means.

    `seconds` is how long an answer was waited for; `proxy` is the address of the proxy, if there is
    one and the request never got past it.
    """
    chain = list(_chain(error))
    if any(isinstance(item, (requests.exceptions.ProxyError, urllib3.ProxyError))
           for item in chain):  # fmt: skip
        return _of_proxy(chain, host, proxy or "")
    tls = next((item for item in chain if isinstance(item, ssl.SSLError)), None)
    found = _of_connection(chain, host, seconds) if tls is None else _of_tls(tls, host)
    if proxy is None or found.kind is TroubleKind.CERTIFICATE:
        return found
    return Trouble(
        kind=TroubleKind.PROXY,
        says=f"behind the proxy {proxy} there is no TLS to be had: {found.says}",
        hint="The proxy may answer in the place of the API, with a page to log in say: see what a "
        "browser shows, or name another proxy with api.proxy.",
    )


def _of_proxy(chain: list[BaseException], host: str, proxy: str) -> Trouble:
    """Return why a proxy did not let a request pass: it refused, or cannot be reached."""
    refused = next((found for item in chain if (found := _REFUSED.search(str(item)))), None)
    if refused is not None:
        status, words = refused[1], visible(refused[2].strip(), limit=80)
        return Trouble(
            kind=TroubleKind.PROXY,
            says=f"the proxy {proxy} does not connect to {host}: it answers {status} {words}",
            hint=_REFUSALS.get(status, "Ask whoever runs the proxy to let this host pass."),
        )
    if any(isinstance(item, (urllib3.NameResolutionError, socket.gaierror)) for item in chain):
        says = f"the name of the proxy {proxy} has no address"
    elif any(isinstance(item, urllib3.NewConnectionError) for item in chain):
        says = f"the proxy {proxy} takes no connection"
    elif any(isinstance(item, (TimeoutError, urllib3.ConnectTimeoutError)) for item in chain):
        says = f"the proxy {proxy} did not answer in time"
    else:
        says = f"the proxy {proxy} did not connect to {host}"
    return Trouble(kind=TroubleKind.PROXY, says=says, hint="Check api.proxy.")


def _of_tls(error: ssl.SSLError, host: str) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        says, hint = _CERTIFICATES.get(error.verify_code, _UNTRUSTED)
        return Trouble(
            kind=TroubleKind.CERTIFICATE, says=f"the certificate of {host} {says}", hint=hint
        )
    reason = visible(str(error.reason or error), limit=120)
    if "EOF" in reason:
        return _cut_off(host)
    return Trouble(
        kind=TroubleKind.HANDSHAKE,
        says=f"the TLS handshake with {host} failed: {reason}",
        hint=f"Check the TLS certificate that Lendico has of you. {_NOT_OUR_DOING}",
    )


def _of_connection(chain: list[BaseException], host: str, seconds: float) -> Trouble:
    for kinds, make in _CONNECTION:
        if any(isinstance(item, kinds) for item in chain):
            return make(host, seconds)
    return Trouble(
        kind=TroubleKind.NO_HTTP,
        says=f"what came from {host} is no HTTP answer",
        hint=_NOT_OUR_DOING,
    )


def _no_name(host: str, _: float) -> Trouble:
    return Trouble(
        kind=TroubleKind.DNS,
        says=f"the name {host} has no address",
        hint="Check the host name in the target, and this machine's DNS.",
    )


def _not_taken(host: str, _: float) -> Trouble:
    return Trouble(
        kind=TroubleKind.REFUSED,
        says=f"{host} takes no connection",
        hint=f"Check host and port of the target; does the server run? {_NOT_OUR_DOING}",
    )


def _not_made(host: str, _: float) -> Trouble:
    return Trouble(
        kind=TroubleKind.TIMEOUT,
        says=f"no connection to {host} came about in time",
        hint=f"A firewall may drop it: is the way out to {host} open? {_NOT_OUR_DOING}",
    )


def _silent(host: str, seconds: float) -> Trouble:
    return Trouble(
        kind=TroubleKind.SILENCE,
        says=f"{host} did not answer within {seconds:g} s",
        hint="Try again later; a longer time is set with timeouts.answer.",
    )


def _cut_off(host: str, _: float = 0.0) -> Trouble:
    return Trouble(
        kind=TroubleKind.CUT_OFF, says=f"{host} ended the connection before its answer was whole",
        hint="Try again later; if it stays so, something on the way cuts it off.",
    )  # fmt: skip


_CONNECTION: Final = (
    ((urllib3.NameResolutionError, socket.gaierror), _no_name),
    ((urllib3.NewConnectionError,), _not_taken),
    ((requests.exceptions.ConnectTimeout, urllib3.ConnectTimeoutError), _not_made),
    ((requests.exceptions.ReadTimeout, urllib3.ReadTimeoutError, TimeoutError), _silent),
    (
        (
            urllib3.InvalidChunkLength, urllib3.IncompleteRead, ConnectionError,
            http.client.RemoteDisconnected, http.client.IncompleteRead,
        ),
        _cut_off,
    ),
)  # fmt: skip
"""Kinds of exceptions and what they mean, the first that fits."""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it was made of: causes, contexts, and exceptions in its arguments."""
    found: list[BaseException] = [error]
    seen: set[int] = set()
    while found:
        item = found.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        parts = (item.__cause__, item.__context__, getattr(item, "reason", None), *item.args)
        found += [part for part in parts if isinstance(part, BaseException)]
