"""A process adapter, whatever it does: one clear sentence, in bounded time and memory."""

from __future__ import annotations

import os
import stat
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conformance.adapters import child as child_module
from conformance.adapters import process as process_module
from conformance.adapters.interface import Adapter, Answer, AnswerKind, SignOrder
from conformance.errors import (
    AdapterCrashError,
    AdapterError,
    AdapterGoneError,
    AdapterProtocolError,
    AdapterStartError,
    AdapterTimeoutError,
    UsageError,
)

Order = Callable[..., SignOrder]
Launch = Callable[..., Adapter]
Script = Callable[[str], list[str]]

RIGHT = "for r in requests(): (hello if r['op'] == 'hello' else sign)(r)\n"
SHORT = 1.0
"""Seconds for a request that is to be late; enough for one that is not."""


def failing(body: str) -> str:
    """Return an adapter that says hello and does `body` with its `n`th request `r`."""
    return (
        "n = 0\n"
        "for r in requests():\n"
        "    if r['op'] == 'hello': hello(r); continue\n"
        "    n += 1\n" + "".join(f"    {line}\n" for line in body.splitlines())
    )


def target_of(answer: Answer) -> str | None:
    return answer.headers.first("X-Target")


def error_of(answer: Answer) -> AdapterError:
    assert answer.kind is AnswerKind.ERROR
    assert answer.error is not None
    assert answer.message == answer.error.message
    assert "Traceback" not in answer.message
    assert "\n" not in answer.message
    return answer.error


def test_a_right_adapter_is_heard(launch: Launch, order: Order) -> None:
    """What the adapter says comes back as it said it, request by request."""
    adapter = launch(RIGHT)
    assert adapter.hello.name == "test"
    assert [target_of(adapter.sign(order(t))) for t in ("/a", "/b?c=%20d")] == ["/a", "/b?c=%20d"]
    assert adapter.sign(order()).took.total_seconds() > 0


# ---- it does not start ----------------------------------------------------------------------


def start_error(launch: Launch, adapter: str | Sequence[str], **settings: float) -> AdapterError:
    with pytest.raises(AdapterStartError) as caught:
        launch(adapter, **settings)
    assert caught.value.hint
    return caught.value


def test_a_missing_command_is_named(launch: Launch) -> None:
    error = start_error(launch, ["no-such-command-here", "x y"])
    assert error.message == (
        "the adapter `no-such-command-here 'x y'` cannot be started: there is no such command"
    )


def test_a_file_that_is_not_executable_is_named(launch: Launch, tmp_path: Path) -> None:
    path = tmp_path / "adapter.sh"
    path.write_text("#!/bin/sh\n")
    error = start_error(launch, [str(path)])
    assert "it is not executable" in error.message
    assert "chmod +x" in error.hint


def test_a_script_without_interpreter_is_told_to_name_one(launch: Launch, tmp_path: Path) -> None:
    path = tmp_path / "adapter.sh"
    path.write_text("echo no first line with an interpreter\n")
    path.chmod(stat.S_IRWXU)
    error = start_error(launch, [str(path)])
    assert "Exec format error" in error.message
    assert "bash adapter.sh" in error.hint


def test_a_nul_in_the_command_is_no_traceback(launch: Launch) -> None:
    assert "cannot be started" in start_error(launch, ["a\0b"]).message


def test_one_that_dies_at_once_shows_its_last_words(launch: Launch) -> None:
    error = start_error(launch, ["bash", "-c", "echo no config found >&2; exit 3"])
    assert "ended with exit code 3 before it answered" in error.message
    assert "no config found" in error.detail
    assert error.hint == "its last lines on standard error say why"


@pytest.mark.parametrize("code", [0, 3])
def test_one_that_dies_without_a_word_is_to_be_started_by_hand(launch: Launch, code: int) -> None:
    error = start_error(launch, ["bash", "-c", f"echo a banner; exit {code}"])
    assert f"ended with exit code {code} before it answered" in error.message
    assert error.hint.startswith("it wrote nothing to standard error: start it by hand")
    assert "a banner" in error.detail


