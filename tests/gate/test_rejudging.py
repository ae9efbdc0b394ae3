"""A partner who lies and signs the lie: the evidence is judged again, and does not bear it out."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from conformance.gate import rejudging
from conformance.gate.challenge import Challenge, Held
from conformance.gate.decision import Ruling
from tests.gate.handed import NOW, Partner, Plain, checks_in, decided, keeper, lie, partner, run

Lines = list[Plain]
VECTOR = "vectors/body/"


def reason(somebody: Partner) -> str:
    decision = decided(somebody.bundle(), somebody.certificate)
    assert decision.ruling is Ruling.INVALID, decision.says
    return decision.refused


def line_of(lines: Lines, start: str) -> Plain:
    """Return the first signed request whose id starts so, and that has a body."""
    return next(line for line in lines if line.get("id", "").startswith(start) and line["headers"])


def with_header(lines: Lines, start: str, name: str, value: str) -> Lines:
    line = line_of(lines, start)
    line["headers"] = [[key, value if key.lower() == name else old] for key, old in line["headers"]]
    return lines


@pytest.mark.parametrize("start", ["vectors/", "generated/", "challenge/"])
def test_a_request_that_is_signed_wrong(somebody: Partner, start: str) -> None:
    """The report says pass of everything; one request of the evidence is another."""
    lie(
        somebody,
        of_evidence=lambda lines: with_header(lines, start, "digest", "SHA-256=" + "A" * 43 + "="),
    )

    assert reason(somebody) == "check-contradicted"


def test_a_signature_of_another_request(somebody: Partner) -> None:
    def swap(lines: Lines) -> Lines:
        signed = [line for line in lines if line.get("id", "").startswith("generated/")]
        signed[3]["headers"] = signed[4]["headers"]
        return lines

    lie(somebody, of_evidence=swap)

    assert reason(somebody) == "check-contradicted"


@pytest.fixture(scope="module")
def finished_wrong(tmp_path_factory: pytest.TempPathFactory, challenge: Challenge) -> Partner:
    """Return a partner whose signer errs, after a run that answers the challenge."""
    somebody = partner(tmp_path_factory.mktemp("wrong") / "acme")
    run(somebody, adapter="python:tests.gate.wrong:UpperCase", challenge=challenge)
    return somebody


@pytest.fixture
def wrong(finished_wrong: Partner, tmp_path: Path) -> Partner:
    shutil.copytree(finished_wrong.folder, tmp_path / "wrong")
    return Partner(folder=tmp_path / "wrong")


@pytest.mark.slow
def test_a_challenge_that_was_answered_wrong_is_answered(
    wrong: Partner, challenge: Challenge, tmp_path: Path
) -> None:
    """Failures are told by plainer requests; those of the challenge stay in the evidence."""
    held = {challenge.id: Held(challenge=challenge, path=tmp_path / "challenge.json")}
    decision = decided(wrong.bundle(), wrong.certificate, challenges=held)

    assert (decision.ruling, decision.refused) == (Ruling.NOT_READY, "")
    assert decision.challenge == challenge.id
    assert not held[challenge.id].used_by(), "a bundle that is not accepted uses up nothing"


def test_a_failure_that_the_report_hides(wrong: Partner) -> None:
    """A signer that is wrong, and a report that says it is right."""

    def whiten(report: Plain) -> None:
        for check in checks_in(report):
            if check["outcome"] == "fail":
                check.update(outcome="pass", reason="", diagnosis=[], broken=0)
        report["verdict"], report["exit_code"] = "READY", 0

    honest = decided(wrong.bundle(), wrong.certificate)
    assert honest.ruling is Ruling.NOT_READY
    lie(wrong, whiten)
    assert reason(wrong) == "check-contradicted"


def test_a_failure_that_the_report_calls_left_out(wrong: Partner) -> None:
    """What was not run hides nothing that the evidence shows."""

    def leave_out(report: Plain) -> None:
        for check in checks_in(report):
            if check["outcome"] == "fail":
                check.update(outcome="not_run", reason="deselected")

    lie(wrong, leave_out)
    assert decided(wrong.bundle(), wrong.certificate).ruling is Ruling.NOT_READY


def test_failures_that_are_cut_out_of_the_report(wrong: Partner) -> None:

    def cut_out(report: Plain) -> None:
        for item in report["requirements"]:
            item["checks"] = [check for check in item["checks"] if check["outcome"] != "fail"]

    lie(wrong, cut_out)
    assert reason(wrong) == "check-contradicted"


def test_failures_that_are_cut_out_of_report_and_evidence(wrong: Partner) -> None:
    """Then something that the suite asks is missing."""
    broken: set[str] = set()

    def cut_out(report: Plain) -> None:
        for item in report["requirements"]:
            broken.update(
                name
                for check in item["checks"]
                if check["outcome"] == "fail" and check["id"].startswith("vector:")
                for name in check["evidence"]
            )
            item["checks"] = [
                check for check in item["checks"] if not broken & set(check["evidence"])
            ]
            for check in item["checks"]:
                if check["outcome"] == "fail":
                    check["outcome"] = "pass"

    lie(wrong, cut_out)
    lie(wrong, of_evidence=lambda lines: [
        line for line in lines if line.get("id") not in broken
    ])  # fmt: skip
    assert reason(wrong) in {"check-contradicted", "evidence-missing"}


def without(start: str, count: int) -> Callable[[Lines], Lines]:
    def drop(lines: Lines) -> Lines:
        doomed = [line["id"] for line in lines if line.get("id", "").startswith(start)][:count]
        return [line for line in lines if line.get("id") not in doomed]

    return drop


@pytest.mark.parametrize(
    ("start", "count"), [("vectors/", 1), ("generated/", 1), ("generated/", 150)]
)
def test_evidence_that_is_not_there(somebody: Partner, start: str, count: int) -> None:
    lie(somebody, of_evidence=without(start, count))

    assert reason(somebody) == "evidence-missing"


def test_a_generated_request_under_the_name_of_a_stored_one(somebody: Partner) -> None:
    """Only a failure is stored in place of what was generated."""

    def rename(lines: Lines) -> Lines:
        line = line_of(lines, "generated/")
        line["id"] = line["case"]["id"] = "stored/0123456789ab"
        return lines

    lie(somebody, of_evidence=rename)

    assert reason(somebody) == "evidence-missing"


def test_no_evidence_at_all(somebody: Partner) -> None:
    lie(somebody, lambda report: report.update(evidence=[]))

    assert reason(somebody) == "evidence-missing"


def test_a_report_that_says_it_ran_nothing_offline(somebody: Partner) -> None:
    """Its checks are held against the evidence all the same."""
    lie(somebody, lambda report: report.update(parts=[], profile=""), without("vectors/", 3))

    assert reason(somebody) in {"report-broken", "evidence-missing"}


def test_checks_that_are_taken_out_leave_a_gap(somebody: Partner) -> None:
    """Report and evidence agree; but the suite asks more."""

    def take_out(report: Plain) -> None:
        for item in report["requirements"]:
            item["checks"] = [
                check for check in item["checks"] if not check["id"].startswith("vector:body/")
            ]

    lie(somebody, take_out, without("vectors/body/", 1000))
    decision = decided(somebody.bundle(), somebody.certificate)
    assert decision.ruling is Ruling.INCOMPLETE


def test_withheld_evidence(somebody: Partner) -> None:
    def withhold(lines: Lines) -> Lines:
        line_of(lines, "generated/")["withheld"] = "its body holds a secret"
        return lines

    lie(somebody, of_evidence=withhold)

    assert reason(somebody) == "evidence-withheld"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda line: line["expected"].update(skew_s=1e9), id="skew"),
        pytest.param(lambda line: line["expected"].update(key_id="client-2"), id="key-id"),
        pytest.param(lambda line: line["expected"].update(place=None), id="place"),
        pytest.param(lambda line: line["expected"].update(place="authorization"), id="other-place"),
        pytest.param(lambda line: line["expected"].update(base_path="/x"), id="prefix"),
        pytest.param(lambda line: line["expected"].update(signed_path="full"), id="signed-path"),
        pytest.param(lambda line: line["expected"].update(date=None), id="no-date"),
        pytest.param(
            lambda line: line["expected"].update(date="2020-01-01T00:00:00+00:00"), id="date"
        ),
        pytest.param(lambda line: line["expected"].update(key=None), id="no-key"),
        pytest.param(lambda line: line.update(target="/x"), id="target"),
        pytest.param(lambda line: line["case"].update(method="get"), id="method"),
        pytest.param(lambda line: line["case"].update(target="/ping?easy"), id="case-target"),
        pytest.param(lambda line: line["case"].update(requirements=[]), id="requirements"),
        pytest.param(lambda line: line["case"].update(refusal="allowed"), id="refusal"),
        pytest.param(lambda line: line["case"].update(id="vectors/x/y"), id="two-names"),
        pytest.param(
            lambda line: (line.update(id="vectors/x/y"), line["case"].update(id="vectors/x/y")),
            id="unknown-vector",
        ),
        pytest.param(
            lambda line: (line.update(id="mine/1"), line["case"].update(id="mine/1")), id="no-case"
        ),
    ],
)  # fmt: skip
def test_a_vector_that_is_judged_by_another_measure(
    somebody: Partner, change: Callable[[Plain], None]
) -> None:
    def spoil(lines: Lines) -> Lines:
        change(line_of(lines, VECTOR))
        return lines

    lie(somebody, of_evidence=spoil)

    assert reason(somebody) in {"evidence-differs", "evidence-broken"}


def test_vectors_signed_with_a_key_of_ones_own(somebody: Partner) -> None:
    """Each vector names its key; the evidence may not bring another one."""

    def own(lines: Lines) -> Lines:
        mine = line_of(lines, "generated/")["expected"]["key"]
        line_of(lines, VECTOR)["expected"]["key"] = mine
        return sorted(lines, key=lambda line: "key" not in line)

    lie(somebody, of_evidence=own)

    assert reason(somebody) == "evidence-differs"


def test_a_key_that_goes_by_a_wrong_name(somebody: Partner) -> None:
    def rename(lines: Lines) -> Lines:
        line = next(line for line in lines if "key" in line)
        line["spki_b64"] = base64.b64encode(b"0" * 20).decode()
        return lines

    lie(somebody, of_evidence=rename)

    assert reason(somebody) == "evidence-broken"


@pytest.mark.parametrize("outcome", ["fail", "error", "inconclusive"])
def test_a_report_that_is_worse_than_its_evidence_stays_so(somebody: Partner, outcome: str) -> None:
    def blacken(report: Plain) -> None:
        checks_in(report)[0]["outcome"] = outcome

    lie(somebody, blacken)
    decision = decided(somebody.bundle(), somebody.certificate)
    assert decision.ruling in {Ruling.NOT_READY, Ruling.ERROR, Ruling.INCOMPLETE}


def test_the_verdict_that_a_report_claims_is_not_looked_at(somebody: Partner) -> None:
    lie(somebody, lambda report: report.update(verdict="NOT_READY", exit_code=1, blocking=[]))

    assert decided(somebody.bundle(), somebody.certificate).ruling is Ruling.READY


def test_what_leaves_no_evidence_is_taken_and_counted(somebody: Partner) -> None:
    """Checks of files handed over, and probes: the bundle's steps say how many."""

    def add(report: Plain) -> None:
        item = next(item for item in report["requirements"] if item["checks"])
        copied = {**item["checks"][0], "id": "certificate:tls", "evidence": []}
        copied["requirement"] = "CERT-006"
        report["requirements"].append({**item, "id": "CERT-006", "checks": [copied]})

    lie(somebody, add)
    decision = decided(somebody.bundle(), somebody.certificate)
    assert decision.ruling is Ruling.READY
    assert decision.steps[-1].says.endswith("1 taken from the report")


