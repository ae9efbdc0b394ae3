"""Private keys as files: made for a run, handed to a signer by path, gone when the run ends."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from conformance.errors import MaterialError
from conformance.material.reading import refuse_pipe, refuse_utf16
from conformance.wire.shown import shown

_SIZE_LIMIT: Final = 1 << 16
_TMPDIR: Final = "set TMPDIR to a directory with space that you may write to"
_PKCS8_HINT: Final = "convert it: openssl pkcs8 -topk8 -nocrypt -in KEY -out signing.key"


class KeyFiles:
    """Key files in a private directory, which goes with them at the end of the `with` block.

    The directory has mode 0700, each file 0600. Left open, it is removed when the interpreter ends.
    """

    def __init__(self) -> None:
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._paths: dict[rsa.RSAPublicNumbers, Path] = {}

    def __enter__(self) -> Self:
        """Make the directory.

        Raises:
            MaterialError: it cannot be made.
        """
        try:
            self._directory = tempfile.TemporaryDirectory(prefix="lendico-conformance-")
        except OSError as error:
            raise MaterialError(
                f"a directory for the key files cannot be made: {error.strerror}", hint=_TMPDIR
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the directory and every key in it."""
        if self._directory is not None:
            self._directory.cleanup()
        self._directory = None
        self._paths.clear()

    def path_of(self, private_key: RSAPrivateKey) -> Path:
        """Return the PKCS#8 PEM file of `private_key`, written when it is first asked for.

        Raises:
            MaterialError: the file cannot be written, or the files have been removed already.
        """
        identity = private_key.public_key().public_numbers()
        if identity not in self._paths:
            self._paths[identity] = self._write(private_key)
        return self._paths[identity]

    def _write(self, private_key: RSAPrivateKey) -> Path:
        if self._directory is None:
            raise MaterialError("key files exist inside their `with` block only")
        path = Path(self._directory.name) / f"signing-{len(self._paths) + 1}.key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pkcs8_pem(private_key))
        except OSError as error:
            raise MaterialError(
                f"the key file {shown(str(path))} cannot be written: {error.strerror}",
                hint=_TMPDIR,
            ) from error
        return path


def make_key(bits: int = 2048) -> RSAPrivateKey:
    """Return a new RSA key with the public exponent 65537."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pkcs8_pem(private_key: RSAPrivateKey) -> bytes:
    """Return the key as unencrypted PKCS#8 PEM (RFC 5958, RFC 7468)."""
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_from_numbers(*, n: int, e: int, d: int, p: int, q: int) -> RSAPrivateKey:
    """Return the RSA key of these numbers, named as in RFC 8017, section 3.

    Raises:
        MaterialError: they are no RSA key together.
    """
    try:
        return rsa.RSAPrivateNumbers(
            p=p, q=q, d=d, dmp1=d % (p - 1), dmq1=d % (q - 1), iqmp=pow(q, -1, p),
            public_numbers=rsa.RSAPublicNumbers(e=e, n=n),
        ).private_key()  # fmt: skip
    except (ValueError, ArithmeticError):
        raise MaterialError(  # from None: what goes wrong in arithmetic may quote the numbers
            "the numbers n, e, d, p and q are no RSA key together",
            hint="n = p * q, and d * e leaves 1 when divided by p - 1 and by q - 1",
        ) from None


def load_key(path: Path, *, proven: bool = False) -> RSAPrivateKey:
    """Return the RSA key in a PEM file, PKCS#8 as a rule.

    `proven` says that the numbers in it are known to fit together: proving it takes 0.1 s for a
    key of 2048 bits, and 1 s for one of 4096.

    Raises:
        MaterialError: the file cannot be read, is no PEM private key, is encrypted or not RSA.
    """
    name = shown(str(path), 300)
    pem = _read(path, name)
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=proven)
    except TypeError:
        raise MaterialError(
            f"the key file {name} is encrypted", hint=f"decrypt it; {_PKCS8_HINT}"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise MaterialError(f"the key file {name} {_fault(pem)}", hint=_PKCS8_HINT) from None
    if not isinstance(key, RSAPrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey")
        raise MaterialError(
            f"the key file {name} holds a key of another kind ({kind}), not RSA",
            hint="Security.md asks for an RSA key of 2048 bits or more",
        )
    return key


def _read(path: Path, name: str) -> bytes:
    refuse_pipe(path, f"the key file {name}")
    try:
        with path.open("rb") as file:
            pem = file.read(_SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MaterialError(
            f"the key file {name} cannot be read: {reason}", hint="check the path and its rights"
        ) from error
    if len(pem) > _SIZE_LIMIT:
        raise MaterialError(
            f"the key file {name} is larger than {_SIZE_LIMIT >> 10} KiB, which no key is",
            hint="give the path of a PEM private key",
        )
    refuse_utf16(pem, f"the key file {name}")
    return pem


def _fault(pem: bytes) -> str:
    """Say what a file is that does not load as a private key."""
    if b"-----BEGIN CERTIFICATE-----" in pem:
        return "holds a certificate, not a private key"
    if b"-----BEGIN PUBLIC KEY-----" in pem:
        return "holds a public key, not a private key"
    if b"-----BEGIN OPENSSH PRIVATE KEY-----" in pem:
        return "is in OpenSSH's own format, not PKCS#8 PEM"
    if b"-----BEGIN" not in pem:
        return "is no PEM file"
    return "holds no private key that can be read"
