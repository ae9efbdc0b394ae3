"""A conformance adapter for Python 3.9 or later with `cryptography`.

Run it with

    lendico-conformance check -- python3 adapter.py

It has a signer of its own, so it is READY as it stands. To test yours, replace the body of `sign`
below by a call to it. The rest speaks the adapter protocol, version 1: one JSON object a line,
requests on standard input, answers on standard output, words for people on standard error.

Where the suite and your signer live in one environment, the rest is not needed at all:

    lendico-conformance check --adapter python:adapter:sign
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import sys
import traceback
from pathlib import Path
from typing import Any

try:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
except ImportError as error:
    sys.exit(
        f"adapter.py: {sys.executable} has no package {error.name}: install it there, "
        "or let the suite call `sign` in its own process: --adapter python:adapter:sign"
    )

# ==== YOUR SIGNER ================================================================================


def sign(
    *,
    method: str,  # GET, POST and so on, in upper case
    target: str,  # path and query to sign: never decode, encode or tidy it, as urllib.parse does
    date: str,  # the date to sign and send, just as it is written
    body: bytes,  # the octets to digest: never decode them
    key_id: str,  # the client id
    key_file: str,  # the private key, PKCS#8 in PEM
    place: str,  # "signature", or "authorization" for the token request
    **_others: str,  # url, the whole address, and base_url, for a signer that takes those
) -> dict[str, Any]:
    """Replace the body of this function by a call to your own signer.

    Returns the `headers`, pairs of name and value in the order in which they are sent; and the
    `signing_string`, the octets that were signed, if your signer tells.
    """
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()

    # LF between the lines and none after the last.
    signing_string = "\n".join(
        [
            f"(request-target): {method.lower()} {target}",
            f"date: {date}",
            f"digest: {digest}",
        ]
    ).encode()
    signature = private_key(key_file).sign(signing_string, PKCS1v15(), SHA256())

    quoted_key_id = key_id.replace("\\", "\\\\").replace('"', '\\"')
    parameters = ",".join(
        [
            f'keyId="{quoted_key_id}"',
            'algorithm="rsa-sha256"',
            'headers="(request-target) date digest"',
            f'signature="{base64.b64encode(signature).decode()}"',  # not encodebytes: that wraps
        ]
    )
    last = (
        ("Authorization", f"Signature {parameters}")
        if place == "authorization"
        else ("Signature", parameters)
    )
    return {
        "headers": [("Date", date), ("Digest", digest), last],
        "signing_string": signing_string,
    }


@functools.cache
def private_key(file: str) -> RSAPrivateKey:
    """Read a key once; a signer that runs for long does not read it for every request."""
    key = load_pem_private_key(Path(file).read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"the key in {file} is no RSA key")
    return key


# ==== The adapter protocol =======================================================================

HELLO = {
    "protocol": 1,
    "name": "example-python",
    "version": "1.0",
    "language": "python",
    "can": ["sign", "clock", "keys"],
    "max_in_flight": 4,  # they queue on standard input and are answered one after the other
}


def answer_to(request: dict[str, str]) -> dict[str, Any]:
    """Return the answer to one request but for its id."""
    operation = request.pop("op")
    if operation == "hello":
        return {"ok": HELLO}
    if operation == "sign":
        body = base64.b64decode(request.pop("body_b64"))
        signed = sign(body=body, **request)
        ok = {"headers": signed["headers"]}
        if "signing_string" in signed:
            ok["signing_string_b64"] = base64.b64encode(signed["signing_string"]).decode()
        return {"ok": ok}
    return {"unsupported": {"message": f"this adapter has no {operation}"}}


def read_request(line: str) -> dict[str, str]:
    """Return one request, or an empty one when the line is none."""
    try:
        request = json.loads(line)
        return request if {"id", "op"} <= request.keys() else {}
    except (ValueError, AttributeError):
        return {}


def main() -> None:
    """Answer requests until `bye` or the end of input."""
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # standard output is for answers; what a signer prints is none
    for line in sys.stdin:
        request = read_request(line)
        if not request:
            sys.exit(f"adapter.py: this is no request of the adapter protocol: {line[:200]!r}")
        if request["op"] == "bye":
            return
        answer: dict[str, Any] = {"id": request.pop("id")}
        try:
            answer |= answer_to(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the suite is told
            message = f"{type(error).__name__}: {error}"
            answer["error"] = {"message": message, "trace": traceback.format_exc()}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
