"""A bundle that was tampered with is refused, each by its own reason, and quickly."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance import __version__
from conformance.gate.challenge import Challenge, Held, new_challenge
from conformance.gate.decision import Decision, Ruling
from conformance.gate.gating import Gate, run_gate
from conformance.gate.manifest import MANIFEST, SUBMISSION
from conformance.gate.policy import Policy
from conformance.gate.reading import read_report
from conformance.gate.registry import Registry, load_registry
from conformance.gate.sources import Kind, Source
from tests.gate.handed import (
    CATALOGUE,
    CLIENT,
    NOW,
    Partner,
    Plain,
    checks_in,
    decided,
    lie,
    partner,
    relisted,
    unzipped,
    zipped,
)

EVIDENCE = "evidence.jsonl"
REPORT = "readiness.json"


def reason(bundle: Path, registered: Path, **terms: Any) -> str:
    """Return why the bundle is refused; what else is decided of it is a failure."""
    decision = decided(bundle, registered, **terms)
    assert decision.ruling is Ruling.INVALID, decision.says
    assert decision.exit_code == 2
    assert decision.says
    assert not decision.used
    return decision.refused


def held(challenge: Challenge, folder: Path) -> dict[str, Held]:
    return {challenge.id: Held(challenge=challenge, path=folder / "challenge.json")}


def changed(data: bytes, place: int = -40) -> bytes:
    spoilt = bytearray(data)
    spoilt[place] ^= 1
    return bytes(spoilt)


def test_a_bundle_as_it_was_made_is_ready(bundle: Path, somebody: Partner) -> None:
    decision = decided(bundle, somebody.certificate)

    assert decision.ruling is Ruling.READY, decision
    assert decision.client_id == CLIENT
    assert [step.name for step in decision.steps] == [
        "zip", "hashes", "signature", "cert", "time", "challenge", "suite", "evidence"
    ]  # fmt: skip


@pytest.mark.parametrize("name", [REPORT, EVIDENCE])
def test_a_file_edited_by_one_octet(bundle: Path, somebody: Partner, name: str) -> None:
    files = unzipped(bundle)
    zipped({**files, name: changed(files[name])}, bundle)

    assert reason(bundle, somebody.certificate) == "hash-differs"


@pytest.mark.parametrize("name", [REPORT, EVIDENCE])
def test_a_file_edited_and_the_manifest_with_it(bundle: Path, somebody: Partner, name: str) -> None:
    files = unzipped(bundle)
    zipped(relisted({**files, name: changed(files[name])}), bundle)

    assert reason(bundle, somebody.certificate) == "signature-wrong"


def test_every_octet_of_the_manifest_is_under_the_signature(
    bundle: Path, somebody: Partner
) -> None:
    """White space too, which changes no value."""
    files = unzipped(bundle)
    zipped({**files, MANIFEST: files[MANIFEST].replace(b"\n", b"\n ", 1)}, bundle)

    assert reason(bundle, somebody.certificate) == "signature-wrong"


def test_a_signature_by_another_key(bundle: Path, somebody: Partner, tmp_path: Path) -> None:
    """Somebody signs the partner's manifest with a key of their own, and shows the right one."""
    other = partner(tmp_path / "other", 2)
    shutil.copytree(somebody.reports, other.reports)
    theirs = json.loads(unzipped(other.bundle())[SUBMISSION])
    files = unzipped(bundle)
    mine = json.loads(files[SUBMISSION])
    forged = {**theirs, "certificate": mine["certificate"]}
    zipped(
        {**unzipped(other.folder / "bundle.zip"), SUBMISSION: json.dumps(forged).encode()}, bundle
    )

    assert reason(bundle, somebody.certificate) == "signature-wrong"


