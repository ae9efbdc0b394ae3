"""`schemas/openapi.yaml`: valid, true of the sandbox, and served by it.

Whether it is true is asked by Schemathesis, which draws requests from the description alone and
compares the answers with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conformance.client import SignatureAuth
from conformance.data import SCHEMAS
from conformance.sandbox.problem import PROBLEMS
from conformance.sandbox.resource import TOKEN_PATH
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from conformance.wire.message import Place

DESCRIPTION: Final = SCHEMAS / "openapi.yaml"
BOUNDED: Final = hypothesis_settings(
    max_examples=6, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
)  # fmt: skip
CHECKS: Final[list[Any]] = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip
"""What is held: no 5xx, and nothing that the description does not have."""

OPERATIONS: Final = {
    "GET /ping", "POST /oauth2/token", "POST /applications", "GET /applications/{application_id}",
}  # fmt: skip


def description() -> dict[str, Any]:
    loaded = yaml.safe_load(DESCRIPTION.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def references(node: object) -> Iterator[str]:
    """Yield every reference below `node`."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


@dataclass(kw_only=True)
class Client:
    """Sends what Schemathesis draws as the demo partner; `seen` holds the statuses that came."""

    sandbox: Sandbox
    signs: bool = True
    token: str = ""
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        demo = self.sandbox.demo
        assert demo is not None
        self.client_id = demo.client_id.read_text()
        self.secret = demo.client_secret.read_text()
        self.subscription_key = demo.subscription_key.read_text()
        self.signing_key = demo.signing_key
        self.tls: dict[str, Any] = {
            "verify": str(self.sandbox.ca_file),
            "cert": (str(demo.tls_certificate), str(demo.tls_key)),
        }
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = self.get_token()

    def get_token(self) -> str:
        reply = self.session.post(
            self.sandbox.token_url,
            data={"client_id": self.client_id, "client_secret": self.secret},
            headers={"Subscription-Key": self.subscription_key},
            auth=self._signature(is_token_request=True),
            **self.tls,
        )
        return str(reply.json()["access_token"])

    def _signature(self, *, is_token_request: bool) -> SignatureAuth:
        place = Place.AUTHORIZATION if is_token_request else Place.SIGNATURE
        return SignatureAuth(
            self.client_id, self.signing_key, base_path="/partner-api", place=place,
            clock=self.sandbox.clock,
        )  # fmt: skip

    def send(self, case: Any) -> Any:
        """Send a case and hold the answer to the description."""
        more: dict[str, Any] = {}
        if self.signs:
            is_token_request = case.path == TOKEN_PATH
            more["auth"] = self._signature(is_token_request=is_token_request)
            more["headers"] = {"Subscription-Key": self.subscription_key}
            if not is_token_request:
                more["headers"]["Authorization"] = f"Bearer {self.token}"
        response = case.call(
            base_url=self.sandbox.base_url, session=self.session, **self.tls, **more
        )
        self.seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)
        return response


def operation(label: str) -> Any:
    schema = schemathesis.openapi.from_path(DESCRIPTION)
    found = [item.ok() for item in schema.get_all_operations() if isinstance(item, Ok)]
    return next(item for item in found if item.label == label)


@pytest.fixture(scope="module")
def served(directory: Path) -> Iterator[Sandbox]:
    fast = SandboxSettings(directory=directory, rate=1_000_000, control_port=0)
    with running_sandbox(fast) as sandbox:
        yield sandbox


def asked(label: str, ask: Callable[[Any], object], *, good: bool = True) -> None:
    """Draw cases of an operation, fitting its description or broken on purpose, for `ask`."""
    mode = GenerationMode.POSITIVE if good else GenerationMode.NEGATIVE

    def run(case: Any) -> None:
        ask(case)

    drawn = given(case=operation(label).as_strategy(generation_mode=mode))(run)
    BOUNDED(drawn)()


def test_it_is_valid() -> None:
    base = DESCRIPTION.as_uri()
    faults = [
        fault.message
        for fault in OpenAPIV31SpecValidator(description(), base_uri=base).iter_errors()
    ]
    assert not faults


