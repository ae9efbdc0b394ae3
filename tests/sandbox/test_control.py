"""The control port does what the Python object does, for those who hold its token alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from conformance.sandbox.deviation import DEVIATIONS
from conformance.sandbox.fault import FaultKind
from conformance.sandbox.message import Answer
from conformance.sandbox.running import Sandbox
from tests.sandbox.calling import Caller


class Remote:
    """The control port from outside."""

    def __init__(self, sandbox: Sandbox, session: requests.Session) -> None:
        self._sandbox = sandbox
        self._session = session

    def call(self, method: str, path: str, content: Any = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._sandbox.control_token}"}
        headers.update(more.pop("headers", {}))
        return self._session.request(
            method, f"{self._sandbox.control_url}{path}", json=content, headers=headers,
            timeout=10, **more,
        )  # fmt: skip


@pytest.fixture
def remote(sandbox: Sandbox) -> Iterator[Remote]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(sandbox.ca_file)
        yield Remote(sandbox, session)


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", "Basic x", "Bearer \xe4", "Signature x"]
)
def test_without_the_token_nothing_is_done(
    remote: Remote, sandbox: Sandbox, authorization: str
) -> None:
    for method, path in (("GET", "/entries"), ("POST", "/reset"), ("GET", "/nothing")):
        headers = {"Authorization": authorization.encode("latin-1").decode("latin-1")}
        reply = remote.call(method, path, headers=headers)
        assert reply.status_code == 401
        assert sandbox.control_token not in reply.text


def test_another_host_name_is_refused(remote: Remote) -> None:
    """A page of another site that resolves to this machine gets nothing."""
    reply = remote.call("GET", "/entries", headers={"Host": "evil.example:443"})
    assert reply.status_code == 400


def test_the_record_is_listed_and_shown(remote: Remote, caller: Caller) -> None:
    caller.send(caller.prepare(signed_path="/partner-api/ping"))
    listed = remote.call("GET", "/entries").json()["entries"]
    assert [entry["route"] for entry in listed] == ["token", "signature"]
    assert listed[1]["requirement"] == "TGT-005"
    shown = remote.call("GET", f"/entries/{listed[1]['number']}").json()
    results = {rule["requirement"]: rule["result"] for rule in shown["judgement"]["rules"]}
    assert results["TGT-005"] == "broken"
    assert results["DIG-001"] == "holds"
    assert shown["judgement"]["causes"][0]["proved"] is True
    after = remote.call("GET", f"/entries?after={listed[0]['number']}").json()["entries"]
    assert [entry["number"] for entry in after] == [listed[1]["number"]]
    assert remote.call("GET", "/entries/999999").status_code == 404
    assert remote.call("DELETE", "/entries").status_code == 200
    assert remote.call("GET", "/entries").json() == {"entries": []}


def test_entries_come_live(remote: Remote, caller: Caller) -> None:
    reply = remote.call("GET", "/events", stream=True)
    lines = reply.iter_lines()
    assert next(lines) == b": following"
    caller.send(caller.prepare())
    data = next(line for line in lines if line.startswith(b"data: "))
    seen = json.loads(data[6:])
    while seen["route"] != "ping":  # the token request of the fixture may come first
        seen = json.loads(next(line for line in lines if line.startswith(b"data: "))[6:])
    assert seen["status"] == 200
    reply.close()


def test_the_clock_moves(remote: Remote, caller: Caller) -> None:
    before = caller.now()
    told = remote.call("POST", "/clock", {"advance_s": 3600}).json()
    assert told["ahead_s"] == 3600
    assert caller.now() - before == timedelta(hours=1)
    assert caller.send(caller.prepare()).json["title"] == "Unauthorized"
    assert remote.call("GET", "/clock").json() == told


def test_faults_are_armed_and_listed(remote: Remote, caller: Caller) -> None:
    fault = {
        "kind": "throttled",
        "count": 2,
        "path": "/ping",
        "headers": [["RateLimit-Reset", "3"]],
    }
    armed = remote.call("POST", "/faults", fault).json()
    assert [item["count"] for item in armed["armed"]] == [2]
    assert set(armed["kinds"]) == {kind.value for kind in FaultKind}
    assert caller.send(caller.prepare()).headers["RateLimit-Reset"] == "3"
    assert remote.call("GET", "/faults").json()["armed"][0]["count"] == 1
    assert remote.call("DELETE", "/faults").json()["armed"] == []
    assert caller.send(caller.prepare()).status == 200


def test_promises_are_broken_and_kept_again(remote: Remote, caller: Caller) -> None:
    told = remote.call("PUT", "/deviations", {"ids": ["ping-text"]}).json()
    assert told["in_force"] == ["ping-text"]
    assert {item["id"] for item in told["known"]} == set(DEVIATIONS)
    assert caller.send(caller.prepare()).body == b"pong"
    remote.call("PUT", "/deviations", {"ids": []})
    assert caller.send(caller.prepare()).body != b"pong"


def test_a_bad_certificate_is_served_on_a_port_of_its_own(remote: Remote, sandbox: Sandbox) -> None:
    url = remote.call("POST", "/bad-certificate/expired").json()["base_url"]
    assert url.endswith("/partner-api")
    assert url != sandbox.base_url
    assert remote.call("POST", "/bad-certificate/none").status_code == 400


def test_reset_begins_anew(remote: Remote, caller: Caller) -> None:
    caller.send(caller.submission())
    remote.call("POST", "/clock", {"advance_s": 60})
    remote.call("POST", "/faults", {"kind": "unavailable"})
    remote.call("PUT", "/deviations", {"ids": ["ping-text"]})
    assert remote.call("POST", "/reset").status_code == 200
    assert caller.sandbox.record.entries() == []
    assert caller.sandbox.clock.ahead == timedelta()
    assert (caller.sandbox.faults, caller.sandbox.deviations) == ((), ())
    assert caller.send(caller.prepare()).status == 401, "tokens are forgotten"
    caller.get_token()
    assert caller.send(caller.submission()).status == 201, "so are crefo ids and keys"


def test_the_description_holds_no_secret(remote: Remote, caller: Caller) -> None:
    reply = remote.call("GET", "/")
    assert reply.json()["base_url"] == caller.sandbox.base_url
    for secret in (caller.client_secret, caller.subscription_key, caller.sandbox.control_token):
        assert secret not in reply.text


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/clock", {}), ("POST", "/clock", {"advance_s": "1"}),
        ("POST", "/clock", {"advance_s": 1e300}), ("POST", "/clock", {"advance_s": True}),
        ("POST", "/clock", []), ("POST", "/faults", {"kind": "none"}), ("POST", "/faults", {}),
        ("POST", "/faults", {"kind": ["stall"]}),
        ("POST", "/faults", {"kind": "html", "status": 99}),
        ("POST", "/faults", {"kind": "html", "status": 700}),
        ("POST", "/faults", {"kind": "html", "count": 0}),
        ("POST", "/faults", {"kind": "html", "unknown": 1}),
        ("POST", "/faults", {"kind": "stall", "seconds": -1}),
        ("POST", "/faults", {"kind": "html", "headers": [["X", "a\r\nb"]]}),
        ("POST", "/faults", {"kind": "html", "headers": [["X"]]}),
        ("POST", "/faults", {"kind": "html", "headers": 5}),
        ("POST", "/faults", {"kind": "redirect", "location": "http://\n"}),
        ("PUT", "/deviations", {"ids": "ping-text"}), ("PUT", "/deviations", {"ids": ["none"]}),
        ("PUT", "/deviations", {}), ("GET", "/entries/abc", None),
        ("GET", "/entries?after=x", None), ("GET", f"/entries/{'9' * 5000}", None),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told(
    remote: Remote, caller: Caller, method: str, path: str, content: Any
) -> None:
    reply = remote.call(method, path, content)
    assert reply.status_code == 400
    assert reply.json()["detail"]
    assert caller.send(caller.prepare()).status == 200


def test_an_open_page_needs_no_token(remote: Remote, sandbox: Sandbox) -> None:
    assert sandbox.control is not None
    sandbox.control.open_pages["/_open"] = lambda _: Answer(status=200, body=b"open")
    try:
        reply = remote.call("GET", "/_open?x=1", headers={"Authorization": "none"})
        assert (reply.status_code, reply.text) == (200, "open")
    finally:
        del sandbox.control.open_pages["/_open"]


def test_the_control_port_is_on_loopback_only(sandbox: Sandbox) -> None:
    assert sandbox._control_listener._socket.getsockname()[0] == "127.0.0.1"
