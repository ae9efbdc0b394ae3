"""The signature under a manifest: the one request that means a bundle, signed right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.diagnosis.registry import MISTAKES, breed
from conformance.gate.refusal import RefusalError
from conformance.gate.submission import (
    METHOD,
    TARGET,
    Header,
    Submission,
    read_submission,
    submission_text,
    verify_signature,
)
from conformance.wire.message import SignedPath, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys, Procedure
from tests.gate.handed import CLIENT, NOW, certificate, key

MANIFEST = b'{"version": "1.0"}\n'


def signed(
    procedure: Procedure = DOCUMENTED,
    *,
    method: str = METHOD,
    target: str = TARGET,
    body: bytes = MANIFEST,
    key_id: str = CLIENT,
    number: int = 1,
) -> Submission:
    """Return a submission, as it should be unless told otherwise."""
    asked = UnsignedRequest(method=method, target=target, date=NOW, key_id=key_id, body=body)
    signing = procedure.sign(asked, Keys(signing=key(number)))
    return Submission(
        base_path="/partner-api",
        signed_path=SignedPath.RELATIVE,
        headers=tuple(Header(name=name, value=value) for name, value in signing.headers),
        certificate=certificate().decode(),
    )


def reason(submission: Submission, manifest: bytes = MANIFEST) -> str:
    with pytest.raises(RefusalError) as caught:
        verify_signature(submission, manifest, CLIENT)
    return caught.value.reason


def test_a_right_one_tells_who_and_when() -> None:
    found = verify_signature(signed(), MANIFEST, CLIENT)

    assert found.at == NOW
    assert len(found.fingerprint) == 64


def test_it_survives_being_written_and_read() -> None:
    assert read_submission(submission_text(signed())) == signed()


@pytest.mark.parametrize(
    "changes",
    [{"method": "PUT"}, {"target": "/applications"}, {"target": "/conformance-submissions?x"},
     {"body": b"another manifest"}, {"number": 2}],
)  # fmt: skip
def test_a_signature_of_anything_else_is_none_of_a_bundle(changes: dict[str, object]) -> None:
    """Of an ordinary API request, say, that somebody overheard."""
    assert reason(signed(**changes)) == "signature-wrong"  # type: ignore[arg-type]


def test_a_signature_in_the_name_of_another() -> None:
    assert reason(signed(key_id="client-2")) == "signature-breaks"


@pytest.mark.parametrize(
    "mistake",
    ["string-digest-not-signed", "string-target-not-signed", "string-date-not-signed",
     "digest-not-sent", "date-not-sent"],
)  # fmt: skip
def test_what_is_not_under_the_signature_proves_nothing(mistake: str) -> None:
    """A signature that verifies, over less than target, date and digest."""
    assert mistake in MISTAKES
    assert reason(signed(breed([MISTAKES[mistake]]))) in {"signature-wrong", "signature-breaks"}


def test_a_digest_that_is_not_the_manifests() -> None:
    assert reason(signed(), MANIFEST + b" ") == "signature-wrong"


@pytest.mark.parametrize("pem", ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END"])
def test_a_certificate_that_is_none(pem: str) -> None:
    assert reason(replace(signed(), certificate=pem)) == "certificate-broken"


def test_two_signatures_are_none() -> None:
    """Whoever reads the first and whoever reads the last would see two different ones."""
    right = signed()
    other = next(item for item in signed(number=2).headers if item.name == "Signature")

    assert reason(replace(right, headers=(other, *right.headers))) in {
        "signature-wrong", "signature-breaks"
    }  # fmt: skip
