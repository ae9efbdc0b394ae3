"""Nothing creates data or strains the API unless asked for; an estimate says what will be sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conformance.catalogue import load_catalogue
from conformance.config import Settings
from conformance.probes.asking import Need, granted
from conformance.probes.estimate import PREFLIGHT, estimate, planned_probes
from conformance.probes.listing import ERRORS, PROBES, SERIES, in_order, names_of, planned

LOCAL = Settings(control_url="https://localhost:8444")
FLAGGED = {"rate-limit": Need.STRAIN, "applications": Need.CREATE,
           "address-unlisted": Need.ELSEWHERE}  # fmt: skip


def test_a_real_host_is_spared_what_was_not_asked_for() -> None:
    assert granted(Settings()) == frozenset()
    left_out = {item.id: item.needs for item in planned_probes(Settings()) if item.needs}
    assert left_out == FLAGGED


@pytest.mark.parametrize(
    ("settings", "need"),
    [
        (Settings(probe_rate_limit=True), Need.STRAIN),
        (Settings(create_applications=True), Need.CREATE),
        (Settings(unlisted_proxy="http://elsewhere.example:3128"), Need.ELSEWHERE),
    ],
)
def test_each_flag_grants_one_thing(settings: Settings, need: Need) -> None:
    assert granted(settings) == {need}
    left_out = {item.needs for item in planned_probes(settings) if item.needs}
    assert left_out == set(Need) - {need}


def test_a_controlled_sandbox_grants_everything() -> None:
    assert granted(LOCAL) == set(Need)
    sent = planned_probes(LOCAL)
    assert not [item for item in sent if item.needs]
    assert {item.id for item in sent} >= {"token-expired", "certificate-expired"}


def test_each_need_says_how_to_ask_for_it() -> None:
    for need in Need:
        assert need.value.startswith("--")
        assert need in need.says


def test_every_requirement_of_the_api_has_a_probe() -> None:
    wanted = {item.id for item in load_catalogue().requirements.values() if "api" in item.sides}
    shown = {probe.requirement for probe in PROBES} | {ERRORS}
    shown |= {name for series in SERIES for name in series.requirements if not series.optional}
    assert shown == wanted
    assert {requirement for _, requirement in planned(wanted)} == wanted
    assert all(names_of(name) for name in wanted - {ERRORS})


def test_what_strains_the_api_comes_last_and_what_is_judged_over_all_at_the_end() -> None:
    wanted = sorted(item.id for item in load_catalogue().requirements.values()
                    if "api" in item.sides)  # fmt: skip
    assert in_order(wanted)[-4:] == ["API-RATE-001", "API-RATE-002", "API-RATE-003", ERRORS]


def test_the_estimate_counts_the_preflight_and_leaves_out_what_is_not_sent() -> None:
    few = planned_probes(Settings(), ["API-PING-001", "API-SIG-003", "API-RATE-001"])
    before = estimate(Settings(max_rate=2), few)
    assert before.requests == PREFLIGHT + 1 + 2 * 6
    assert before.span == timedelta(seconds=before.requests / 2)


def test_the_estimate_has_the_waits_and_sends_a_flood_at_once() -> None:
    settings = Settings(create_applications=True, probe_rate_limit=True)
    asked = planned_probes(settings, ["API-CREFO-001", "API-RATE-001"])
    before = estimate(settings, asked)
    assert timedelta(seconds=305 + 64) <= before.span <= timedelta(seconds=305 + 64 + 5)
    assert before.requests > 50


def test_errors_are_judged_over_all_so_all_are_sent_for_them() -> None:
    sent = [item for item in planned_probes(Settings(), [ERRORS]) if not item.needs]
    assert len(sent) == sum(probe.expects.is_error and not probe.needs for probe in PROBES)


def test_a_sandbox_whose_time_is_moved_takes_seconds() -> None:
    before = estimate(LOCAL, planned_probes(LOCAL))
    assert before.span < timedelta(seconds=5)
