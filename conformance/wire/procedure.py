"""The signing procedure as a chain of named stages (idea 2 of ARCHITECTURE.md).

digest → date → request target → signing string → signature → header. Each stage is one small pure
function whose result describes what it made; `Procedure` holds the six. The reference signer is
the procedure as it stands; a faulty signer is the procedure with one stage replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from conformance.wire import signature as rsa_sha256
from conformance.wire.date import format_imf_fixdate
from conformance.wire.digest import digest
from conformance.wire.message import (
    Field,
    HeaderFields,
    Place,
    SignedRequest,
    UnsignedRequest,
    to_octets,
)
from conformance.wire.parameters import RSA_SHA256, SCHEME, Parameter, format_parameters
from conformance.wire.signing_string import REQUEST_TARGET


class Stage(StrEnum):
    """The stages of signing, in their order."""

    DIGEST = "digest"
    DATE = "date"
    REQUEST_TARGET = "request target"
    SIGNING_STRING = "signing string"
    SIGNATURE = "signature"
    HEADER = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredField:
    """A header field that is sent and signed; the two are one value unless something is wrong."""

    sent: tuple[Field, ...]
    signed: str | None
    """The value in the signing string; None when it has no line there."""
    octets: bytes = b""
    """What was hashed, for a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTarget:
    """The value of `(request-target)` in its two parts."""

    method: str
    path: str

    @property
    def value(self) -> str:
        """Method, one space, path and query."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningString:
    """The signing string before it becomes octets.

    `names` goes into the `headers` parameter; `lines` are (label, value) in the order signed.
    """

    names: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    colon: str = ": "
    separator: str = "\n"
    end: str = ""
    encoding: str = "latin-1"
    """How the text becomes octets; `latin-1` is one octet a character."""

    @property
    def data(self) -> bytes:
        """The octets to sign."""
        lines = (f"{label}{self.colon}{value}" if label else value for label, value in self.lines)
        text = self.separator.join(lines) + self.end
        if self.encoding == "latin-1":
            return to_octets(text)
        return text.encode(self.encoding, "surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The private keys a signer has at hand; only `signing` is ever right."""

    signing: RSAPrivateKey
    tls: RSAPrivateKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureHeader:
    """The header that carries the signature, before it becomes text."""

    name: str
    prefix: str
    parameters: tuple[Parameter, ...]
    separator: str = ","
    more: tuple[Field, ...] = ()
    """Header fields sent after it."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The header fields as sent; a header without a name is not."""
        if not self.name:
            return self.more
        text = self.prefix + format_parameters(self.parameters, separator=self.separator)
        return ((self.name, text), *self.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What every stage made of one request."""

    request: UnsignedRequest
    digest: CoveredField
    date: CoveredField
    target: RequestTarget
    string: SigningString
    signature: str
    header: SignatureHeader

    @property
    def headers(self) -> HeaderFields:
        """The header fields to send: Date, Digest, further ones, then the signature's."""
        return HeaderFields(
            (*self.date.sent, *self.digest.sent, *self.request.further, *self.header.fields)
        )

    @property
    def signed(self) -> SignedRequest:
        """The request as it goes on the wire."""
        return SignedRequest(
            method=self.request.method,
            target=self.request.target,
            headers=self.headers,
            body=self.request.body,
        )


def digest_stage(request: UnsignedRequest) -> CoveredField:
    """Digest the body (Security.md, step 1)."""
    value = digest(request.body)
    return CoveredField(sent=(("Digest", value),), signed=value, octets=request.body)


def date_stage(request: UnsignedRequest) -> CoveredField:
    """Write the date (Security.md, step 2)."""
    value = format_imf_fixdate(request.date)
    return CoveredField(sent=(("Date", value),), signed=value)


def target_stage(request: UnsignedRequest) -> RequestTarget:
    """Lower-case the method, keep path and query as they are (draft-cavage-10, 2.3, step 1)."""
    return RequestTarget(method=request.method.lower(), path=request.signed_target)


def string_stage(
    target: RequestTarget,
    date: CoveredField,
    digested: CoveredField,
    further: HeaderFields = HeaderFields(),  # noqa: B008 - frozen
) -> SigningString:
    """Put the three lines, and those of further fields, one under the other (step 3)."""
    values = {REQUEST_TARGET: target.value, "date": date.signed, "digest": digested.signed}
    values |= {name.lower(): further.combined(name) for name, _ in further}
    lines = tuple((name, value) for name, value in values.items() if value is not None)
    return SigningString(names=tuple(name for name, _ in lines), lines=lines)


def signature_stage(data: bytes, keys: Keys) -> str:
    """Sign with `rsa-sha256` and write the signature in Base64 (Security.md, step 3)."""
    return rsa_sha256.sign(data, keys.signing)


def header_stage(request: UnsignedRequest, names: Sequence[str], signature: str) -> SignatureHeader:
    """Write the `Signature` or `Authorization` header (Security.md, step 4)."""
    parameters = (
        Parameter("keyId", request.key_id),
        Parameter("algorithm", RSA_SHA256),
        Parameter("headers", " ".join(names)),
        Parameter("signature", signature),
    )
    if request.place is Place.AUTHORIZATION:
        return SignatureHeader(
            name="Authorization", prefix=f"{SCHEME} ", parameters=parameters, separator=", "
        )
    return SignatureHeader(name="Signature", prefix="", parameters=parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """How a signer signs: one function a stage, the documented one unless replaced."""

    digest: Callable[[UnsignedRequest], CoveredField] = digest_stage
    date: Callable[[UnsignedRequest], CoveredField] = date_stage
    target: Callable[[UnsignedRequest], RequestTarget] = target_stage
    string: Callable[[RequestTarget, CoveredField, CoveredField, HeaderFields], SigningString] = (
        string_stage
    )
    signature: Callable[[bytes, Keys], str] = signature_stage
    header: Callable[[UnsignedRequest, Sequence[str], str], SignatureHeader] = header_stage

    def sign(self, request: UnsignedRequest, keys: Keys) -> Signing:
        """Run the stages in order and return what each made."""
        digested = self.digest(request)
        date = self.date(request)
        target = self.target(request)
        string = self.string(target, date, digested, HeaderFields(request.further))
        signature = self.signature(string.data, keys)
        header = self.header(request, string.names, signature)
        return Signing(
            request=request, digest=digested, date=date, target=target,
            string=string, signature=signature, header=header,
        )  # fmt: skip


DOCUMENTED = Procedure()
"""The procedure as Security.md describes it."""
