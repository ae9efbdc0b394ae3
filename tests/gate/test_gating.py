"""Reports and bundles decided on: alone, against a baseline, with waivers, and many at once."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Level
from conformance.errors import UsageError
from conformance.gate import gating
from conformance.gate.challenge import Challenge, Held
from conformance.gate.decision import EXIT_CODES, Decision, Ruling
from conformance.gate.gating import Gate, Gated, run_gate
from conformance.gate.overview import overview_page
from conformance.gate.policy import Policy
from conformance.gate.reading import read_report
from conformance.gate.refusal import RefusalError
from conformance.gate.registry import load_registry
from conformance.gate.sources import Kind, Source, find_sources
from conformance.gate.waivers import Waiver
from conformance.report.model import Report, Verdict
from conformance.report.verdict import EXIT_CODES as OF_RUNS
from tests.gate.handed import NOW, Partner, Plain, checks_in


def gated(*paths: Path, jobs: int | None = None, **terms: Any) -> Gated:
    return run_gate(find_sources(paths), Gate(now=NOW, **terms), jobs=jobs)


def one(path: Path, **terms: Any) -> Decision:
    (decision,) = gated(path, **terms).decisions
    return decision


@pytest.fixture
def report(somebody: Partner) -> Path:
    return somebody.reports / "readiness.json"


def edited(path: Path, name: str, check: str, **changes: object) -> Path:
    """Write a copy of the report in which the first check whose id starts so is another."""
    plain: Plain = json.loads(path.read_text())
    next(item for item in checks_in(plain) if item["id"].startswith(check)).update(changes)
    copy = path.with_name(name)
    copy.write_text(json.dumps(plain))
    return copy


def failed(path: Path, check: str = "generated:TGT-003") -> Path:
    return edited(path, "failed.json", check, outcome="fail", reason="target-query-left-out")


def waiver(**changes: object) -> Waiver:
    fields: dict[str, object] = {
        "requirement": "TGT-003", "check": "generated:TGT-003", "client_id": "",
        "reason_code": "target-query-left-out", "reason": "known", "owner": "team",
        "ticket": "T-1", "expires": NOW + timedelta(days=10),
    }  # fmt: skip
    return Waiver(**{**fields, **changes})  # type: ignore[arg-type]


def test_the_exit_codes_of_runs_are_those_of_the_gate() -> None:
    assert {verdict.value: OF_RUNS[verdict] for verdict in Verdict} == {
        ruling.value: code for ruling, code in EXIT_CODES.items() if ruling != "REGRESSION"
    }
    assert EXIT_CODES[Ruling.REGRESSION] == 6


def test_the_verdict_is_computed_again(report: Path) -> None:
    assert one(report).ruling is Ruling.READY
    decision = one(failed(report))
    assert json.loads((report.with_name("failed.json")).read_text())["verdict"] == "READY"
    assert (decision.ruling, decision.exit_code) == (Ruling.NOT_READY, 1)
    assert "TGT-003 fail" in decision.says


def test_a_partner_is_named_as_they_write_themselves(report: Path) -> None:
    plain = json.loads(report.read_text("utf-8"))
    plain["subject"]["partner"] = "Müller \x1b[31mGmbH"
    path = report.with_name("müller.json")
    path.write_text(json.dumps(plain), "utf-8")

    decision = gated(path).decisions[0]
    assert decision.partner == "Müller \\x1b[31mGmbH"


def test_a_waiver_covers_a_failure(report: Path) -> None:
    found = gated(failed(report), waivers=(waiver(),))

    assert (found.ruling, found.exit_code, found.faults) == (Ruling.READY_WITH_WAIVERS, 0, ())
    assert gated(failed(report), waivers=(waiver(),), strict=True).exit_code == 5
    assert found.decisions[0].waivers[0].owner == "team"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason_code": "other"}, "covers no failure"),
        ({"expires": NOW - timedelta(days=1)}, "expired"),
        ({"expires": NOW + timedelta(days=100)}, "90 days"),
        ({"requirement": "NON-001"}, "does not know"),
        ({"client_id": "client-2"}, "covers no failure"),
    ],
)
def test_a_faulty_waiver_fails_the_gate_and_covers_nothing(
    report: Path, changes: dict[str, object], says: str
) -> None:
    found = gated(failed(report), waivers=(waiver(**changes),))

    assert (found.ruling, found.exit_code) == (Ruling.INVALID, 2)
    assert says in found.faults[0]
    assert found.decisions[0].ruling is Ruling.NOT_READY


def test_a_waiver_of_what_passes_fails_the_gate(report: Path) -> None:
    assert gated(report, waivers=(waiver(),)).exit_code == 2


def test_what_cannot_be_waived_is_not(report: Path) -> None:
    path = edited(report, "f.json", "generated:SIG-001", outcome="fail", reason="x")
    found = gated(
        path, waivers=(waiver(requirement="SIG-001", check="generated:SIG-001", reason_code="x"),)
    )

    assert found.decisions[0].ruling is Ruling.NOT_READY
    assert found.exit_code == 2


def test_the_policy_can_rule_a_waiver_out(report: Path) -> None:
    found = gated(failed(report), waivers=(waiver(),), policy=Policy(never_waived=("TGT-003",)))

    assert (found.exit_code, found.decisions[0].ruling) == (2, Ruling.NOT_READY)


def test_an_error_is_not_waived(report: Path) -> None:
    path = edited(
        report, "e.json", "generated:TGT-003", outcome="error", reason="target-query-left-out"
    )

    assert gated(path, waivers=(waiver(),)).decisions[0].ruling is Ruling.ERROR


def test_a_should_blocks_where_the_policy_says_so(report: Path) -> None:
    path = edited(report, "w.json", "generated:STR-003", outcome="warn", reason="other-order")
    both = Policy(levels=(Level.MUST, Level.SHOULD))

    assert one(path).ruling is Ruling.READY
    assert one(path, policy=both).ruling is Ruling.NOT_READY
    accepted = waiver(requirement="STR-003", check="generated:STR-003", reason_code="other-order")
    assert gated(path, policy=both, waivers=(accepted,)).exit_code == 0


def test_worse_than_the_baseline_is_a_regression(report: Path) -> None:
    decision = one(failed(report), baseline=report)

    assert (decision.ruling, decision.exit_code) == (Ruling.REGRESSION, 6)
    assert "TGT-003 worse" in decision.says
    assert one(report, baseline=failed(report)).ruling is Ruling.READY


def test_as_bad_as_the_baseline_is_no_regression(report: Path) -> None:
    assert one(failed(report), baseline=failed(report)).ruling is Ruling.NOT_READY


def test_a_warning_that_is_new_is_a_regression_though_the_run_is_ready(report: Path) -> None:
    path = edited(report, "w.json", "generated:STR-003", outcome="warn")

    assert one(path).ruling is Ruling.READY
    assert one(path, baseline=report).ruling is Ruling.REGRESSION


def test_a_bundle_is_compared_with_a_bundle(bundle: Path, somebody: Partner) -> None:
    registry = load_registry([somebody.certificate])
    decision = one(bundle, baseline=bundle, registry=registry)

    assert (decision.ruling, decision.compared, decision.changes) == (Ruling.READY, True, ())


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b'{"schema_version": "1.0"}', b'{"schema_version": "7.0"}',
     b"\xff", b"[" * 200_000, b'{"schema_version": "1.0", "schema_version": "1.0"}'],
)  # fmt: skip
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "readiness.json"
    path.write_bytes(content)

    assert one(path).refused in {"report-broken", "report-version"}


def test_a_report_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "readiness.json"
    with path.open("wb") as file:
        file.truncate(1 << 30)

    assert one(path).refused == "unreadable"


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.update(created="2026-01-01T00:00:00"),
        lambda plain: plain.update(plan="none"),
        lambda plain: plain.update(requirements=[{}]),
        lambda plain: plain["requirements"][0].update(checks=[{"id": 1}]),
        lambda plain: plain["requirements"][0].update(id="DIG-999"),
        lambda plain: plain.update(suite={"version": "next", "catalogue_sha256": ""}),
        lambda plain: plain.update(suite={"version": "99.0.0", "catalogue_sha256": ""}),
    ],
)
def test_a_report_that_no_run_writes_is_refused(report: Path, change: object) -> None:
    plain = json.loads(report.read_text())
    change(plain)  # type: ignore[operator]
    report.write_text(json.dumps(plain))

    assert one(report).refused in {"report-broken", "suite-not-allowed"}


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError):
            find_sources([path])


@pytest.fixture
def folder(somebody: Partner, bundle: Path, tmp_path: Path) -> Path:
    """Return a folder with a bundle, one that was spoilt, a report, and a file of no interest."""
    there = tmp_path / "handed-in"
    (there / "b").mkdir(parents=True)
    shutil.copy(bundle, there / "a.zip")
    (there / "b" / "c.zip").write_bytes(bundle.read_bytes()[:-1])
    shutil.copy(failed(somebody.reports / "readiness.json"), there / "b" / "readiness.json")
    (there / "notes.txt").write_text("x")
    return there


def test_a_folder_gives_a_decision_for_each(folder: Path, somebody: Partner) -> None:
    registry = load_registry([somebody.certificate])
    found = gated(folder, registry=registry)

    assert [(item.source, item.ruling, item.refused) for item in found.decisions] == [
        ("a.zip", Ruling.READY, ""),
        ("b/c.zip", Ruling.INVALID, "zip-truncated"),
        ("b/readiness.json", Ruling.NOT_READY, ""),
    ]
    assert found.exit_code == 2


def test_several_processes_decide_as_one_does(folder: Path, somebody: Partner) -> None:
    registry = load_registry([somebody.certificate])

    assert gated(folder, registry=registry, jobs=2) == gated(folder, registry=registry, jobs=1)


def test_a_folder_is_compared_by_name(folder: Path, somebody: Partner, tmp_path: Path) -> None:
    before = tmp_path / "before" / "b"
    before.mkdir(parents=True)
    shutil.copy(somebody.reports / "readiness.json", before)
    registry = load_registry([somebody.certificate])
    found = gated(folder, registry=registry, baseline=before.parent)

    assert [item.compared for item in found.decisions] == [False, False, True]
    assert found.decisions[2].ruling is Ruling.REGRESSION


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_baseline_of_no_use_is_named_before_anything_is_judged(
    report: Path, tmp_path: Path, jobs: int
) -> None:
    empty, broken = tmp_path / "empty.json", tmp_path / "broken.zip"
    empty.write_text("{}")
    broken.write_text("PK")
    for path in (tmp_path / "nowhere.json", tmp_path / "nowhere.zip", empty, broken):
        with pytest.raises(UsageError, match=rf"baseline .*{path.name} is of no use: ") as told:
            gated(report, report, baseline=path, jobs=jobs)
        assert "--baseline" in told.value.hint


def test_a_baseline_of_no_use_in_a_folder_is_named_where_it_counts(
    folder: Path, somebody: Partner, tmp_path: Path
) -> None:
    before = tmp_path / "before" / "b"
    before.mkdir(parents=True)
    (before / "readiness.json").write_text("{}")
    registry = load_registry([somebody.certificate])
    found = gated(folder, registry=registry, baseline=before.parent)
    assert ["is of no use" in item.says for item in found.decisions] == [
        False, False, True,
    ]  # fmt: skip


def test_many_processes_compare_with_one_baseline(report: Path) -> None:
    sources = [Source(path=failed(report), name=str(n), kind=Kind.REPORT) for n in range(3)]
    found = run_gate(sources, Gate(now=NOW, baseline=report), jobs=2)
    assert [item.ruling for item in found.decisions] == [Ruling.REGRESSION] * 3


def test_the_overview_shows_hostile_text_as_text(report: Path) -> None:
    plain = json.loads(report.read_text())
    hostile = "<script>alert(1)</script>\u202e{{ 7 * 7 }}"
    plain["subject"].update(partner=hostile)
    plain["requirements"][0]["checks"][0].update(
        outcome="fail", reason="x", observed="<img src=x onerror=alert(1)>"
    )
    report.write_text(json.dumps(plain))
    page = overview_page(gated(report), NOW)

    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x" in page
    assert "49" not in page.split("<tbody>")[1].split("</th>")[0]
    assert "http://" not in page
    assert "https://" not in page


def test_what_breaks_the_gate_breaks_no_other_decision(
    somebody: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many reports, one that meets a defect of the gate is in ERROR; the rest is decided."""
    good = somebody.reports / "readiness.json"
    bad, full = (somebody.folder / name for name in ("bad.json", "full.json"))
    for path in (bad, full):
        shutil.copy(good, path)

    def breaking(path: Path) -> Report:
        if path == full:
            raise MemoryError
        if path == bad:
            raise OverflowError("a defect")
        return read_report(path)

    monkeypatch.setattr(gating, "read_report", breaking)
    sources = [Source(path=path, name=path.name, kind=Kind.REPORT) for path in (bad, full, good)]
    decisions = run_gate(sources, Gate(now=NOW), jobs=1).decisions

    assert [item.ruling for item in decisions] == [Ruling.ERROR, Ruling.INVALID, Ruling.READY]
    assert "OverflowError in test_gating.py" in decisions[0].says
    assert decisions[1].refused == "unreadable"