def test_a_bundle_signed_by_another_partner(somebody: Partner, tmp_path: Path) -> None:
    """The files of one, the signature and certificate of another."""
    other = partner(tmp_path / "other", 2)
    shutil.copytree(somebody.reports, other.reports)

    assert reason(other.bundle(), somebody.certificate) == "certificate-not-registered"


def test_a_bundle_of_another_client_id(bundle: Path, somebody: Partner, tmp_path: Path) -> None:
    """A folder of certificates says who may speak for which client id."""
    folder = tmp_path / "registered"
    folder.mkdir()
    shutil.copy(somebody.certificate, folder / "client-2.pem")

    assert reason(bundle, folder) == "partner-unknown"

    shutil.copy(partner(tmp_path / "other", 2).certificate, folder / f"{CLIENT}.pem")
    assert reason(bundle, folder) == "certificate-not-registered"

    shutil.copy(somebody.certificate, folder / f"{CLIENT}.pem")
    assert decided(bundle, folder).ruling is Ruling.READY


def test_nobody_is_registered(bundle: Path) -> None:
    source = Source(path=bundle, name="b", kind=Kind.BUNDLE)
    (decision,) = run_gate([source], Gate(now=NOW, registry=Registry())).decisions

    assert decision.refused == "partner-unknown"


def test_a_client_id_that_is_a_path_names_no_file(
    bundle: Path, somebody: Partner, tmp_path: Path
) -> None:
    folder = tmp_path / "registered"
    folder.mkdir()
    shutil.copy(somebody.certificate, folder / "..%2F..%2Fclient-1.pem")
    registry = load_registry([folder])

    assert set(registry.by_client) == {"..%2F..%2Fclient-1"}
    assert reason(bundle, folder) == "partner-unknown"


def test_an_old_bundle(bundle: Path, somebody: Partner) -> None:
    later = NOW + timedelta(days=91)

    assert reason(bundle, somebody.certificate, now=later) == "too-old"
    assert reason(
        bundle, somebody.certificate, now=NOW + timedelta(days=8),
        policy=Policy(max_age=timedelta(days=7)),
    ) == "too-old"  # fmt: skip


def test_an_old_report_under_a_new_signature(somebody: Partner) -> None:
    """Signing again does not make the run younger."""
    later = NOW + timedelta(days=91)
    bundle = somebody.bundle(at=later)

    assert reason(bundle, somebody.certificate, now=later) == "too-old"


def test_a_bundle_from_the_future(somebody: Partner) -> None:
    bundle = somebody.bundle(at=NOW + timedelta(hours=1))

    assert reason(bundle, somebody.certificate) == "from-the-future"


def test_a_report_made_after_its_signature(somebody: Partner) -> None:
    bundle = somebody.bundle(at=NOW - timedelta(hours=1))

    assert reason(bundle, somebody.certificate) == "report-after-signature"


@pytest.mark.parametrize("begins", [NOW + timedelta(days=1), NOW - timedelta(days=400)])
def test_a_certificate_that_was_not_valid(
    somebody: Partner, tmp_path: Path, begins: object
) -> None:
    wrong = partner(tmp_path / "wrong", 3, begins=begins)  # type: ignore[arg-type]
    shutil.copytree(somebody.reports, wrong.reports)

    assert reason(wrong.bundle(), wrong.certificate) == "certificate-not-valid-then"


def test_a_certificate_may_have_expired_since(somebody: Partner, tmp_path: Path) -> None:
    """What counts is the moment of signing."""
    begins = NOW - timedelta(days=364, hours=23)
    expiring = partner(tmp_path / "expiring", 4, begins=begins)
    shutil.copytree(somebody.reports, expiring.reports)

    later = decided(expiring.bundle(), expiring.certificate, now=NOW + timedelta(days=5))
    assert later.ruling is Ruling.READY


def another_run(report: Plain) -> None:
    """Make the report one of another run, as far as a manifest tells."""
    report.update(id="another", created="2026-03-02T12:00:01Z")


