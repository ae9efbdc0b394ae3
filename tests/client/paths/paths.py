"""Sends each target with one library of Python: paths.py LIBRARY ADDRESS TARGET..."""

from __future__ import annotations

import functools
import http.client
import sys
import urllib.request
from collections.abc import Callable

import requests
import urllib3

Send = Callable[[str, str, str], object]


SESSION = requests.Session()
SESSION.trust_env = False
POOL = urllib3.PoolManager(timeout=5)
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@functools.cache
def _connection(address: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(address.partition("://")[2], timeout=5)


def _requests(address: str, target: str, case: str) -> object:
    return SESSION.get(address + target, headers={"X-Case": case}, timeout=5)


def _urllib3(address: str, target: str, case: str) -> object:
    return POOL.request("GET", address + target, headers={"X-Case": case})


def _http_client(address: str, target: str, case: str) -> object:
    connection = _connection(address)
    try:
        connection.request("GET", target, headers={"X-Case": case})
        return connection.getresponse().read()
    except Exception:
        connection.close()
        raise


def _urllib_request(address: str, target: str, case: str) -> object:
    request = urllib.request.Request(address + target, headers={"X-Case": case})  # noqa: S310
    return OPENER.open(request, timeout=5).read()


LIBRARIES: dict[str, Send] = {
    "requests": _requests,
    "urllib3": _urllib3,
    "http.client": _http_client,
    "urllib.request": _urllib_request,
}


def main(library: str, address: str, *targets: str) -> None:
    """Send each target; what a library refuses is not sent."""
    for case, target in enumerate(targets):
        try:
            LIBRARIES[library](address, target, str(case))
        except Exception as error:  # noqa: BLE001 - told, and the next is tried
            sys.stderr.write(f"{target}: {error}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
