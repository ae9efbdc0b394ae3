"""The test keys of the vectors: numbers in the tree, keys here."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
)

from conformance.cases.tree import KEYS, document
from conformance.data import VECTORS


@functools.cache
def key_named(name: str) -> RSAPrivateKey:
    """Return the test key `name`.

    Raises:
        DataError: there is no such key, or its file is broken.
    """
    return document(VECTORS / KEYS / f"{name}.json").read(_key)


def _key(content: Mapping[str, Any]) -> RSAPrivateKey:
    number = {name: int(content[name], 16) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi")}
    numbers = RSAPrivateNumbers(
        p=number["p"], q=number["q"], d=number["d"],
        dmp1=number["dp"], dmq1=number["dq"], iqmp=number["qi"],
        public_numbers=RSAPublicNumbers(e=number["e"], n=number["n"]),
    )  # fmt: skip
    # Our own tests prove the numbers; proving them at each start would cost 0.1 s a key.
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)
