"""The partner's signature under a manifest: one more request, signed as every API request is.

The signer that passed the suite signs `POST /conformance-submissions` with the manifest as its
body, through the adapter. So the signature works with whatever keeps the key, an HSM too, and
proves the signer once more. The request is never sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.diagnosis.diagnostician import Diagnostician
from conformance.gate.refusal import RefusalError
from conformance.material.parsing import certificate_in_pem
from conformance.report.plain import from_plain, to_plain
from conformance.report.rereading import LARGEST_KEY
from conformance.report.strict import strict_json
from conformance.rules.judge import judge_reading
from conformance.wire.message import HeaderFields, SignedPath, SignedRequest
from conformance.wire.reading import Expectation, Reading
from conformance.wire.visible import visible

VERSION: Final = "1.0"
METHOD: Final = "POST"
TARGET: Final = "/conformance-submissions"
"""What is signed, after the gateway prefix."""

_PATIENCE: Final = timedelta(milliseconds=200)
_AGAIN: Final = "Make the bundle again with `bundle create`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header field as it would be sent."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The signed request without its body, which is the manifest, and whose key signed it.

    `certificate` is the signer's own, as PEM; it is believed only when it is the registered one.
    """

    version: str = VERSION
    base_path: str
    signed_path: SignedPath
    headers: tuple[Header, ...]
    certificate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature that verifies: by which certificate, and when."""

    certificate: x509.Certificate
    at: datetime

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in lower-case hexadecimal."""
        return self.certificate.fingerprint(SHA256()).hex()


def submission_text(submission: Submission) -> bytes:
    """Return `submission` as the file that stands in a bundle."""
    return (json.dumps(to_plain(submission), indent=1) + "\n").encode()


def read_submission(data: bytes) -> Submission:
    """Return the submission in `data`.

    Raises:
        RefusalError: it cannot be read.
    """
    try:
        found = from_plain(Submission, strict_json(data))
    except ValueError as error:
        raise RefusalError(
            "submission-broken",
            f"submission.json cannot be read: {visible(str(error), limit=200)}",
            hint=_AGAIN,
        ) from None
    if found.version != VERSION:
        raise RefusalError(
            "bundle-version",
            f"the submission is of version {visible(found.version, limit=20)}, and this suite "
            f"knows {VERSION}",
            hint="Make the bundle with the suite that the gate has, or update the gate.",
        )
    return found


def verify_signature(submission: Submission, manifest: bytes, client_id: str) -> Signed:
    """Return who signed `manifest` and when; whether they may is another question.

    Raises:
        RefusalError: the signature is not that of the manifest by the certificate given, or it is
            not made as the documents ask.
    """
    certificate, key = _certified(submission.certificate)
    reading = Reading(
        request=SignedRequest(
            method=METHOD,
            target=submission.base_path + TARGET,
            headers=HeaderFields(tuple((item.name, item.value) for item in submission.headers)),
            body=manifest,
        ),
        expected=Expectation(
            key=key,
            key_id=client_id,
            base_path=submission.base_path,
            signed_path=submission.signed_path,
        ),
    )
    sent = reading.request.headers.combined("digest")
    if sent is not None and sent != reading.digest:
        raise RefusalError(
            "signature-wrong", "the manifest was changed after it was signed: its Digest differs",
            hint=_AGAIN,
        )  # fmt: skip
    if reading.verifies is not True:
        raise RefusalError(
            "signature-wrong", "the signature under the manifest does not verify with the "
            "certificate in the bundle: another key signed it, or it was changed since",
            hint=_AGAIN,
        )  # fmt: skip
    judged = judge_reading(reading, diagnostician=Diagnostician(budget=_PATIENCE))
    moment = reading.moment
    if judged.findings or moment is None:
        broken = ", ".join(sorted({item.requirement for item in judged.findings})) or "DATE-001"
        raise RefusalError(
            "signature-breaks",
            f"the request that carries the manifest is not signed as the documents ask: {broken}",
            hint="Mend the signer; `lendico-conformance check` says what is wrong.",
        )
    return Signed(certificate=certificate, at=moment)


def _certified(pem: str) -> tuple[x509.Certificate, RSAPublicKey]:
    try:
        certificate = certificate_in_pem(pem.encode())
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _no_certificate("it cannot be read") from None
    if not isinstance(key, RSAPublicKey) or key.key_size > LARGEST_KEY:
        raise _no_certificate("its key is not RSA, or too large")
    return certificate, key


def _no_certificate(why: str) -> RefusalError:
    return RefusalError(
        "certificate-broken", f"the certificate in the bundle is of no use: {why}", hint=_AGAIN
    )
