"""Write every golden vector anew, or say which differ: `python vectors/regenerate.py [--check]`.

Needs Python 3.11 and the openssl command, and nothing of the package that the vectors judge.
`--new-key NAME BITS` makes a further test key.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from source import (
    covered_headers,
    date_values,
    digests,
    forgeries,
    headers,
    requests,
    strings,
)
from source.signing import KEYS, NAMES, OpenSSLError, openssl

ROOT = Path(__file__).parent
SCHEMA = "../../schemas/vector.schema.json"


def main() -> int:
    """Do what the command line asks; 1 when `--check` finds a difference, 2 without openssl."""
    parser = argparse.ArgumentParser(description="Write the golden vectors anew.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument("--new-key", nargs=2, metavar=("NAME", "BITS"), help="make a test key")
    arguments = parser.parse_args()
    try:
        if arguments.new_key:
            name, bits = arguments.new_key
            write(KEYS / f"{name}.json", new_key(name, int(bits)))
            return 0
        made = {ROOT / f"{vector['id']}.json": vector for vector in vectors()}
    except OpenSSLError as error:
        print(error, file=sys.stderr)
        return 2
    return check(made) if arguments.check else rewrite(made)


def vectors() -> list[Mapping[str, Any]]:
    """Return every vector; an id that is used twice is an error."""
    modules = (requests, headers, covered_headers, forgeries, date_values, digests, strings)
    found = [vector for module in modules for vector in module.vectors()]
    ids = [vector["id"] for vector in found]
    twice = {vector_id for vector_id in ids if ids.count(vector_id) > 1}
    if twice:
        raise AssertionError(f"ids used twice: {sorted(twice)}")
    return found


def on_disk() -> set[Path]:
    """Return the vectors that are there; keys are none."""
    return {path for path in ROOT.glob("*/*.json") if path.parent != KEYS}


def rewrite(made: Mapping[Path, Mapping[str, Any]]) -> int:
    """Write the vectors, and remove those that are made no more."""
    for path, vector in made.items():
        write(path, vector)
    for path in on_disk() - made.keys():
        path.unlink()
    print(f"{len(made)} vectors written")
    return 0


def check(made: Mapping[Path, Mapping[str, Any]]) -> int:
    """Print what differs."""
    differ = [
        *(f"not in the tree: {path}" for path in made.keys() - on_disk()),
        *(f"made by nothing: {path}" for path in on_disk() - made.keys()),
        *(
            f"differs: {path}"
            for path in on_disk() & made.keys()
            if path.read_text(encoding="ascii") != text_of(made[path])
        ),
    ]
    print("\n".join(sorted(differ)) or f"{len(made)} vectors are as they would be made")
    return 1 if differ else 0


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write one file of the tree."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text_of(document), encoding="ascii")


def text_of(document: Mapping[str, Any]) -> str:
    """Return a file's text: ASCII, so that composed and decomposed letters stay apart."""
    return json.dumps({"$schema": SCHEMA, **document}, indent=2) + "\n"


def new_key(name: str, bits: int) -> dict[str, Any]:
    """Return a new RSA key as numbers; it never exists as a file."""
    der = openssl("genrsa", "-traditional", str(bits))
    integers = _integers(openssl("rsa", "-outform", "DER", "-traditional", data=der))
    return {
        "id": f"keys/{name}",
        "kind": "key",
        "says": f"a test key of {bits} bits, worth nothing",
        "bits": bits,
        **{number: f"{value:x}" for number, value in zip(NAMES, integers[1:], strict=True)},
    }


def _integers(der: bytes) -> list[int]:
    """Return the integers in the RSAPrivateKey `der` (RFC 8017, appendix A.1.2)."""
    integers, position = [], 4
    while position < len(der):
        length, position = der[position + 1], position + 2
        if length & 0x80:
            size = length & 0x7F
            length, position = (
                int.from_bytes(der[position : position + size], "big"),
                position + size,
            )
        integers.append(int.from_bytes(der[position : position + length], "big"))
        position += length
    return integers


if __name__ == "__main__":
    sys.exit(main())
