"""A client that calls the gateway without a socket between, for tests of very many requests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from conformance.sandbox.message import Arrival, origin_form
from conformance.wire.message import HeaderFields, SignedRequest
from tests.sandbox.calling import Caller, Reply, Sending


@cache
def _der(path: Path) -> bytes:
    return load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


class DirectCaller(Caller):
    """Hands each request to the gateway as the server would."""

    def der(self, certificate: str | None) -> bytes | None:
        demo = self.sandbox.demo
        assert demo is not None
        files = {"tls": demo.tls_certificate, "signing": demo.signing_certificate}
        if certificate is None:
            return None
        return _der(files[certificate])

    def arrival(
        self, sending: Sending, *, certificate: str | None = "tls", source: str | None = None
    ) -> Arrival:
        return Arrival(
            request=SignedRequest(
                method=sending.method,
                target=origin_form(sending.target),
                headers=HeaderFields(sending.headers),
                body=sending.body,
            ),
            target=sending.target,
            address=source or "127.0.0.1",
            certificate=self.der(certificate),
            at=self.now(),
        )

    def send(
        self, sending: Sending, *, certificate: str | None = "tls", source: str | None = None
    ) -> Reply:
        answer = self.sandbox.gateway.answer(
            self.arrival(sending, certificate=certificate, source=source)
        )
        return Reply(status=answer.status, headers=dict(answer.headers), body=answer.body)
