"""Signing for `requests`: the suite's own signer as an authenticator that anybody can use.

    session = requests.Session()
    session.auth = SignatureAuth("client-1", "signing.key", base_path="/partner-api")
    session.get("https://api.example/partner-api/ping", headers={"Subscription-Key": "…"})

It signs the target and the body octets that `requests` is about to send, after `requests` has
encoded both, so that nothing changes between signing and sending.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from requests.auth import AuthBase

from conformance.clock import Clock, SystemClock
from conformance.errors import UsageError
from conformance.material.keyfile import load_key
from conformance.wire.message import (
    HeaderFields,
    Place,
    SignedPath,
    UnsignedRequest,
    octets,
)
from conformance.wire.procedure import DOCUMENTED, Keys

_SIGNED: Final = ("Date", "Digest", "Signature")


class Signer:
    """Signs the requests of one partner, each afresh (Security.md, "HTTP Request signing").

    `key` is the private key of the HTTP signature certificate, or the path of its PEM file.
    `base_path` is the gateway's prefix, which is left out of what is signed unless `signed_path`
    says otherwise (quirk Q3).

    Raises:
        MaterialError: the key file cannot be read, or holds no unencrypted RSA key.
    """

    def __init__(
        self,
        key_id: str,
        key: RSAPrivateKey | Path | str,
        *,
        base_path: str = "",
        signed_path: SignedPath = SignedPath.RELATIVE,
        clock: Clock | None = None,
    ) -> None:
        self._key_id = octets(key_id)
        self._keys = Keys(signing=key if isinstance(key, RSAPrivateKey) else load_key(Path(key)))
        self._base_path = base_path
        self._signed_path = signed_path
        self._clock = clock or SystemClock()

    def sign(
        self, method: str, target: str, body: bytes = b"", *, place: Place = Place.SIGNATURE
    ) -> HeaderFields:
        """Return `Date`, `Digest` and `Signature` for a request sent now.

        `target` is the request target octet for octet as it goes on the wire. With `place`
        authorization the signature goes into `Authorization`, as the token request wants it.
        """
        request = UnsignedRequest(
            method=method, target=target, date=self._clock.now(), key_id=self._key_id, body=body,
            place=place, base_path=self._base_path, signed_path=self._signed_path,
        )  # fmt: skip
        return DOCUMENTED.sign(request, self._keys).headers


class SignatureAuth(AuthBase):
    """Adds `Date`, `Digest` and `Signature` to each request (Security.md, "HTTP Request signing").

    Its arguments are those of `Signer`. With `place` authorization the signature goes into
    `Authorization`, as the token request wants it.

    Each call signs afresh, and so does a redirect within the same origin; one to another origin
    goes out unsigned. Retries made by urllib3 (`HTTPAdapter(max_retries=…)`) repeat the headers
    of the first try, date included: to retry, send the request again.

    Raises:
        MaterialError: the key file cannot be read, or holds no unencrypted RSA key.
        UsageError: when a request is prepared: its body is a stream.
    """

    def __init__(
        self,
        key_id: str,
        key: RSAPrivateKey | Path | str,
        *,
        base_path: str = "",
        signed_path: SignedPath = SignedPath.RELATIVE,
        place: Place = Place.SIGNATURE,
        clock: Clock | None = None,
    ) -> None:
        self._signer = Signer(
            key_id, key, base_path=base_path, signed_path=signed_path, clock=clock
        )
        self._place = place

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign `r`, whose address and body `requests` has made ready."""
        r.body = _octets_of(r.body)
        self._sign(r)
        hooks = r.hooks["response"]
        if self._before_redirect not in hooks:
            hooks.append(self._before_redirect)
        return r

    def _sign(self, request: requests.PreparedRequest) -> None:
        headers = self._signer.sign(
            request.method or "GET",
            request.path_url,
            _octets_of(request.body) or b"",
            place=self._place,
        )
        request.headers.update(headers)

    def _before_redirect(self, response: requests.Response, **_: object) -> None:
        """Give the request that follows a redirect a signature of its own, or none.

        `requests` does not ask an authenticator again: it copies the headers of the request that
        was redirected. So they are set here for what comes next, and the response keeps a copy of
        what was sent.
        """
        if not response.is_redirect:
            return
        request = response.request
        response.request = request.copy()
        with requests.Session() as session:
            session.trust_env = False
            following = next(session.resolve_redirects(response, request, yield_requests=True))
            leaves = session.should_strip_auth(request.url, following.url)  # type: ignore[no-untyped-call]
        self._unsign(request)
        if not leaves:
            self._unsign(following)
            self._sign(following)
            request.headers.update(
                {name: following.headers[name] for name in self._names if name in following.headers}
            )

    @property
    def _names(self) -> tuple[str, ...]:
        return (*_SIGNED, "Authorization") if self._place is Place.AUTHORIZATION else _SIGNED

    def _unsign(self, request: requests.PreparedRequest) -> None:
        for name in self._names:
            request.headers.pop(name, None)


def _octets_of(body: object) -> bytes | None:
    """Return a prepared body as the octets that will be sent.

    Raises:
        UsageError: it is a stream, which could be read only once.
    """
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, bytearray | memoryview):
        return bytes(body)
    raise UsageError(
        f"a body of type {type(body).__name__} is a stream and cannot be signed before it is sent",
        hint="read it first and hand over bytes",
    )
