"""Every faulty client is caught by the requirement it breaks; right ones are let alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.stories.case import ClientCase
from tests.faulty.clients.compact import CompactClient
from tests.faulty.clients.faulty import FAULTY, RIGHT, FaultyClient
from tests.faulty.clients.matrix import row
from tests.faulty.clients.playing import chosen, play

pytestmark = pytest.mark.slow

OF_EACH_TOPIC = {
    "call/ping", "token/reuse", "token/dies-early", "wait/rate-limit", "wait/unavailable",
    "application/two", "application/answer-lost", "refused/signature", "redirect/temporary",
    "error/html", "tls/expired",
}  # fmt: skip
"""Cases that would show it, were a client blamed for what it does right."""


def cases_for(client: FaultyClient) -> list[ClientCase]:
    """Return the cases that tell of the fault, and one or two of each topic."""
    return [
        case for case in chosen() if client.breaks in case.requirements or case.id in OF_EACH_TOPIC
    ]


@pytest.mark.parametrize("client", FAULTY, ids=lambda client: client.name)
def test_a_faulty_client_is_caught_by_what_it_breaks_and_by_nothing_else(
    client: FaultyClient,
) -> None:
    found = row(client, cases_for(client))

    assert not found.fault, found.shown.words()


@pytest.mark.parametrize("client", RIGHT, ids=lambda client: client.__name__)
def test_a_right_client_is_not_flagged_and_leaves_nothing_open(
    client: type[CompactClient], tmp_path: Path
) -> None:
    shown = play(client(), tmp_path)

    assert not shown.words()


def test_there_is_a_faulty_client_for_each_kind_of_behaviour() -> None:
    """One sin each, at least twenty-five of them."""
    assert len({client.name for client in FAULTY}) >= 25
    assert {
        "TLS-001", "TLS-002", "TOK-001", "TOK-002", "TOK-003", "RATE-001", "RATE-002", "CREFO-001",
        "IDEM-001", "RETRY-001", "SEC-001", "ERR-001", "DATE-005", "AUTH-002", "SUB-001",
    } <= {client.breaks for client in FAULTY}  # fmt: skip
