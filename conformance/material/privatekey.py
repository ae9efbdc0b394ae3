"""The public half of a private key in a file: PEM, DER or a PKCS#12 keystore, of any kind."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
)

from conformance.errors import MaterialError
from conformance.material.contents import PEM_LABEL
from conformance.material.pkcs12 import is_pkcs12, open_pkcs12, refuse_java_keystore
from conformance.material.reading import named, read_file

_CONVERT: Final = "convert it: openssl pkcs8 -topk8 -in FILE -out private.key"
_ENCRYPTED_BY_PASSWORD: Final = (
    "give its password in a file or in the environment, never on the command line"  # noqa: S105
)


def read_public_half(path: Path, password: bytes | None = None) -> PublicKeyTypes:
    """Return the public key that belongs to the private key in the file at `path`.

    Raises:
        MaterialError: the file cannot be read, holds no private key, or is not opened by
            `password`; its `reason` tells which.
    """
    name = named("key", path)
    data = read_file(path, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if PEM_LABEL.search(data) is None:
            if is_pkcs12(data):
                return _from_keystore(data, password, name)
            refuse_java_keystore(data, name)
        return _load(data, password, name).public_key()


def _from_keystore(data: bytes, password: bytes | None, name: str) -> PublicKeyTypes:
    key = open_pkcs12(data, password, name).key
    if key is None:
        raise MaterialError(
            f"{name} is a PKCS#12 file without a private key",
            hint="give the keystore that your client uses, not the file that is handed over",
            reason="key-missing",
        )
    return key.public_key()


def _load(data: bytes, password: bytes | None, name: str) -> PrivateKeyTypes:
    """Return the private key in PEM or DER, opened by `password` where it is encrypted."""
    if b"-----BEGIN OPENSSH PRIVATE KEY-----" in data:
        raise MaterialError(
            f"{name} is in OpenSSH's own form, which TLS and HTTP libraries do not read",
            hint="convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY",
            reason="openssh-form",
        )
    try:
        return _parse(data, password)
    except TypeError:
        if password is not None:  # given, and not needed
            return _load(data, None, name)
        raise MaterialError(
            f"{name} is encrypted, and no password was given",
            hint=_ENCRYPTED_BY_PASSWORD,
            reason="password-missing",
        ) from None
    except UnsupportedAlgorithm:
        raise MaterialError(
            f"{name} is encrypted in a way, or holds a key of a kind, that is not supported",
            hint=_CONVERT,
            reason="encryption-unknown",
        ) from None
    except ValueError:
        if password is not None and _is_encrypted(data):
            raise MaterialError(
                f"{name} is not decrypted by the given password",
                hint="check the password for a typing error; a line end after it does not count",
                reason="password-wrong",
            ) from None
        raise _no_key(data, name) from None


def _parse(data: bytes, password: bytes | None) -> PrivateKeyTypes:
    if PEM_LABEL.search(data) is not None:
        return load_pem_private_key(data, password)
    return load_der_private_key(data, password)


def _is_encrypted(data: bytes) -> bool:
    try:
        _parse(data, None)
    except TypeError:
        return True
    except (ValueError, UnsupportedAlgorithm):
        pass
    return False


def _no_key(data: bytes, name: str) -> MaterialError:
    """Say what a file is that does not load as a private key."""
    labels = PEM_LABEL.findall(data)
    if any(label.endswith(b"PRIVATE KEY") for label in labels):
        reason, what = "key-damaged", "holds a private key that is damaged or cut off"
    elif labels:
        what = f"holds no private key but {labels[0].decode().lower()}"
        reason = "key-missing"
    else:
        reason, what = "key-missing", "holds no private key in PEM, DER or PKCS#12 form"
    return MaterialError(f"{name} {what}", hint=_CONVERT, reason=reason)