def test_a_check_that_stands_there_twice(somebody: Partner) -> None:
    def double(report: Plain) -> None:
        item = next(item for item in report["requirements"] if item["checks"])
        item["checks"].append(item["checks"][0])

    lie(somebody, double)

    assert reason(somebody) == "report-broken"


def test_a_report_of_another_certificate(somebody: Partner) -> None:
    other = {
        "use": "signature", "sha256": "0" * 64, "valid_from": "2026-01-01T00:00:00Z",
        "expires": "2027-01-01T00:00:00Z", "subject": "CN=x", "key": "RSA 2048",
    }  # fmt: skip
    lie(somebody, lambda report: report["subject"].update(certificates=[other]))

    assert reason(somebody) == "certificate-differs"


def test_a_report_by_another_version_of_the_rules(somebody: Partner) -> None:
    """What cannot be compared is not; what is signed wrong is seen all the same."""
    other = {"version": "0.0.9", "catalogue_sha256": "0" * 64}
    lie(somebody, lambda report: report["suite"].update(other))
    assert decided(somebody.bundle(), somebody.certificate).ruling is Ruling.READY

    lie(
        somebody,
        of_evidence=lambda lines: with_header(lines, "vectors/", "digest", "SHA-256=AAAA"),
    )
    assert reason(somebody) == "check-contradicted"


