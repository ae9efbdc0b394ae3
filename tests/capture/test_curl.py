"""A curl command line is read as the request that curl itself puts on the wire."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.capture.captured import Captured, Format
from conformance.capture.curl import read_curl
from conformance.capture.message import read_messages
from conformance.capture.reader import read_capture
from conformance.errors import CaptureError
from conformance.wire.message import HeaderFields, SignedRequest

CURL = shutil.which("curl")
Wire = Callable[[list[str]], bytes]
UNKNOWN = ("user-agent", "accept-encoding")
"""What depends on the version of curl, and is left out by the reader."""


class Recorder:
    """A server that keeps the octets of each request, and answers 200."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.requests: list[bytes] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.requests.append(self.read(connection))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    @staticmethod
    def read(connection: socket.socket) -> bytes:
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
            head, end, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\ncontent-length: *([0-9]+)", head)
            chunked = b"chunked" in head
            whole = length is None or len(body) >= int(length[1])
            if end and whole and (not chunked or body.endswith(b"0\r\n\r\n")):
                break
        return data


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    server = Recorder()
    yield server
    server.listener.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a current folder with files for `@`."""
    (tmp_path / "text").write_bytes(b'{"a":\r\n "b c"}\n')
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "fields").write_bytes(b"X-One: 1\nX-Two: two\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wire(recorder: Recorder, arguments: list[str]) -> SignedRequest:
    """Return the request that curl sends, read by the reader of raw messages."""
    assert CURL is not None
    recorder.requests.clear()
    command = [CURL, "-q", "-s", "--noproxy", "*", *arguments]
    run = subprocess.run(command, capture_output=True, check=False, timeout=20)
    assert run.returncode == 0, run.stderr
    (octets,) = recorder.requests
    return read_messages(octets)[0].request


def known(request: SignedRequest, *, without: tuple[str, ...] = UNKNOWN) -> SignedRequest:
    fields = tuple(field for field in request.headers if field[0].lower() not in without)
    return SignedRequest(
        method=request.method,
        target=request.target,
        headers=HeaderFields(fields),
        body=request.body,
    )


def read(text: str) -> Captured:
    return read_curl(text.encode())


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
@pytest.mark.parametrize(
    "arguments",
    [
        ["{url}/partner-api/ping"],
        ["{url}"],
        ["{url}?x=1#fragment"],
        ["{url}/a/../b/./c/..?d=/../e"],
        ["{url}/.."],
        ["{url}/a/."],
        ["{url}/a//b/..//"],
        ["{url}/.hidden/..."],
        ["--path-as-is", "{url}/a/../b"],
        ["{url}/%7e%2F/;p?q=a+b%20c&&=&?"],
        ["{url}?"],
        ["-g", "{url}/{{a,b}}[1-3]"],
        ["-X", "delete", "{url}/x"],
        ["-XPATCH", "{url}/x", "-d", ""],
        ["-I", "{url}/x"],
        ["-X", "POST", "{url}/x"],
        ["-d", "a=1", "-d", "b=2", "{url}/x"],
        ["-d", "", "-d", "b=2", "{url}/x"],
        ["-d", "@text", "{url}/x"],
        ["--data-ascii", "@text", "{url}/x"],
        ["--data-raw", "@text", "{url}/x"],
        ["--data-binary", "@text", "{url}/x"],
        ["--data-binary", "@binary", "{url}/x"],
        ["--data-binary", "line\r\nend\n", "{url}/x"],
        ["--data-urlencode", "n=\u00e4 b&c~", "--data-urlencode", "=x y", "{url}/x"],
        ["--data-urlencode", "plain *text", "--data-urlencode", "n@text", "{url}/x"],
        ["--data-urlencode", "@text", "{url}/x"],
        ["--json", '{{"a": 1}}', "--json", "[2]", "{url}/x"],
        ["--json", "@text", "-H", "accept: text/plain", "{url}/x"],
        ["--json", "1", "-H", "content-type: application/problem+json", "{url}/x"],
        ["-d", "a", "--json", "b", "-d", "c", "{url}/x"],
        ["-G", "-d", "a=1", "-d", "b", "{url}/x?q=1"],
        ["-G", "-d", "a=1", "{url}/x"],
        ["-G", "-I", "-d", "a=1", "{url}/x"],
        ["-G", "{url}/x"],
        ["-u", "me:pass word", "{url}/x"],
        ["-u", "me:pw", "-H", "authorization: Bearer t", "{url}/x"],
        ["--oauth2-bearer", "token", "{url}/x"],
        ["http://us%20er:p%40ss@{host}/x"],
        ["-H", "Date: now", "-H", "DIGEST:  two  spaces  ", "-H", "X-Empty;", "{url}/x"],
        ["-H", "Accept:", "-H", "User-Agent: mine", "-H", "no colon", "{url}/x"],
        ["-H", "Host: other.example", "-H", "X-A:b", "{url}/x"],
        ["-H", "Host:", "{url}/x"],
        ["-H", "X-Twice: 1", "-H", "x-twice: 2", "{url}/x"],
        ["-H", "@fields", "{url}/x"],
        ["-H", "Content-Type: application/json", "-d", "{{}}", "{url}/x"],
        ["-H", "Content-Length: 1", "-d", "x", "{url}/x"],
        ["-H", "Transfer-Encoding: chunked", "-d", "abc", "{url}/x"],
        ["-b", "a=1", "-e", "http://ref/;auto", "-r", "0-5", "{url}/x"],
        ["-b", "a=1", "-b", "b=2", "{url}/x"],
        ["--request-target", "/other/../raw", "{url}/x"],
        ["--url", "{url}/x", "-sSkL", "-m5", "--compressed"],
        ["-oout.txt", "--retry", "0", "{host}/no-scheme"],
    ],
    ids=" ".join,
)
def test_it_is_read_as_curl_sends_it(
    recorder: Recorder, folder: Path, arguments: list[str]
) -> None:
    assert folder.is_dir()
    host = f"127.0.0.1:{recorder.port}"
    filled = [argument.format(url=f"http://{host}", host=host) for argument in arguments]
    sent = known(wire(recorder, filled))
    captured = read(f"curl {shlex.join(filled)}")
    assert captured.trouble is None
    assert known(captured.request) == sent


TEXT = st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=0x17F), max_size=30)
NAME = st.from_regex(r"X-[A-Za-z0-9]{1,8}", fullmatch=True)


def ansi_c(text: str) -> str:
    """Quote as browsers do it where a text is not plain."""
    escaped = "".join(
        character if character.isalnum() and character.isascii() else f"\\u{ord(character):04x}"
        for character in text
    )
    return f"$'{escaped}'"


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "QUERY"]),
    target=st.from_regex(r"/[a-z0-9/%+~;=&?'()*,:@!$-]{0,30}", fullmatch=True),
    values=st.lists(st.tuples(NAME, TEXT.filter(lambda text: text.strip() and "\n" not in text))),
    body=TEXT,
    quote=st.sampled_from([shlex.quote, ansi_c]),
)
def test_a_written_command_reads_back_equal(
    method: str, target: str, values: list[tuple[str, str]], body: str, quote: Callable[[str], str]
) -> None:
    words = ["curl", "--path-as-is", "-X", method, "--data-raw", quote(body), "-H", "'Accept:'"]
    for name, value in values:
        words += ["-H", quote(f"{name}: {value}")]
    words.append(quote(f"https://api.example{target}"))
    request = read(" \\\n  ".join(words)).request
    assert (request.method, request.target) == (method, target)
    assert request.body == body.encode()
    sent = [(name, value.encode("latin-1").decode()) for name, value in request.headers]
    assert sent[1:-2] == values


def test_the_origin_is_scheme_and_authority_without_credentials() -> None:
    captured = read("curl https://user:secret@api.example:8443/x")
    assert captured.origin == "https://api.example:8443"
    assert captured.format is Format.CURL


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://api.example:443/x", "api.example"),
        ("http://api.example:80/x", "api.example"),
        ("https://api.example:80/x", "api.example:80"),
    ],
)
def test_a_default_port_is_not_sent(address: str, host: str) -> None:
    assert read(f"curl {address}").request.headers.first("host") == host


@pytest.mark.parametrize("prompt", ["$ ", "+ ", "% ", "", "  "])
def test_a_prompt_or_trace_mark_may_stand_in_front(prompt: str) -> None:
    assert read(f"{prompt}/usr/bin/curl https://api.example/x").request.target == "/x"


def test_what_curl_changes_is_noted() -> None:
    assert "--path-as-is" in read("curl https://api.example/a/../b").notes[0]
    assert read("curl --path-as-is https://api.example/a/../b").notes == ()
    assert "non-ASCII" in read("curl https://api.example/\u00e4").notes[0]


def test_an_unquoted_ampersand_is_noted() -> None:
    captured = read("curl https://api.example/x?a=1&b=2")
    assert captured.request.target == "/x?a=1"
    assert "quote the address" in captured.notes[0]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("curl -F a=b https://api.example/", "--form sends a multipart form"),
        ("curl --form-string a=b https://api.example/", "multipart"),
        ("curl -T file https://api.example/", "--upload-file"),
        ("curl -K conf https://api.example/", "--config"),
        ("curl https://api.example/ --next https://api.example/", "second request"),
        ("curl -I -d x https://api.example/", "refuses"),
        ("curl -X POST", "no address"),
        ("curl https://a.example/ https://b.example/", "2 addresses"),
        ("curl ftp://api.example/", "no http or https"),
        ("curl 'https://api.example/a b'", "white space"),
        ("curl https:///x", "no http or https"),
        ("curl https://me:secret/1@api.example/", "no http or https"),
        ("curl https://[::1/x", "no http or https"),
        ("curl 'https://api.example/{a}'", "brackets or braces"),
        ("curl https://api.example/ -H", "needs an argument"),
        ("curl --data=secret https://api.example/", "not known here: --data"),
        ("curl -@ https://api.example/", "not known here"),
        ("curl https://api.example/ \\\n", "cut off"),
        ("curl https://api.example/\n  -H 'Date: x'", "backslash"),
        ("curl https://api.example/ ^\r\n -H x", "Windows"),
        ("wget https://api.example/", "no curl command"),
        ("curl -H @absent https://api.example/", "absent does not exist"),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_sentence(command: str, sentence: str) -> None:
    with pytest.raises(CaptureError, match=re.escape(sentence)) as caught:
        read(command)
    assert caught.value.hint
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("value", ["@absent", "@-", "@."])
def test_a_missing_body_file_can_be_mended_with_body(value: str, tmp_path: Path) -> None:
    assert tmp_path.is_dir()
    command = f"curl -d {value} https://api.example/x".encode()
    with pytest.raises(CaptureError, match="body of the curl command is missing"):
        read_capture(command)
    assert read_capture(command, body=b"given").request.body == b"given"


def test_an_endless_body_file_is_refused() -> None:
    trouble = read("curl --data-binary @/dev/zero https://api.example/x").trouble
    assert trouble is not None
    assert "larger than 8 MiB" in trouble.message


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="curl -HdXGI@:&'\"\\$n/?=.{}[]h t p s\u00e4\0\n\r", max_size=60))
def test_nothing_but_a_capture_error_is_raised(text: str) -> None:
    with contextlib.suppress(CaptureError):
        assert read(f"curl {text}").request.target.startswith("/")
