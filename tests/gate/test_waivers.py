"""Waivers: exact, bounded in time, and never of what protects others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConfigError
from conformance.gate.waivers import Waiver, apply, faults, load_waivers, sound_waivers, unused
from conformance.report.check import Check, Outcome
from conformance.report.waiving import entry_of, unwaivable
from tests.gate.handed import CATALOGUE, NOW

CHECK = Check(
    id="vector:target/query-empty", requirement="TGT-003", outcome=Outcome.FAIL,
    reason="target-query-left-out",
)  # fmt: skip
WAIVER = Waiver(
    requirement="TGT-003", check=CHECK.id, reason_code=CHECK.reason, reason="known",
    owner="team", ticket="T-1", expires=NOW + timedelta(days=10),
)  # fmt: skip
ENTRY = {
    "requirement": "TGT-003", "check": CHECK.id, "reason_code": CHECK.reason, "reason": "known",
    "owner": "team", "ticket": "T-1", "expires": "2026-04-01",
}  # fmt: skip


def file(folder: Path, *entries: dict[str, str], more: str = "") -> Path:
    path = folder / "waivers.toml"
    told = [
        "[[waiver]]\n" + "".join(f'{name} = "{text}"\n' for name, text in entry.items())
        for entry in entries
    ]
    path.write_text("\n".join(told) + more)
    return path


def changed(**changes: Any) -> Waiver:
    return replace(WAIVER, **changes)


def test_an_entry_is_read(tmp_path: Path) -> None:
    (found,) = load_waivers(file(tmp_path, ENTRY))

    assert found.key == WAIVER.key
    assert found.expires == datetime(2026, 4, 1, 23, 59, 59, tzinfo=UTC)


def test_a_date_of_toml_is_read(tmp_path: Path) -> None:
    entry = {name: text for name, text in ENTRY.items() if name != "expires"}
    (found,) = load_waivers(file(tmp_path, entry, more="expires = 2026-04-01\n"))

    assert found.expires.date() == date(2026, 4, 1)


def test_the_printed_entry_lacks_what_only_people_know(tmp_path: Path) -> None:
    """Pasted as it is, it is refused; completed, it covers the failure."""
    path = tmp_path / "waivers.toml"
    path.write_text(entry_of(CHECK))
    with pytest.raises(ConfigError, match=r"reason|owner|ticket|expires"):
        load_waivers(path)

    text = entry_of(CHECK)
    for name in ("reason", "owner", "ticket"):
        text = text.replace(f'{name} = ""', f'{name} = "x"')
    path.write_text(text.replace('expires = ""', "expires = 2026-04-01"))
    assert apply(load_waivers(path), [CHECK]).keys == {WAIVER.key}


@pytest.mark.parametrize("name", list(ENTRY))
def test_every_field_is_needed(tmp_path: Path, name: str) -> None:
    entry = {key: text for key, text in ENTRY.items() if key != name}
    with pytest.raises(ConfigError, match=name):
        load_waivers(file(tmp_path, entry))


@pytest.mark.parametrize(
    "text",
    ['[[waiver]]\nrequirement = "TGT-*"\nextra = 1', "waiver = 1", "x", "[waivers]", "\xff\xfe",
     "[[waiver]]\n" * 1001, "a = " + "[" * 5000],
)  # fmt: skip
def test_what_is_no_list_of_waivers(tmp_path: Path, text: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError) as caught:
        load_waivers(path)
    assert caught.value.hint


@pytest.mark.parametrize("expires", ["soon", "2026-13-01", "2026-04-01T10:00:00", "0"])
def test_a_day_that_is_none(tmp_path: Path, expires: str) -> None:
    with pytest.raises(ConfigError, match="no day"):
        load_waivers(file(tmp_path, {**ENTRY, "expires": expires}))


@pytest.mark.parametrize(
    "other",
    [
        {"requirement": "TGT-004"}, {"id": "generated:TGT-003"}, {"reason": "other"},
        {"outcome": Outcome.ERROR}, {"outcome": Outcome.INCONCLUSIVE},
        {"outcome": Outcome.NOT_RUN}, {"outcome": Outcome.PASS},
    ],
)  # fmt: skip
def test_only_the_very_failure_is_waived(other: dict[str, Any]) -> None:
    """Another failure of the same check still blocks; an error is never waived."""
    check = replace(CHECK, **other)

    assert not apply([WAIVER], [check]).applied
    assert unused([WAIVER], apply([WAIVER], [check]).used)


def test_a_waiver_of_one_partner_does_not_help_another() -> None:
    theirs = changed(client_id="client-2")

    assert not apply([theirs], [CHECK], client_id="client-1").applied
    assert apply([theirs], [CHECK], client_id="client-2").applied


@pytest.mark.parametrize(
    ("waivers", "says"),
    [
        ([changed(expires=NOW)], "expired on 2026-03-02"),
        ([changed(expires=NOW - timedelta(days=3))], "expired"),
        ([changed(expires=NOW + timedelta(days=92))], "more than 90 days"),
        ([changed(requirement="XYZ-001")], "does not know"),
        ([WAIVER, changed(reason="again")], "twice"),
        ([changed(requirement="SIG-002")], "cannot be"),
        ([changed(requirement="TLS-001")], "cannot be"),
        ([changed(requirement="CERT-007")], "cannot be"),
    ],
)
def test_an_entry_that_cannot_stand(waivers: list[Waiver], says: str) -> None:
    (found,) = faults(waivers, catalogue=CATALOGUE, now=NOW)

    assert says in found


def test_ninety_days_are_allowed() -> None:
    assert not faults([changed(expires=NOW + timedelta(days=90))], catalogue=CATALOGUE, now=NOW)


def test_a_policy_can_forbid_more() -> None:
    found = faults([WAIVER], catalogue=CATALOGUE, now=NOW, never={"TGT-003": "the policy says so"})

    assert "the policy says so" in found[0]


def test_a_run_refuses_waivers_that_cannot_stand(tmp_path: Path) -> None:
    path = file(tmp_path, {**ENTRY, "requirement": "SIG-001"})

    with pytest.raises(ConfigError, match="SIG-001"):
        sound_waivers(path, catalogue=CATALOGUE, now=NOW)


def test_what_cannot_be_waived_is_known_and_told_why() -> None:
    assert set(unwaivable()) <= set(CATALOGUE.requirements)
    assert {"SIG-001", "SIG-004", "TLS-001", "TLS-002", "SEC-001"} <= set(unwaivable())
    assert all(unwaivable().values())


def test_the_page_lists_what_cannot_be_waived() -> None:
    page = (Path(__file__).parents[2] / "docs/gate.md").read_text("utf-8")

    for requirement in unwaivable():
        assert requirement in page or "to SIG-004" in page, requirement
        assert unwaivable()[requirement] in page