def test_lines_that_are_no_evidence(somebody: Partner) -> None:
    lie(somebody, of_evidence=lambda lines: [*lines, {"id": "x"}])

    assert reason(somebody) == "evidence-broken"


def test_requests_that_all_fail_do_not_take_for_ever(
    somebody: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand strings that nothing explains: the search for causes is bounded."""

    def spoil(lines: Lines) -> Lines:
        for line in lines:
            if line.get("headers"):
                line["headers"] = [
                    [name, value.replace("a", "b").replace("A", "C")]
                    for name, value in line["headers"]
                ]
        return lines

    lie(somebody, of_evidence=spoil)
    monkeypatch.setattr(rejudging, "PATIENCE", timedelta(seconds=1))
    assert reason(somebody) in {"check-contradicted", "evidence-too-large"}


def test_the_moment_of_a_signer_with_its_own_clock(tmp_path: Path) -> None:
    """It may lie within the run, not a year before it."""
    own = partner(tmp_path / "own")
    run(own, adapter="python:tests.gate.wrong:OwnClock")
    assert decided(own.bundle(), own.certificate).refused != "evidence-differs"

    def backdate(lines: Lines) -> Lines:
        for line in lines:
            if "expected" in line and line["expected"]["now"]:
                line["expected"]["now"] = (NOW - timedelta(days=300)).isoformat()
        return lines

    lie(own, of_evidence=backdate)
    assert reason(own) == "evidence-differs"


def test_a_signer_that_keeps_its_key_is_proved_by_it(tmp_path: Path) -> None:
    """Then every request must be signed with the registered key."""
    own = partner(tmp_path / "own")
    run(own, adapter=keeper(own))
    assert decided(own.bundle(), own.certificate).ruling is Ruling.READY

    other = partner(tmp_path / "other", 2)
    shutil.copytree(own.reports, other.reports)
    lie(other, lambda report: report["subject"].update(certificates=[]))
    assert reason(other) == "evidence-differs"


def test_more_requests_than_any_run_has(somebody: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is not even read: a line behind the limit may be anything."""
    lie(somebody, of_evidence=lambda lines: [*lines, {"id": "x"}])
    monkeypatch.setattr(rejudging, "MOST", 20)

    assert reason(somebody) == "evidence-too-large"
