"""The signers written by hand: seen, and called by their names.

They owe nothing to the registry of mistakes, so this is the half that can prove it wrong.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance.adapters import open_adapter
from conformance.adapters.interface import SignOrder
from conformance.clock import SystemClock
from conformance.diagnosis.cause import Cause
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.rules import Judgement, judge
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import HeaderFields, Place, SignedRequest, header_fields
from conformance.wire.reading import Expectation
from tests.faulty.bred import Row
from tests.faulty.handwritten.entry import FaultySigner, HarmlessSigner, Signer
from tests.faulty.handwritten.right import Order
from tests.faulty.handwritten.sample import SAMPLE, SHORT_SAMPLE


def can_run(entry: Signer) -> bool:
    """Tell whether the programs that a process needs are on this machine."""
    return all(shutil.which(program) for program in entry.needs)


def answers(entry: Signer, key_file: Path) -> Iterator[tuple[Order, HeaderFields]]:
    """Yield each order of the sample with what the signer answers."""
    if entry.signer is not None:
        signer = entry.fresh()
        for order in _orders(SAMPLE, key_file):
            yield order, header_fields(signer(**order))
        return
    adapter = open_adapter(
        entry.command, clock=SystemClock(), start_timeout=timedelta(seconds=20),
        request_timeout=timedelta(seconds=20),
    )  # fmt: skip
    try:
        for order in _orders(SHORT_SAMPLE, key_file):
            answer = adapter.sign(_sign_order(order))
            assert answer.kind == "ok", answer
            yield order, answer.headers
    finally:
        adapter.close()


def _orders(sample: Sequence[Order], key_file: Path) -> Iterator[Order]:
    for order in sample:
        yield {**order, "key_file": str(key_file)}


def _sign_order(order: Order) -> SignOrder:
    fields: dict[str, Any] = {**order}
    fields["key_file"] = Path(order["key_file"])
    fields["place"] = Place(order["place"])
    return SignOrder(**fields)


def _judged(
    order: Order, headers: HeaderFields, key: RSAPublicKey, doctor: Diagnostician
) -> Judgement:
    url = urlsplit(order["base_url"])
    return judge(
        SignedRequest(
            method=order["method"], target=url.path + order["target"], headers=headers,
            body=order["body"],
        ),
        Expectation(
            key=key, key_id=order["key_id"], place=Place(order["place"]), base_path=url.path,
            date=parse_imf_fixdate(order["date"]), host=f"{url.scheme}://{url.netloc}",
        ),
        diagnostician=doctor,
    )  # fmt: skip


def run_faulty(entry: FaultySigner, key_file: Path, key: RSAPublicKey) -> Row:
    """Judge what a wrong signer signs; `misnamed` then counts what was not named outright."""
    row = Row(name=entry.name, breaks="/".join(sorted(entry.breaks)))
    doctor = Diagnostician()
    earlier: list[Order] = []
    for order, headers in answers(entry, key_file):
        judgement = _judged(order, headers, key, doctor)
        wrong = entry.on(order, earlier)
        earlier.append(order)
        broken = _broken(judgement)
        if wrong:
            _count(row, entry, order, judgement)
        elif broken:
            row.notes.append(f"a right request is flagged {sorted(broken)}: {order['target']}")
    return row


def run_harmless(entry: HarmlessSigner, key_file: Path, key: RSAPublicKey) -> list[str]:
    """Return what is said against a signer that only looks wrong."""
    doctor = Diagnostician()
    notes = []
    for order, headers in answers(entry, key_file):
        judgement = _judged(order, headers, key, doctor)
        flagged = {finding.requirement for finding in judgement.findings} - entry.may_warn
        if flagged or judgement.undetermined:
            notes.append(f"{entry.name}: {sorted(flagged)} on {order['method']} {order['target']}")
    return notes


def _broken(judgement: Judgement) -> set[str]:
    """Return the requirements found broken, but for the one that only warns."""
    return {finding.requirement for finding in judgement.findings} - {"STR-003"}


def _count(row: Row, entry: FaultySigner, order: Order, judgement: Judgement) -> None:
    row.tried += 1
    broken = _broken(judgement)
    for requirement in broken:
        row.requirements[requirement] = row.requirements.get(requirement, 0) + 1
    where = f"{order['method']} {order['target'][:40]}"
    if not broken & entry.breaks:
        row.notes.append(f"found {sorted(broken)}, not {sorted(entry.breaks)}: {where}")
        return
    row.seen += 1
    first = judgement.causes[0] if judgement.causes else None
    if first is not None and names(first, entry.means):
        row.named += 1
        row.proved += first.proved
    elif first is None or first.stage.value != entry.stage:
        row.misled += 1
        row.notes.append(f"called {first.mistake if first else 'nothing'}: {where}")


def names(cause: Cause, means: str) -> bool:
    """Tell whether the first line of an explanation names the mistake, as `means` looks for it.

    A cause that is known by its stage or requirement only names nothing.
    """
    if cause.mistake.startswith("unlisted-"):
        return False
    return re.search(means, " ".join((cause.says, *cause.same_as)), re.IGNORECASE) is not None