def test_one_killed_by_a_signal_names_the_signal(launch: Launch) -> None:
    assert "was ended by SIGSEGV" in start_error(launch, ["bash", "-c", "kill -SEGV $$"]).message


def test_one_that_hangs_in_hello_is_ended(launch: Launch) -> None:
    error = start_error(launch, ["bash", "-c", "echo starting >&2; sleep 600"], start_timeout=0.5)
    assert "did not answer within 0.5 s" in error.message
    assert "starting" in error.detail


def test_one_that_never_reads_is_ended_in_hello_too(launch: Launch) -> None:
    error = start_error(launch, ["sleep", "600"], start_timeout=0.3)
    assert "did not answer" in error.message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param({"protocol": 2}, "says protocol 2; this suite speaks the number 1", id="2"),
        pytest.param({"protocol": "1"}, 'says protocol "1"', id="text"),
        pytest.param({"protocol": True}, "says protocol true", id="true"),
        pytest.param({"protocol": None}, "says protocol null", id="absent"),
        pytest.param({"can": "sign"}, "`ok.can`", id="can"),
        pytest.param({"can": ["sign", "sign"]}, "twice", id="can-twice"),
        pytest.param({"max_in_flight": 65}, "from 1 to 64", id="too-many"),
        pytest.param({"max_in_flight": True}, "from 1 to 64", id="in-flight-true"),
        pytest.param({"name": 7}, "`ok.name`", id="name"),
        pytest.param({"can": ["sign", "clock"]}, "no `cert_pem`", id="no-certificate"),
    ],
)
def test_a_wrong_hello_is_explained(launch: Launch, answer: object, said: str) -> None:
    error = start_error(
        launch, f"null, true = None, True\nfor r in requests(): hello(r, **{answer!r})"
    )
    assert said in error.message


def test_a_hello_that_is_an_error_is_quoted(launch: Launch) -> None:
    error = start_error(
        launch, "for r in requests(): say(id=r['id'], error={'message': 'no keystore'})"
    )
    assert "answered `error`: no keystore" in error.message


def test_a_hostile_name_is_shown_harmless(launch: Launch) -> None:
    """Colours, line ends and a name without end do not reach the screen; umlauts do."""
    adapter = launch("for r in requests(): hello(r, name='Prüfer\\x1b[31m\\n' + 'x' * 9999)")
    assert adapter.hello.name.startswith("Prüfer\\x1b[31m\\nxx")
    assert len(adapter.hello.name) < 250


# ---- it breaks at a request ------------------------------------------------------------------


def test_one_that_hangs_is_ended_and_started_again(launch: Launch, order: Order) -> None:
    """The third request hangs: that one times out, the fourth is answered by a new process."""
    adapter = launch(
        failing("if r['target'] == '/3': time.sleep(600)\nsign(r)"), request_timeout=SHORT
    )
    answers = [adapter.sign(order(f"/{n}")) for n in range(1, 5)]
    error = error_of(answers[2])
    assert isinstance(error, AdapterTimeoutError)
    assert error.message == "the adapter did not answer within 1 s"
    assert [target_of(a) for a in answers] == ["/1", "/2", None, "/4"]


def test_one_that_dies_on_the_seventh_request_loses_that_one(launch: Launch, order: Order) -> None:
    adapter = launch(
        failing("if n == 7: sys.stderr.write('heap exhausted\\n'); sys.exit(9)\nsign(r)")
    )
    answers = [adapter.sign(order(f"/{n}")) for n in range(1, 10)]
    assert [n for n, a in enumerate(answers, 1) if a.kind is AnswerKind.ERROR] == [7]
    error = error_of(answers[6])
    assert isinstance(error, AdapterCrashError)
    assert error.message == "the adapter ended with exit code 9 before it answered"
    assert "heap exhausted" in error.detail


