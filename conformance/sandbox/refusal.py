"""Why a guard refuses: one reason a condition, and the documented problem that it answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One condition that a guard holds a request to.

    `says` tells people what is wrong; `demands` is the requirement that the client breaks, None
    where it is a matter of credentials or limits; `promises` that of the API which would be broken
    if the request passed.
    """

    id: str
    problem: str
    says: str
    promises: str
    demands: str | None = None


_ALL: Final = (
    Reason(
        id="address-foreign", problem="address", promises="API-IP-001",
        says="the address is not whitelisted",
    ),
    Reason(
        id="address-throttled", problem="rate", promises="API-RATE-001", demands="RATE-002",
        says="too many requests from this address",
    ),
    Reason(
        id="subscription-key-absent", problem="subscription-key-missing", promises="API-SUB-001",
        demands="SUB-001", says="there is no Subscription-Key",
    ),
    Reason(
        id="subscription-key-unknown", problem="subscription-key-invalid", promises="API-SUB-002",
        demands="SUB-001", says="the Subscription-Key is nobody's",
    ),
    Reason(
        id="certificate-absent", problem="client-certificate", promises="API-TLS-001",
        demands="TLS-001", says="the client presented no certificate",
    ),
    Reason(
        id="certificate-unknown", problem="client-certificate", promises="API-TLS-002",
        demands="TLS-001", says="the client certificate is not the registered TLS certificate",
    ),
    Reason(
        id="certificate-expired", problem="client-certificate", promises="API-TLS-002",
        demands="CERT-003", says="the client certificate is not valid now",
    ),
    Reason(
        id="authorization-absent", problem="signature", promises="API-SIG-002",
        demands="AUTH-001", says="the token request has no 'Authorization: Signature …'",
    ),
    Reason(
        id="bearer-absent", problem="unauthorized", promises="API-AUTH-001", demands="AUTH-002",
        says="there is no bearer token",
    ),
    Reason(
        id="bearer-unknown", problem="unauthorized", promises="API-AUTH-001", demands="AUTH-002",
        says="the bearer token is not one that was issued to this client",
    ),
    Reason(
        id="bearer-expired", problem="unauthorized", promises="API-AUTH-001", demands="TOK-003",
        says="the bearer token has expired",
    ),
    Reason(
        id="digest-absent", problem="digest-header", promises="API-DIG-002", demands="DIG-001",
        says="there is no Digest header",
    ),
    Reason(
        id="digest-malformed", problem="digest-header", promises="API-DIG-002", demands="DIG-002",
        says="the Digest header is malformed",
    ),
    Reason(
        id="date-absent", problem="date-header", promises="API-DATE-003", demands="DATE-001",
        says="there is no Date header",
    ),
    Reason(
        id="date-malformed", problem="date-header", promises="API-DATE-003", demands="DATE-001",
        says="the Date header is no IMF-fixdate",
    ),
    Reason(
        id="date-behind", problem="date-skew", promises="API-DATE-001", demands="DATE-003",
        says="the date is more than 3 minutes behind",
    ),
    Reason(
        id="date-ahead", problem="date-skew", promises="API-DATE-001", demands="DATE-003",
        says="the date is more than 3 minutes ahead",
    ),
    Reason(
        id="signature-absent", problem="signature", promises="API-SIG-002", demands="HDR-001",
        says="there is no Signature header",
    ),
    Reason(
        id="signature-repeated", problem="signature", promises="API-SIG-002", demands="HDR-001",
        says="the signature is sent more than once",
    ),
    Reason(
        id="signature-structure", problem="signature", promises="API-SIG-002", demands="HDR-002",
        says="keyId, algorithm, headers and signature are not each there once and quoted",
    ),
    Reason(
        id="signature-key-id", problem="signature", promises="API-SIG-002", demands="HDR-003",
        says="keyId is not the client id",
    ),
    Reason(
        id="signature-algorithm", problem="signature", promises="API-SIG-002", demands="HDR-004",
        says="the algorithm is not rsa-sha256",
    ),
    Reason(
        id="signature-names", problem="signature", promises="API-SIG-002", demands="HDR-005",
        says="the names in headers are not lower case with one space between",
    ),
    Reason(
        id="signature-coverage", problem="signature", promises="API-SIG-002", demands="STR-001",
        says="not all of (request-target), date and digest are signed",
    ),
    Reason(
        id="signature-base64", problem="signature", promises="API-SIG-002", demands="SIG-003",
        says="the signature is not padded standard Base64 on one line",
    ),
    Reason(
        id="signature-wrong", problem="signature", promises="API-SIG-001", demands="SIG-001",
        says="the signature is not that of this request",
    ),
    Reason(
        id="signature-tls-key", problem="signature", promises="API-SIG-001", demands="SIG-002",
        says="it is signed with the key of the TLS certificate",
    ),
    Reason(
        id="replay-method", problem="signature", promises="API-SIG-003", demands="SIG-004",
        says="the signature is that of an earlier request with another method",
    ),
    Reason(
        id="replay-path", problem="signature", promises="API-SIG-003", demands="SIG-004",
        says="the signature is that of an earlier request to another path",
    ),
    Reason(
        id="replay-query", problem="signature", promises="API-SIG-003", demands="SIG-004",
        says="the signature is that of an earlier request with another query",
    ),
    Reason(
        id="replay-date", problem="signature", promises="API-SIG-003", demands="SIG-004",
        says="the signature is that of an earlier request with another date",
    ),
    Reason(
        id="replay-digest", problem="signature", promises="API-SIG-003", demands="SIG-004",
        says="the signature is that of an earlier request with another body",
    ),
    Reason(
        id="digest-of-another-body", problem="digest-diverges", promises="API-DIG-001",
        demands="DIG-002", says="the digest is that of another body",
    ),
    Reason(
        id="secret-wrong", problem="unauthorized", promises="API-AUTH-001", demands="TOK-001",
        says="client_id and client_secret are not those of this client",
    ),
    Reason(
        id="crefo-throttled", problem="crefo", promises="API-CREFO-001", demands="CREFO-001",
        says="this crefo id applied within the last 5 minutes",
    ),
)  # fmt: skip

REASONS: Final[Mapping[str, Reason]] = MappingProxyType({reason.id: reason for reason in _ALL})
"""Every reason by its id, in the order in which the guards look."""
