"""The operation `send`: what is asked, what is answered, and what becomes of what breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.adapters import calls
from conformance.adapters.interface import AnswerKind, Refused, SendOrder, SendOutcome, Sent
from conformance.adapters.protocol import send_fields
from conformance.adapters.python import PythonAdapter
from conformance.errors import AdapterSharedError, AdapterTimeoutError
from tests.adapters.conftest import Launch

MakeOrder = Callable[..., SendOrder]
SCRIPT = """\
can = ["send"]
for request in requests():
    if request["op"] == "hello": hello(request, can=can, max_in_flight={most}); continue
"""
NO_SEND = """\
for request in requests():
    hello(request) if request["op"] == "hello" else os._exit(9)
"""


@pytest.fixture
def send_order() -> MakeOrder:
    def make(target: str = "/ping", *, deadline: float = 5.0) -> SendOrder:
        here = Path("/run/conformance")
        return SendOrder(
            method="POST", target=target, body=b'{"a": 1}',
            base_url="https://localhost:8443/partner-api",
            token_url="https://localhost:8443/partner-api/oauth2/token",
            ca_file=here / "ca.pem", tls_cert_file=here / "tls.pem", tls_key_file=here / "tls.key",
            sign_cert_file=here / "sign.pem", sign_key_file=here / "sign.key",
            client_id="client-1", client_secret="s3cret", subscription_key="key",
            deadline=timedelta(seconds=deadline),
        )  # fmt: skip

    return make


def sent(launch: Launch, body: str, order: SendOrder, *, most: int = 1) -> Sent:
    adapter = launch(SCRIPT.format(most=most) + body)
    return adapter.send(order).result()


def test_a_process_is_given_all_that_a_call_needs(launch: Launch, send_order: MakeOrder) -> None:
    """The fields are those that the page and the schema name, all text, the secrets included."""
    body = """\
    wanted = {"id", "op", "method", "target", "body_b64", "headers", "base_url", "token_url",
              "ca_file", "tls_cert_file", "tls_key_file", "sign_cert_file", "sign_key_file",
              "client_id", "client_secret", "subscription_key", "deadline_ms"}
    good = set(request) == wanted and request["deadline_ms"] == "5000"
    good = good and request["body_b64"] == "eyJhIjogMX0=" and request["headers"] == ""
    say(id=request["id"], ok={"outcome": "success" if good else "gave_up", "status": 201})
"""
    found = sent(launch, body, send_order())

    assert found == Sent(kind=AnswerKind.OK, outcome=SendOutcome.SUCCESS, status=201)


def test_the_secrets_of_an_order_are_left_out_of_its_repr(send_order: MakeOrder) -> None:
    assert "s3cret" not in repr(send_order())


@pytest.mark.parametrize(
    ("ok", "says"),
    [
        ({}, "no `ok.outcome` that is one of"),
        ({"outcome": "fine"}, "no `ok.outcome` that is one of"),
        ({"outcome": ["success"]}, "no `ok.outcome` that is one of"),
        ({"outcome": "success", "status": "200"}, "`ok.status` that is no whole number"),
        ({"outcome": "success", "attempts": 1.5}, "`ok.attempts` that is no whole number"),
        ({"outcome": "success", "body_b64": "%"}, "`ok.body_b64` that is no padded Base64"),
        (
            {"outcome": "success", "headers": {"a": "b"}},
            "no list of [name, value] pairs: it is an object",
        ),
        ({"outcome": "api_error", "problem": "bad"}, "`ok.problem` that is no object"),
    ],
)
def test_an_answer_of_another_shape_is_a_protocol_error(
    launch: Launch, send_order: MakeOrder, ok: dict[str, Any], says: str
) -> None:
    found = sent(
        launch, f'    say(id=request["id"], ok=json.loads({json.dumps(ok)!r}))\n', send_order()
    )

    assert found.kind is AnswerKind.ERROR
    assert says in found.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("refused", AnswerKind.REFUSED), ("unsupported", AnswerKind.UNSUPPORTED),
     ("error", AnswerKind.ERROR)],
)  # fmt: skip
def test_the_other_answers_are_told_with_their_words(
    launch: Launch, send_order: MakeOrder, answer: str, kind: AnswerKind
) -> None:
    found = sent(
        launch, f'    say(id=request["id"], {answer}={{"message": "not so"}})\n', send_order()
    )

    assert found.kind is kind
    assert "not so" in found.message


def test_a_client_may_take_its_deadline_and_some_grace(
    launch: Launch, send_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time for a signature does not bound a call."""
    adapter = launch(
        SCRIPT.format(most=1)
        + '    time.sleep(0.6); say(id=request["id"], ok={"outcome": "success"})\n',
        request_timeout=0.2,
    )
    assert adapter.send(send_order()).result().outcome is SendOutcome.SUCCESS
    monkeypatch.setattr("conformance.adapters.remote.GRACE", timedelta(seconds=0.1))

    late = adapter.send(send_order(deadline=0.2)).result()

    assert isinstance(late.error, AdapterTimeoutError)


