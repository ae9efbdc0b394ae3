"""What each mistake does to the wire, written down: `python -m tests.diagnosis.on_the_wire.record`.

See README.md beside this file.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.registry import of_stage
from conformance.wire.message import HeaderFields, Place, SignedPath, UnsignedRequest
from conformance.wire.procedure import (
    DOCUMENTED,
    CoveredField,
    RequestTarget,
    SignatureHeader,
    SigningString,
    Stage,
)
from conformance.wire.signing_string import DOCUMENTED_NAMES
from conformance.wire.visible import visible

FOLDER: Final = Path(__file__).parent

LEFT_OUT: Final = frozenset({"date-reused", "digest-reused", "signature-reused"})
"""Those whose doing depends on the request before."""

SIGNATURE: Final = base64.b64encode(bytes.fromhex("fbeff0") + bytes(range(255, 158, -1))).decode()
"""Text with + and /, padding, and more than one line of 76 characters."""


def _request(
    target: str = "/api/Items/7?b=1",
    *,
    method: str = "POST",
    body: bytes = b'{"a": 1}',
    date: datetime = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC),
    key_id: str = "Acme-1",
    place: Place = Place.SIGNATURE,
    path: SignedPath = SignedPath.RELATIVE,
    further: tuple[tuple[str, str], ...] = (),
) -> UnsignedRequest:
    return UnsignedRequest(
        method=method, target=target, date=date, key_id=key_id, body=body, place=place,
        base_path="/api", signed_path=path, further=further,
    )  # fmt: skip


REQUESTS: Final[Mapping[Stage, Sequence[UnsignedRequest]]] = {
    Stage.DIGEST: [
        _request(body=body)
        for body in (
            b"", b'{"b": "\xc3\xa4/\xc3\xa9", "a": [1, 2.50]}\r\n',
            b"\xef\xbb\xbf\x00\xff bin \r\n", b"a=b%20c&d=e+f",
            b" e\xcc\x81\n <&> \n", b"x" * 70_000,
        )
    ],
    Stage.DATE: [
        _request(date=datetime(*date, tzinfo=UTC))
        for date in [(2019, 7, 3, 8, 5, 9), (2024, 12, 30, 15, 4, 5), (2021, 3, 31, 0, 0, 0)]
    ],
    Stage.REQUEST_TARGET: [
        *(_request(target) for target in (
            "/api/Items/%c3%a4~b/x%2Fy/?z=1&b=%20+%2f&b=&a", "/api/a/../b//c/;p=1!$'()*,@:/.",
            "/api/?", "/api/%7Ex/%41/%2e%2E/é??a=b=c&a=%zz",
        )),
        _request("/api/Ping", method="PING", path=SignedPath.FULL),
    ],
    Stage.SIGNING_STRING: [
        _request(),
        _request("/api/", body=b"", further=(
            ("X-Two", "1"), ("X-Empty", ""), ("X-Two", "a  b"), ("X-Upper", " Ab, c "),
        )),
    ],
    Stage.SIGNATURE: [_request()],
    Stage.HEADER: [
        _request(), _request(place=Place.AUTHORIZATION), _request(key_id='a"b\\C'),
    ],
}  # fmt: skip
"""The requests of each stage, with corners for its mistakes."""


def records(stage: Stage) -> dict[str, tuple[str, ...]]:
    """Return the lines of each mistake of `stage`; of the stage done right under `right`."""
    requests = REQUESTS[stage]
    right = [_right(stage, request) for request in requests]
    found = {"right": tuple(_lines(right, [None] * len(right)))}
    for mistake in of_stage(stage):
        if mistake.id not in LEFT_OUT and (stage is not Stage.SIGNATURE or _is_text(mistake)):
            made = [
                mistake.change(value, Given(request=request))
                for value, request in zip(right, requests, strict=True)
            ]
            found[mistake.id] = tuple(_lines(made, right))
    return found


def path_of(stage: Stage) -> Path:
    """Return the file that holds the records of `stage`."""
    return FOLDER / f"{stage.value.replace(' ', '-')}.txt"


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the records that `path` holds."""
    blocks = (block.splitlines() for block in path.read_text("utf-8").strip().split("\n\n"))
    return {name: tuple(lines) for name, *lines in blocks}


def _is_text(mistake: Mistake) -> bool:
    """Tell whether the mistake is in how a signature is written, not in how it is made."""
    return mistake.breaks == "SIG-003"


def _right(stage: Stage, request: UnsignedRequest) -> Any:
    match stage:
        case Stage.DIGEST:
            return DOCUMENTED.digest(request)
        case Stage.DATE:
            return DOCUMENTED.date(request)
        case Stage.REQUEST_TARGET:
            return DOCUMENTED.target(request)
        case Stage.SIGNING_STRING:
            return DOCUMENTED.string(
                DOCUMENTED.target(request), DOCUMENTED.date(request), DOCUMENTED.digest(request),
                HeaderFields(request.further),
            )  # fmt: skip
        case Stage.SIGNATURE:
            return SIGNATURE
        case Stage.HEADER:
            return DOCUMENTED.header(request, DOCUMENTED_NAMES, "+/==")


def _lines(made: Sequence[Any], right: Sequence[Any]) -> Iterator[str]:
    for number, (value, other) in enumerate(zip(made, right, strict=True), 1):
        if value != other:
            yield f"{number} {_shown(value)}"


def _shown(value: Any) -> str:
    match value:
        case CoveredField():
            sent = "; ".join(f"{name}: {visible(text)}" for name, text in value.sent) or "not sent"
            same = [text for _, text in value.sent] == [value.signed]
            signed = "not signed" if value.signed is None else f"signed {visible(value.signed)}"
            return sent if same else f"{sent} | {signed}"
        case RequestTarget():
            return visible(value.value)
        case SigningString():
            return f"{' '.join(value.names)} | {visible(value.data)}"
        case SignatureHeader():
            return (
                "; ".join(f"{name}: {visible(text)}" for name, text in value.fields) or "no field"
            )
        case _:
            return visible(value) or "nothing"


def main() -> None:
    """Write the files anew."""
    for stage in Stage:
        blocks = ("\n".join((name, *lines)) for name, lines in records(stage).items())
        path_of(stage).write_text("\n\n".join(blocks) + "\n", "utf-8")


if __name__ == "__main__":
    main()