def test_the_challenge_is_answered_once(
    bundle: Path, somebody: Partner, challenge: Challenge, tmp_path: Path
) -> None:
    known = held(challenge, tmp_path)

    assert decided(bundle, somebody.certificate, challenges=known).ruling is Ruling.READY
    assert decided(bundle, somebody.certificate, challenges=known).ruling is Ruling.READY
    again = somebody.bundle(at=NOW + timedelta(minutes=1))
    assert decided(again, somebody.certificate, challenges=known).ruling is Ruling.READY, (
        "the same manifest, signed again, is the same bundle"
    )
    lie(somebody, another_run)
    other = somebody.bundle(at=NOW + timedelta(minutes=2))
    assert reason(other, somebody.certificate, challenges=known) == "challenge-replayed"


def test_of_two_bundles_for_one_challenge_the_second_is_refused(
    bundle: Path, somebody: Partner, challenge: Challenge, tmp_path: Path
) -> None:
    """Also when both are judged in one go."""
    first = tmp_path / "a.zip"
    shutil.copy(bundle, first)
    lie(somebody, another_run)
    second = somebody.bundle(at=NOW + timedelta(seconds=2))
    gate = Gate(
        now=NOW, registry=load_registry([somebody.certificate]),
        challenges=held(challenge, tmp_path),
    )  # fmt: skip
    sources = [Source(path=path, name=path.name, kind=Kind.BUNDLE) for path in (first, second)]

    assert [item.refused for item in run_gate(sources, gate, jobs=2).decisions] == [
        "", "challenge-replayed"
    ]  # fmt: skip


def test_a_bundle_without_the_challenge(
    somebody: Partner, challenge: Challenge, tmp_path: Path
) -> None:
    lie(
        somebody,
        lambda report: report.update(challenge=""),
        lambda lines: [line for line in lines if not line.get("id", "").startswith("challenge/")],
    )
    assert decided(somebody.bundle(), somebody.certificate).ruling is Ruling.READY
    bundle = somebody.bundle()

    assert (
        reason(bundle, somebody.certificate, challenges=held(challenge, tmp_path))
        == "challenge-missing"
    )
    assert (
        reason(bundle, somebody.certificate, policy=Policy(challenge=True)) == "challenge-missing"
    )


def test_a_bundle_of_another_challenge(bundle: Path, somebody: Partner, tmp_path: Path) -> None:
    """An old run is shown again."""
    fresh = new_challenge(NOW, partner=CLIENT)

    assert reason(bundle, somebody.certificate, challenges=held(fresh, tmp_path)) == (
        "challenge-unknown"
    )


def test_a_run_that_names_a_challenge_and_did_not_answer_it(
    somebody: Partner, tmp_path: Path
) -> None:
    """The name of the challenge is written into an old report, which is then signed."""
    fresh = new_challenge(NOW - timedelta(days=1), partner=CLIENT)
    lie(somebody, lambda report: report.update(challenge=fresh.id))

    assert reason(somebody.bundle(), somebody.certificate, challenges=held(fresh, tmp_path)) in {
        "evidence-differs", "challenge-unanswered"
    }  # fmt: skip


def test_a_run_that_left_out_a_case_of_the_challenge(
    somebody: Partner, challenge: Challenge, tmp_path: Path
) -> None:
    lie(
        somebody,
        of_evidence=lambda lines: [line for line in lines if line.get("id") != "challenge/7"],
    )

    assert (
        reason(somebody.bundle(), somebody.certificate, challenges=held(challenge, tmp_path))
        == "challenge-unanswered"
    )


def test_a_challenge_that_is_too_late(
    somebody: Partner, challenge: Challenge, tmp_path: Path
) -> None:
    """The run was in time, the signature was not."""
    late = challenge.expires + timedelta(hours=1)
    bundle = somebody.bundle(at=late)

    assert (
        reason(bundle, somebody.certificate, now=late, challenges=held(challenge, tmp_path))
        == "challenge-expired"
    )