def test_after_five_restarts_what_is_left_is_not_run(launch: Launch, order: Order) -> None:
    """Six processes die on their first request; the rest is told apart from errors."""
    adapter = launch(failing("sys.exit(4)"))
    errors = [error_of(adapter.sign(order())) for _ in range(9)]
    assert [type(e) for e in errors] == [AdapterCrashError] * 6 + [AdapterGoneError] * 3
    assert errors[-1].message == ("not run: the adapter broke 6 times and is not started again")
    assert process_module.MOST_RESTARTS == 5


def test_one_that_cannot_be_started_again_is_not_run(
    launch: Launch, order: Order, tmp_path: Path
) -> None:
    """It dies at a request and leaves a state in which it dies in `hello`."""
    flag = tmp_path / "flag"
    adapter = launch(
        f"flag = {str(flag)!r}\nif os.path.exists(flag): sys.exit(5)\n"
        + failing("open(flag, 'w').close(); sys.exit(4)")
    )
    first, second, third = (error_of(adapter.sign(order())) for _ in range(3))
    assert isinstance(first, AdapterCrashError)
    assert isinstance(second, AdapterGoneError)
    assert "could not be started again" in second.message
    assert "exit code 5" in second.message
    assert third.message == second.message


def test_one_that_is_another_after_a_restart_is_not_run(launch: Launch, order: Order) -> None:
    """A key of its own that is new with each process would make every signature look wrong."""
    adapter = launch(
        failing("sys.exit(4)").replace("hello(r)", "hello(r, cert_pem=str(os.getpid()))")
    )
    assert isinstance(error_of(adapter.sign(order())), AdapterCrashError)
    error = error_of(adapter.sign(order()))
    assert isinstance(error, AdapterGoneError)
    assert "something else in `hello`" in error.message


