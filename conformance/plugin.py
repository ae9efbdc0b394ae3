"""The pytest plugin: does nothing at all in a run that does not ask for this suite.

A run asks for it by naming it (`pytest --pyargs conformance.suites.offline`), by the path of its
modules, or by `testpaths`. Only then are options added and the rest of the suite imported; other
people's runs pay for this module alone, which imports pytest and the standard library.

Every option has a long name of its own, `--conformance-adapter` say. The short name, `--adapter`,
is there unless another plugin or conftest has taken it.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

SUITES: Final = "conformance.suites"
_PACKAGE: Final = Path(__file__).resolve().parent
_DESTINATION: Final = "conformance_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option of the suite's runs; `name` is also that of its setting."""

    name: str
    value: str
    says: str
    kind: type[int | float | str | bool] = str
    flag: str = ""
    """The name on the command line, where it is another one."""

    @property
    def short(self) -> str:
        """The name that another plugin may have taken."""
        return f"--{self._words}"

    @property
    def long(self) -> str:
        """The name that is ours alone."""
        return f"--conformance-{self._words}"

    @property
    def _words(self) -> str:
        return (self.flag or self.name).replace("_", "-")

    @property
    def destination(self) -> str:
        """Where pytest keeps its value."""
        return _DESTINATION + self.name


OPTIONS: Final = (
    Option(
        name="adapter",
        value="ADDRESS",
        says="how to reach the signer: 'cmd:node adapter.mjs', python:module:name, "
        "http://host:port/, or reference",
    ),
    Option(name="plan", value="PLAN", says="what must be shown: signer or api"),
    Option(name="base_url", value="URL", says="the API to call", flag="target"),
    Option(name="max_rate", value="N", says="requests a second to the API at most", kind=float),
    Option(name="control_url", value="URL", says="the control port of the local sandbox to call"),
    Option(name="unlisted_proxy", value="URL", says="a proxy that is not whitelisted"),
    Option(name="probe_rate_limit", value="", says="go to the rate limit, too", kind=bool),
    Option(name="create_applications", value="", says="create applications, too", kind=bool),
    Option(name="profile", value="PROFILE", says="how many cases: quick, default or thorough"),
    Option(name="seed", value="N", says="the seed of a run to repeat", kind=int),
    Option(name="replay", value="ID", says="ask only this stored failure"),
    Option(name="config", value="FILE", says="settings (default: conformance.toml, if there)"),
    Option(name="report_dir", value="DIR", says="where the report goes (default: reports)"),
)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Add the options, after every plugin and conftest had its turn."""
    yield
    if _asks_for_suite(early_config, args):
        _add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Start the suite's part of the run, where it was asked for."""
    given = values(config)
    if given is None or config.option.help:
        return
    from conformance.errors import UsageError  # noqa: PLC0415 - not in other people's runs
    from conformance.run.hooks import start  # noqa: PLC0415

    try:
        start(config, given)
    except UsageError as error:
        raise pytest.UsageError(f"{error.message}\n{error.hint}".rstrip()) from None


def values(config: pytest.Config) -> dict[str, Any] | None:
    """Return the suite's options by name; None in a run that did not ask for the suite."""
    found = vars(config.option)
    if OPTIONS[0].destination not in found:
        return None
    return {option.name: found[option.destination] for option in OPTIONS}


def _asks_for_suite(config: pytest.Config, args: Sequence[str]) -> bool:
    base = config.invocation_params.dir
    others = _without_ours(args)
    if any(_is_suite(argument, base) for argument in others):
        return True
    named = [name for name in config.known_args_namespace.file_or_dir if name in others]
    if named or base != config.rootpath:
        return False
    return any(_is_suite(path, base) for path in config.getini("testpaths"))


def _without_ours(args: Sequence[str]) -> list[str]:
    """Return `args` without our own options and their values, which pytest does not know yet."""
    ours = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for option in OPTIONS:
        form: dict[str, Any] = {"nargs": "?"}
        if option.kind is bool:
            form = {"action": "store_true"}
        ours.add_argument(option.long, option.short, **form)
    return ours.parse_known_args(list(args))[1]


def _is_suite(name: str, base: Path) -> bool:
    place = name.partition("::")[0]
    if place == SUITES or place.startswith(f"{SUITES}."):
        return True
    path = (base / place).resolve()
    whole = path in {_PACKAGE, _PACKAGE.parent}
    return path.exists() and (whole or path.is_relative_to(_PACKAGE / "suites"))


def _add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "Conformance of a Partner API signer")
    for option in OPTIONS:
        names = [option.long]
        if _is_free(option.short, parser):
            names.append(option.short)
        form: dict[str, Any] = {"metavar": option.value, "type": option.kind}
        if option.kind is bool:
            form = {"action": "store_true"}
        group.addoption(*names, dest=option.destination, default=None, help=option.says, **form)


def _is_free(name: str, parser: pytest.Parser) -> bool:
    try:
        _, unknown = parser.parse_known_and_unknown_args([name])
    except (pytest.UsageError, SystemExit):
        return False
    return name in unknown