def test_the_challenge_of_another_partner(somebody: Partner, tmp_path: Path) -> None:
    theirs = new_challenge(NOW, partner="client-9")
    lie(somebody, lambda report: report.update(challenge=theirs.id))

    assert (
        reason(somebody.bundle(), somebody.certificate, challenges=held(theirs, tmp_path))
        == "challenge-of-another"
    )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(oldest_suite="0.2.0"), "suite-not-allowed"),
        (Policy(newest_suite="0.0.9"), "suite-not-allowed"),
        (Policy(profile="default"), "profile-too-small"),
    ],
)
def test_a_suite_or_profile_that_does_not_count(
    bundle: Path, somebody: Partner, policy: Policy, expected: str
) -> None:
    assert reason(bundle, somebody.certificate, policy=policy) == expected


def test_a_plan_that_the_policy_does_not_take(bundle: Path, somebody: Partner) -> None:
    """The report of a signer alone does not show a client."""
    decision = decided(bundle, somebody.certificate, policy=Policy(plan="readiness"))

    assert decision.ruling is Ruling.INCOMPLETE
    assert decision.exit_code == 4
    assert any(item.requirement.startswith("CERT-") for item in decision.blocking)


@pytest.mark.parametrize("name", [MANIFEST, SUBMISSION, REPORT, EVIDENCE])
def test_a_file_is_missing(bundle: Path, somebody: Partner, name: str) -> None:
    files = unzipped(bundle)
    del files[name]

    assert reason(zipped(files, bundle), somebody.certificate) in {"file-missing", "files-differ"}


def test_a_file_is_added(bundle: Path, somebody: Partner) -> None:
    zipped({**unzipped(bundle), "extra.json": b"{}"}, bundle)

    assert reason(bundle, somebody.certificate) == "files-differ"


@pytest.mark.parametrize("name", [MANIFEST, SUBMISSION])
@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"version": NaN}', b'{"version": 1e999}',
        b"[" * 60_000, b'{"a":' * 12_000, b'{"version": "1.0", "version": "1.0"}',
        b'{"version": ' + b"9" * 60_000 + b"}", b'{"version": "9.9"}', b" " * 70_000,
    ],
)  # fmt: skip
def test_small_files_that_are_not_what_they_should_be(
    bundle: Path, somebody: Partner, name: str, content: bytes
) -> None:
    zipped({**unzipped(bundle), name: content}, bundle)

    assert reason(bundle, somebody.certificate) in {
        "manifest-broken", "submission-broken", "bundle-version", "entry-too-large"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"verdict":', b'"verdict": "READY", "verdict":'),
        (b'"exit_code": 0', b'"exit_code": NaN'),
        (b'"exit_code": 0', b'"exit_code": ' + b"[" * 100_000 + b"]" * 100_000),
        (b'"exit_code": 0', b'"exit_code": "zero"'),
        (b'"schema_version": "1.0"', b'"schema_version": "2.0"'),
        (b'"challenge"', b'"unknown": 1, "challenge"'),
    ],
)
def test_a_signed_report_that_no_run_writes(
    somebody: Partner, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes
) -> None:
    """A partner who signs nonsense: it is parsed only after the signature, and refused."""
    file = somebody.reports / REPORT
    data = file.read_bytes()
    assert old in data
    bundle = sign_anyway(somebody, data.replace(old, new, 1), monkeypatch)

    assert reason(bundle, somebody.certificate) in {"report-broken", "report-version"}