# ---- it floods ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param("b'{\"id\":\"' + b'x' * 100_000_000 + b'\\n'", id="100-MB-on-one-line"),
        pytest.param("b'x' * 100_000_000", id="100-MB-without-line-end"),
    ],
)
def test_a_line_without_end_is_cut_off(launch: Launch, order: Order, flood: str) -> None:
    """Bounded in memory: no more than a few times the limit of a line is ever held."""
    adapter = launch(
        failing(f"if n == 1: sys.stdout.buffer.write({flood}); sys.stdout.flush()\nsign(r)")
    )
    tracemalloc.start()
    error = error_of(adapter.sign(order()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(error, AdapterProtocolError)
    assert error.message == "the adapter sent a line of more than 1 MiB"
    assert peak < 8 << 20


def test_endless_output_is_ended(launch: Launch, order: Order) -> None:
    adapter = launch(failing("while True: sys.stdout.write('x' * 65536)"))
    assert "more than 1 MiB" in error_of(adapter.sign(order())).message


def test_endless_noise_ends_with_the_time(launch: Launch, order: Order) -> None:
    """Lines of noise are kept, the last few; the request is late all the same."""
    adapter = launch(
        failing("while True: sys.stdout.write('DEBUG again\\n' * 1000)"), request_timeout=0.5
    )
    tracemalloc.start()
    error = error_of(adapter.sign(order()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(error, AdapterTimeoutError)
    assert "DEBUG again" in error.detail
    assert len(error.detail) < 20_000
    assert peak < 32 << 20


def test_endless_answers_do_not_pile_up(launch: Launch, order: Order, tmp_path: Path) -> None:
    """The adapter repeats its answer, 200 MB in all, and finds after a few that nobody reads."""
    news = tmp_path / "news"
    os.mkfifo(news)
    adapter = launch(
        failing(
            "try:\n"
            "    for _ in range(2000): say(id=r['id'], ok={'headers': [['A', 'x' * 100_000]]})\n"
            "    news = 'all was read'\n"
            "except BrokenPipeError: news = 'nobody reads'\n"
            f"open({str(news)!r}, 'w').write(news)"
        )
    )
    assert adapter.sign(order()).kind is AnswerKind.OK
    assert news.read_text() == "nobody reads"
    error = error_of(adapter.sign(order()))
    assert isinstance(error, AdapterProtocolError)
    assert "which was answered before" in error.message


def test_a_flood_on_standard_error_is_bounded(launch: Launch, order: Order) -> None:
    """Megabytes on standard error, lines without end among them, neither block nor pile up."""
    adapter = launch(
        failing(
            "sys.stderr.write('y' * 3_000_000 + '\\n' + 'line\\n' * 300_000)\n"
            "if n == 2: sys.stderr.write('the last line\\n'); sys.exit(1)\n"
            "sign(r)"
        )
    )
    assert target_of(adapter.sign(order("/1"))) == "/1"
    error = error_of(adapter.sign(order("/2")))
    assert error.detail.endswith("the last line")
    assert len(error.detail) < 20_000


# ---- it says something else --------------------------------------------------------------------


def test_logs_on_standard_output_are_noise(launch: Launch, order: Order) -> None:
    """Logging frameworks print there; lines that do not start with { are passed over."""
    adapter = launch(
        "print('Picked up JAVA_TOOL_OPTIONS')\n" + failing("print(f'[{n}] INFO'); sign(r)")
    )
    assert target_of(adapter.sign(order("/a"))) == "/a"


def test_windows_line_ends_are_no_matter(launch: Launch, order: Order) -> None:
    adapter = launch("sys.stdout.reconfigure(newline='\\r\\n')\n" + RIGHT)
    assert target_of(adapter.sign(order("/a"))) == "/a"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        pytest.param("{oops", "is no JSON", id="no-json"),
        pytest.param('{"id":%s}', "has none of", id="none-of-four"),
        pytest.param('{"id":%s,"ok":{},"error":{"message":"x"}}', "`ok` and `error`", id="two"),
        pytest.param('{"id":%s,"ok":[]}', "`ok` that is no object", id="ok-list"),
        pytest.param('{"id":%s,"refused":{}}', "`refused.message`", id="no-message"),
        pytest.param('{"id":%s,"ok":{}}', "`ok.headers`", id="no-headers"),
        pytest.param('{"id":%s,"ok":{"headers":[["A"]]}}', "pairs", id="no-pair"),
        pytest.param('{"id":%s,"ok":{"headers":[["A",1]]}}', "pairs", id="no-text"),
        pytest.param(
            '{"id":%s,"ok":{"headers":[],"signing_string_b64":"a-_="}}', "Base64", id="base64"
        ),
        pytest.param('{"id":"other","ok":{}}', "has the id 'other', not that of", id="other-id"),
        pytest.param('{"id":7,"ok":{}}', "has no `id` that is a string", id="number-as-id"),
        pytest.param('{"id":%s,"ok":' + "[" * 90_000, "is no JSON", id="deep"),
        pytest.param('{"id":%s,"n":' + "9" * 5000 + "}", "is no JSON", id="long-number"),
    ],
)
def test_a_broken_answer_is_quoted(launch: Launch, order: Order, said: str, sentence: str) -> None:
    """The error says what is wrong and shows the line; the next request is served again."""
    adapter = launch(
        "print_line = lambda s: (sys.stdout.write(s + '\\n'), sys.stdout.flush())\n"
        + failing(
            f"if r['target'] == '/1': print_line({said!r}.replace('%s', json.dumps(r['id'])))\n"
            "else: sign(r)"
        )
    )
    error = error_of(adapter.sign(order("/1")))
    assert isinstance(error, AdapterProtocolError)
    assert sentence in error.message
    assert error.detail.startswith("the answer: {")
    assert len(error.detail) < 2000
    assert error.hint
    assert target_of(adapter.sign(order("/2"))) == "/2"


def test_octets_that_are_no_utf_8_are_shown(launch: Launch, order: Order) -> None:
    adapter = launch(failing("sys.stdout.buffer.write(b'{\"n\\xff\\n'); sys.stdout.flush()"))
    error = error_of(adapter.sign(order()))
    assert "no UTF-8 at octet 3" in error.message
    assert "\\xff" in error.detail


def test_an_answer_given_twice_is_named(launch: Launch, order: Order) -> None:
    adapter = launch(failing("sign(r)\nif r['target'] == '/1': sign(r)"))
    assert target_of(adapter.sign(order("/1"))) == "/1"
    assert "which was answered before" in error_of(adapter.sign(order("/2"))).message
    assert target_of(adapter.sign(order("/3"))) == "/3"


def test_unknown_fields_and_nulls_are_ignored(launch: Launch, order: Order) -> None:
    """Serialisers write null for what is not there."""
    adapter = launch(
        failing("say(id=r['id'], ok={'headers': [], 'signing_string_b64': None}, error=None, x=1)")
    )
    assert adapter.sign(order()).kind is AnswerKind.OK


def test_refusals_and_missing_features_are_answers(launch: Launch, order: Order) -> None:
    adapter = launch(
        failing(
            "if n == 1: say(id=r['id'], refused={'code': 'NUL', 'message': 'not\\x1b signed'})\n"
            "if n == 2: say(id=r['id'], unsupported={'message': 'no token requests'})\n"
            "if n == 3: say(id=r['id'], error={'message': 'boom', 'trace': 'a\\nb'})"
        )
    )
    refused, unsupported, error = (adapter.sign(order()) for _ in range(3))
    assert (refused.kind, refused.message) == (AnswerKind.REFUSED, "NUL: not\\x1b signed")
    assert (unsupported.kind, unsupported.message) == (
        AnswerKind.UNSUPPORTED,
        "no token requests",
    )
    assert "boom" in error_of(error).message
    assert error_of(error).detail.splitlines() == ["a", "b"]


def test_an_adapter_that_cannot_sign_is_not_asked(launch: Launch, order: Order) -> None:
    adapter = launch("for r in requests(): hello(r, can=['send'])")
    assert adapter.sign(order()).kind is AnswerKind.UNSUPPORTED
    assert [a.kind for a in adapter.sign_many([order()] * 2)] == [AnswerKind.UNSUPPORTED] * 2


def test_header_text_is_octets(launch: Launch, order: Order) -> None:
    """Text beyond ASCII becomes one character per octet; CR, LF and NUL are data."""
    adapter = launch(
        failing("say(id=r['id'], ok={'headers': [['X-\\u00e4', 'a\\r\\nb\\0\\ud800']]})")
    )
    assert adapter.sign(order()).headers.fields == (("X-\xc3\xa4", "a\r\nb\0\xed\xa0\x80"),)


# ---- it misuses its pipes ----------------------------------------------------------------------


def test_one_that_stops_reading_does_not_block(launch: Launch, order: Order) -> None:
    """A body of more than a pipe holds, to a process that reads no more."""
    adapter = launch(
        "r = json.loads(sys.stdin.readline()); hello(r); time.sleep(600)", request_timeout=SHORT
    )
    error = error_of(adapter.sign(order(body=b"x" * (3 << 20))))
    assert isinstance(error, AdapterTimeoutError)
    assert "did not read its standard input" in error.message


def test_a_large_body_reaches_the_adapter(launch: Launch, order: Order) -> None:
    """Requests may be longer than answers: bodies travel in them."""
    adapter = launch(
        failing("say(id=r['id'], ok={'headers': [['X-Length', str(len(r['body_b64']))]]})")
    )
    body = b"x" * (3 << 20)
    answers = [
        adapter.sign(order(body=body)),
        adapter.sign(order(body=b"")),
        adapter.sign(order(body=body)),
    ]
    assert [a.headers.first("X-Length") for a in answers] == [str(4 << 20), "0", str(4 << 20)]


def test_one_that_closes_its_output_but_lives_on_is_ended(launch: Launch, order: Order) -> None:
    adapter = launch(failing("os.close(1); time.sleep(600)"))
    error = error_of(adapter.sign(order()))
    assert isinstance(error, AdapterCrashError)
    assert error.message == "the adapter closed its standard output and lived on"


def test_one_that_dies_while_its_child_holds_the_output_is_noticed(
    launch: Launch, order: Order
) -> None:
    """Not at the end of the request's time, but soon."""
    adapter = launch(failing("subprocess.Popen(['sleep', '600']); os._exit(6)"))
    began = time.monotonic()
    error = error_of(adapter.sign(order()))
    assert error.message == "the adapter ended with exit code 6 before it answered"
    assert time.monotonic() - began < 5


# ---- its end -----------------------------------------------------------------------------------


def test_end_of_input_ends_it_politely(launch: Launch, tmp_path: Path) -> None:
    """It is told `bye`, sees the end of input, and may clean up."""
    seen = tmp_path / "seen"
    adapter = launch(
        "for line in sys.stdin:\n"
        "    r = json.loads(line)\n"
        "    if r['op'] == 'hello': hello(r)\n"
        f"    else: open({str(seen)!r}, 'w').write(r['op'])\n"
        f"open({str(seen)!r}, 'a').write(' and the end')\n"
    )
    adapter.close()
    assert seen.read_text() == "bye and the end"


def test_one_that_ignores_sigterm_is_killed(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The `mark` fixture holds that no process is left."""
    assert child_module.GRACE == 3.0
    monkeypatch.setattr(child_module, "GRACE", 0.2)
    adapter = launch(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + RIGHT + "while True: time.sleep(600)"
    )
    began = time.monotonic()
    adapter.close()
    assert time.monotonic() - began < 5


def test_a_child_that_lingers_is_ended_too(launch: Launch, order: Order) -> None:
    """It outlives the adapter, with all its pipes open, until its group is told to end."""
    adapter = launch("subprocess.Popen(['sleep', '600'])\n" + RIGHT)
    assert adapter.sign(order()).kind is AnswerKind.OK
    adapter.close()


def test_closing_twice_is_no_matter_and_nothing_is_asked_after(
    launch: Launch, order: Order
) -> None:
    adapter = launch(RIGHT)
    adapter.close()
    adapter.close()
    assert "has been closed" in error_of(adapter.sign(order())).message


def test_text_that_is_not_printable_ascii_is_not_sent(launch: Launch, order: Order) -> None:
    """The protocol promises adapters that they need no JSON library."""
    adapter = launch(RIGHT)
    with pytest.raises(UsageError, match="`url`"):
        adapter.sign(order("/ä"))
    assert target_of(adapter.sign(order('/"\\'))) == '/"\\'


def test_the_environment_is_added_to(launch: Launch, order: Order, mark: str) -> None:
    adapter = launch(
        failing(
            "say(id=r['id'], ok={'headers': [['PATH', os.environ['PATH']], "
            "['Mark', os.environ['CONFORMANCE_TEST_MARK']]]})"
        )
    )
    headers = adapter.sign(order()).headers
    assert headers.first("Mark") == mark
    assert headers.first("Path")


def test_an_adapter_in_bash_needs_no_json_library(
    launch: Launch, order: Order, tmp_path: Path
) -> None:
    """A flat map of strings can be taken apart with `sed`."""
    path = tmp_path / "adapter.sh"
    path.write_text(r"""
field() {
  sed -n "s/.*\"$1\":\"\(\([^\"\\\\]\|\\\\.\)*\)\".*/\1/p" <<<"$line" | sed 's/\\\(.\)/\1/g'
}
while IFS= read -r line; do
  case $(field op) in
    hello) ok='{"protocol":1,"name":"sh","language":"bash","can":["sign","clock","keys"]}' ;;
    sign) ok='{"headers":[["Length","'$(field target | wc -c)'"]]}' ;;
    *) exit ;;
  esac
  printf '{"id":"%s","ok":%s}\n' "$(field id)" "$ok"
done
""")
    adapter = launch(["bash", str(path)])
    assert adapter.hello.language == "bash"
    assert adapter.sign(order('/a"b\\c')).headers.first("Length") == "7"
