"""The hand-written signers are what their index says: proved without the package under test.

A small verifier, written from the draft and Security.md, is held to the signatures that the draft
publishes, and it alone says who is right and who is wrong.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.faulty.handwritten.entry import FaultySigner, Signer
from tests.faulty.handwritten.index import FAULTY, HARMLESS
from tests.faulty.handwritten.right import Headers, Order
from tests.faulty.handwritten.sample import SAMPLE, SHORT_SAMPLE, order
from tests.faulty.handwritten.verifier import STAGES, digest_faults, faults, signature_faults

IN_PROCESS = [entry for entry in (*FAULTY, *HARMLESS) if entry.signer]
PROCESSES = [entry for entry in (*FAULTY, *HARMLESS) if entry.command]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def key_file(key: rsa.RSAPrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(key, tmp_path_factory.mktemp("key"))


def written(key: rsa.RSAPrivateKey, folder: Path) -> Path:
    path = folder / "signing.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def judged(
    entry: Signer, orders: list[Order], answers: list[Headers], key: rsa.RSAPrivateKey
) -> None:
    """Hold each answer against what the index says of the order."""
    if isinstance(entry, FaultySigner):
        assert any(entry.on(asked, orders[:number]) for number, asked in enumerate(orders))
    for number, (asked, fields) in enumerate(zip(orders, answers, strict=True)):
        found = faults(asked, fields, key.public_key())
        wrong = isinstance(entry, FaultySigner) and entry.on(asked, orders[:number])
        assert bool(found) == wrong, f"{asked}\n{fields}\n{found}"
        if isinstance(entry, FaultySigner) and found:
            assert any(entry.stage in fault.stages for fault in found), found


PUBLISHED_MODULUS = (
    "c2144346c37df21a2872f76a438d94219740b7eab3c98fe0af7d20bcfaadbc871035eb5405354775df0b824d472ad107"
    "76aac05eff6845c9cd83089260d21d4befcfba67850c47b10e7297dd504f477f79bf86cf85511e39b8125e0cad474851"
    "c3f1b1ca0fa92ff053c67c94e8b5cfb6c63270a188bed61aa9d5f21e91ac6cc9"
)
PUBLISHED_FIELDS = [
    ("Host", "example.com"),
    ("Date", "Sun, 05 Jan 2014 21:31:40 GMT"),
    ("Content-Type", "application/json"),
    ("Digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
    ("Content-Length", "18"),
]
PUBLISHED_SIGNATURES = {
    "date": (
        "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV"
        "5lp7q25WqS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM="
    ),
    "(request-target) host date": (
        "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3"
        "HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="
    ),
    "(request-target) host date content-type digest content-length": (
        "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52"
        "LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="
    ),
}


@pytest.mark.parametrize(("names", "signature"), PUBLISHED_SIGNATURES.items())
def test_the_verifier_holds_against_the_published_signatures(names: str, signature: str) -> None:
    """Draft, appendix C: what its authors signed verifies here, and nothing else does."""
    key = rsa.RSAPublicNumbers(65537, int(PUBLISHED_MODULUS, 16)).public_key()
    asked = order("/foo?param=value&pet=dog", b'{"hello": "world"}', method="POST")
    assert signature_faults(asked, PUBLISHED_FIELDS, names, signature, key) == []
    later = [(name, value.replace(":40", ":41")) for name, value in PUBLISHED_FIELDS]
    assert signature_faults(asked, later, names, signature, key) != []


def test_the_verifier_knows_the_documented_digest() -> None:
    """Security.md gives the digest of an empty body."""
    fields = [("Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    assert digest_faults(order(), fields) == []
    assert digest_faults(order(body=b" "), fields) != []


@pytest.mark.parametrize("entry", IN_PROCESS, ids=lambda entry: entry.name)
def test_signer_is_wrong_where_the_index_says_so_and_nowhere_else(
    entry: Signer, key: rsa.RSAPrivateKey, key_file: Path
) -> None:
    """Right requests verify, wrong ones do not, and each faulty signer meets one of these."""
    signer = entry.fresh()
    orders: list[Order] = [{**asked, "key_file": key_file} for asked in SAMPLE]
    judged(entry, orders, [signer(**asked) for asked in orders], key)


def test_padding_left_out_is_right_where_there_is_none(tmp_path: Path) -> None:
    """A signature of 192 octets, or of 384, fills its Base64: nothing is lost with the padding."""
    (entry,) = (entry for entry in FAULTY if entry.name == "signature/no-padding")
    key = rsa.generate_private_key(public_exponent=65537, key_size=1536)  # noqa: S505
    asked: Order = {**order(), "key_file": written(key, tmp_path)}
    assert not entry.on(asked)
    assert faults(asked, entry.fresh()(**asked), key.public_key()) == []


@pytest.mark.parametrize("entry", PROCESSES, ids=lambda entry: entry.name)
def test_process_speaks_the_protocol_and_is_what_the_index_says(
    entry: Signer, key: rsa.RSAPrivateKey, key_file: Path
) -> None:
    """The adapter says hello, signs, does not send, leaves at `bye`, and is wrong as announced."""
    if missing := [program for program in entry.needs if not shutil.which(program)]:
        pytest.skip(f"{', '.join(missing)} not on this machine")
    orders: list[Order] = [{**asked, "key_file": key_file} for asked in SHORT_SAMPLE]
    messages = [
        {"id": "first", "op": "hello", "protocol": "1", "suite_version": "0"},
        *({"id": str(number), **as_message(asked)} for number, asked in enumerate(orders)),
        {"id": "last", "op": "send"},
        {"id": "end", "op": "bye"},
    ]
    run = subprocess.run(
        entry.command,
        input="".join(json.dumps(message, separators=(",", ":")) + "\n" for message in messages),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    hello, *answers, last = [json.loads(line) for line in run.stdout.rstrip("\n").split("\n")]
    assert hello["id"] == "first"
    assert hello["ok"]["protocol"] == 1
    assert {"sign", "clock", "keys"} <= set(hello["ok"]["can"])
    assert [answer["id"] for answer in answers] == [str(number) for number in range(len(orders))]
    assert "unsupported" in last
    judged(entry, orders, [as_fields(answer) for answer in answers], key)


def as_message(asked: Order) -> dict[str, str]:
    """Make the `sign` request of the adapter protocol."""
    texts = {name: str(value) for name, value in asked.items() if name != "body"}
    return {"op": "sign", **texts, "body_b64": base64.b64encode(asked["body"]).decode()}


def as_fields(answer: dict[str, dict[str, list[list[str]]]]) -> Headers:
    return [(name, value) for name, value in answer["ok"]["headers"]]


def test_index_is_whole() -> None:
    """Names are unique, stages are known, patterns compile; and there is enough of everything."""
    names = [entry.name for entry in (*FAULTY, *HARMLESS)]
    assert len(set(names)) == len(names)
    for entry in FAULTY:
        assert entry.stage in STAGES, entry.name
        assert entry.breaks, entry.name
        assert all(re.fullmatch("[A-Z]+-[0-9]{3}", id_) for id_ in entry.breaks), entry.name
        assert re.compile(entry.means), entry.name
    assert all(entry.says.endswith((".", "…")) for entry in (*FAULTY, *HARMLESS))
    assert all(entry.clause for entry in HARMLESS)
    assert sum(entry.listed for entry in FAULTY) >= 40
    assert sum(not entry.listed for entry in FAULTY) >= 8
    assert len(HARMLESS) >= 12


def test_every_signer_in_the_modules_is_in_the_index() -> None:
    """A signer that is written and not listed proves nothing."""
    functions = {
        f"{path.stem}/{name}".replace("_", "-")
        for path in (Path(__file__).parent / "handwritten").glob("*.py")
        for name in re.findall(r"^def ([a-z]\w*)\(\*\*order", path.read_text(), re.MULTILINE)
    }
    assert functions - {"right/right"} <= {entry.name for entry in (*FAULTY, *HARMLESS)}


def test_handwritten_signers_owe_nothing_to_the_package() -> None:
    """What vouches for the package may not be made of it."""
    for path in (*(Path(__file__).parent / "handwritten").iterdir(), Path(__file__)):
        if path.is_file():
            assert not re.search(r"^\s*(import|from) conformance\b", path.read_text(), re.MULTILINE)
