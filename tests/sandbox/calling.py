"""A client that shares no code with the suite: sockets, `ssl` and `cryptography` alone."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import ssl
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from conformance.sandbox.running import Sandbox

PREFIX = "/partner-api"
APPLICATION: dict[str, Any] = {
    "company": {
        "name": "Example GmbH",
        "address": {
            "line_1": "Hauptstr. 1", "city": "Berlin", "zip": "10115",
            "country_code": "DE", "type": "PRIMARY",
        },
        "financials": [{"year": 2022, "revenue": "120000.50", "currency": "EUR"}],
        "representatives": [
            {
                "roles": ["MD", "APPLICANT"], "salutation": "MRS", "email": "a@example.de",
                "birthday": "1980-02-29", "first_name": "Erika", "last_name": "Muster",
                "nationality": "DE", "phone_number": "+49 30 123456",
                "addresses": [
                    {
                        "line_1": "Hauptstr. 1", "city": "Berlin", "zip": "10115",
                        "country_code": "DE", "type": "PRIMARY",
                    }
                ],
            }
        ],
        "legal_form": "GMBH",
        "foundation_date": "2010-01-31",
        "bookkeeping_standard": "HGB_ESTR",
        "credit_scores": [{"type": "CREFO", "id": "201000454565"}],
    },
    "details": {
        "purpose": "Stock", "product_code": "TERM_LOAN_EQUAL_INSTALLMENT", "currency": "EUR",
        "request_amount": 50000, "request_term": 24, "request_term_unit": "MONTH",
    },
    "partner_account_manager": {
        "salutation": "MR", "email": "b@example.de", "first_name": "Max", "last_name": "Muster",
        "phone_number": "030 123456",
    },
}  # fmt: skip


def application(crefo: str = "201000454565", **details: Any) -> bytes:
    """Return an application as JSON."""
    document = json.loads(json.dumps(APPLICATION))
    document["company"]["credit_scores"][0]["id"] = crefo
    document["details"].update(details)
    return json.dumps(document).encode()


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What is sent; `headers` in order. Change it before `octets`."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def with_body(self, body: bytes) -> Sending:
        """Put another body in, with its length."""
        return replace(self, body=body).with_header("Content-Length", str(len(body)))

    def without(self, name: str) -> Sending:
        kept = tuple(item for item in self.headers if item[0].lower() != name.lower())
        return replace(self, headers=kept)

    def with_header(self, name: str, value: str) -> Sending:
        """Put a field in place of the first of its name, or at the end."""
        headers = [*self.headers]
        for index, (key, _) in enumerate(headers):
            if key.lower() == name.lower():
                headers[index] = (key, value)
                break
        else:
            headers.append((name, value))
        return replace(self, headers=tuple(headers))

    def header(self, name: str) -> str:
        return next(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def octets(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@cache
def _key(path: Path) -> RSAPrivateKey:
    """Load a key once: checking it takes long."""
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


@lru_cache(4096)
def _signed(key: RSAPrivateKey, string: str) -> bytes:
    """Sign; the same string has the same signature."""
    return key.sign(string.encode(), PKCS1v15(), SHA256())


@dataclass(kw_only=True)
class Caller:
    """Signs and sends as the demo partner of a sandbox."""

    sandbox: Sandbox
    signing_key: RSAPrivateKey
    tls_key: RSAPrivateKey
    client_id: str
    client_secret: str
    subscription_key: str
    token: str = field(default="")

    @classmethod
    def of(cls, sandbox: Sandbox) -> Self:
        demo = sandbox.demo
        assert demo is not None
        return cls(
            sandbox=sandbox,
            signing_key=_key(demo.signing_key),
            tls_key=_key(demo.tls_key),
            client_id=demo.client_id.read_text(),
            client_secret=demo.client_secret.read_text(),
            subscription_key=demo.subscription_key.read_text(),
        )

    def now(self) -> datetime:
        return self.sandbox.clock.now()

    def prepare(
        self,
        method: str = "GET",
        path: str = "/ping",
        body: bytes = b"",
        *,
        ahead: timedelta = timedelta(),
        key: RSAPrivateKey | None = None,
        key_id: str | None = None,
        digest: str | None = None,
        more: tuple[tuple[str, str], ...] = (),
        authorization: bool = False,
        algorithm: str = "rsa-sha256",
        names: str = "(request-target) date digest",
        signed_path: str | None = None,
    ) -> Sending:
        """Return a request as Security.md wants it, but for what is asked to be otherwise."""
        date = format_datetime(self.now() + ahead, usegmt=True)
        hashed = base64.b64encode(hashlib.sha256(body).digest()).decode()
        sent = {
            "(request-target)": f"{method.lower()} {signed_path or path}",
            "date": date,
            "digest": digest or f"SHA-256={hashed}",
        }
        string = "\n".join(f"{name}: {sent[name]}" for name in names.lower().split())
        signature = _signed(key or self.signing_key, string)
        value = (
            f'keyId="{key_id or self.client_id}",algorithm="{algorithm}",headers="{names}",'
            f'signature="{base64.b64encode(signature).decode()}"'
        )
        carrier = ("Authorization", f"Signature {value}")
        signed = (carrier,) if authorization else (
            ("Authorization", f"Bearer {self.token}"), ("Signature", value),
        )  # fmt: skip
        length = (("Content-Length", str(len(body))),) if body else ()
        return Sending(
            method=method,
            target=PREFIX + path,
            headers=(
                ("Host", f"localhost:{self.sandbox.port}"),
                ("Subscription-Key", self.subscription_key),
                ("Date", date),
                ("Digest", sent["digest"]),
                *signed,
                *more,
                *length,
            ),
            body=body,
        )

    def token_request(self, secret: str | None = None, **more: Any) -> Sending:
        body = f"client_id={self.client_id}&client_secret={secret or self.client_secret}".encode()
        form = (("Content-Type", "application/x-www-form-urlencoded"),)
        return self.prepare("POST", "/oauth2/token", body, authorization=True, more=form, **more)

    def submission(self, body: bytes | None = None, key: str = "key-1", **more: Any) -> Sending:
        fields = (("Content-Type", "application/json"), ("Idempotency-Key", key))
        return self.prepare("POST", "/applications", body or application(), more=fields, **more)

    def context(self, certificate: str | None = "tls") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.sandbox.ca_file))
        demo = self.sandbox.demo
        assert demo is not None
        if certificate == "tls":
            context.load_cert_chain(demo.tls_certificate, demo.tls_key)
        elif certificate == "signing":
            context.load_cert_chain(demo.signing_certificate, demo.signing_key)
        return context

    def connect(
        self, certificate: str | None = "tls", source: str | None = None, port: int | None = None
    ) -> ssl.SSLSocket:
        plain = socket.create_connection(
            ("127.0.0.1", port or self.sandbox.port), timeout=10,
            source_address=(source, 0) if source else None,
        )  # fmt: skip
        return self.context(certificate).wrap_socket(plain, server_hostname="localhost")

    def send(
        self, sending: Sending, *, certificate: str | None = "tls", source: str | None = None
    ) -> Reply:
        """Send over a connection of its own, and return the answer."""
        with self.connect(certificate, source) as connection:
            return exchange(connection, sending.octets, sending.method)

    def get_token(self) -> str:
        reply = self.send(self.token_request())
        assert reply.status == 200, reply
        self.token = str(reply.json["access_token"])
        return self.token


def exchange(connection: socket.socket, octets: bytes, method: str = "GET") -> Reply:
    """Send octets and read one answer."""
    connection.sendall(octets)
    return read_reply(connection, method)


def read_reply(connection: socket.socket, method: str = "GET") -> Reply:
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    return Reply(status=response.status, headers=dict(response.getheaders()), body=body)
