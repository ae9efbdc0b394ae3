"""A bundle made: the files of a run, a manifest of them, and the partner's signature under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter, AnswerKind, SignOrder
from conformance.clock import Clock
from conformance.config import Settings
from conformance.errors import AdapterError, ConfigError, UsageError
from conformance.files import read_limited
from conformance.gate.archive import LARGEST_ENTRY
from conformance.gate.challenge import Challenge
from conformance.gate.manifest import FILES, MANIFEST, SUBMISSION, manifest_of, octets_of
from conformance.gate.packing import packed
from conformance.gate.reading import report_of
from conformance.gate.refusal import RefusalError
from conformance.gate.submission import METHOD, TARGET, Header, Submission, submission_text
from conformance.gate.submission import verify_signature as _verify_signature
from conformance.live.secret import read_secret
from conformance.material.certificate import load_certificate
from conformance.material.identity import Identity, load_identity
from conformance.material.keyfile import KeyFiles, make_key
from conformance.material.parsing import certificate_in_pem
from conformance.redaction import Redactor
from conformance.report.filename import READINESS
from conformance.report.model import Report
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import Place, SignedPath
from conformance.wire.shown import shown
from conformance.wire.visible import visible

SECRETS: Final = (
    "client_secret", "subscription_key", "tls_password", "signing_password", "hand_over_password",
)  # fmt: skip
"""The secrets that settings or environment may name; none may be in a bundle."""

_CHECK: Final = "Run `lendico-conformance check` first; its files must stand as it wrote them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A bundle, and the report that is in it."""

    data: bytes
    report: Report
    certificate: x509.Certificate


def make_bundle(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    clock: Clock,
    challenge: Challenge | None = None,
) -> Made:
    """Return the bundle of the run in `settings.report_dir`, signed through `settings.adapter`.

    `challenge` is the one that the run must have answered.

    Raises:
        UsageError: the files are not those of one run, they hold a secret, a key or certificate is
            missing or does not fit, or the run did not answer `challenge`.
        AdapterError: the adapter broke, or did not sign.
    """
    directory = settings.report_dir
    data = read_limited(directory / READINESS, "report", LARGEST_ENTRY, missing=_CHECK)
    report = report_of(data, str(directory / READINESS))
    _refuse_unfit(report, challenge)
    files = {READINESS: data, **_evidence(report, directory)}
    manifest = octets_of(manifest_of(report, files))
    submission, certificate = _signed(manifest, report, settings, environ, clock)
    files |= {MANIFEST: manifest, SUBMISSION: submission_text(submission)}
    refuse_secrets(files, settings, environ)
    return Made(data=packed(files), report=report, certificate=certificate)


def refuse_secrets(
    files: Mapping[str, bytes], settings: Settings, environ: Mapping[str, str]
) -> None:
    """See that no configured secret and no private key is in `files`.

    Raises:
        UsageError: one is.
    """
    found = (read_secret(name, getattr(settings, f"{name}_file"), environ) for name in SECRETS)
    redactor = Redactor(secret for secret in found if secret)
    for name, data in files.items():
        if redactor.holds_secret(data):
            raise UsageError(
                f"{name} holds a configured secret, or a private key: no bundle is made",
                hint="Do not send the file to anybody. Run the check again; if the secret is an "
                "ordinary word, choose another one.",
            )


def _refuse_unfit(report: Report, challenge: Challenge | None) -> None:
    if not report.subject.client_id:
        raise UsageError(
            "the report names no client id, so nobody could tell whose bundle it is",
            hint="Set partner.key_id in conformance.toml, and run the check again.",
        )
    if challenge is not None and report.challenge != challenge.id:
        raise UsageError(
            f"the run did not answer the challenge {challenge.id}",
            hint="Run the check again with --challenge and the same file.",
        )


