"""`lendico-conformance init`, run as people run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli.init import init
from conformance.errors import UsageError

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(init, arguments, catch_exceptions=False)


def test_it_says_what_it_wrote_and_what_to_run_next(tmp_path: Path) -> None:
    folder = tmp_path / "my signer"
    done = run("node", str(folder))
    assert done.exit_code == 0
    written, _, rest = done.output.partition("\n\n")
    assert written.splitlines() == [
        f"wrote {folder / 'adapter.mjs'}",
        f"wrote {folder / 'conformance.toml'}",
    ]
    assert all(Path(line.removeprefix("wrote ")).is_file() for line in written.splitlines())
    assert "call it in `sign` in adapter.mjs" in rest
    assert f"    cd '{folder}'\n    lendico-conformance check\n" in rest


def test_the_current_directory_is_where_it_writes_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("bash")
    assert {path.name for path in tmp_path.iterdir()} == {"adapter.sh", "conformance.toml"}
    assert "wrote adapter.sh\n" in done.output
    assert "cd " not in done.output


def test_a_compiled_language_is_built_first(tmp_path: Path) -> None:
    lines = run("go", str(tmp_path)).output.splitlines()
    build = lines.index("    go build -o adapter .")
    assert lines[build + 1] == "    lendico-conformance check"


def test_a_runtime_that_is_not_there_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("php", str(tmp_path / "new"))
    assert done.exit_code == 0
    assert "Note: not found on the PATH: php. It needs PHP 8.1 or later" in done.output


def test_no_note_where_the_runtime_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "php").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Note" not in run("php", str(tmp_path / "new")).output


def test_what_is_there_already_stays_unless_forced(tmp_path: Path) -> None:
    run("node", str(tmp_path))
    (tmp_path / "adapter.mjs").write_text("mine")
    with pytest.raises(UsageError, match=r"adapter\.mjs, .*conformance\.toml exist already"):
        run("node", str(tmp_path))
    assert (tmp_path / "adapter.mjs").read_text() == "mine"
    assert run("node", str(tmp_path), "--force").exit_code == 0
    assert (tmp_path / "adapter.mjs").read_text() != "mine"


def test_the_list_names_each_language_with_what_it_needs() -> None:
    lines = run("--list").output.splitlines()
    assert [line.split()[0] for line in lines] == [
        "bash", "java", "node", "php", "go", "csharp", "python",
    ]  # fmt: skip
    assert "JDK 17 or later" in lines[1]


def test_the_list_marks_what_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    marked = {
        line.split()[0]: line.endswith("(not found here)")
        for line in run("--list").output.splitlines()
    }
    assert marked.pop("node") is False
    assert all(marked.values())


def test_without_a_language_the_languages_are_named() -> None:
    with pytest.raises(UsageError, match="init needs a language") as caught:
        run()
    assert "bash, java, node, php, go, csharp, python" in caught.value.hint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rust"], "error: there is no starting adapter for 'rust'"),
        (["pyhton"], "Did you mean 'python'?"),
        ([], "error: init needs a language"),
        (["node", __file__], "is a file"),
        (["node", "--forec"], "--force"),
    ],
    ids=["unknown", "misspelt", "none", "a-file", "option"],
)
def test_a_wrong_command_line_ends_with_2_and_a_sentence(
    arguments: list[str], says: str, tmp_path: Path
) -> None:
    main = "import sys; from conformance.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", main, "init", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not list(tmp_path.iterdir())
