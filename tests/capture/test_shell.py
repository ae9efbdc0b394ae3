"""The words of a command line, against bash itself."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.capture.shell import commands
from conformance.errors import CaptureError

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="bash is not installed")


def words(text: str) -> list[str]:
    """Return the words of the first command."""
    return list(next(commands(text)).words)


def words_of_bash(text: str) -> list[str] | None:
    """Return what bash makes of `text` as arguments; None where it refuses."""
    script = b"set -f +B; printf '%s\\0' " + text.encode("latin-1")
    assert BASH is not None
    run = subprocess.run(
        [BASH, "--norc", "-c", script],
        capture_output=True,
        check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": ""},
    )
    if run.returncode or run.stderr:
        return None
    return [word.decode("latin-1") for word in run.stdout.split(b"\0")[:-1]]


@needs_bash
@pytest.mark.parametrize(
    "text",
    [
        r"plain 'single quoted' \"escaped\"",
        r"""a"double \" \\ \x quoted"b'single \n'c""",
        r"$'tab\there' $'\x41\102\u00e4\U0001F600\'\"\\\e\cA\q'",
        '$"translated"',
        "one\\\n two \\\r\n three",
        '"in quotes \\\ncontinued"',
        r"it'\''s 'it'\''s'",
        "'' \"\" $'' empty",
        "a#b #comment",
        "money$ '$' \"5$\" \\$x",
        "caf\xc3\xa9 \xff\xfe \x85\xa0",
        "tab\tseparated",
        "\"line\nend\" 'line\nend'",
    ],
)
def test_words_are_those_of_bash(text: str) -> None:
    expected = words_of_bash(text.replace("\\\r\n", "\\\n"))
    assert expected is not None
    assert words(text) == expected


@needs_bash
@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="ab 1\t\\'\"$nxu0#\xe4-", min_size=1, max_size=24))
def test_random_quoting_is_read_as_bash_reads_it(text: str) -> None:
    expected = words_of_bash(text)
    try:
        read = words(text)
    except CaptureError:
        # Refused on purpose: a variable, an open quote, NUL; all else must be read.
        assert expected is None or "$" in text
    except StopIteration:
        assert expected in ([], [""])
    else:
        assert read == expected


@pytest.mark.parametrize("text", ["curl $URL", 'curl "${URL}"', "curl $(date)", "curl `date`"])
def test_what_only_a_shell_can_fill_in_is_refused(text: str) -> None:
    with pytest.raises(CaptureError, match="only your shell") as caught:
        words(text)
    assert "URL" not in str(caught.value), "a part of a password may follow the $"


@pytest.mark.parametrize("text", ["curl 'open", 'curl "open', "curl $'open", 'curl "open\\"'])
def test_an_open_quote_is_half_a_command(text: str) -> None:
    with pytest.raises(CaptureError, match="never closed"):
        words(text)


@pytest.mark.parametrize("text", [r"curl $'\0'", r"curl $'\x00'", r"curl $'\c@'", r"curl $'\u0'"])
def test_nul_is_refused(text: str) -> None:
    with pytest.raises(CaptureError, match="NUL"):
        words(text)


def test_braces_that_bash_would_take_apart_are_refused() -> None:
    with pytest.raises(CaptureError, match="bash takes apart"):
        words('curl -d {a:1,b:2} -d \'{"a":1,"b":2}\'')
    assert words('curl \'{"a":1,"b":2}\'') == ["curl", '{"a":1,"b":2}']


@pytest.mark.parametrize(
    ("text", "expected", "ended_by"),
    [
        ("curl a | jq .", ["curl", "a"], "|"),
        ("curl a&b=1", ["curl", "a"], "&"),
        ("curl a; ls", ["curl", "a"], ";"),
        ("curl a > out.txt 2>&1 b", ["curl", "a", "b"], ""),
        ("curl a &>log b", ["curl", "a", "b"], ""),
        ("curl a\nnext", ["curl", "a"], "\n"),
        ("curl a\r\nnext", ["curl", "a"], "\n"),
        ("curl 2a2>x", ["curl", "2a2"], ""),
    ],
)
def test_operators_end_a_command_and_redirections_are_passed_over(
    text: str, expected: list[str], ended_by: str
) -> None:
    command = next(commands(text))
    assert list(command.words) == expected
    assert command.ended_by == ended_by


def test_comments_and_empty_lines_are_no_commands() -> None:
    text = "#!/bin/sh\n\n# a 'comment\ncurl a\n\n"
    assert [command.words for command in commands(text)] == [("curl", "a")]
