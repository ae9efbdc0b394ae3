"""Several requests in flight: order, overlap, and who is to blame when the adapter breaks."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter, Answer, AnswerKind, SignOrder
from conformance.adapters.remote import RemoteAdapter
from conformance.clock import ManualClock
from conformance.errors import AdapterCrashError, AdapterGoneError, AdapterTimeoutError

Order = Callable[..., SignOrder]
Launch = Callable[..., Adapter]
Script = Callable[[str], list[str]]

BATCH = """\
held = []
for r in requests():
    if r['op'] == 'hello': hello(r, max_in_flight=4); continue
    held.append(r)
    if len(held) == 4 or r['target'].endswith('last'):
        for r in reversed(held): sign(r)
        held.clear()
"""
"""Waits for four requests, and answers the last one first."""


def pipelined(body: str, *, most: int = 4) -> str:
    """Return an adapter that does `body` with each request `r`."""
    return (
        "for r in requests():\n"
        f"    if r['op'] == 'hello': hello(r, max_in_flight={most}); continue\n"
        + "".join(f"    {line}\n" for line in body.splitlines())
    )


def targets(answers: Iterator[Answer] | list[Answer]) -> list[str | None]:
    return [answer.headers.first("X-Target") for answer in answers]


def test_answers_in_any_order_come_back_in_that_of_the_orders(launch: Launch, order: Order) -> None:
    """The adapter would wait for ever if fewer than four requests were in flight."""
    wanted = [f"/{n}" for n in range(10)] + ["/last"]
    assert targets(launch(BATCH).sign_many(map(order, wanted))) == wanted


def test_orders_are_drawn_as_needed(launch: Launch, order: Order) -> None:
    """One more than may be in flight is drawn ahead of the answers, never the whole."""
    drawn = 0

    def orders() -> Iterator[SignOrder]:
        nonlocal drawn
        for drawn in range(1, 1001):
            yield order(f"/{drawn}")

    answers = launch(pipelined("sign(r)", most=3)).sign_many(orders())
    assert drawn == 0
    assert targets([next(answers), next(answers)]) == ["/1", "/2"]
    assert drawn == 5


def test_one_at_a_time_is_never_more(launch: Launch, order: Order) -> None:
    """The adapter looks whether a second request is there before it has answered the first."""
    adapter = launch(
        "import select\n"
        + pipelined(
            "more = select.select([0], [], [], 0.05)[0]\n"
            "say(id=r['id'], ok={'headers': [['More', str(bool(more))]]})",
            most=1,
        ).replace("for line in sys.stdin", "")
    )
    answers = adapter.sign_many(order(f"/{n}") for n in range(4))
    assert [answer.headers.first("More") for answer in answers] == ["False"] * 4


def test_the_adapter_works_while_answers_are_judged(
    launch: Launch, order: Order, tmp_path: Path
) -> None:
    """While the first answer is in our hands and nothing else is done, the second request comes."""
    news = tmp_path / "news"
    os.mkfifo(news)
    reader = os.open(news, os.O_RDWR)  # its own writer too, so that it never ends
    adapter = launch(pipelined(f"open({str(news)!r}, 'a').write(r['target'])\nsign(r)", most=1))
    answers = adapter.sign_many(order(f"/{n}") for n in range(1, 4))
    assert targets([next(answers)]) == ["/1"]
    seen = b""
    while seen != b"/1/2" and select.select([reader], [], [], 10)[0]:
        seen += os.read(reader, 100)
    os.close(reader)
    assert seen == b"/1/2"


def test_the_culprit_of_a_crash_is_named(launch: Launch, order: Order) -> None:
    """Eight in flight, the third kills it: that one fails, the others are signed after all."""
    adapter = launch(
        pipelined("if r['target'] == '/3': sys.stderr.write('boom'); sys.exit(9)\nsign(r)", most=8)
    )
    answers = list(adapter.sign_many(order(f"/{n}") for n in range(20)))
    assert targets(answers) == [None if n == 3 else f"/{n}" for n in range(20)]
    error = answers[3].error
    assert isinstance(error, AdapterCrashError)
    assert error.message == "the adapter ended with exit code 9 before it answered"
    assert "boom" in error.detail


def test_the_culprit_of_a_hang_is_named(launch: Launch, order: Order) -> None:
    adapter = launch(
        pipelined("if r['target'] == '/3': time.sleep(600)\nsign(r)"), request_timeout=1
    )
    answers = list(adapter.sign_many(order(f"/{n}") for n in range(6)))
    assert targets(answers) == [None if n == 3 else f"/{n}" for n in range(6)]
    assert isinstance(answers[3].error, AdapterTimeoutError)


def test_the_culprit_of_a_line_that_is_no_json_is_named(launch: Launch, order: Order) -> None:
    adapter = launch(pipelined("print('{oops', flush=True) if r['target'] == '/2' else sign(r)"))
    answers = list(adapter.sign_many(order(f"/{n}") for n in range(6)))
    assert targets(answers) == [None if n == 2 else f"/{n}" for n in range(6)]
    assert "is no JSON" in answers[2].message


def test_a_crash_that_only_company_brings_about_is_told(
    launch: Launch, order: Order, tmp_path: Path
) -> None:
    """Asked one by one nobody is to blame; the last of those in flight bears the error."""
    flag = f"{tmp_path}/flag"
    adapter = launch(
        pipelined(
            f"if r['target'] == '/3' and not os.path.exists({flag!r}):\n"
            f"    open({flag!r}, 'w').close(); sys.exit(7)\n"
            "if r['target'] > '/0' or os.path.exists('" + flag + "'): sign(r)"
        )
    )
    answers = list(adapter.sign_many(order(f"/{n}") for n in range(8)))
    broken = [n for n, answer in enumerate(answers) if answer.kind is AnswerKind.ERROR]
    assert len(broken) == 1
    error = answers[broken[0]].error
    assert isinstance(error, AdapterCrashError)
    assert "requests in flight; asked one by one, it did not" in error.message
    assert "max_in_flight" in error.hint


def test_one_that_breaks_too_often_leaves_the_rest_unasked(launch: Launch, order: Order) -> None:
    adapter = launch(pipelined("sys.exit(3)"))
    answers = list(adapter.sign_many(order(f"/{n}") for n in range(12)))
    assert len(answers) == 12
    kinds = [type(answer.error) for answer in answers]
    assert kinds == [AdapterCrashError] * 5 + [AdapterGoneError] * 7


def test_a_loop_left_early_does_no_harm(launch: Launch, order: Order) -> None:
    """Answers to what nobody waits for any more are passed over, and no process is lost."""
    adapter = launch(pipelined("sys.stderr.write('x')\nsign(r)"))
    for answer in adapter.sign_many(order(f"/{n}") for n in range(100)):
        assert answer.kind is AnswerKind.OK
        break
    assert targets([adapter.sign(order("/after"))]) == ["/after"]
    assert targets(adapter.sign_many([order("/a"), order("/b")])) == ["/a", "/b"]


def test_single_requests_fit_between_many(launch: Launch, order: Order) -> None:
    """A request of its own, while the answers of others are being judged."""
    adapter = launch(pipelined("sign(r)"))
    seen = []
    for answer in adapter.sign_many(order(f"/{n}") for n in range(6)):
        seen += targets([answer, adapter.sign(order("/between"))])
    assert seen == [part for n in range(6) for part in (f"/{n}", "/between")]


def test_large_bodies_fly_together(launch: Launch, order: Order) -> None:
    """Requests larger than the pipe, one behind the other, to a slow reader."""
    adapter = launch(
        pipelined("say(id=r['id'], ok={'headers': [['Length', str(len(r['body_b64']))]]})")
    )
    answers = adapter.sign_many(order(body=b"x" * (3 << n)) for n in range(17, 23))
    assert [answer.headers.first("Length") for answer in answers] == [
        str(4 << n) for n in range(17, 23)
    ]


def test_time_taken_adds_up_to_no_more_than_the_clock(launch: Launch, order: Order) -> None:
    """Times of requests that overlap are not counted twice."""
    adapter = launch(BATCH)
    began = time.monotonic()
    answers = list(adapter.sign_many(order(f"/{n}") for n in range(40)))
    passed = time.monotonic() - began
    times = [answer.took.total_seconds() for answer in answers]
    assert all(seconds >= 0 for seconds in times)
    assert 0 < sum(times) <= passed


def test_what_nobody_waits_for_is_not_asked_again(
    launch: Launch, order: Order, tmp_path: Path
) -> None:
    """The first process dies with four in flight; the loop is left after the first answer."""
    flag, seen = tmp_path / "flag", tmp_path / "seen"
    adapter = launch(
        pipelined(
            f"if os.path.exists({str(flag)!r}):\n"
            f"    open({str(seen)!r}, 'a').write(r['target'])\n"
            "    sign(r)\n"
            f"elif r['target'] == '/3': open({str(flag)!r}, 'w').close(); sys.exit(1)"
        )
    )
    for answer in adapter.sign_many(order(f"/{n}") for n in range(9)):
        assert targets([answer]) == ["/0"]
        break
    assert targets([adapter.sign(order("/after"))]) == ["/after"]
    assert seen.read_text() == "/0/1/after"


def test_an_answer_before_its_request_is_read_mixes_nothing_up(
    launch: Launch, order: Order
) -> None:
    """The adapter answers a large request by its first octets; the next waits for the rest."""
    adapter = launch(
        "r = json.loads(os.read(0, 4096)); hello(r)\n"
        "head = os.read(0, 1000)\n"
        "say(id=head.split(b'\"')[3].decode(), ok={'headers': []})\n"
        "sys.stdin.buffer.readline()\n"
        "for r in requests(): sign(r)\n"
    )
    assert adapter.sign(order(body=b"x" * (3 << 20))).kind is AnswerKind.OK
    assert targets([adapter.sign(order("/2")), adapter.sign(order("/3"))]) == ["/2", "/3"]


def test_orders_that_fail_end_the_loop_with_their_own_error(launch: Launch, order: Order) -> None:
    adapter = launch(pipelined("sign(r)"))

    def orders() -> Iterator[SignOrder]:
        yield order("/1")
        raise LookupError

    answers = adapter.sign_many(orders())
    try:
        list(answers)
    except LookupError:
        pass
    else:
        raise AssertionError
    assert targets([adapter.sign(order("/2"))]) == ["/2"]


@pytest.mark.parametrize("late", [False, True])
def test_an_answer_counts_by_when_it_came(
    script: Script, order: Order, tmp_path: Path, *, late: bool
) -> None:
    """An hour over the first answer: the second is good if it was in time, and else never read."""
    go_on = tmp_path / "go-on"
    os.mkfifo(go_on)
    clock = ManualClock(datetime(2019, 7, 3, tzinfo=UTC))
    wait = f"if r['target'] == '/2': open({str(go_on)!r}).read()\n"
    adapter = open_adapter(script(pipelined(wait + "sign(r)", most=1)), clock=clock)
    assert isinstance(adapter, RemoteAdapter)
    answers = adapter.sign_many(order(f"/{n}") for n in range(1, 4))
    assert targets([next(answers)]) == ["/1"]
    if late:
        clock.advance(timedelta(hours=1))
    go_on.write_text("")
    arrived = adapter._transport._child._events  # type: ignore[attr-defined]
    while arrived.empty():
        os.sched_yield()
    clock.advance(timedelta(hours=1))
    second, third = answers
    adapter.close()
    assert targets([second, third]) == [None if late else "/2", "/3"]
    assert isinstance(second.error, AdapterTimeoutError) is late