def test_calls_fly_together_as_hello_allows(launch: Launch, send_order: MakeOrder) -> None:
    """Answers are held back until three calls have come: one by one it would never end."""
    adapter = launch(
        "held = []\n" + SCRIPT.format(most=3) + "    held.append(request)\n"
        "    if len(held) == 3:\n"
        '        for item in reversed(held): say(id=item["id"], ok={"outcome": "success"})\n'
    )
    sendings = [adapter.send(send_order(f"/{number}")) for number in range(3)]

    assert all(item.result().outcome is SendOutcome.SUCCESS for item in sendings)


def test_a_call_in_flight_at_a_crash_is_not_made_again_unasked(
    launch: Launch, send_order: MakeOrder, tmp_path: Path
) -> None:
    """What it did to the world is done: whoever asked decides."""
    seen = tmp_path / "seen"
    adapter = launch(
        SCRIPT.format(most=2)
        + f'    open({str(seen)!r}, "a").write(request["target"] + "\\n")\n'
        + '    if request["target"] == "/crash": time.sleep(0.2); os._exit(3)\n'
    )
    first, second = adapter.send(send_order("/waits")), adapter.send(send_order("/crash"))

    assert isinstance(first.result().error, AdapterSharedError)
    assert isinstance(second.result().error, AdapterSharedError)
    assert seen.read_text().split() == ["/waits", "/crash"]


def test_an_adapter_that_does_not_say_send_is_never_asked(
    launch: Launch, send_order: MakeOrder
) -> None:
    adapter = launch(NO_SEND)

    assert adapter.send(send_order()).result().kind is AnswerKind.UNSUPPORTED
    assert not adapter.hello.sends


class Client:
    """A client in Python: it asks for what it needs, and nothing else."""

    max_in_flight = 4

    def __init__(self, returned: object = None, raised: BaseException | None = None) -> None:
        self.returned, self.raised = returned, raised
        self.given: dict[str, object] = {}

    def send(self, method: str, body: bytes, deadline_ms: str, client_secret: str) -> object:
        self.given = {"method": method, "body": body, "deadline_ms": deadline_ms,
                      "client_secret": client_secret}  # fmt: skip
        if self.raised:
            raise self.raised
        return self.returned


def test_a_python_client_is_given_what_it_asks_for(send_order: MakeOrder) -> None:
    client = Client({"outcome": "api_error", "status": 404})
    adapter = PythonAdapter(client)

    found = adapter.send(send_order()).result()

    assert (found.outcome, found.status) == (SendOutcome.API_ERROR, 404)
    assert client.given == {
        "method": "POST", "body": b'{"a": 1}', "deadline_ms": "5000", "client_secret": "s3cret",
    }  # fmt: skip
    assert adapter.hello.can == {"send"}, "it signs nothing by itself"
    assert adapter.hello.max_in_flight == 4


@pytest.mark.parametrize(
    ("client", "kind", "says"),
    [
        (Client(raised=Refused("never on Sundays")), AnswerKind.REFUSED, "never on Sundays"),
        (Client(raised=NotImplementedError("no dots")), AnswerKind.UNSUPPORTED, "no dots"),
        (Client(raised=KeyError("status")), AnswerKind.ERROR, "the Python client raised KeyError"),
        (Client(raised=SystemExit(3)), AnswerKind.ERROR, "the Python client raised SystemExit"),
        (Client("success"), AnswerKind.ERROR, "the Python client returned str"),
        (Client({"outcome": "done"}), AnswerKind.ERROR, "no `ok.outcome` that is one of"),
    ],
)
def test_what_a_python_client_raises_or_returns_is_told(
    send_order: MakeOrder, client: Client, kind: AnswerKind, says: str
) -> None:
    found = PythonAdapter(client).send(send_order()).result()

    assert found.kind is kind
    assert says in found.message


def test_a_python_client_that_hangs_gives_its_place_to_the_next(
    send_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading  # noqa: PLC0415

    class Hangs:
        def __init__(self) -> None:
            self.gate = threading.Event()

        def send(self, target: str) -> object:
            if target == "/hang":
                self.gate.wait(20)
            return {"outcome": "success"}

    monkeypatch.setattr(calls, "GRACE", timedelta(seconds=0.1))
    client = Hangs()
    adapter = PythonAdapter(client)
    hanging = adapter.send(send_order("/hang", deadline=0.1))
    following = adapter.send(send_order("/ping"))

    assert isinstance(hanging.result().error, AdapterTimeoutError)
    assert following.result().outcome is SendOutcome.SUCCESS
    client.gate.set()


def test_the_fields_are_those_of_the_schema(send_order: MakeOrder) -> None:
    schema = json.loads(
        (Path(__file__).parents[2] / "schemas/adapter-protocol.schema.json").read_text("utf-8")
    )
    (rule,) = [
        rule["then"]["required"]
        for rule in schema["$defs"]["request"]["allOf"]
        if rule["if"]["properties"]["op"].get("const") == "send"
    ]

    assert set(send_fields(send_order())) == set(rule)