def test_a_challenge_is_not_used_up_while_a_waiver_cannot_stand(
    bundle: Path, somebody: Partner, challenge: Challenge, tmp_path: Path
) -> None:
    held = Held(challenge=challenge, path=tmp_path / "ch.json")
    idle = Waiver(
        requirement="TGT-003", check="vector:target/query-empty", reason_code="x", reason="x",
        owner="x", ticket="x", expires=NOW + timedelta(days=1),
    )  # fmt: skip
    gate = Gate(
        now=NOW, registry=load_registry([somebody.certificate]), waivers=(idle,),
        challenges={challenge.id: held},
    )  # fmt: skip
    source = Source(path=bundle, name="b", kind=Kind.BUNDLE)

    assert run_gate([source], gate).ruling is Ruling.INVALID
    assert not held.used_by()
    assert run_gate([source], replace(gate, waivers=())).ruling is Ruling.READY
    assert held.used_by()


def test_of_many_that_mark_a_challenge_at_once_one_wins(
    challenge: Challenge, tmp_path: Path
) -> None:
    """Nobody ever sees a mark without its digest."""
    held = Held(challenge=challenge, path=tmp_path / "ch.json")

    def use(number: int) -> int | None:
        try:
            held.use(f"{number % 8}" * 64)
        except RefusalError:
            return None
        return number % 8

    with ThreadPoolExecutor(16) as pool:
        won = {number for number in pool.map(use, range(64)) if number is not None}

    assert held.used_by() == f"{won.pop()}" * 64
    assert not won
    assert [path.name for path in tmp_path.iterdir()] == ["ch.json.used"]
