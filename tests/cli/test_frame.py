"""The frame of the command: fast help, lazy verbs, and no traceback whatever happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from conformance import __version__
from conformance.cli import main
from conformance.cli.frame import group
from conformance.cli.front import help_text, version_text
from conformance.cli.verbs import PROGRAM, VERBS
from conformance.errors import AdapterCrashError, ConfigError, DataError, WireError

ROOT = Path(__file__).parents[2]
DEAR = {"click", "pytest", "hypothesis", "requests", "cryptography", "jsonschema", "rich", "typing"}

Raise = Callable[[], object]
Boom = Callable[[Raise], None]


def command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def boom(monkeypatch: pytest.MonkeyPatch) -> Boom:
    """Add the verb `boom`, which does what the test wants."""

    def add(act: Raise) -> None:
        module = ModuleType("boom_verb")
        module.boom = click.Command("boom", callback=act)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "boom_verb", module)

    monkeypatch.setitem(VERBS, "boom", ("boom_verb", "Do what the test wants."))
    monkeypatch.delenv("LENDICO_CONFORMANCE_DEBUG", raising=False)
    return add


def raising(error: BaseException) -> Raise:
    def act() -> None:
        raise error

    return act


def test_the_fast_help_is_what_click_prints() -> None:
    printed = CliRunner().invoke(group, ["--help"], prog_name=PROGRAM, env={"COLUMNS": "80"})

    assert printed.output == help_text() + "\n"
    assert all(len(line) <= 78 for line in help_text().splitlines())


def test_the_fast_version_is_what_click_prints() -> None:
    printed = CliRunner().invoke(group, ["--version"], prog_name=PROGRAM)

    assert printed.output == version_text() + "\n"
    assert __version__ in printed.output


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"], []])
def test_help_and_version_import_nothing_dear(arguments: list[str]) -> None:
    script = (
        "import sys; from conformance.cli import main; main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = {name.partition(".")[0] for name in done.stderr.split()}

    assert "conformance" in imported
    assert not imported & DEAR


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_goes_to_standard_output(flag: str) -> None:
    done = command(flag)

    assert (done.returncode, done.stdout, done.stderr) == (0, help_text() + "\n", "")


def test_no_verb_is_a_wrong_usage() -> None:
    """A pipeline that lost its verb must not be green."""
    done = command()

    assert (done.returncode, done.stdout, done.stderr) == (2, "", help_text() + "\n")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_module_and_its_help(verb: str) -> None:
    module = import_module(VERBS[verb][0])
    found = getattr(module, verb)

    assert isinstance(found, click.Command)
    assert found.name == verb
    printed = CliRunner().invoke(group, [verb, "-h"], prog_name=PROGRAM)
    assert printed.exit_code == 0
    assert printed.output.startswith(f"Usage: {PROGRAM} {verb} ")


def test_only_the_verb_that_runs_is_imported() -> None:
    script = (
        "import sys; from conformance.cli import main; main(['requirements', '--help']);"
        "print(*(name for name in sys.modules if name.startswith('conformance.cli.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.splitlines()[-1].split())

    assert "conformance.cli.requirements" in imported
    assert not imported & {module for module, _ in VERBS.values()} - {
        "conformance.cli.requirements"
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "error: there is no verb 'chek'\nhint: Did you mean 'check'?\n"),
        (["zzz"], "error: there is no verb 'zzz'\nhint: The verbs are bundle, certs, challenge, "),
        (["\x1b[31mred"], "error: there is no verb '\\x1b[31mred'\n"),
        (["--zzz"], "hint: The options of a verb stand after it"),
        (["requirements", "--levle", "MUST"], "hint: Did you mean --level"),
        (
            ["requirements", "--format", "xml"],
            "hint: Run 'lendico-conformance requirements --help'",
        ),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_a_hint(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert re.match(r"error: [a-z].*\nhint: .*\n\Z", err)


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (
            ConfigError("seed is wrong", hint="Mend it."),
            2,
            "error: seed is wrong\nhint: Mend it.\n",
        ),
        (DataError("a schema is broken"), 3, "error: a schema is broken\n"),
        (WireError("date-zone", "no GMT"), 3, "error: no GMT\n"),
        (
            AdapterCrashError("it ended", hint="Read on.", detail="one\n\x1b[2Jtwo"),
            3,
            "error: it ended\nhint: Read on.\n  | one\n  | \\x1b[2Jtwo\n",
        ),
        (ConfigError("a\x1b[31mb\u202e"), 2, "error: a\\x1b[31mb\\xe2\\x80\\xae\n"),
        (click.UsageError("Bad thing."), 2, "error: bad thing\nhint: Run 'lendico-conformance"),
        (click.Abort(), 130, "interrupted\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_what_is_raised_on_purpose_becomes_a_sentence_and_a_code(
    error: BaseException, code: int, says: str, boom: Boom, capsys: pytest.CaptureFixture[str]
) -> None:
    boom(raising(error))

    assert main(["boom"]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(says)
    assert "Traceback" not in err


def test_a_long_detail_is_cut_to_its_end(boom: Boom, capsys: pytest.CaptureFixture[str]) -> None:
    boom(
        raising(AdapterCrashError("it ended", detail="\n".join(map(str, range(1000))) + "x" * 900))
    )

    main(["boom"])

    err = capsys.readouterr().err
    assert err.count("\n") == 21
    assert len(err) < 800
    assert "  | 998\n" in err


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: None, 0),
        (lambda: 4, 4),
        (lambda: click.get_current_context().exit(6), 6),
        (lambda: "text", 0),
    ],
)
def test_a_verb_decides_the_exit_code(act: Raise, code: int, boom: Boom) -> None:
    boom(act)

    assert main(["boom"]) == code


def test_an_unexpected_error_is_one_sentence_and_a_file(
    boom: Boom,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    boom(raising(ValueError("hunter2")))

    assert main(["boom"]) == 3

    err = capsys.readouterr().err
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(
        r"error: lendico-conformance itself broke: ValueError in conformance/cli/\w+\.py, "
        r"line \d+\n"
        rf"hint: Please report it, with the traceback in {re.escape(str(file))}; look .*\n",
        err,
    )
    assert "hunter2" not in err
    assert "ValueError: hunter2" in file.read_text(encoding="utf-8")
    assert __version__ in file.read_text(encoding="utf-8")
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


def test_an_unexpected_error_without_a_place_to_write_is_still_one_sentence(
    boom: Boom,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    boom(raising(RecursionError()))

    assert main(["boom"]) == 3

    err = capsys.readouterr().err
    assert err.count("\n") == 2
    assert "hint: Set LENDICO_CONFORMANCE_DEBUG=1 to see the traceback" in err


def test_debug_shows_the_traceback(
    boom: Boom, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENDICO_CONFORMANCE_DEBUG", "1")
    boom(raising(ValueError("why")))

    assert main(["boom"]) == 3

    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert "ValueError: why\nerror: lendico-conformance itself broke: ValueError in" in err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="pipes that break as POSIX has them")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["requirements", "--format", "json"],
        ["check", "--adapter=reference", "--replay=body/crlf-ended", "--json"],
        ["check", "--adapter=reference", "--replay=body/crlf-ended"],
    ],
    ids=["front", "click", "json", "rich"],
)
def test_a_reader_that_went_away_is_no_noise_and_no_verdict(
    arguments: list[str], tmp_path: Path
) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "conformance", *arguments],
            cwd=tmp_path,
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert b"rror" not in done.stderr
    assert done.returncode == 141


def test_a_group_without_a_verb_is_told_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vectors"]) == 2

    err = capsys.readouterr().err
    assert err.splitlines() == [
        "error: a verb is missing after 'lendico-conformance vectors'",
        "hint: Run 'lendico-conformance vectors --help' to see what it takes.",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [["--help"], ["requirements", "--format", "json"]])
def test_a_full_disk_is_one_sentence(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "conformance", *arguments],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert done.stderr == b"error: the output cannot be written: No space left on device\n"
    assert done.returncode == 3


def test_a_terminal_without_unicode_gets_codes_instead_of_an_error(boom: Boom) -> None:
    done = command("requirements", "TGT-004", PYTHONIOENCODING="ascii")

    assert (done.returncode, done.stderr) == (0, "")
    boom(lambda: click.echo("ä…"))
    assert main(["boom"]) == 0


def complete(line: str, shell: str = "bash") -> list[str]:
    """Return what the shell would offer at the end of `line`."""
    done = command(
        COMP_WORDS=line,
        COMP_CWORD=str(len(line.split(" ")) - 1),
        _LENDICO_CONFORMANCE_COMPLETE=f"{shell}_complete",
    )
    assert done.returncode == 0
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_completion_offers_verbs_and_options() -> None:
    assert complete("lendico-conformance re") == ["plain,report", "plain,requirements"]
    assert complete("lendico-conformance ") == [f"plain,{verb}" for verb in VERBS]
    assert "plain,--level" in complete("lendico-conformance requirements --")


def test_completion_of_verbs_imports_none_of_them() -> None:
    done = command(
        COMP_WORDS="lendico-conformance ",
        COMP_CWORD="1",
        _LENDICO_CONFORMANCE_COMPLETE="bash_complete",
        PYTHONVERBOSE="1",
    )

    assert not re.findall(r"^import '(conformance\.cli\.(?:check|explain|vectors))'", done.stderr)
    assert "import 'conformance.cli.frame'" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    """The variable is that of the documentation."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert f"_LENDICO_CONFORMANCE_COMPLETE={shell}_source {PROGRAM}" in text

    done = command(_LENDICO_CONFORMANCE_COMPLETE=f"{shell}_source")

    assert done.returncode == 0
    assert f"_LENDICO_CONFORMANCE_COMPLETE={shell}_complete" in done.stdout
