"""Each starting adapter, as `init` writes it, run as a real process and driven line by line.

What it answers is compared octet for octet with what `hashlib` and `cryptography`, and once
`openssl`, make of the same request. Nothing of this package signs or verifies here.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any, Final

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conformance.adapters import open_adapter
from conformance.adapters.interface import SignOrder
from conformance.cli.init import init
from conformance.clock import SystemClock
from conformance.starters import STARTERS, Starter, find_starter
from conformance.wire.message import Place

ALL_RUNTIMES: Final = bool(os.environ.get("CONFORMANCE_ALL_RUNTIMES"))
"""Set where every runtime must be there: a missing one then fails instead of being skipped."""

OPTIONAL: Final = {"csharp"}
"""Languages whose runtime comes from no package source that our own machines reach."""

TRIED: Final = [
    starter.language
    for starter in STARTERS
    if not (starter.language in OPTIONAL and starter.missing_tools)
]

SENDING: Final = {"bash", "go", "java", "node", "python"}
"""Starters with a client of their own, beside their signer."""

DEADLINE: Final = 30.0
"""Seconds after which a process that has not answered is killed."""

UNHELPFUL: Final = {
    "LC_ALL": "tr_TR.UTF-8",
    "TZ": "Pacific/Kiritimati",
    "JAVA_TOOL_OPTIONS": "-Duser.language=tr -Duser.country=TR -XX:TieredStopAtLevel=1",
}
"""A machine on which the lower case of `I` is no `i`, and midnight is elsewhere; Java, which is
started often here, compiles less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to be signed; `key` is the index of one of the keys made for the tests."""

    method: str = "POST"
    target: str = "/applications"
    date: str = "Wed, 03 Jul 2019 08:28:28 GMT"
    body: bytes = b'{"hello": "world"}'
    key_id: str = "client-1"
    place: str = "signature"
    key: int = 0


def noise(length: int) -> bytes:
    """Return octets without a pattern, the same each time."""
    return hashlib.shake_256(b"noise").digest(length)


BODIES: Final = {
    "empty": b"",
    "one-nul": b"\x00",
    "nuls-around-text": b"\x00a\x00\x00b\x00",
    "all-octets": bytes(range(256)),
    "high-octets": bytes(range(0x80, 0x100)),
    "invalid-utf-8": b"\xff\xfe\xc3\x28",
    "utf-8": "Größe 😀".encode(),
    "byte-order-mark": b"\xef\xbb\xbf{}",
    "line-feeds-at-the-end": b"{}\n\n",
    "carriage-returns": b"\r\n{}\r\n",
    "spaces-around": b"  {} ",
    "backslashes": rb"\\n\x00\"",
    "64-kib-and-one": noise((1 << 16) + 1),
    "1-mib": noise(1 << 20),
}

TARGETS: Final = {
    "root": "/",
    "empty-query": "/?",
    "two-question-marks": "/ping??",
    "double-slashes": "//a//b//",
    "dot-segments": "/a/../b/./c/..",
    "percent-case": "/%c3%a4%C3%A4%2F%2f%25%7E",
    "plus-and-space": "/a+b?q=a+b&q=a%20b&&=&q",
    "upper-case": "/Applications;V=1/ABC?Zeta=1&Alpha=2",
    "punctuation": "/!$'()*,:@~_-.",
    "quotes": '/"a"?q=""',
    "backslashes": "/\\a\\\\b?q=\\",
    "quote-after-backslash": '/\\"\\\\"',
    "json": '/{"id":"9","op":"bye"}',
    "shell": "/$(id)`id`${HOME}$HOME;id|id&id>x<x *?[a-z]~ !1 #x %s%d%n%%",
    "signing-string": "/\\ndate: x",
    "fragment": "/a#b",
    "tags": "/<a>&amp;'",
    "long": "/" + "a/B" * 700,
}

KEY_IDS: Final = {
    "quote": 'a"b',
    "backslash": "a\\b\\",
    "both": '\\"\\\\""',
    "comma": 'a",algorithm="none',
    "space": "client 1",
    "option": "-n",
    "format": "%s%n{0}$1$&",
    "uuid": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
}

DATES: Final = {
    "leap-day": "Thu, 29 Feb 2024 00:00:00 GMT",
    "noon": "Tue, 31 Dec 2019 12:00:00 GMT",
    "no-date": "taken, as it  is: 25:61",
}

CASES: Final = {
    **{f"body-{name}": Request(body=body) for name, body in BODIES.items()},
    **{f"target-{name}": Request(target=target) for name, target in TARGETS.items()},
    **{f"key-id-{name}": Request(key_id=key_id) for name, key_id in KEY_IDS.items()},
    **{f"date-{name}": Request(date=date) for name, date in DATES.items()},
    **{
        f"method-{method}": Request(method=method, body=b"")
        for method in ("GET", "DELETE", "UNLINK", "M-SEARCH", "Get")
    },
    "token-request": Request(
        target="/oauth2/token", body=b"client_id=a&client_secret=b", place="authorization"
    ),
    "token-request-quotes": Request(key_id='a"\\', place="authorization"),
    "another-key": Request(key=1),
}


class Adapter:
    """A running adapter; whatever is asked of it is answered before the deadline or fails."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | UNHELPFUL | {"PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def send(self, line: str) -> None:
        """Write one line."""
        assert self.process.stdin
        self.process.stdin.write(line.encode("ascii") + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        """Read one answer."""
        assert self.process.stdout
        with self._deadline():
            line = self.process.stdout.readline()
        assert line.startswith(b"{"), f"no answer but {line!r}; it says {self.errors()}"
        assert line.endswith(b"}\n")
        return json.loads(line.decode("utf-8"))

    def ask(self, op: str, **fields: str) -> Any:
        """Send one request and return its answer."""
        self.send(json.dumps({"id": "1", "op": op, **fields}))
        return self.receive()

    def end(self) -> int:
        """Wait until the process ends by itself and return its exit code."""
        with self._deadline():
            return self.process.wait()

    def errors(self) -> str:
        """Return what it wrote on standard error."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def close(self) -> None:
        """Stop the process."""
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self._errors):
            if file:
                with contextlib.suppress(BrokenPipeError):
                    file.close()

    def _deadline(self) -> Deadline:
        return Deadline(self.process)


class Deadline:
    """Kills a process that is still being waited for after `DEADLINE` seconds."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._timer = Timer(DEADLINE, process.kill)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[rsa.RSAPrivateKey, Path]]:
    """Two keys made for this run, with their PKCS#8 files; a path may hold spaces and quotes."""
    folder = tmp_path_factory.mktemp('keys "of" the run')
    made = []
    for bits in (2048, 3072):
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        path = folder / f"signing-{bits}.key"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        made.append((key, path))
    return made


def written(starter: Starter, folder: Path) -> list[str]:
    """Write a starter with `init`, build it where that is needed, and return its command."""
    if starter.missing_tools:
        tools = ", ".join(starter.missing_tools)
        if ALL_RUNTIMES:
            pytest.fail(f"CONFORMANCE_ALL_RUNTIMES is set, but there is no {tools}")
        pytest.skip(f"not on this machine: {tools}")
    done = CliRunner().invoke(init, [starter.language, str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    build(starter, folder)
    return shlex.split(starter.command)


def build(starter: Starter, folder: Path) -> None:
    if starter.build:
        subprocess.run(shlex.split(starter.build), cwd=folder, check=True, timeout=120)


@pytest.fixture(scope="module", params=TRIED)
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], Path]:
    """Return the command of a starter and the folder that it was written into."""
    folder = tmp_path_factory.mktemp(request.param)
    return written(find_starter(request.param), folder), folder


@pytest.fixture(scope="module")
def adapter(installed: tuple[list[str], Path]) -> Iterator[Adapter]:
    """Start one process of a starter for all tests that do not end it."""
    running = Adapter(*installed)
    yield running
    running.close()


@pytest.fixture
def fresh(installed: tuple[list[str], Path]) -> Iterator[Adapter]:
    """Start a process of its own for a test that ends it."""
    running = Adapter(*installed)
    yield running
    running.close()


Keys = list[tuple[rsa.RSAPrivateKey, Path]]


def fields_of(request: Request, keys: Keys) -> dict[str, str]:
    """Return the fields of `sign`."""
    base_url = "https://api.example/partner-api"
    return {
        "method": request.method,
        "url": base_url + request.target,
        "base_url": base_url,
        "target": request.target,
        "date": request.date,
        "body_b64": base64.b64encode(request.body).decode(),
        "key_id": request.key_id,
        "key_file": str(keys[request.key][1]),
        "place": request.place,
    }


def expected(request: Request, keys: Keys) -> dict[str, object]:
    """Return the right answer, as Security.md describes it, and nothing of this package does."""
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    string = (
        f"(request-target): {request.method.lower()} {request.target}\n"
        f"date: {request.date}\n"
        f"digest: {digest}"
    ).encode("ascii")
    signature = keys[request.key][0].sign(string, PKCS1v15(), SHA256())
    key_id = "".join(f"\\{letter}" if letter in '"\\' else letter for letter in request.key_id)
    parameters = (
        f'keyId="{key_id}",algorithm="rsa-sha256",headers="(request-target) date digest",'
        f'signature="{base64.b64encode(signature).decode()}"'
    )
    in_authorization = request.place == "authorization"
    last = (
        ["Authorization", f"Signature {parameters}"]
        if in_authorization
        else ["Signature", parameters]
    )
    return {
        "headers": [["Date", request.date], ["Digest", digest], last],
        "signing_string_b64": base64.b64encode(string).decode(),
    }


def test_hello_says_what_the_starter_can(adapter: Adapter) -> None:
    ok = adapter.ask("hello", protocol="1", suite_version="0.1.0")["ok"]
    assert ok["protocol"] == 1
    name = ok["name"].removeprefix("example-")
    assert set(ok["can"]) == {"sign", "clock", "keys", *(["send"] if name in SENDING else [])}
    assert ok["name"].startswith("example-")
    assert ok["language"]
    assert 1 <= ok["max_in_flight"] <= 64


@pytest.mark.parametrize("request_", CASES.values(), ids=CASES)
def test_it_signs_as_an_independent_computation_does(
    adapter: Adapter, keys: Keys, request_: Request
) -> None:
    answer = adapter.ask("sign", **fields_of(request_, keys))
    assert answer == {"id": "1", "ok": expected(request_, keys)}


def test_openssl_makes_the_same_signature(adapter: Adapter, keys: Keys) -> None:
    """The oracle of the tests above is itself compared with `openssl dgst -sign`."""
    request = Request(body=BODIES["all-octets"], target=TARGETS["percent-case"])
    ok = adapter.ask("sign", **fields_of(request, keys))["ok"]
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(keys[0][1])],
        input=base64.b64decode(ok["signing_string_b64"]),
        capture_output=True,
        check=True,
        timeout=DEADLINE,
    ).stdout
    assert ok["headers"][-1][1].endswith(f',signature="{base64.b64encode(signature).decode()}"')