def test_it_tells_of_every_operation_and_error() -> None:
    """Every answer that has a schema is reachable from an operation."""
    content = description()
    labels = {
        f"{method.upper()} {path}" for path, item in content["paths"].items() for method in item
    }
    assert labels == OPERATIONS
    used = {name for name in references(content) if not name.startswith("#")}
    kept = {
        path.relative_to(SCHEMAS).as_posix()
        for folder in ("answers", "errors")
        for path in (SCHEMAS / folder).iterdir()
    }
    assert used == kept | {"application.schema.json"}


def test_every_problem_of_the_sandbox_is_in_it() -> None:
    """But for those of methods and of HTTP itself that no description has."""
    problems = {(item.status, item.title) for item in PROBLEMS.values()}
    left = {title for _, title in problems - set(_told(description()))}
    assert left == {"Method Not Allowed", "Not Implemented", "HTTP Version Not Supported"}


def _told(content: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield status and title of every error that an operation refers to."""
    for path in content["paths"].values():
        for item in path.values():
            for status, response in item["responses"].items():
                if int(status) >= 400:
                    name = response["$ref"].rpartition("/")[2]
                    kinds = content["components"]["responses"][name]["content"]
                    rules = kinds["application/problem+json"]["schema"]
                    for rule in rules.get("anyOf", [rules]):
                        yield int(status), _title(content, rule["$ref"])


def _title(content: dict[str, Any], reference: str) -> str:
    if reference.startswith("#"):
        rules = content["components"]["schemas"][reference.rpartition("/")[2]]
        return str(rules["allOf"][1]["properties"]["title"]["const"])
    schema = yaml.safe_load((SCHEMAS / reference).read_text("utf-8"))
    return str(schema["examples"][0]["title"])


@pytest.mark.slow
@pytest.mark.parametrize("label", sorted(OPERATIONS))
@pytest.mark.parametrize("good", [True, False], ids=["fitting", "broken"])
def test_signed_requests_get_answers_that_it_describes(
    served: Sandbox, label: str, good: bool
) -> None:
    client = Client(sandbox=served)

    asked(label, client.send, good=good)
    assert client.seen


@pytest.mark.slow
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_unsigned_requests_get_answers_that_it_describes(served: Sandbox, label: str) -> None:
    client = Client(sandbox=served, signs=False)

    asked(label, client.send)
    assert client.seen == {401}


@pytest.mark.slow
def test_an_application_that_fits_is_taken_and_can_be_retrieved(served: Sandbox) -> None:
    """Any that Schemathesis draws, once it speaks of the one currency that is supported."""
    client = Client(sandbox=served)
    retrieve = operation("GET /applications/{application_id}")

    def ask(case: Any) -> None:
        served.advance(timedelta(minutes=5))
        client.token = client.get_token()
        for part in (case.body["details"], *case.body["company"].get("financials", ())):
            part["currency"] = "EUR"
        made = client.send(case)
        if made.status_code == 409:
            return
        assert made.status_code == 201
        number = made.json()["application_id"]
        shown = client.send(retrieve.Case(path_parameters={"application_id": number}))
        assert shown.json() == made.json()

    asked("POST /applications", ask)
    assert {200, 201} <= client.seen


@pytest.mark.slow
def test_a_broken_promise_is_noticed(served: Sandbox) -> None:
    """Else the tests above would prove nothing."""
    ping = operation("GET /ping").Case()
    client = Client(sandbox=served)
    for name in ("rate-no-ratelimit-reset", "rate-fraction", "ping-status"):
        served.deviate(name)
        with pytest.raises(FailureGroup):
            client.send(ping)
    client.token = "wrong"
    for name in ("unauthorized-title", "unauthorized-status", "error-html", "error-content-type"):
        served.deviate(name)
        with pytest.raises(FailureGroup):
            client.send(ping)
    served.deviate()
    client.send(ping)


def test_the_control_port_serves_it_with_what_it_refers_to(served: Sandbox) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(served.ca_file)
        page = session.get(f"{served.control_url}/openapi.yaml")
        assert (page.status_code, page.headers["Content-Type"]) == (200, "application/yaml")
        assert page.content == DESCRIPTION.read_bytes()
        for name in {item for item in references(description()) if not item.startswith("#")}:
            schema = session.get(f"{served.control_url}/{name}")
            assert schema.headers["Content-Type"] == "application/schema+json"
            assert schema.content == (SCHEMAS / name).read_bytes()
