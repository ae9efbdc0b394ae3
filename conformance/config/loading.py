"""Settings from flags, environment and `conformance.toml`, in this order of precedence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from conformance.config.checking import check
from conformance.config.settings import FILE_NAME, KEYS, PREFIX, Plan, Profile, Settings
from conformance.errors import ConfigError
from conformance.files import is_named_pipe
from conformance.wire.message import SignedPath
from conformance.wire.shown import shown
from conformance.wire.visible import visible

CONFIG_VARIABLE: Final = f"{PREFIX}CONFIG"
"""Names the configuration file, as `--config` does."""

OTHERS: Final = (
    CONFIG_VARIABLE,
    f"{PREFIX}DEBUG",
    f"{PREFIX}CERT_PASSWORD",
    f"{PREFIX}TLS_CERT_PASSWORD",
    f"{PREFIX}KEY_PASSWORD",
    f"{PREFIX}TLS_KEY_PASSWORD",
    f"{PREFIX}HAND_OVER_PASSWORD",
    f"{PREFIX}KEYSTORE_PASSWORD",
    f"{PREFIX}CLIENT_SECRET",
    f"{PREFIX}SUBSCRIPTION_KEY",
    f"{PREFIX}CONTROL_TOKEN",
    f"{PREFIX}TLS_PASSWORD",
    f"{PREFIX}SIGNING_PASSWORD",
)
"""The variables that are no settings: other parts of the command read them."""

VARIABLES: Final = {f"{PREFIX}{name.upper()}": name for name in KEYS}
"""The setting that each environment variable sets."""

FLAGS: Final = {"base_url": "--target"}
"""The flag of a setting that has another name than it."""

LIMIT: Final = 1 << 20
"""Octets that a configuration file may have."""

_POSITION: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TWICE: Final = re.compile(r"Cannot (?:overwrite a value|declare .* twice)")
_BACKSLASH: Final = re.compile(r'"[^"]*\\')
"""A backslash between double quotes."""

_GRAMMAR: Final = 'Texts stand in quotes (profile = "quick"), tables in brackets ([partner]).'
_WORDS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "seed": int,
    "start_timeout": float,
    "request_timeout": float,
    "connect_timeout": float,
    "answer_timeout": float,
    "max_rate": float,
    "probe_rate_limit": lambda text: _WORDS.get(text.strip().lower(), text),
    "create_applications": lambda text: _WORDS.get(text.strip().lower(), text),
}
"""What makes a value of the text of a variable, where the setting wants no text."""

_FORMS: Final[Mapping[str, Callable[[Any], object]]] = {
    "adapter": lambda value: value if isinstance(value, str) else tuple(value),
    "plan": Plan,
    "profile": Profile,
    "report_dir": Path,
    "tls_certificate": Path,
    "tls_key": Path,
    "tls_password_file": Path,
    "signing_certificate": Path,
    "signing_key": Path,
    "signing_password_file": Path,
    "client_secret_file": Path,
    "subscription_key_file": Path,
    "tls_hand_over": Path,
    "signing_hand_over": Path,
    "hand_over_password_file": Path,
    "ca_file": Path,
    "control_url": lambda value: value.rstrip("/"),
    "control_token_file": Path,
    "base_url": lambda value: value.rstrip("/"),
    "signed_path": SignedPath,
    "start_timeout": lambda value: timedelta(seconds=value),
    "request_timeout": lambda value: timedelta(seconds=value),
    "connect_timeout": lambda value: timedelta(seconds=value),
    "answer_timeout": lambda value: timedelta(seconds=value),
}
"""What makes a field of `Settings` of a checked value, where it is not taken as it is."""


def load_settings(
    flags: Mapping[str, object], environ: Mapping[str, str], path: Path | None = None
) -> Settings:
    """Return the settings of a run.

    `flags` maps names of `Settings` to what the command line says; None says nothing. Of `environ`,
    the variables that begin with `LENDICO_CONFORMANCE_` count; an empty one says nothing. `path`
    is the configuration file (`--config`); without it that of `LENDICO_CONFORMANCE_CONFIG` is
    read, else `conformance.toml` in the current directory, where there is one.

    Raises:
        ConfigError: a file cannot be read, a key or variable is unknown, a value is not allowed.
    """
    values: dict[str, Any] = {}
    file = path or _named(environ) or _found()
    if file is not None:
        values.update(_from_file(file))
    spoken = {**_from_environment(environ), **_from_flags(flags)}
    values.update(spoken)
    formed = {name: _formed(name, value) for name, value in values.items()}
    return Settings(**formed, target_named="base_url" in spoken, file=path)


def _named(environ: Mapping[str, str]) -> Path | None:
    name = environ.get(CONFIG_VARIABLE)
    return Path(name) if name else None


def _found() -> Path | None:
    path = Path(FILE_NAME)
    return path if path.exists() else None


def _from_file(path: Path) -> Mapping[str, object]:
    name = shown(str(path))
    document = _parse(_content(path, name), name)
    check(document, lambda keys: f"{name}: '{'.'.join(map(visible, keys))}'", name)
    values = {}
    for setting, (*tables, key) in KEYS.items():
        table = document
        for part in tables:
            table = table.get(part, {})
        if key in table:
            values[setting] = table[key]
    return values


def _content(path: Path, name: str) -> str:
    if is_named_pipe(path):
        raise ConfigError(
            f"the configuration file {name} is a named pipe, which is not waited for",
            hint="Write it into a file, or give it as --config <(command).",
        )
    try:
        with path.open("rb") as file:
            octets = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no such file name"
        raise ConfigError(
            f"the configuration file {name} cannot be read: {why}",
            hint=f"Name a readable file with --config, or keep it as {FILE_NAME} where you run.",
        ) from None
    if len(octets) > LIMIT:
        raise ConfigError(
            f"the configuration file {name} is larger than {LIMIT // 1024} KiB",
            hint="Is it the right file? A configuration has a few dozen lines.",
        )
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{name}, line {line}: not UTF-8", hint="Save the file as UTF-8."
        ) from None


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply", hint=_GRAMMAR) from None
    except ValueError as error:
        says = str(error)
        raise ConfigError(
            f"{name}{_place(says, text)}: this is no TOML: "
            f"{visible(_POSITION.sub('', says), limit=200)}",
            hint=_change(says, text),
        ) from None


def _place(says: str, text: str) -> str:
    """Return line and column of what the parser complains about, where it says so."""
    place = _line_and_column(says, text)
    return f", line {place[0]}, column {place[1]}" if place else ""


def _change(says: str, text: str) -> str:
    """Return what to do about what the parser complains about."""
    if _TWICE.match(says):
        return "Each key and each [table] stands once in the file: keep one of the two."
    place = _line_and_column(says, text)
    line = text.split("\n")[place[0] - 1] if place else ""
    if _BACKSLASH.search(line):
        return (
            "Between double quotes a backslash begins an escape: put the text between single "
            r"quotes ('C:\adapter.exe'), or write / for it."
        )
    return _GRAMMAR


def _line_and_column(says: str, text: str) -> tuple[int, int] | None:
    found = _POSITION.search(says)
    if not found:
        return None
    if found[1]:
        return int(found[1]), int(found[2])
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def _from_environment(environ: Mapping[str, str]) -> Mapping[str, object]:
    known = (*VARIABLES, *OTHERS)
    for variable in environ:
        if variable.startswith(PREFIX) and variable not in known:
            names = [name.removeprefix(PREFIX) for name in known]
            close = get_close_matches(variable.removeprefix(PREFIX), names, n=1)
            raise ConfigError(
                f"the environment variable {visible(variable, limit=80)} names no setting",
                hint=f"Did you mean {PREFIX}{close[0]}?"
                if close
                else f"There are {', '.join(known)}.",
            )
    values = {
        name: _read(name, environ[variable])
        for variable, name in VARIABLES.items()
        if environ.get(variable)
    }
    variables = {KEYS[name]: variable for variable, name in VARIABLES.items()}
    _check_values(values, lambda keys: f"the environment variable {variables[keys]}")
    return values


def _read(name: str, text: str) -> object:
    """Return the number or truth that `text` is where the setting wants one, else the text."""
    try:
        return _READ.get(name, str)(text)
    except ValueError:
        return text


def _from_flags(flags: Mapping[str, object]) -> Mapping[str, object]:
    values = {name: _plain(value) for name, value in flags.items() if value is not None}
    options = {keys: FLAGS.get(name, f"--{name.replace('_', '-')}") for name, keys in KEYS.items()}
    _check_values(values, lambda keys: options[keys])
    return values


def _plain(value: object) -> object:
    """Return what TOML would have given for a value that the command line made."""
    if isinstance(value, (Path, StrEnum)):
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    return value.total_seconds() if isinstance(value, timedelta) else value


def _check_values(values: Mapping[str, object], place: Callable[[tuple[str, ...]], str]) -> None:
    """Check values by setting as if they stood in a file."""
    document: dict[str, Any] = {}
    for name, value in values.items():
        *tables, key = KEYS[name]
        table = document
        for part in tables:
            table = table.setdefault(part, {})
        table[key] = value
    check(document, place, "")


def _formed(name: str, value: object) -> Any:
    form = _FORMS.get(name)
    return value if form is None else form(value)
