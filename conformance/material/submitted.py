"""The material that is judged: each certificate as it is handed over, and its private key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from conformance.errors import MaterialError
from conformance.material.contents import Contents, read_contents
from conformance.material.privatekey import read_public_half
from conformance.material.reading import named


class Role(StrEnum):
    """What a certificate is for."""

    TLS = "tls"
    SIGNING = "signing"

    @property
    def says(self) -> str:
        """The role in words: `TLS certificate`."""
        return "TLS certificate" if self is Role.TLS else "HTTP signature certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a file is, and the password that opens it.

    `way` says how a password is given, for where one is missing.
    """

    path: Path
    password: bytes | None = None
    way: str = ""

    def __repr__(self) -> str:
        """Show the path alone: a password is shown nowhere."""
        return f"Source({str(self.path)!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """One certificate with its private key, as far as they could be read.

    `refusal` says why there are no `contents`, `key_refusal` why there is no `key`: the public
    half of the private key in use. A key that was not given is neither.
    """

    role: Role
    path: Path
    contents: Contents | None = None
    refusal: MaterialError | None = None
    key_path: Path | None = None
    key: PublicKeyTypes | None = None
    key_refusal: MaterialError | None = None

    @property
    def certificate(self) -> x509.Certificate | None:
        """The certificate; None where the file could not be read."""
        return self.contents.leaves[0] if self.contents else None

    @property
    def refusals(self) -> tuple[MaterialError, ...]:
        """Why something could not be read."""
        return tuple(item for item in (self.refusal, self.key_refusal) if item is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that is judged, at the moment `now`; None is a certificate that was not given."""

    tls: Submitted | None
    signing: Submitted | None
    now: datetime

    def of(self, role: Role) -> Submitted | None:
        """Return what was given for `role`."""
        return self.tls if role is Role.TLS else self.signing

    @property
    def refusals(self) -> tuple[MaterialError, ...]:
        """Why something could not be read, of both certificates."""
        given = (item for item in (self.tls, self.signing) if item is not None)
        return tuple(refusal for item in given for refusal in item.refusals)


def read_submitted(role: Role, certificate: Source, key: Source | None = None) -> Submitted:
    """Return the certificate and its key, read; what cannot be read is told in the result.

    Without `key`, a private key in the certificate's own file is taken.
    """
    contents, refusal = None, None
    try:
        contents = _certificates(certificate)
    except MaterialError as error:
        refusal = _refused(error, certificate)
    if key is None and contents is not None and contents.holds_private_key:
        key = certificate
    public, key_refusal = None, None
    if key is not None:
        try:
            public = read_public_half(key.path, key.password)
        except MaterialError as error:
            key_refusal = _refused(error, key)
    return Submitted(
        role=role,
        path=certificate.path,
        contents=contents,
        refusal=refusal,
        key_path=key.path if key else None,
        key=public,
        key_refusal=key_refusal,
    )


def _refused(error: MaterialError, source: Source) -> MaterialError:
    """Return `error`, which tells how the password of `source` is given where it is missing."""
    if error.reason == "password-missing" and source.way:
        error.hint = source.way
    return error


def _certificates(source: Source) -> Contents:
    contents = read_contents(source.path, source.password)
    if not contents.leaves:
        raise MaterialError(
            f"{named('certificate', source.path)} holds a bare public key, not a certificate",
            hint="give the certificate that was made for this key",
            reason="public-key-instead",
        )
    return contents
