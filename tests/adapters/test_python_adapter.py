"""A signer in Python: every shape that is documented, and what it may do wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from conformance.adapters import Refused, open_adapter
from conformance.adapters.interface import AnswerKind, SignOrder
from conformance.adapters.python import PythonAdapter
from conformance.clock import SystemClock
from conformance.errors import AdapterProtocolError, AdapterStartError

Order = Callable[..., SignOrder]


def sign_all(**fields: Any) -> list[tuple[str, str]]:
    return [(name, repr(value)) for name, value in fields.items()]


def test_a_function_for_all_fields_gets_those_of_the_protocol(order: Order, key_file: Path) -> None:
    """And the body in octets besides."""
    answer = PythonAdapter(sign_all).sign(order("/a?b", body=b"\xff", method="POST"))
    assert dict(answer.headers) == {
        "method": "'POST'",
        "url": "'https://api.example/partner-api/a?b'",
        "base_url": "'https://api.example/partner-api'",
        "target": "'/a?b'",
        "date": "'Wed, 03 Jul 2019 08:28:28 GMT'",
        "body": "b'\\xff'",
        "body_b64": "'/w=='",
        "key_id": "'client-1'",
        "key_file": repr(str(key_file)),
        "place": "'signature'",
    }


def test_a_function_gets_what_its_parameters_name(order: Order) -> None:
    def sign(target: str, key_file: str, mine: int = 3) -> dict[str, str]:
        return {"Seen": f"{target} {mine} {Path(key_file).name}"}

    adapter = PythonAdapter(sign)
    assert adapter.sign(order()).headers.first("Seen") == "/ping 3 signing-1.key"
    assert adapter.hello.can == {"sign", "keys"}
    assert adapter.hello.name == "sign"
    assert adapter.hello.language == "python"


class Signer:
    name = "acme"
    version = "2.3"
    language = "python 3"
    cert_pem = b"certificate"

    def sign(self, *, date: str, **_: object) -> list[tuple[str, str]]:
        return [("Date", date)]


@pytest.mark.parametrize("signer", [Signer(), Signer], ids=["object", "class"])
def test_an_object_says_of_itself_what_hello_asks(signer: object, order: Order) -> None:
    adapter = PythonAdapter(signer)
    hello = adapter.hello
    assert (hello.name, hello.version, hello.language) == ("acme", "2.3", "python 3")
    assert hello.cert_pem == "certificate"
    assert hello.can == {"sign", "clock", "keys"}
    assert adapter.sign(order()).headers.first("Date") == order().date


def test_what_it_can_is_believed_where_it_is_said() -> None:
    signer = Signer()
    signer.can = ["sign"]  # type: ignore[attr-defined]
    assert PythonAdapter(signer).hello.can == {"sign"}


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param([("A", "1"), ["A", "ü"]], id="pairs"),
        pytest.param((("A", "1"), ("A", "ü")), id="tuple"),
        pytest.param({"headers": [("A", "1"), ("A", "ü")]}, id="envelope"),
    ],
)
def test_repeated_fields_can_be_returned(returned: object, order: Order) -> None:
    answer = PythonAdapter(lambda **_: returned).sign(order())
    assert answer.headers.fields == (("A", "1"), ("A", "\xc3\xbc"))
    assert answer.said is None


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param({"A": "1", "headers": "x"}, id="a-field-called-headers"),
        pytest.param(CaseInsensitiveDict({"A": "1", "headers": "x"}), id="requests-mapping"),
    ],
)
def test_mappings_are_header_fields(returned: object, order: Order) -> None:
    answer = PythonAdapter(lambda **_: returned).sign(order())
    assert answer.headers.fields == (("A", "1"), ("headers", "x"))


@pytest.mark.parametrize("said", [b"a\n\xc3\xa4", "a\nä"])
def test_the_signing_string_can_be_told(said: object, order: Order) -> None:
    returned = {"headers": {"A": "1"}, "signing_string": said}
    assert PythonAdapter(lambda **_: returned).sign(order()).said == b"a\n\xc3\xa4"


@pytest.mark.parametrize(
    "returned",
    [None, 7, "text", [("A",)], [("A", 1)], ["AB"], {"A": 1}, {"headers": [], "signing_string": 7}],
)
def test_other_shapes_are_errors_with_the_right_ones_told(returned: object, order: Order) -> None:
    answer = PythonAdapter(lambda **_: returned).sign(order())
    assert answer.kind is AnswerKind.ERROR
    assert isinstance(answer.error, AdapterProtocolError)
    assert "pairs" in answer.error.hint


def raising(error: BaseException) -> PythonAdapter:
    def sign(**_: object) -> list[tuple[str, str]]:
        raise error

    return PythonAdapter(sign)


def test_refused_is_a_refusal(order: Order) -> None:
    answer = raising(Refused("no custom methods\x1b", code="METHOD")).sign(order())
    assert (answer.kind, answer.message) == (
        AnswerKind.REFUSED,
        "METHOD: no custom methods\\x1b",
    )


def test_not_implemented_is_unsupported(order: Order) -> None:
    answer = raising(NotImplementedError("no token requests")).sign(order())
    assert (answer.kind, answer.message) == (AnswerKind.UNSUPPORTED, "no token requests")
    assert raising(NotImplementedError()).sign(order()).message


@pytest.mark.parametrize("error", [ValueError("boom\x1b"), SystemExit("boom\x1b")])
def test_anything_else_is_an_error_with_a_short_trace(error: BaseException, order: Order) -> None:
    answer = raising(error).sign(order())
    assert answer.kind is AnswerKind.ERROR
    assert answer.error is not None
    assert answer.message == f"the Python signer raised {type(error).__name__}: boom\\x1b"
    assert "in sign" in answer.error.detail
    assert "python.py" not in answer.error.detail.replace(Path(__file__).name, "")


def test_endless_recursion_is_an_error(order: Order) -> None:
    def sign(**fields: object) -> object:
        return sign(**fields)

    answer = PythonAdapter(sign).sign(order())
    assert "RecursionError" in answer.message
    assert answer.error is not None
    assert len(answer.error.detail) < 10_000


def test_ctrl_c_is_nobodys_answer(order: Order) -> None:
    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt()).sign(order())


def test_many_are_signed_one_by_one(order: Order) -> None:
    answers = PythonAdapter(sign_all).sign_many(order(f"/{n}") for n in range(3))
    assert [a.headers.first("target") for a in answers] == ["'/0'", "'/1'", "'/2'"]


def start_error(signer: object) -> AdapterStartError:
    with pytest.raises(AdapterStartError) as caught:
        PythonAdapter(signer)
    assert caught.value.hint
    return caught.value


def test_a_parameter_that_nobody_can_give_is_named() -> None:
    def sign(target: str, key_file: str, secret: str) -> None: ...

    error = start_error(sign)
    assert "`secret`" in error.message
    assert "key_file" in error.hint


def test_a_signer_with_a_key_of_its_own_needs_a_certificate() -> None:
    def sign(target: str) -> None: ...

    assert "cert_pem" in start_error(sign).message


def test_what_cannot_be_called_is_named() -> None:
    assert "neither a function" in start_error(object()).message


@pytest.mark.parametrize("can", ["sign", 7, [[]]])
def test_a_can_that_is_no_list_of_texts_is_named(can: object) -> None:
    signer = Signer()
    signer.can = can  # type: ignore[attr-defined]
    assert "does not say what it takes" in start_error(signer).message


def test_a_builtin_without_signature_is_named() -> None:
    assert (
        "does not say what it takes" in start_error(type("X", (), {"sign": dict.update})()).message
    )


def test_a_class_that_wants_arguments_is_told() -> None:
    class Wants:
        def __init__(self, key: str) -> None: ...

    assert "without arguments" in start_error(Wants).message


# ---- by address --------------------------------------------------------------------------------


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Write `own_signer.py` into a directory of its own, from which it has not been imported."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "own_signer", raising=False)

    def write(text: str) -> Path:
        (tmp_path / "own_signer.py").write_text(text, encoding="utf-8")
        return tmp_path

    yield write
    sys.modules.pop("own_signer", None)


def test_the_working_directory_is_importable(
    module: Callable[[str], Path], order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(module("def sign(key_file, target): return {'T': target}"))
    adapter = open_adapter("python:own_signer:sign", clock=SystemClock())
    assert adapter.sign(order("/x")).headers.first("T") == "/x"


@pytest.mark.parametrize(
    ("text", "address", "said"),
    [
        pytest.param("", "python:own_signer:sign", "has no `sign`", id="no-such-name"),
        pytest.param("", "python:no_such_module:sign", "`no_such_module`", id="no-such-module"),
        pytest.param("", "python:own_signer", "names no object", id="no-name"),
        pytest.param("", "python::sign", "names no object", id="no-module"),
        pytest.param("1 / 0", "python:own_signer:sign", "ZeroDivisionError", id="fails"),
        pytest.param("import missing_x", "python:own_signer:sign", "`missing_x`", id="missing"),
        pytest.param("def x(:", "python:own_signer:sign", "SyntaxError", id="syntax"),
        pytest.param("exit(3)", "python:own_signer:sign", "SystemExit", id="exits"),
    ],
)
def test_what_cannot_be_imported_is_explained(
    module: Callable[[str], Path], text: str, address: str, said: str
) -> None:
    with pytest.raises(AdapterStartError) as caught:
        open_adapter(address, clock=SystemClock(), cwd=module(text))
    assert said in caught.value.message
    assert caught.value.hint


def test_a_dotted_name_is_followed(module: Callable[[str], Path], order: Order) -> None:
    directory = module("class A:\n class B:\n  def sign(self, key_file): return {'K': 'v'}\n")
    adapter = open_adapter("python:own_signer:A.B", clock=SystemClock(), cwd=directory)
    assert adapter.sign(order()).headers.first("K") == "v"