def sign_anyway(somebody: Partner, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a bundle around a report that `bundle create` would not take."""
    from conformance.gate import bundling  # noqa: PLC0415

    honest = read_report(somebody.reports / REPORT)
    (somebody.reports / REPORT).write_bytes(data)
    with monkeypatch.context() as patched:
        patched.setattr(bundling, "report_of", lambda *_: honest)
        return somebody.bundle()


def test_a_gigabyte_of_report_is_refused_in_little_memory(bundle: Path, somebody: Partner) -> None:
    """It is packed a thousandfold, and its manifest is right."""
    files = unzipped(bundle)
    zipped({**files, REPORT: b" " * (70 << 20)}, bundle)
    del files

    tracemalloc.start()
    assert reason(bundle, somebody.certificate) == "zip-bomb"
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_what_is_no_bundle_at_all(somebody: Partner, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_text("not a zip file")

    assert reason(file, somebody.certificate) == "no-zip"


def test_a_file_that_is_not_there(somebody: Partner, tmp_path: Path) -> None:
    assert reason(tmp_path / "b.zip", somebody.certificate) == "unreadable"


def test_a_manifest_of_other_names_is_refused_before_the_signature(
    bundle: Path, somebody: Partner
) -> None:
    files = unzipped(bundle)
    manifest = json.loads(files[MANIFEST])
    manifest["files"][0]["name"] = "../../../etc/passwd"
    zipped({**files, MANIFEST: json.dumps(manifest).encode()}, bundle)

    decision: Decision = decided(bundle, somebody.certificate)
    assert decision.refused == "manifest-broken"
    assert [step.name for step in decision.steps] == ["zip"]


def every_requirement_passes(report: Plain) -> None:
    """Let a check of a kind that leaves no evidence pass for all that there is."""
    blank = {**checks_in(report)[0], "outcome": "pass", "id": "probe:ping", "evidence": []}
    report.update(plan="readiness", parts=["offline", "material"], profile="default", evidence=[])
    report["requirements"] = [
        {
            **report["requirements"][0], "id": item.id, "level": item.level.value,
            "outcome": "pass", "checks": [{**blank, "requirement": item.id}],
        }
        for item in CATALOGUE.requirements.values()
    ]  # fmt: skip


@pytest.mark.parametrize("parts", [[], ["offline", "material"], ["live"], ["client", "live"]])
def test_a_report_without_evidence_shows_nothing_of_a_signer(
    somebody: Partner, parts: list[str]
) -> None:
    lie(somebody, every_requirement_passes)
    lie(somebody, lambda report: report.update(parts=parts))
    (somebody.reports / EVIDENCE).unlink()

    assert reason(somebody.bundle(), somebody.certificate) == "evidence-missing"


@pytest.mark.parametrize(
    "suite",
    [{"catalogue_sha256": "0" * 64}, {"version": "0.1.0x"}, {"version": "0.1"},
     {"version": "00.1.0"}],
)  # fmt: skip
def test_this_version_under_another_name_is_no_other_version(
    somebody: Partner, suite: dict[str, str]
) -> None:
    """Of other versions the vectors cannot be compared, which a policy may not want."""
    assert __version__ == "0.1.0"
    lie(somebody, lambda report: report["suite"].update(suite))

    assert reason(somebody.bundle(), somebody.certificate) == "suite-not-allowed"


def test_a_part_that_is_not_named_is_of_a_profile_as_well(somebody: Partner) -> None:
    lie(somebody, lambda report: report.update(parts=[]))
    bundle = somebody.bundle()

    assert reason(bundle, somebody.certificate, policy=Policy(profile="default")) == (
        "profile-too-small"
    )


def test_generated_requests_that_nobody_may_decline_are_not_declined(somebody: Partner) -> None:
    """Most of them are declined, and said to be of the kind that may be."""

    def declined(lines: list[Plain]) -> list[Plain]:
        for line in lines:
            if line.get("id", "").startswith("generated/") and line["id"] != "generated/0":
                line["case"]["refusal"] = "allowed"
                line.update(answer="refused", target=None)
                del line["headers"]
        return lines

    lie(somebody, of_evidence=declined)

    assert reason(somebody.bundle(), somebody.certificate) == "evidence-differs"
