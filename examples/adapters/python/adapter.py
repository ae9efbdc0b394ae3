"""A conformance adapter for Python 3.10 or later with `cryptography`.

Run it with

    lendico-conformance check -- python3 adapter.py

It has a signer and a client of its own, so it is READY as it stands. To test yours, replace the
body of `sign` below by a call to your signer, and that of `send` by a call to your client. The rest
speaks the adapter protocol, version 1: one JSON object a line, requests on standard input, answers
on standard output, words for people on standard error.

Where the suite and your signer live in one environment, the rest is not needed at all:

    lendico-conformance check --adapter python:adapter:sign
"""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import email.utils
import functools
import hashlib
import http.client
import json
import socket
import ssl
import sys
import threading
import time
import traceback
import urllib.parse
import uuid
from pathlib import Path
from typing import Any, NamedTuple

try:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
except ImportError as error:
    sys.exit(
        f"adapter.py: {sys.executable} has no package {error.name}: install it there, "
        "or let the suite call `sign` in its own process: --adapter python:adapter:sign"
    )

# ==== YOUR SIGNER ================================================================================


def sign(
    *,
    method: str,  # GET, POST and so on, in upper case
    target: str,  # path and query to sign: never decode, encode or tidy it, as urllib.parse does
    date: str,  # the date to sign and send, just as it is written
    body: bytes,  # the octets to digest: never decode them
    key_id: str,  # the client id
    key_file: str,  # the private key, PKCS#8 in PEM
    place: str,  # "signature", or "authorization" for the token request
    **_others: str,  # url, the whole address, and base_url, for a signer that takes those
) -> dict[str, Any]:
    """Replace the body of this function by a call to your own signer.

    Returns the `headers`, pairs of name and value in the order in which they are sent; and the
    `signing_string`, the octets that were signed, if your signer tells.
    """
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()

    # LF between the lines and none after the last.
    signing_string = "\n".join(
        [
            f"(request-target): {method.lower()} {target}",
            f"date: {date}",
            f"digest: {digest}",
        ]
    ).encode()
    signature = private_key(key_file).sign(signing_string, PKCS1v15(), SHA256())

    quoted_key_id = key_id.replace("\\", "\\\\").replace('"', '\\"')
    parameters = ",".join(
        [
            f'keyId="{quoted_key_id}"',
            'algorithm="rsa-sha256"',
            'headers="(request-target) date digest"',
            f'signature="{base64.b64encode(signature).decode()}"',  # not encodebytes: that wraps
        ]
    )
    last = (
        ("Authorization", f"Signature {parameters}")
        if place == "authorization"
        else ("Signature", parameters)
    )
    return {
        "headers": [("Date", date), ("Digest", digest), last],
        "signing_string": signing_string,
    }


@functools.cache
def private_key(file: str) -> RSAPrivateKey:
    """Read a key once; a signer that runs for long does not read it for every request."""
    key = load_pem_private_key(Path(file).read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"the key in {file} is no RSA key")
    return key


# ==== YOUR CLIENT ================================================================================


class Partner(NamedTuple):
    """Who calls the API, and where; the files are PEM."""

    base_url: str  # its path is left out of what is signed
    token_url: str
    ca_file: str  # the authorities to trust
    tls_cert_file: str  # presented in the TLS handshake
    tls_key_file: str
    sign_key_file: str  # the private key that signs
    client_id: str
    client_secret: str
    subscription_key: str


def send(
    *,
    method: str,  # GET, POST and so on, in upper case
    target: str,  # path and query below the base address, to be sent as they are
    body: bytes,
    deadline_ms: str,  # how long the call may take, its token and its retries together
    **fields: str,  # those of Partner; sign_cert_file; and headers, which is always empty so far
) -> dict[str, Any]:
    """Replace the body of this function by a call to your own client.

    Returns the `outcome`: `success`, `api_error`, `transport_error` or `gave_up`; and as far as
    they are known `status`, `attempts` and `waited_ms`.
    """
    partner = Partner(**{name: fields[name] for name in Partner._fields})
    return client_of(partner).send(method, target, body, time.monotonic() + int(deadline_ms) / 1000)