def _evidence(report: Report, directory: Path) -> dict[str, bytes]:
    """Return the files of evidence that `report` names, by name."""
    found = {}
    for item in report.evidence:
        if item.file not in FILES or item.file == READINESS:
            raise UsageError(
                f"the report names evidence that no run has: {visible(item.file, limit=80)}",
                hint=_CHECK,
            )
        found[item.file] = read_limited(
            directory / item.file, "evidence", LARGEST_ENTRY, missing=_CHECK
        )
    listed = manifest_of(report, found).files
    known = {item.file: item.sha256 for item in report.evidence}
    for file in listed:
        if known[file.name] != file.sha256:
            raise UsageError(
                f"{shown(str(directory / file.name), 300)} is not the file that the "
                "report was written with",
                hint=_CHECK,
            )
    return found


def _signed(
    manifest: bytes, report: Report, settings: Settings, environ: Mapping[str, str], clock: Clock
) -> tuple[Submission, x509.Certificate]:
    """Return the request that carries `manifest`, signed by the partner's own signer."""
    with KeyFiles() as files:
        adapter = open_adapter(
            settings.adapter,
            clock=clock,
            start_timeout=settings.start_timeout,
            request_timeout=settings.request_timeout,
        )
        try:
            if adapter.hello.has_keys:
                identity = _identity(settings, environ)
                certificate, key = identity.certificate, identity.key
            else:
                certificate, key = _own_certificate(adapter, settings), make_key()
            full = settings.signed_path is SignedPath.FULL
            order = SignOrder(
                method=METHOD,
                url=settings.base_url + TARGET,
                base_url=settings.base_url,
                target=settings.base_path + TARGET if full else TARGET,
                date=format_imf_fixdate(clock.now()),
                body=manifest,
                key_id=report.subject.client_id,
                key_file=files.path_of(key),
                place=Place.SIGNATURE,
            )
            submission = Submission(
                base_path=settings.base_path,
                signed_path=settings.signed_path,
                headers=_headers(adapter, order),
                certificate=certificate.public_bytes(Encoding.PEM).decode("ascii"),
            )
        finally:
            adapter.close()
    try:
        _verify_signature(submission, manifest, report.subject.client_id)
    except RefusalError as error:
        raise UsageError(
            f"the signer does not sign the bundle right: {error.message}",
            hint="Mend the signer, or name the certificate of its key: `lendico-conformance "
            "check` says what is wrong.",
        ) from None
    return submission, certificate


def _headers(adapter: Adapter, order: SignOrder) -> tuple[Header, ...]:
    answer = adapter.sign(order)
    if answer.kind is not AnswerKind.OK:
        if answer.error is not None:
            raise answer.error
        raise AdapterError(
            f"the signer did not sign the bundle: {answer.kind} "
            f"{visible(answer.message, limit=200)}".rstrip(),
            hint=f"A bundle is signed as {METHOD} {TARGET}; let the adapter sign that, too.",
        )
    return tuple(Header(name=name, value=value) for name, value in answer.headers)


def _identity(settings: Settings, environ: Mapping[str, str]) -> Identity:
    if settings.signing_certificate is None:
        raise ConfigError(
            "the adapter signs with the key that it is given, and none is configured",
            hint="Set partner.signing_certificate, and partner.signing_key where the key is in a "
            "file of its own, in conformance.toml.",
        )
    password = read_secret("signing_password", settings.signing_password_file, environ)
    return load_identity(
        settings.signing_certificate,
        settings.signing_key,
        None if password is None else password.encode(),
    )


def _own_certificate(adapter: Adapter, settings: Settings) -> x509.Certificate:
    """Return the certificate of an implementation that keeps its own key."""
    pem = adapter.hello.cert_pem
    try:
        if pem:
            return certificate_in_pem(pem.encode())
    except ValueError:
        raise ConfigError(
            "the adapter's 'cert_pem' is no PEM certificate",
            hint="Answer hello with the certificate of the key that you sign with.",
        ) from None
    if settings.signing_certificate is not None:
        found = load_certificate(settings.signing_certificate).x509
        if found is not None:
            return found
    raise ConfigError(
        "nobody says which certificate the signer's key belongs to",
        hint="Answer hello with 'cert_pem', or set partner.signing_certificate.",
    )