def test_as_many_requests_as_it_allows_may_be_in_flight(adapter: Adapter, keys: Keys) -> None:
    """They are written before the first answer is read, and each is answered once."""
    count = adapter.ask("hello", protocol="1", suite_version="0.1.0")["ok"]["max_in_flight"]
    requests = {f"r-{n}": Request(target=f"/{n}", body=b"x" * n) for n in range(count)}
    for name, request in requests.items():
        adapter.send(json.dumps({"id": name, "op": "sign", **fields_of(request, keys)}))
    answers = {answer["id"]: answer["ok"] for answer in (adapter.receive() for _ in requests)}
    assert answers == {name: expected(request, keys) for name, request in requests.items()}


def test_layout_order_and_unknown_fields_do_not_matter(adapter: Adapter, keys: Keys) -> None:
    fields = {**fields_of(Request(), keys), "later": 'a "new" \\ field', "op": "sign", "id": "7"}
    for separators in ((",", ":"), (" , ", " : ")):
        adapter.send(json.dumps(dict(reversed(fields.items())), separators=separators))
        assert adapter.receive() == {"id": "7", "ok": expected(Request(), keys)}


def test_the_id_comes_back_as_it_was(adapter: Adapter) -> None:
    name = '"\\ $(id)\\"'
    adapter.send(json.dumps({"id": name, "op": "hello", "protocol": "1", "suite_version": "0"}))
    assert adapter.receive()["id"] == name


