"""Where settings come from, which source wins, and what each wrong one is answered with."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from conformance.config import Plan, Profile, Settings, load_settings
from conformance.errors import ConfigError
from conformance.wire.message import SignedPath


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str | bytes, name: str = "conformance.toml") -> Path:
    path = Path(name)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def error_of(text: str | bytes = b"", **environ: str) -> ConfigError:
    write(text)
    with pytest.raises(ConfigError) as caught:
        load_settings({}, environ)
    return caught.value


def test_without_a_word_the_defaults_hold() -> None:
    assert load_settings({}, {}) == Settings()


def test_a_file_in_the_current_directory_is_found() -> None:
    write(
        """
        adapter = ["node", "adapter.mjs"]
        plan = "signer"
        profile = "quick"
        seed = 7
        report_dir = "out"
        [partner]
        name = "Größe & Söhne"
        key_id = "client-1"
        [api]
        base_url = "https://localhost:8443/partner-api/"
        signed_path = "full"
        [timeouts]
        start = 5
        request = 0.25
        """
    )

    assert load_settings({}, {}) == Settings(
        adapter=("node", "adapter.mjs"),
        plan=Plan.SIGNER,
        profile=Profile.QUICK,
        seed=7,
        report_dir=Path("out"),
        partner="Größe & Söhne",
        key_id="client-1",
        base_url="https://localhost:8443/partner-api",
        signed_path=SignedPath.FULL,
        start_timeout=timedelta(seconds=5),
        request_timeout=timedelta(milliseconds=250),
    )


def test_flags_win_over_environment_over_file_over_defaults() -> None:
    write('seed = 1\nprofile = "quick"\nplan = "signer"\nreport_dir = "file"')
    environ = {
        "LENDICO_CONFORMANCE_SEED": "2",
        "LENDICO_CONFORMANCE_PROFILE": "thorough",
        "UNRELATED": "x",
    }

    settings = load_settings({"seed": 3, "adapter": None}, environ)

    assert settings.seed == 3
    assert settings.profile is Profile.THOROUGH
    assert settings.report_dir == Path("file")
    assert settings.adapter == "reference"


def test_a_setting_of_one_table_leaves_the_others_of_that_table() -> None:
    write("[timeouts]\nstart = 1\nrequest = 2")

    settings = load_settings({"request_timeout": 4.5}, {})

    assert settings.start_timeout == timedelta(seconds=1)
    assert settings.request_timeout == timedelta(seconds=4.5)


def test_flags_may_have_the_types_that_settings_have() -> None:
    flags = {
        "adapter": ("sh", "adapter.sh"),
        "profile": Profile.QUICK,
        "report_dir": Path("here"),
        "start_timeout": timedelta(seconds=3),
    }

    settings = load_settings(flags, {})

    assert settings.adapter == ("sh", "adapter.sh")
    assert settings.profile is Profile.QUICK
    assert settings.report_dir == Path("here")
    assert settings.start_timeout == timedelta(seconds=3)


def test_the_file_named_wins_over_the_one_of_the_environment_and_the_one_found() -> None:
    write("seed = 1")
    write("seed = 2", "environment.toml")
    write("seed = 3", "flag.toml")
    environ = {"LENDICO_CONFORMANCE_CONFIG": "environment.toml"}

    assert load_settings({}, {}).seed == 1
    assert load_settings({}, environ).seed == 2
    assert load_settings({}, environ, Path("flag.toml")).seed == 3


def test_an_empty_variable_says_nothing() -> None:
    environ = {"LENDICO_CONFORMANCE_SEED": "", "LENDICO_CONFORMANCE_CONFIG": ""}

    assert load_settings({}, environ) == Settings()


def test_every_setting_has_its_variable() -> None:
    environ = {
        "LENDICO_CONFORMANCE_ADAPTER": "cmd:node adapter.mjs",
        "LENDICO_CONFORMANCE_PLAN": "api",
        "LENDICO_CONFORMANCE_PROFILE": "thorough",
        "LENDICO_CONFORMANCE_SEED": "12",
        "LENDICO_CONFORMANCE_REPORT_DIR": "r",
        "LENDICO_CONFORMANCE_PARTNER": "ACME",
        "LENDICO_CONFORMANCE_KEY_ID": "7",
        "LENDICO_CONFORMANCE_BASE_URL": "https://h",
        "LENDICO_CONFORMANCE_SIGNED_PATH": "full",
        "LENDICO_CONFORMANCE_START_TIMEOUT": "1.5",
        "LENDICO_CONFORMANCE_REQUEST_TIMEOUT": "2",
        "LENDICO_CONFORMANCE_TLS_CERTIFICATE": "a.file",
        "LENDICO_CONFORMANCE_TLS_KEY": "a.file",
        "LENDICO_CONFORMANCE_TLS_PASSWORD_FILE": "a.file",
        "LENDICO_CONFORMANCE_SIGNING_CERTIFICATE": "a.file",
        "LENDICO_CONFORMANCE_SIGNING_KEY": "a.file",
        "LENDICO_CONFORMANCE_SIGNING_PASSWORD_FILE": "a.file",
        "LENDICO_CONFORMANCE_CLIENT_SECRET_FILE": "a.file",
        "LENDICO_CONFORMANCE_SUBSCRIPTION_KEY_FILE": "a.file",
        "LENDICO_CONFORMANCE_TLS_HAND_OVER": "a.file",
        "LENDICO_CONFORMANCE_SIGNING_HAND_OVER": "a.file",
        "LENDICO_CONFORMANCE_HAND_OVER_PASSWORD_FILE": "a.file",
        "LENDICO_CONFORMANCE_CA_FILE": "a.file",
        "LENDICO_CONFORMANCE_PROXY": "http://proxy.example:3128",
        "LENDICO_CONFORMANCE_MAX_RATE": "2.5",
        "LENDICO_CONFORMANCE_CONTROL_URL": "https://localhost:8444",
        "LENDICO_CONFORMANCE_CONTROL_TOKEN_FILE": "a.file",
        "LENDICO_CONFORMANCE_UNLISTED_PROXY": "http://elsewhere.example:3128",
        "LENDICO_CONFORMANCE_PROBE_RATE_LIMIT": "true",
        "LENDICO_CONFORMANCE_CREATE_APPLICATIONS": "1",
        "LENDICO_CONFORMANCE_CONNECT_TIMEOUT": "3",
        "LENDICO_CONFORMANCE_ANSWER_TIMEOUT": "4",
        "LENDICO_CONFORMANCE_DEBUG": "1",
    }

    settings = load_settings({}, environ)

    default = Settings()
    for name in set(Settings.__dataclass_fields__) - {"own_sandbox", "file"}:
        assert getattr(settings, name) != getattr(default, name), name
    assert settings.key_id == "7"


@pytest.mark.parametrize(
    ("url", "base_path"),
    [
        ("https://api.example/partner-api", "/partner-api"),
        ("https://api.example/partner-api/", "/partner-api"),
        ("https://api.example:8443/a/b", "/a/b"),
        ("https://api.example/", ""),
        ("https://127.0.0.1:65535", ""),
        ("https://api.example/a%20b", "/a%20b"),
    ],
)
def test_the_gateway_prefix_is_the_path_of_the_address(url: str, base_path: str) -> None:
    assert load_settings({"base_url": url}, {}).base_path == base_path


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("profil = 'x'", "conformance.toml: unknown key 'profil'", "Did you mean 'profile'?"),
        ("[partner]\nkeyid = 'x'", "unknown key 'partner.keyid'", "Did you mean 'key_id'?"),
        ("[api]\nzzz = 1", "unknown key 'api.zzz'", "The keys of [api] are base_url, signed_path,"),
        ("zzzzz = 1", "unknown key 'zzzzz'", "The keys there are adapter, plan,"),
        ("plan = 'singer'", "'plan' must be \"signer\"", 'Did you mean "signer"?'),
        ("plan = 'all'", '"api" or "readiness", not "all"', "What must be shown"),
        ("profile = 'thourough'", "'profile' must be \"quick\", ", 'Did you mean "thorough"?'),
        ("profile = ['quick']", "not this list", "How many"),
        ("partner = 'x'", "'partner' must be a table, [partner], not \"x\"", "Write [partner] on"),
        ("[[partner]]", "'partner' must be a table, [partner], not this list", ""),
        ("seed = 'x'", "'seed' must be a whole number from 0 to 4294967295, not \"x\"", ""),
        ("seed = true", "not true", ""),
        ("seed = -1", "not -1", ""),
        ("seed = 4294967296", "not 4294967296", ""),
        ("seed = 1.5", "not 1.5", ""),
        ("seed = 2019-07-03", "not 2019-07-03", ""),
        ("timeouts.start = 0", "'timeouts.start' must be a number of seconds above 0", ""),
        ("timeouts.start = nan", "not nan", ""),
        ("timeouts.request = -nan", "'timeouts.request' must be a number of seconds", ""),
        ("timeouts.start = inf", "not inf", ""),
        ("timeouts.start = '30'", 'not "30"', ""),
        ("adapter = []", "'adapter' must be an address such as", ""),
        ("adapter = ''", 'not ""', ""),
        ("adapter = ['', 'x']", "or a command as a list of texts, not this list", ""),
        ("adapter = ['node', 1]", "not this list", ""),
        ('adapter = "a\\u0000b"', 'not "a\\x00b"', ""),
        ('report_dir = "a\\u0000b"', "'report_dir' must be the path of a folder", ""),
        ("partner.key_id = 'a b'", 'not "a b"', "The client id that Lendico gave"),
        ("partner.key_id = 'a\"b'", "'partner.key_id' must be the client id", ""),
        ("partner.key_id = '''a\n'''", 'not "a\\n"', ""),
        ("partner.key_id = 'é'", "printable ASCII", ""),
        ('partner.name = "a\\u001b[31m"', "'partner.name' must be a text of 1 to 200", ""),
        ("api.base_url = 'http://api.example'", "must be an https:// address", ""),
        ("api.base_url = 'https://h:65536/'", 'not "https://h:65536/"', ""),
        ("api.base_url = 'https://h/p?x=1'", 'not "https://h/p?x=1"', ""),
        ("api.base_url = 'https://h/p#x'", 'not "https://h/p#x"', ""),
        ("api.base_url = '''https://h/\n'''", 'not "https://h/\\n"', ""),
        ("api.base_url = 'https:///p'", 'not "https:///p"', ""),
        ('"a\\u001b[31m" = 1', "unknown key 'a\\x1b[31m'", ""),
    ],
)
def test_a_wrong_setting_is_told_with_file_key_and_value(text: str, says: str, hint: str) -> None:
    error = error_of(text)

    assert error.message.startswith("conformance.toml: ")
    assert says in error.message
    assert "\n" not in error.message
    assert hint in error.hint
    assert error.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plan =\n", "conformance.toml, line 1, column 7: this is no TOML: Invalid value"),
        ("seed = 1\n\nplan = 'a' b\n", "conformance.toml, line 3, column 12: this is no TOML"),
        ("seed = 1\nseed = 2", "conformance.toml, line 2, column 9: this is no TOML"),
        ("seed = 1\n[api", "conformance.toml, line 2, column 5: this is no TOML"),
        (b"a = 1\nname = '\xff'", "conformance.toml, line 2: not UTF-8"),
        ("a = " + "[" * 20_000, "conformance.toml: nested too deeply"),
        ("seed = " + "9" * 5_000, "this is no TOML: Exceeds the limit"),
        ("seed = 0x" + "f" * 5_000, "conformance.toml: a number is too long"),
        ("adapter = [0x" + "f" * 5_000 + "]", "conformance.toml: a number is too long"),
        (b"#" * ((1 << 20) + 1), "the configuration file conformance.toml is larger than 1024 KiB"),
    ],
)
def test_a_file_that_is_no_toml_is_told_with_line_and_column(text: str | bytes, says: str) -> None:
    error = error_of(text)

    assert says in error.message
    assert error.hint
    assert len(error.message) < 300


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    write(b"\xef\xbb\xbfseed = 5\r\n[partner]\r\nname = 'x'\r\n")

    assert load_settings({}, {}).seed == 5


@pytest.mark.parametrize(
    ("variable", "value", "says", "hint"),
    [
        ("SEED", "x", "must be a whole number", "What the generated"),
        ("SEED", "9" * 5000, "not a text of 5000 characters", ""),
        ("PROFILE", "quik", 'not "quik"', 'Did you mean "quick"?'),
        ("START_TIMEOUT", "nan", "not nan", ""),
        ("REQUEST_TIMEOUT", "soon", 'at most 3600, not "soon"', ""),
        ("PROFIL", "quick", "LENDICO_CONFORMANCE_PROFIL names no setting", "CONFORMANCE_PROFILE?"),
        ("Q", "1", "LENDICO_CONFORMANCE_Q names no setting", "There are LENDICO_CONFORMANCE_ADA"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(
    variable: str, value: str, says: str, hint: str
) -> None:
    error = error_of(**{f"LENDICO_CONFORMANCE_{variable}": value})

    assert f"the environment variable LENDICO_CONFORMANCE_{variable} " in error.message
    assert says in error.message
    assert hint in error.hint


def test_a_wrong_flag_is_told_by_its_name() -> None:
    with pytest.raises(ConfigError, match=r"--request-timeout must be a number .*, not -1"):
        load_settings({"request_timeout": -1}, {})


@pytest.mark.parametrize(
    ("name", "why"),
    [("absent.toml", "No such file"), (".", "Is a directory"), ("a\0b", "no such file name")],
)
def test_a_file_that_cannot_be_read_is_named(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_settings({}, {}, Path(name))

    assert why in caught.value.message
    assert "--config" in caught.value.hint


def test_no_secret_is_repeated() -> None:
    """Where a secret stands by mistake, the sentence says so without showing it."""
    secret = "correct-horse-battery-staple"
    for error in (
        error_of(f"[partner]\nclient_secret = '{secret}'"),
        error_of(f"password = '{secret}'"),
        error_of(f"api.base_url = 'https://user:{secret}@api.example/'"),
        error_of(f"partner.key_id = '''-----BEGIN PRIVATE KEY-----\n{secret * 9}\n'''"),
        error_of(LENDICO_CONFORMANCE_CLIENT_SECRETS=secret),
        error_of(LENDICO_CONFORMANCE_BASE_URL=f"https://{secret}@api.example"),
    ):
        assert secret not in error.message + error.hint


def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "conformance.toml")
    with pytest.raises(ConfigError, match=r"conformance\.toml is a named pipe") as caught:
        load_settings({}, {})
    assert "<(command)" in caught.value.hint


def test_a_pipe_of_the_shell_is_read() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"seed = 7")
    os.close(writer)
    assert load_settings({}, {}, Path(f"/dev/fd/{reader}")).seed == 7
    os.close(reader)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('adapter = "cmd:C:\\Users\\x"', "single quotes ('C:\\adapter.exe')"),
        ('seed = 1\nadapter = ["C:\\program"]', "single quotes ('C:\\adapter.exe')"),
        ("seed = 1\nseed = 2", "keep one of the two"),
        ("[api]\n[partner]\n[api]", "keep one of the two"),
        ("adapter = 'C:\\x' y", "Texts stand in quotes"),
        ("adapter = node", "Texts stand in quotes"),
    ],
)
def test_the_hint_fits_what_is_wrong_with_the_file(text: str, hint: str) -> None:
    assert hint in error_of(text).hint
