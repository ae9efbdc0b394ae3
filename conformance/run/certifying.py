"""The partner's certificates judged for a run, as its settings name them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from conformance.config import Settings
from conformance.errors import MaterialError, UsageError
from conformance.live.secret import read_secret
from conformance.material.contents import contents_of, read_contents
from conformance.material.judge import Judged, judge
from conformance.material.parsing import certificate_in_pem
from conformance.material.rules import HAND_OVER
from conformance.material.submitted import Material, Role, Source, Submitted, read_submitted
from conformance.report.certified import USES, certificate_of, check_id, check_of, failure_of
from conformance.report.check import Check, Outcome
from conformance.run.suite import SuiteRun
from conformance.wire.visible import visible

_TWO: Final = (
    "The HTTP signature certificate to hand over is another one than partner.signing_certificate: "
    "a bundle signed by the latter is not known to Lendico."
)

OF_KEY: Final = "CERT-008"
"""The requirement of the private key in use."""


class Certifier:
    """Judges the certificates of `run` once, and adds what is seen of each requirement."""

    def __init__(self, run: SuiteRun) -> None:
        """Read the certificates that the settings name.

        Raises:
            UsageError: a password cannot be read; `run.seen` says so too.
        """
        self.run = run
        try:
            self._judged = _judged(run, os.environ)
        except UsageError as error:
            run.halt(error)
            raise

    def requirement(self, requirement: str) -> list[Check]:
        """Return the checks of `requirement`."""
        level = self.run.catalogue.requirements[requirement].level
        checks = [
            check_of(item, level, self.run.redactor)
            for item in self._judged
            if item.requirement == requirement
        ]
        self.run.seen.checks += checks
        self.run.seen.failures += filter(None, map(failure_of, checks))
        return checks


def judge_key_of_signer(run: SuiteRun) -> None:
    """Judge CERT-008 by the key of a signer that keeps its own, where no private key was given.

    That it has the key, the requests show which it signed. `run.whole` is what the run has seen.
    """
    whole, pem = run.whole, run.whole.material.get(Role.SIGNING.value)
    wanted = check_id(Role.SIGNING), OF_KEY
    open_ = [
        number
        for number, check in enumerate(whole.checks)
        if (check.id, check.requirement) == wanted and check.outcome is Outcome.NOT_RUN
    ]
    if not whole.signer or pem is None or not open_:
        return
    signing = Submitted(
        role=Role.SIGNING, path=Path(), contents=contents_of(pem.encode(), Role.SIGNING.says),
        key=certificate_in_pem(whole.signer.encode()).public_key(),
    )  # fmt: skip
    material = Material(tls=None, signing=signing, now=run.clock.now())
    level = run.catalogue.requirements[OF_KEY].level
    found = (check_of(item, level, run.redactor) for item in judge(material))
    check = next(item for item in found if (item.id, item.requirement) == wanted)
    for number in open_:
        whole.checks[number] = check
    whole.failures += filter(None, [failure_of(check)])


def _judged(run: SuiteRun, environ: Mapping[str, str]) -> list[Judged]:
    settings = run.settings
    tls = _submitted(run, Role.TLS, environ)
    signing = _submitted(run, Role.SIGNING, environ)
    for file in (tls, signing):
        if file is not None and file.certificate is not None:
            pem = file.certificate.public_bytes(Encoding.PEM).decode()
            run.seen.material[file.role.value] = pem
            told = certificate_of(USES[file.role], file.certificate)
            run.seen.certificates += () if told in run.seen.certificates else (told,)
    judged = judge(Material(tls=tls, signing=signing, now=run.clock.now()))
    return [_with_what_lacks(item, settings) for item in judged]


def _with_what_lacks(judged: Judged, settings: Settings) -> Judged:
    """Leave open what only the file that is handed over can show, where there is none yet."""
    if judged.role is None:
        lacking = next((told for role in Role if (told := _lacking(role, settings))), "")
        return replace(judged, findings=(), untold=lacking) if lacking else judged
    handed: Path | None = getattr(settings, f"{judged.role}_hand_over")
    own: Path | None = getattr(settings, f"{judged.role}_certificate")
    if _is_there(handed) or (_is_there(own) and judged.requirement not in HAND_OVER):
        return judged
    untold = f"the file to hand over is not named: partner.{judged.role}_hand_over"
    if handed is not None or judged.requirement not in HAND_OVER:
        untold = _lacking(judged.role, settings)
    return replace(judged, findings=(), untold=untold)


def _lacking(role: Role, settings: Settings) -> str:
    """Return which certificate of `role` there is not; nothing where there is one."""
    handed: Path | None = getattr(settings, f"{role}_hand_over")
    own: Path | None = getattr(settings, f"{role}_certificate")
    if _is_there(handed) or _is_there(own):
        return ""
    named = handed or own
    if named is None:
        return f"the {role.says} is not named: partner.{role}_certificate"
    return (
        f"{visible(str(named), limit=300)} is not there; `lendico-conformance certs create` "
        "makes a pair"
    )


def _is_there(path: Path | None) -> bool:
    return path is not None and path.exists()


def _submitted(run: SuiteRun, role: Role, environ: Mapping[str, str]) -> Submitted | None:
    """Return the certificate of `role`: the one handed over, or else the one in use."""
    settings = run.settings
    own: Path | None = getattr(settings, f"{role}_certificate")
    key: Path | None = getattr(settings, f"{role}_key")
    handed: Path | None = getattr(settings, f"{role}_hand_over")
    if not _is_there(own) and not _is_there(handed):
        return None
    password = _password(
        f"{role}_password", getattr(settings, f"{role}_password_file"), run, environ
    )
    private = key or own
    secret = None if private is None else Source(path=private, password=password)
    if handed is None or not handed.exists():
        assert own is not None  # noqa: S101 - one of them is there
        return read_submitted(role, Source(path=own, password=password), secret)
    opens = _password("hand_over_password", settings.hand_over_password_file, run, environ)
    found = read_submitted(role, Source(path=handed, password=opens), secret)
    if role is Role.SIGNING and own is not None:
        run.seen.notes += _note_of_two(found, own, password)
    return found


def _note_of_two(handed: Submitted, own: Path, password: bytes | None) -> list[str]:
    """Return a note where the certificate that signs is another one than that handed over."""
    try:
        used = read_contents(own, password).leaves[:1]
    except MaterialError:
        return []
    if not used or handed.certificate in (None, *used):
        return []
    return [_TWO]


def _password(
    name: str, path: Path | None, run: SuiteRun, environ: Mapping[str, str]
) -> bytes | None:
    password = read_secret(name, path, environ)
    if password is None:
        return None
    run.redactor.learn([password])
    return password.encode()
