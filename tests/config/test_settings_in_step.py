"""Schema, `Settings`, the documentation and the sample configuration say the same."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import load_catalogue
from conformance.config import Plan, Profile, Settings, load_settings
from conformance.config.loading import OTHERS, VARIABLES
from conformance.config.settings import KEYS
from conformance.data import schema
from conformance.wire.message import SignedPath

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "conformance.toml"
VARIABLE_OF = {name: variable for variable, name in VARIABLES.items()}


def leaves(rules: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in rules["properties"].items():
        if "properties" in value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key)


def rules_of(name: str) -> Mapping[str, Any]:
    rules: Any = schema("config")
    for key in KEYS[name]:
        rules = rules["properties"][key]
    found: Mapping[str, Any] = rules
    return found


def plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, Path) else value


def documented() -> dict[str, list[str]]:
    """Return the rows of the table of settings by key."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| `([A-Z_]+)` \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    return {key: rest for key, *rest in rows}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema("config"))


def test_schema_settings_and_keys_name_the_same() -> None:
    computed = {"target_named", "own_sandbox", "file"}
    fields = [field.name for field in dataclasses.fields(Settings) if field.name not in computed]

    assert list(KEYS) == fields
    assert sorted(leaves(schema("config"))) == sorted(KEYS.values())


@pytest.mark.parametrize("name", KEYS)
def test_the_schema_gives_the_default_of_the_setting(name: str) -> None:
    assert rules_of(name).get("default") == plain(getattr(Settings(), name))


@pytest.mark.parametrize(
    ("name", "kind"), [("plan", Plan), ("profile", Profile), ("signed_path", SignedPath)]
)
def test_the_schema_gives_the_choices(name: str, kind: type[Plan | Profile | SignedPath]) -> None:
    rules = rules_of(name)

    assert rules["enum"] == list(kind)
    assert all(f'"{choice}"' in rules["title"] for choice in kind)


@pytest.mark.parametrize("name", KEYS)
def test_the_documentation_has_the_setting(name: str) -> None:
    variable, default, says = documented()[".".join(KEYS[name])]
    given = rules_of(name).get("default")

    assert variable == VARIABLE_OF[name]
    assert default == ("none" if given is None else f"`{json.dumps(given)}`")
    assert re.split(r"[,:;.(]", rules_of(name)["description"])[0] in says


def test_the_documentation_has_no_other_setting() -> None:
    assert sorted(documented()) == sorted(".".join(keys) for keys in KEYS.values())


def test_every_variable_that_the_package_names_is_known_and_documented() -> None:
    """A variable that one part reads and another refuses would make both useless."""
    sources = [path.read_text("utf-8") for path in (ROOT / "conformance").rglob("*.py")]
    named = set(re.findall(r"(?<!_)LENDICO_CONFORMANCE_[A-Z_]*[A-Z]", "\n".join(sources)))
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")

    assert named
    assert named <= {*VARIABLES, *OTHERS}
    for variable in (*VARIABLES, *OTHERS):
        assert f"| `{variable}` |" in page


def test_the_sample_has_every_setting_and_is_accepted() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    whole = re.sub(r"^# (?=[a-z_]+ = )", "", text, flags=re.MULTILINE)
    values = tomllib.loads(whole)

    assert load_settings({}, {}, SAMPLE).adapter == ("node", "adapter.mjs")
    for keys in KEYS.values():
        value: Any = values
        for key in keys:
            value = value[key]
    assert Draft202012Validator(schema("config")).is_valid(values)


def test_every_setting_of_a_quirk_is_one() -> None:
    for quirk in load_catalogue().quirks.values():
        assert set(quirk.settings) <= set(KEYS), quirk.id