def test_an_operation_it_does_not_know_is_unsupported(adapter: Adapter) -> None:
    for op in ("verify", "toString", "constructor", 'x"y'):
        answer = adapter.ask(op)
        assert answer.keys() == {"id", "unsupported"}
        assert op in answer["unsupported"]["message"]


def test_a_missing_key_file_is_an_error_and_the_next_request_is_signed(
    adapter: Adapter, keys: Keys, tmp_path: Path
) -> None:
    missing = fields_of(Request(), keys) | {"key_file": str(tmp_path / "missing.key")}
    answer = adapter.ask("sign", **missing)
    assert answer.keys() == {"id", "error"}
    assert "missing.key" in answer["error"]["message"]
    assert adapter.ask("sign", **fields_of(Request(), keys))["ok"] == expected(Request(), keys)


def test_a_key_file_without_a_key_is_an_error(adapter: Adapter, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "other.key"
    path.write_text("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
    answer = adapter.ask("sign", **fields_of(Request(), keys) | {"key_file": str(path)})
    assert answer.keys() == {"id", "error"}
    assert answer["error"]["message"]


@pytest.mark.slow
def test_end_of_input_ends_it(fresh: Adapter) -> None:
    fresh.ask("hello", protocol="1", suite_version="0.1.0")
    assert fresh.process.stdin
    fresh.process.stdin.close()
    assert fresh.end() == 0


@pytest.mark.slow
def test_bye_ends_it_while_its_input_stays_open(fresh: Adapter) -> None:
    fresh.send('{"id":"1","op":"bye"}')
    assert fresh.end() == 0


@pytest.mark.slow
@pytest.mark.parametrize("line", ['{"id":"1","op":"hel', '{"op":"hello"}'])
def test_a_line_that_is_no_request_ends_it_with_a_message(fresh: Adapter, line: str) -> None:
    """There is no id that an answer could have."""
    fresh.send(line)
    assert fresh.end() > 0
    assert "no request of the adapter protocol" in fresh.errors()
    assert "Traceback" not in fresh.errors()


@pytest.mark.parametrize("language", sorted(OPTIONAL))
def test_an_optional_language_is_tried_where_it_can_be(language: str) -> None:
    """Says in the summary which starter was not run."""
    if language not in TRIED:
        pytest.skip(f"not on this machine: {', '.join(find_starter(language).missing_tools)}")


NOISE: Final = {
    "bash": ("    local digest", '    echo "{noise"; read -r _\n    local digest'),
    "java": ("        var hash", '        System.out.println("{noise");\n        var hash'),
    "node": ("  const digest", '  console.log("{noise");\n  const digest'),
    "php": ("    $digest =", "    echo '{noise';\n    $digest ="),
    "go": ("\tbodyHash :=", '\tfmt.Println("{noise")\n\tbodyHash :='),
    "csharp": ("        var digest", '        Console.WriteLine("{noise");\n        var digest'),
    "python": ('    digest = "', '    print("{noise")\n    digest = "'),
}


@pytest.mark.slow
@pytest.mark.parametrize("language", TRIED)
def test_what_a_signer_prints_is_no_answer(language: str, tmp_path: Path, keys: Keys) -> None:
    """A signer that logs to standard output, or reads standard input, spoils nothing."""
    starter = find_starter(language)
    command = written(starter, tmp_path)
    source = tmp_path / starter.files[0]
    text = source.read_text()
    assert text.count(NOISE[language][0]) == 1
    source.write_text(text.replace(*NOISE[language]))
    build(starter, tmp_path)
    adapter = Adapter(command, tmp_path)
    adapter.send(json.dumps({"id": "1", "op": "sign", **fields_of(Request(), keys)}))
    adapter.send(json.dumps({"id": "2", "op": "sign", **fields_of(Request(), keys)}))
    assert [adapter.receive()["id"], adapter.receive()["id"]] == ["1", "2"]
    assert "{noise" in adapter.errors()
    adapter.close()


def test_the_bash_starter_hands_on_line_ends_as_they_are(tmp_path: Path, keys: Keys) -> None:
    """It writes JSON by hand; a signature wrapped by `base64` must arrive wrapped."""
    command = written(find_starter("bash"), tmp_path)
    source = tmp_path / "adapter.sh"
    text = source.read_text()
    text = text.replace("""quoted "${request[key_id]}" key_id""", r"""key_id=$'"\r\n\t\001"'""")
    source.write_text(text.replace('[key_file]}" | base64 -w 0', '[key_file]}" | base64'))
    adapter = Adapter(command, tmp_path)
    ok = adapter.ask("sign", **fields_of(Request(), keys))["ok"]
    value = ok["headers"][-1][1]
    assert value.startswith('keyId="\r\n\t?",')
    assert re.search(r'signature="[\w+/]{76}\n[\w+/]{76}\n', value)
    adapter.close()


def test_every_language_is_tried_for_noise() -> None:
    assert set(NOISE) == {starter.language for starter in STARTERS}


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="not on this machine: shellcheck")
def test_shellcheck_finds_nothing_in_the_bash_starter(tmp_path: Path) -> None:
    written(find_starter("bash"), tmp_path)
    done = subprocess.run(
        ["shellcheck", "adapter.sh"], cwd=tmp_path, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_python_starter_says_which_python_lacks_which_package(tmp_path: Path) -> None:
    written(find_starter("python"), tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "adapter.py"],
        cwd=tmp_path, capture_output=True, check=False, text=True, timeout=DEADLINE,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{sys.executable} has no package cryptography" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_python_starter_serves_in_process_too(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its second address calls the same function without a process."""
    written(find_starter("python"), tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    address = find_starter("python").also
    assert address
    adapter = open_adapter(address[0], clock=SystemClock(), cwd=tmp_path)
    sys.modules.pop("adapter")
    assert adapter.hello.can >= {"sign", "clock", "keys"}
    request = Request(body=BODIES["all-octets"])
    fields = fields_of(request, keys)
    answer = adapter.sign(
        SignOrder(
            method=request.method,
            url=fields["url"],
            base_url=fields["base_url"],
            target=request.target,
            date=request.date,
            body=request.body,
            key_id=request.key_id,
            key_file=Path(fields["key_file"]),
            place=Place.SIGNATURE,
        )
    )
    wanted = expected(request, keys)
    assert [list(field) for field in answer.headers] == wanted["headers"]
    assert base64.b64encode(answer.said or b"").decode() == wanted["signing_string_b64"]