class Answer(NamedTuple):
    """What came back; the names of `headers` are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """Title and detail of an error body, in lower case; empty for a body that is no JSON."""
        try:
            content = json.loads(self.body)
            return f"{content.get('title')}\n{content.get('detail')}".lower()
        except (ValueError, AttributeError, RecursionError):
            return ""


class LostError(Exception):
    """The connection ended before the answer was whole."""


class Client:
    """One partner at one address. It is shared by threads.

    http.client sends a target as it is and follows no redirect, so that no credential leaves for
    another host. Libraries that tidy the target, as requests does, must not do so after it was
    signed.
    """

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.host, self.prefix = address(partner.base_url)
        self.token_host, self.token_path = address(partner.token_url)
        self.tls = ssl.create_default_context(cafile=partner.ca_file)
        self.tls.load_cert_chain(partner.tls_cert_file, partner.tls_key_file)
        self.token, self.token_ends = "", 0.0
        self.token_lock, self.pace_lock = threading.Lock(), threading.Lock()
        self.next_turn = 0.0

    def send(self, method: str, target: str, body: bytes, ends: float) -> dict[str, Any]:
        """Make a whole call that ends at the moment `ends`, and say what became of it."""
        fields = {"Content-Type": "application/json"} if body else {}
        if method == "POST" and target.partition("?")[0] == "/applications":
            fields["Idempotency-Key"] = str(uuid.uuid4())  # one an application, kept in retries
        repeatable = method == "GET" or "Idempotency-Key" in fields
        spent: set[str] = set()  # each reason to try again counts once: no loop
        told: dict[str, Any] = {"attempts": 0, "waited_ms": 0}
        while True:
            answer = None
            try:
                token, status = self.get_token(ends)
                if not token:
                    return {**told, "outcome": "api_error", "status": status}
                told["attempts"] += 1
                fields["Authorization"] = f"Bearer {token}"
                answer = self.exchange(
                    self.host, method, self.prefix + target, body, fields=fields, ends=ends
                )
                told["status"] = answer.status
                reason, wait = why_again(answer, repeatable=repeatable)
            except LostError:
                reason, wait = ("lost", 1.0) if repeatable else ("", 0.0)
            except TimeoutError:
                return {**told, "outcome": "gave_up"}
            except OSError as error:  # no connection, or a certificate that is not trusted
                sys.stderr.write(f"no connection: {error}\n")
                return {**told, "outcome": "transport_error"}
            if not reason or reason in spent:
                return {**told, "outcome": outcome_of(answer)}
            if time.monotonic() + wait >= ends:
                return {**told, "outcome": "gave_up"}
            spent.add(reason)
            if reason == "token":
                self.forget(token)
            time.sleep(wait)
            told["waited_ms"] += round(wait * 1000)

    def get_token(self, ends: float) -> tuple[str, int]:
        """Return the token, a new one where it is missing or expired; or "" and the status."""
        with self.token_lock:
            if self.token and time.monotonic() < self.token_ends:
                return self.token, 200
            form = {"client_id": self.partner.client_id,
                    "client_secret": self.partner.client_secret}  # fmt: skip
            fields = {"Content-Type": "application/x-www-form-urlencoded"}
            body = urllib.parse.urlencode(form).encode()
            answer = self.exchange(
                self.token_host, "POST", self.token_path, body, fields=fields, ends=ends
            )
            try:
                content = json.loads(answer.body)
                token, lasts = str(content["access_token"]), float(content["expires_in"])
            except (ValueError, TypeError, KeyError):
                return "", answer.status
            # Less a margin: it must still be good when the request arrives.
            self.token, self.token_ends = token, time.monotonic() + lasts - min(30, lasts / 10)
            return token, 200

    def forget(self, token: str) -> None:
        """Forget a token that was refused, unless another thread has got a new one."""
        with self.token_lock:
            if self.token == token:
                self.token = ""

    def exchange(
        self, host: str, method: str, path: str, body: bytes, *, fields: dict[str, str], ends: float
    ) -> Answer:
        """Send one request, dated and signed now; without a token, it is the one for a token.

        Raises LostError, TimeoutError when it is past `ends`, or another OSError.
        """
        self.take_turn()
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection = http.client.HTTPSConnection(host, timeout=left, context=self.tls)
        # A time-out is one of each read: a server that sends an octet now and then never meets it.
        watch = threading.Timer(left, cut_off, [connection])
        watch.start()
        try:
            connection.connect()
            try:
                headers = self.headers(method, path, body, fields)
                connection.request(method, path, body or None, headers)
                answer = connection.getresponse()
                received = answer.read(1 << 20)
                if answer.length:  # how much is missing; None where no length was told
                    raise http.client.IncompleteRead(received, answer.length)
            except TimeoutError:
                raise
            except (http.client.HTTPException, OSError) as error:
                raise (TimeoutError if time.monotonic() >= ends else LostError) from error
            if time.monotonic() >= ends:  # what was cut off by then may look whole
                raise TimeoutError
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, received)
        finally:
            watch.cancel()
            connection.close()

    def headers(
        self, method: str, path: str, body: bytes, fields: dict[str, str]
    ) -> dict[str, str]:
        """Return all header fields of a request that is sent now."""
        below = path.startswith(self.prefix + "/")
        signed = sign(
            method=method,
            target=path[len(self.prefix) :] if below else path,
            date=email.utils.formatdate(usegmt=True),
            body=body,
            key_id=self.partner.client_id,
            key_file=self.partner.sign_key_file,
            place="signature" if "Authorization" in fields else "authorization",
        )
        key = {"Subscription-Key": self.partner.subscription_key}
        return key | fields | dict(signed["headers"])

    def take_turn(self) -> None:
        """Wait for the next turn: 25 a second, since 30 are allowed."""
        with self.pace_lock:
            turn = max(time.monotonic(), self.next_turn)
            self.next_turn = turn + 1 / 25
        time.sleep(max(turn - time.monotonic(), 0))


client_of = functools.lru_cache(maxsize=64)(Client)


def cut_off(connection: http.client.HTTPSConnection) -> None:
    """End a connection that another thread is reading from."""
    with contextlib.suppress(AttributeError, OSError):
        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def address(url: str) -> tuple[str, str]:
    """Return host and path; there is no way but TLS."""
    scheme, _, rest = url.partition("://")
    if scheme != "https":
        raise ValueError(f"{url} is no https address")
    host, _, path = rest.partition("/")
    return host, f"/{path}".rstrip("/")


def why_again(answer: Answer, *, repeatable: bool) -> tuple[str, float]:
    """Return why a request may be sent again, and after how many seconds; "" when it may not.

    A 400, a 403, and a 401 for anything but the token stay what they are.
    """
    problem = answer.problem
    retry_after = answer.headers.get("retry-after", "")
    if answer.status == 401 and problem.startswith("unauthorized") and "date header" not in problem:
        return "token", 0.0
    if answer.status == 429 and "crefo" not in problem:
        wait = answer.headers.get("ratelimit-reset") or retry_after
        return "throttled", max(int(wait), 1) if wait.isdecimal() else 60.0
    if answer.status == 503 and repeatable and retry_after.isdecimal():
        return "unavailable", max(int(retry_after), 1)
    return "", 0.0


def outcome_of(answer: Answer | None) -> str:
    """Return what a call comes to; a page in HTML is no answer of the API."""
    if answer is None:
        return "transport_error"
    page = "html" in answer.headers.get("content-type", "")
    return "success" if 200 <= answer.status < 300 and not page else "api_error"


# ==== The adapter protocol =======================================================================

HELLO: dict[str, Any] = {
    "protocol": 1,
    "name": "example-python",
    "version": "1.0",
    "language": "python",
    "can": ["sign", "send", "clock", "keys"],
    "max_in_flight": 8,  # signing queues on standard input; as many calls run at once
}


def answer_to(request: dict[str, str]) -> dict[str, Any]:
    """Return the answer to one request but for its id."""
    operation = request.pop("op")
    if operation == "hello":
        return {"ok": HELLO}
    if operation == "sign":
        body = base64.b64decode(request.pop("body_b64"))
        signed = sign(body=body, **request)
        ok = {"headers": signed["headers"]}
        if "signing_string" in signed:
            ok["signing_string_b64"] = base64.b64encode(signed["signing_string"]).decode()
        return {"ok": ok}
    if operation == "send":
        return {"ok": send(body=base64.b64decode(request.pop("body_b64")), **request)}
    return {"unsupported": {"message": f"this adapter has no {operation}"}}


def read_request(line: str) -> dict[str, str]:
    """Return one request, or an empty one when the line is none."""
    try:
        request = json.loads(line)
        return request if {"id", "op"} <= request.keys() else {}
    except (ValueError, AttributeError):
        return {}


def main() -> None:
    """Answer requests until `bye` or the end of input."""
    answers, lock = sys.stdout.buffer, threading.Lock()
    sys.stdout = sys.stderr  # standard output is for answers; what a signer prints is none

    def answer(request: dict[str, str]) -> None:
        answer: dict[str, Any] = {"id": request.pop("id")}
        try:
            answer |= answer_to(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the suite is told
            message = f"{type(error).__name__}: {error}"
            answer["error"] = {"message": message, "trace": traceback.format_exc()}
        with lock:
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()

    with concurrent.futures.ThreadPoolExecutor(HELLO["max_in_flight"]) as calls:
        for line in sys.stdin:
            request = read_request(line)
            if not request:
                sys.exit(f"adapter.py: this is no request of the adapter protocol: {line[:200]!r}")
            if request["op"] == "bye":
                return
            if request["op"] == "send":
                calls.submit(answer, request)
            else:
                answer(request)


if __name__ == "__main__":
    main()
