"""A bundle verified, step by step; what comes later is not looked at before what comes earlier.

zip → hashes → signature → certificate → time → challenge → suite → evidence. Until the signature
has shown that a registered partner made it, nothing but the two small files that this takes is
parsed. The verdict is computed from what is left, by `decision`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance import __version__
from conformance.catalogue import Catalogue
from conformance.clock import Clock
from conformance.errors import UsageError
from conformance.gate.archive import Archive
from conformance.gate.asked import Asked
from conformance.gate.challenge import Held, replayed
from conformance.gate.decision import Handed, Step
from conformance.gate.manifest import (
    SUBMISSION,
    Manifest,
    read_manifest,
    refuse_other_files,
    small_file,
)
from conformance.gate.policy import Policy
from conformance.gate.reading import report_of
from conformance.gate.recertifying import LIMIT, certified
from conformance.gate.refusal import RefusalError
from conformance.gate.registry import Registry
from conformance.gate.rejudging import rejudge
from conformance.gate.submission import Signed, read_submission, verify_signature
from conformance.report.filename import CERTIFICATES, EVIDENCE, READINESS, STORIES
from conformance.report.model import Report
from conformance.report.wording import counted
from conformance.wire.reading import SKEW
from conformance.wire.shown import shown
from conformance.wire.visible import visible

_AGAIN: Final = "Make the bundle again with `bundle create`, from the files of one run."
_FORM: Final = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a bundle is held against.

    `challenges` are those that were set, by id. Where there are any, or the policy asks for one,
    every bundle must answer one.
    """

    registry: Registry = field(default_factory=Registry)
    challenges: Mapping[str, Held] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)


