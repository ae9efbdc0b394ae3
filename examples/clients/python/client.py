# ruff: noqa: T201 - it prints what it met
"""A client of the Partner API with `requests` and the suite's own `SignatureAuth`.

It gets a token, pings and applies; with --errors it then meets each documented error once. Start
the sandbox, then

    eval "$(lendico-conformance sandbox --print-config=shell)"
    python client.py [--errors]

It prints a line a request: name, status and body, with tabs between.
"""

from __future__ import annotations

import os
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from conformance.client import SignatureAuth
from conformance.clock import ManualClock, SystemClock
from conformance.wire.message import Place

APPLICATION = Path(__file__).parents[1] / "application.json"


def setting(name: str) -> str:
    """Return what the sandbox printed for `name`."""
    try:
        return os.environ[f"PARTNER_API_{name}"]
    except KeyError:
        sys.exit(f"PARTNER_API_{name} is not set: eval the lines of --print-config=shell first")


def signature(place: Place = Place.SIGNATURE, **more: Any) -> SignatureAuth:
    """Return what signs a request; the gateway's prefix is left out of what is signed."""
    key = more.pop("key", setting("SIGNING_KEY"))
    prefix = urlsplit(setting("BASE_URL")).path
    return SignatureAuth(setting("CLIENT_ID"), key, base_path=prefix, place=place, **more)


class Client:
    """One session: one connection is kept for all requests, and the token too."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy and no CA but what is set here
        self.session.verify = setting("CA_FILE")
        self.session.cert = (setting("TLS_CERTIFICATE"), setting("TLS_KEY"))
        self.session.headers["Subscription-Key"] = setting("SUBSCRIPTION_KEY")
        self.session.auth = signature()

    def get_token(self) -> None:
        """Get a token with the client credentials; its request is signed in Authorization."""
        answer = self.session.post(
            setting("TOKEN_URL"),
            data={"client_id": setting("CLIENT_ID"), "client_secret": setting("CLIENT_SECRET")},
            auth=signature(Place.AUTHORIZATION),
            allow_redirects=False,
            timeout=30,
        )
        if answer.status_code != 200:
            sys.exit(f"no token: {answer.status_code} {answer.text}")
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        print("token", answer.status_code, "(kept secret)", sep="\t")

    def ping(self, name: str = "ping", **more: Any) -> requests.Response:
        """Ping, and print how it was answered."""
        return self._send(name, "GET", "/ping", **more)

    def apply(self, name: str, body: bytes) -> requests.Response:
        """Submit an application: an Idempotency-Key of its own, repeated by a retry alone."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        return self._send(name, "POST", "/applications", data=body, headers=headers)

    def _send(self, name: str, method: str, target: str, **more: Any) -> requests.Response:
        answer = self.session.request(
            method, setting("BASE_URL") + target, allow_redirects=False, timeout=30, **more
        )
        if name:
            print(name, answer.status_code, " ".join(answer.text.splitlines()), sep="\t")
        return answer


# ---- Each documented error, once --------------------------------------------------------------


class Spoilt(requests.auth.AuthBase):
    """Signs, and then sets or leaves out header fields."""

    def __init__(self, **headers: str | None) -> None:
        self._headers = headers

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign `r` and spoil it; None leaves a field out."""
        signed = signature()(r)
        for name, value in self._headers.items():
            signed.headers.pop(name, None)
            if value is not None:
                signed.headers[name] = value
        return signed


class DigestOfAnotherBody(requests.auth.AuthBase):
    """Signs another body than is sent."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign `r` as if it had a body."""
        r.body = b"another body"
        signed = signature()(r)
        signed.body = None
        return signed


class FromElsewhere(HTTPAdapter):
    """Calls from another loopback address."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Let every connection start there."""
        super().init_poolmanager(*args, source_address=("127.0.0.2", 0), **more)


def meet_errors(client: Client) -> None:
    """Break one thing after the other."""
    client.ping("subscription-key-missing", headers={"Subscription-Key": None})
    client.ping("subscription-key-invalid", headers={"Subscription-Key": "nobodys-key"})

    bare = Client()
    bare.session.cert = None
    bare.session.headers["Authorization"] = client.session.headers["Authorization"]
    bare.ping("client-certificate")

    client.ping("unauthorized", headers={"Authorization": "Bearer nobodys-token"})
    client.ping("digest-header", auth=Spoilt(Digest=None))
    client.ping("date-header", auth=Spoilt(Date=SystemClock().now().isoformat()))
    late = ManualClock(SystemClock().now() - timedelta(minutes=4))
    client.ping("date-skew", auth=signature(clock=late))
    client.ping("signature", auth=signature(key=setting("TLS_KEY")))
    client.ping("digest-diverges", auth=DigestOfAnotherBody())
    client.apply("constraint-violation", b"{}")
    client.apply("crefo", application())  # the second one within 5 minutes

    for _ in range(200):  # more than 30 in a second
        answer = client.ping("")
        if answer.status_code == 429:
            print("rate", answer.status_code, answer.text, sep="\t")
            break
    else:
        sys.exit("the limit was not met")

    # For a sandbox that was started with --allow 127.0.0.1.
    client.session.mount("https://", FromElsewhere())
    client.ping("address")


def meet_expired_token(client: Client) -> None:
    """Let the next token die at once: a sandbox with --control-port does that."""
    with requests.Session() as control:
        control.trust_env = False
        control.post(
            f"{setting('CONTROL_URL')}/faults",
            json={"kind": "token-dies", "seconds": 0},
            headers={"Authorization": f"Bearer {setting('CONTROL_TOKEN')}"},
            verify=setting("CA_FILE"),
            timeout=30,
        ).raise_for_status()
    client.get_token()
    client.ping("token-expired")
    client.get_token()
    client.ping()


def application() -> bytes:
    """Return the application as the octets that are sent."""
    return Path(os.environ.get("PARTNER_API_APPLICATION", APPLICATION)).read_bytes()


def main(*arguments: str) -> None:
    """Do what a partner does, and meet the errors when asked to."""
    client = Client()
    client.get_token()
    client.ping()
    client.apply("application", application())
    if "--errors" in arguments:
        if "PARTNER_API_CONTROL_URL" in os.environ:
            meet_expired_token(client)
        meet_errors(client)


if __name__ == "__main__":
    main(*sys.argv[1:])
