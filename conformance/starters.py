"""The starting adapters that `init` writes: a complete adapter with a signer, one a language.

Their sources are the examples themselves, in `examples/adapters/<language>`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from conformance.data import EXAMPLES
from conformance.errors import DataError, UsageError
from conformance.wire.shown import shown
from conformance.wire.visible import visible

CONFIG_NAME: Final = "conformance.toml"
"""The configuration file that is written beside the adapter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A starting adapter.

    `files` are written; `signer` says where the partner's own signer goes; `runtime` is what
    must be installed, and `tools` its commands; `build` is run once, where it is not empty, and
    `command` starts the adapter, both in the folder of the files. `also` is another value for
    `adapter` in the configuration, and what it is for.
    """

    language: str
    title: str
    files: tuple[str, ...]
    signer: str
    runtime: str
    tools: tuple[str, ...]
    command: str
    build: str = ""
    aliases: tuple[str, ...] = ()
    also: tuple[str, str] | None = None

    @property
    def missing_tools(self) -> tuple[str, ...]:
        """The commands of `tools` that are not on the PATH."""
        return tuple(tool for tool in self.tools if shutil.which(tool) is None)

    @property
    def next_commands(self) -> tuple[str, ...]:
        """What to run in the folder of the files."""
        return (*filter(None, (self.build,)), "lendico-conformance check")


STARTERS: Final = (
    Starter(
        language="bash",
        title="bash",
        files=("adapter.sh",),
        signer="`sign` in adapter.sh",
        runtime="bash 4.4 or later, openssl, curl, GNU coreutils, flock",
        tools=("bash", "openssl", "base64", "curl", "flock"),
        command="bash adapter.sh",
        aliases=("sh", "shell"),
    ),
    Starter(
        language="java",
        title="Java",
        files=("Adapter.java",),
        signer="`sign` in Adapter.java",
        runtime="JDK 17 or later",
        tools=("java",),
        command="java Adapter.java",
        aliases=("jdk",),
        also=("cmd:java -cp signer.jar Adapter.java", "with your signer on the class path"),
    ),
    Starter(
        language="node",
        title="Node",
        files=("adapter.mjs",),
        signer="`sign` in adapter.mjs",
        runtime="Node 18 or later",
        tools=("node",),
        command="node adapter.mjs",
        aliases=("javascript", "js", "nodejs", "typescript", "ts"),
    ),
    Starter(
        language="php",
        title="PHP",
        files=("adapter.php",),
        signer="`sign` in adapter.php",
        runtime="PHP 8.1 or later with openssl",
        tools=("php",),
        command="php adapter.php",
    ),
    Starter(
        language="go",
        title="Go",
        files=("main.go", "go.mod"),
        signer="`sign` in main.go",
        runtime="Go 1.19 or later",
        tools=("go",),
        command="./adapter",
        build="go build -o adapter .",
        aliases=("golang",),
    ),
    Starter(
        language="csharp",
        title="C#",
        files=("Program.cs", "Adapter.csproj"),
        signer="`Signer.Sign` in Program.cs",
        runtime=".NET SDK 8 or later",
        tools=("dotnet",),
        command="dotnet out/Adapter.dll",
        build="dotnet build --configuration Release --output out",
        aliases=("c#", "cs", "dotnet", ".net", "net"),
    ),
    Starter(
        language="python",
        title="Python",
        files=("adapter.py",),
        signer="`sign` in adapter.py",
        runtime="Python 3.10 or later with cryptography",
        tools=("python3",),
        command="python3 adapter.py",
        aliases=("py", "python3"),
        also=("python:adapter:sign", "in process, where suite and signer share an environment"),
    ),
)
"""All starters, in the order in which they are listed."""


def find_starter(name: str) -> Starter:
    """Return the starter for a language, called by its name or another that is in use.

    Raises:
        UsageError: there is none.
    """
    wanted = name.strip().lower()
    for starter in STARTERS:
        if wanted in {starter.language, *starter.aliases}:
            return starter
    languages = [starter.language for starter in STARTERS]
    close = get_close_matches(wanted, languages, n=1)
    there = f"There are {', '.join(languages)}."
    raise UsageError(
        f"there is no starting adapter for '{visible(name, limit=60)}'",
        hint=f"Did you mean '{close[0]}'? {there}" if close else there,
    )


def write_starter(starter: Starter, folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write the starter's files and its configuration into `folder`, and return their paths.

    Nothing is written when one of them exists already, unless `overwrite` is set.

    Raises:
        UsageError: a file exists already, or one cannot be written.
        DataError: the examples are not where they belong.
    """
    contents = {folder / name: _source(starter, name) for name in starter.files}
    contents[folder / CONFIG_NAME] = configuration(starter).encode("utf-8")
    try:
        if not overwrite:
            _refuse_existing(contents)
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            path.write_bytes(content)
            if content.startswith(b"#!"):
                mode = path.stat().st_mode
                path.chmod(mode | (mode & 0o444) >> 2)
    except OSError as error:
        where = visible(str(error.filename or folder), limit=500)
        raise UsageError(
            f"{where} cannot be written: {error.strerror}",
            hint="Name a folder that you may write to: lendico-conformance init LANGUAGE DIR",
        ) from error
    return tuple(contents)


def configuration(starter: Starter) -> str:
    """Return the text of the `conformance.toml` that goes with a starter."""
    also = f'# Or, {starter.also[1]}:\n# adapter = "{starter.also[0]}"\n' if starter.also else ""
    return f"""\
# The settings of lendico-conformance, read from the folder in which it is run.

# How your signer is reached.
adapter = "cmd:{starter.command}"
{also}
# How many generated requests are asked beside the vectors: "quick", "default" or "thorough".
profile = "default"

[partner]
# Your name, as it shall stand in the report, and the client id that Lendico gave you.
# name = "Example Ltd"
# key_id = "client-1"
# Your certificates, where `lendico-conformance certs create` puts them; plan "readiness" judges
# them, and plan "api" calls with them.
tls_certificate = "certificates/tls.pem"
tls_key = "certificates/tls.key"
signing_certificate = "certificates/signing.pem"
signing_key = "certificates/signing.key"
# The files that you hand over to Lendico, and their password.
tls_hand_over = "certificates/hand-over/tls.pfx"
signing_hand_over = "certificates/hand-over/signing.pfx"
hand_over_password_file = "certificates/hand-over.password"

[api]
# The address of the API; its path is the prefix that is left out of what is signed.
# base_url = "https://api.sandbox.lendico.de/partner-api"
"""


def _source(starter: Starter, name: str) -> bytes:
    path = EXAMPLES / "adapters" / starter.language / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"the example {path} cannot be read: {error.strerror}",
            hint="Install lendico-conformance again: its examples are missing.",
        ) from error


def _refuse_existing(paths: Iterable[Path]) -> None:
    """Raise when there is something at one of `paths`, be it a dangling link."""
    there = [path for path in paths if path.exists() or path.is_symlink()]
    if there:
        names = ", ".join(shown(str(path), 500) for path in there)
        verb = "exists" if len(there) == 1 else "exist"
        raise UsageError(
            f"{names} {verb} already, and nothing was written",
            hint="Name another folder, or overwrite with --force.",
        )
