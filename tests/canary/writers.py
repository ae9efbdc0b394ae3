"""Everything that writes: each of `WRITERS` runs a part of the suite with canaries for secrets.

Whoever adds an output adds what writes it. A writer runs in a directory of its own, and what it
leaves there, prints, and puts into temporary files is searched. It returns what it saw otherwise.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from conformance.cli import main
from conformance.client.transport import Transport
from conformance.probes.prober import Prober
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox
from conformance.sandbox.telling import line, plain, summary
from conformance.wire.message import Field, SignedRequest

VARIABLE: Final = "LENDICO_CONFORMANCE_"
FEW: Final = ("-k", "API-PING or API-TOK or API-SUB or API-AUTH or API-VAL or API-DIG-002")


@dataclass(kw_only=True)
class Stage:
    """What a writer has: a sandbox, the address of a server that echoes, and the environment."""

    sandbox: Sandbox
    echo: str
    patch: pytest.MonkeyPatch
    wire: list[tuple[SignedRequest, tuple[Field, ...]]] = field(default_factory=list)
    """What was really sent, secrets and all; for captures."""

    def keep_what_is_sent(self) -> None:
        send = Transport.send

        def sending(transport: Transport, request: SignedRequest, **more: object) -> object:
            found = send(transport, request, **more)  # type: ignore[arg-type]
            self.wire.append((request, found[1]))
            return found

        self.patch.setattr(Transport, "send", sending)


def plan_that_holds(stage: Stage) -> None:
    """Write every file of a run that passes."""
    del stage
    assert main(["check", *FEW, "--allure"]) == 4


def plan_as_json(stage: Stage) -> None:
    stage.sandbox.deviate("ping-text")
    assert main(["check", *FEW, "--json"]) == 1


def plan_that_fails(stage: Stage) -> None:
    """Break promises, so that answers are shown."""
    stage.sandbox.deviate(
        "ping-text", "token-no-type", "digest-header-title", "accepts-subscription-key-absent"
    )
    assert main(["check", *FEW, "--allure", "-v"]) == 1


def plan_in_a_bad_environment(stage: Stage) -> None:
    stage.sandbox.arm(Fault(kind=FaultKind.REDIRECT, count=99))
    assert main(["check", *FEW]) == 2


def plan_with_an_api_that_echoes_refusals(stage: Stage) -> None:
    """Call an API that repeats, in its refusal, all that it was sent."""
    stage.patch.setenv(f"{VARIABLE}BASE_URL", f"{stage.echo}/401")
    assert main(["check", *FEW]) == 2


def plan_with_an_api_that_echoes_everything(stage: Stage) -> None:
    """Call an API that grants a token, and repeats in every answer all that it was sent."""
    stage.patch.setenv(f"{VARIABLE}BASE_URL", f"{stage.echo}/200")
    assert main(["check", *FEW, "--allure"]) in (1, 4)


def plan_that_breaks(stage: Stage) -> None:
    """Let the suite itself break, with a secret in what it says."""
    secret = stage.sandbox.partners[0].client_secret

    def breaking(*_: object) -> None:
        raise RuntimeError(f"client_secret={secret} at {secret}")

    stage.patch.setattr(Prober, "run", breaking)
    assert main(["check", *FEW, "--allure"]) == 3


def plan_by_pytest(stage: Stage) -> None:
    """Run pytest itself in this process, with all that it prints of a failure."""
    stage.sandbox.deviate("ping-text", "digest-header-title")
    words = ["--pyargs", "conformance.suites.live", *FEW, "-v", "-rA", "--showlocals",
             "-p", "no:cacheprovider", "-p", "no:randomly"]  # fmt: skip
    assert pytest.main(words) == 1


def dry_run(stage: Stage) -> None:
    del stage
    assert main(["check", "--dry-run"]) == 0
    assert main(["check", "--dry-run", "--json"]) == 0


def sign_without_credentials(stage: Stage) -> None:
    del stage
    assert main(["sign", "POST", "/oauth2/token"]) == 0
    assert main(["sign", "--probe", "ping"]) == 0


def sandbox_record(stage: Stage) -> Iterable[str]:
    """Return what the sandbox keeps, logs, prints and shows on its page."""
    assert main(["check", *FEW]) == 4
    entries = stage.sandbox.record.entries()
    assert len(entries) > 10
    return [
        text
        for entry in entries
        for text in (line(entry), json.dumps(plain(entry)), json.dumps(summary(entry)))
    ]


def explanations(stage: Stage) -> None:
    """Explain what was really sent: as a raw message, as a curl command, as a HAR file."""
    stage.keep_what_is_sent()
    main(["check", "-k", "API-PING or API-TOK or digest-hex"])
    captured = [(request, fields) for request, fields in stage.wire if fields]
    assert len(captured) >= 4
    for number, (request, fields) in enumerate(captured[:5]):
        folder = stage.sandbox.directory / f"capture-{number}"
        folder.mkdir()
        for name, text in (
            ("raw", _raw(request, fields)), ("curl", _curl(request, fields, stage)),
            ("har", _har(request, fields, stage)),
        ):  # fmt: skip
            path = folder / name
            path.write_bytes(text)
            for more in ((), ("--json",)):
                assert main(["explain", str(path), *more]) in (0, 1, 2)


def _raw(request: SignedRequest, fields: tuple[Field, ...]) -> bytes:
    head = f"{request.method} {request.target} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode("latin-1") + b"\r\n" + request.body


def _curl(request: SignedRequest, fields: tuple[Field, ...], stage: Stage) -> bytes:
    words = ["curl", "-X", request.method, stage.sandbox.origin + request.target]
    words += [word for name, value in fields for word in ("-H", f"{name}: {value}")]
    return shlex.join([*words, "--data-binary", request.body.decode()]).encode()


def _har(request: SignedRequest, fields: tuple[Field, ...], stage: Stage) -> bytes:
    entry = {
        "request": {
            "method": request.method, "url": stage.sandbox.origin + request.target,
            "headers": [{"name": name, "value": value} for name, value in fields],
            "postData": {"mimeType": "text/plain", "text": request.body.decode()},
        }
    }  # fmt: skip
    return json.dumps({"log": {"entries": [entry]}}).encode()


def rendered_reports(stage: Stage) -> None:
    """Write the page, the summary and the badge of a run that failed."""
    stage.sandbox.deviate("ping-text", "digest-header-title")
    assert main(["check", *FEW]) == 1
    for form in ("html", "markdown", "badge"):
        with suppress(SystemExit):
            main(["report", "render", "reports/readiness.json", "--format", form,
                  "--output", str(Path(f"rendered.{form}"))])  # fmt: skip


def bundles(stage: Stage) -> None:
    """Pack a run that failed, have it signed with the partner's own key, and judge it."""
    stage.sandbox.deviate("ping-text", "digest-header-title")
    assert main(["check", *FEW]) == 1
    assert main(["bundle", "create", "-o", "bundle.zip"]) == 0
    registered = stage.sandbox.demo
    assert registered is not None
    certificate = str(registered.signing_certificate)
    words = ["bundle.zip", "--registered-cert", certificate]
    assert main(["bundle", "verify", *words]) in (0, 1)
    assert main(["gate", *words, "--html", "overview.html"]) in (1, 2)


WRITERS: Final[tuple[Callable[[Stage], Iterable[str] | None], ...]] = (
    plan_that_holds, plan_as_json, plan_that_fails, plan_in_a_bad_environment,
    plan_with_an_api_that_echoes_refusals, plan_with_an_api_that_echoes_everything,
    plan_that_breaks, plan_by_pytest, dry_run, sign_without_credentials, sandbox_record,
    explanations, rendered_reports, bundles,
)  # fmt: skip
"""All that writes; the name of each is that of its test."""

LONG: Final = (
    plan_with_an_api_that_echoes_everything, plan_by_pytest, sandbox_record, rendered_reports,
    bundles,
)  # fmt: skip
"""Those that take seconds."""