def verify_bundle(
    path: Path, trust: Trust, *, catalogue: Catalogue, clock: Clock, steps: list[Step]
) -> Handed:
    """Return the report in the bundle at `path`, and the checks that it proves.

    `steps` grows with each step that held, also where a later one does not.

    Raises:
        RefusalError: the bundle is not believed; `reason` says why.
        UsageError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _verify(Archive(file), trust, catalogue, clock, steps)
    except OSError as error:
        raise UsageError(
            f"the bundle {shown(str(path), 300)} cannot be read: {error.strerror}",
            hint="Name one bundle; a folder of them is for `gate`."
            if isinstance(error, IsADirectoryError)
            else "Check the path and its rights.",
        ) from None


def _verify(
    archive: Archive, trust: Trust, catalogue: Catalogue, clock: Clock, steps: list[Step]
) -> Handed:
    steps.append(Step(name="zip", says=f"{counted(len(archive.entries), 'file')}, nothing hidden"))
    manifest, octets = read_manifest(archive)
    refuse_other_files(archive, manifest)
    steps.append(Step(name="hashes", says="every file is the one that the manifest lists"))
    submission = read_submission(small_file(archive, SUBMISSION))
    signed = verify_signature(submission, octets, manifest.client_id)
    steps.append(Step(name="signature", says=f"the manifest is signed by {_named(manifest)}"))
    trust.registry.refuse_other(signed.certificate, manifest.client_id)
    steps.append(Step(name="cert", says=f"{signed.fingerprint[:16]}… is the registered one"))
    now = clock.now()
    _refuse_time(manifest, signed, now)
    steps.append(Step(name="time", says=f"signed {signed.at.strftime(_FORM)}, when it was valid"))
    held = _challenge(manifest, signed, trust, hashlib.sha256(octets).hexdigest())
    steps.append(Step(name="challenge", says=_challenge_says(manifest, held)))
    report = report_of(archive.read(READINESS), READINESS)
    _refuse_mixture(report, manifest, signed.fingerprint)
    _refuse_catalogue(report, catalogue)
    trust.policy.refuse(report, now)
    steps.append(Step(name="suite", says=f"version {manifest.suite}, {manifest.created:%Y-%m-%d}"))
    key = signed.certificate.public_key()
    assert isinstance(key, RSAPublicKey)  # noqa: S101 - `verify_signature` sees to it
    proof = rejudge(
        report,
        archive.read(EVIDENCE) if EVIDENCE in archive.entries else b"",
        archive.read(STORIES) if STORIES in archive.entries else b"",
        certified(
            _certificates(archive), report, signer=signed.certificate, catalogue=catalogue, now=now
        ),
        registered=key,
        catalogue=catalogue,
        clock=clock,
        asked=Asked(catalogue, held.challenge if held else None),
        parts=trust.policy.parts(report),
    )
    says = (
        f"{counted(proof.requests, 'signed request')}{_stories_says(proof.stories)} judged again: "
        f"{counted(proof.proved, 'check')} proved, {proof.taken:,} taken from the report"
    )
    steps.append(Step(name="evidence", says=says))
    return Handed(
        report=report, checks=proof.checks, steps=tuple(steps),
        bundle=hashlib.sha256(octets).hexdigest(),
    )  # fmt: skip


def _certificates(archive: Archive) -> bytes:
    """Return the octets of the file of certificates; none where there is no such file.

    Raises:
        RefusalError: it is larger than any.
    """
    if CERTIFICATES not in archive.entries:
        return b""
    if archive.entries[CERTIFICATES].size > LIMIT:
        raise RefusalError(
            "entry-too-large", f"{CERTIFICATES} has more than {LIMIT:,} octets", hint=_AGAIN
        )
    return archive.read(CERTIFICATES)


def _stories_says(number: int) -> str:
    return f" and {number:,} {'story' if number == 1 else 'stories'}" if number else ""


def _refuse_time(manifest: Manifest, signed: Signed, now: datetime) -> None:
    """See that the certificate was valid when it signed, and that the signature is no older."""
    certificate, at = signed.certificate, signed.at
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not first <= at <= last:
        raise RefusalError(
            "certificate-not-valid-then",
            f"the certificate is valid from {first.strftime(_FORM)} to {last.strftime(_FORM)}, "
            f"and signed on {at.strftime(_FORM)}",
            hint="Sign with a certificate that is valid.",
        )
    if at > now + SKEW:
        raise RefusalError(
            "from-the-future", f"the bundle is signed on {at.strftime(_FORM)}, still to come",
            hint="Set the clock of the machine that made it, and make it again.",
        )  # fmt: skip
    if manifest.created.tzinfo is None or manifest.created > at + SKEW:
        raise RefusalError(
            "report-after-signature", "the report was made after the signature under it",
            hint=_AGAIN,
        )  # fmt: skip


def _challenge(manifest: Manifest, signed: Signed, trust: Trust, bundle: str) -> Held | None:
    """Return the challenge that the bundle answers; None where none is asked for."""
    if not trust.challenges and not trust.policy.challenge:
        return None
    held = trust.challenges.get(manifest.challenge)
    if held is None:
        named = visible(manifest.challenge, limit=40)
        raise RefusalError(
            "challenge-unknown" if named else "challenge-missing",
            f"the bundle answers the challenge {named}, which is not among those given here"
            if named
            else "the bundle answers no challenge",
            hint="Run the check with --challenge FILE and the challenge that was set; "
            "verify with the same file.",
        )
    challenge = held.challenge
    if challenge.partner not in ("", manifest.client_id):
        raise RefusalError(
            "challenge-of-another",
            f"the challenge {challenge.id} was set for {visible(challenge.partner, limit=80)}",
            hint="Set a challenge for this partner.",
        )
    if signed.at > challenge.expires or manifest.created < challenge.created - SKEW:
        raise RefusalError(
            "challenge-expired",
            f"the challenge {challenge.id} could be answered from "
            f"{challenge.created.strftime(_FORM)} to {challenge.expires.strftime(_FORM)}",
            hint="Set a new challenge with `challenge create`.",
        )
    if held.used_by() not in ("", bundle):
        raise replayed(challenge)
    return held


def _challenge_says(manifest: Manifest, held: Held | None) -> str:
    if held is not None:
        return f"{held.challenge.id} is answered for the first time, or by this bundle again"
    if manifest.challenge:
        return f"{visible(manifest.challenge, limit=40)} is named, but was not given: not checked"
    return "none was asked for"


def _refuse_mixture(report: Report, manifest: Manifest, fingerprint: str) -> None:
    """See that manifest, report and evidence speak of one run."""
    told = (report.id, report.created, report.suite.version, report.subject.client_id)
    listed = (manifest.report, manifest.created, manifest.suite, manifest.client_id)
    names = {item.name: item.sha256 for item in manifest.files if item.name != READINESS}
    evidence = {item.file: item.sha256 for item in report.evidence}
    if told != listed or report.challenge != manifest.challenge or evidence != names:
        raise RefusalError(
            "manifest-differs", "the manifest is not that of the report beside it", hint=_AGAIN
        )
    signing = {item.sha256 for item in report.subject.certificates if item.use == "signature"}
    if signing and fingerprint not in signing:
        raise RefusalError(
            "certificate-differs",
            "the report is of another signing certificate than the one that signed the bundle",
            hint="Run the check with the registered certificate, and make the bundle again.",
        )


def _refuse_catalogue(report: Report, catalogue: Catalogue) -> None:
    """See that a report of this very version was judged by this version's catalogue."""
    if report.suite.version == __version__ and report.suite.catalogue_sha256 != catalogue.digest:
        raise RefusalError(
            "suite-not-allowed",
            f"the report is by version {__version__} of the suite, but not by its catalogue",
            hint="Run the check again with the suite as it was released.",
        )


def _named(manifest: Manifest) -> str:
    return visible(manifest.client_id, limit=80)
