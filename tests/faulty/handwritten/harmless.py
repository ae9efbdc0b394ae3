"""Signers that do it another way, and rightly so."""

# ruff: noqa: D401 - a docstring says what the signer does to the message

from __future__ import annotations

import re
from typing import Unpack

from tests.faulty.handwritten.entry import harmless
from tests.faulty.handwritten.right import (
    NAMES,
    Headers,
    Order,
    base64_text,
    carrier,
    dated,
    lines_of,
    parameters,
    rsa_sha256,
    sent_over,
    signed,
)


def _signature(order: Order) -> str:
    return base64_text(rsa_sha256(order, "\n".join(lines_of(order))))


def _list(order: Order) -> list[str]:
    """Return the four parameters one by one."""
    signature = _signature(order)
    before, _ = parameters(order, signature).split(',algorithm="')
    rest = ['algorithm="rsa-sha256"', f'headers="{NAMES}"', f'signature="{signature}"']
    return [before, *rest]


def _carried(order: Order, value: str) -> Headers:
    return [*dated(order), carrier(order, value)]


def signature_first(**order: Unpack[Order]) -> Headers:
    """The parameters stand in reverse, `signature` in front."""
    return _carried(order, ",".join(reversed(_list(order))))


def spaces_after_commas(**order: Unpack[Order]) -> Headers:
    """A space after each comma."""
    return _carried(order, ", ".join(_list(order)))


def tabs_around_commas(**order: Unpack[Order]) -> Headers:
    """Spaces and tabs before and after each comma."""
    return _carried(order, " \t,\t ".join(_list(order)))


def unknown_parameter(**order: Unpack[Order]) -> Headers:
    """A parameter of the signer's own."""
    return _carried(order, ",".join([*_list(order), 'version="2"']))


def unknown_number(**order: Unpack[Order]) -> Headers:
    """A parameter of later drafts, unquoted as it is there, in front of the others."""
    return _carried(order, ",".join(["created=1562142508", *_list(order)]))


def key_id_escaped(**order: Unpack[Order]) -> Headers:
    r"""Every character of the client id that is no letter or digit has a backslash in front."""
    escaped = re.sub(r"([^A-Za-z0-9])", r"\\\1", order["key_id"])
    return _carried(order, ",".join([f'keyId="{escaped}"', *_list(order)[1:]]))


def header_names_in_lower_case(**order: Unpack[Order]) -> Headers:
    """`date`, `digest`, `signature`, as HTTP/2 sends them."""
    return [(name.lower(), value) for name, value in signed(order)]


def header_names_in_capitals(**order: Unpack[Order]) -> Headers:
    """`DATE`, `DIGEST`, `SIGNATURE`."""
    return [(name.upper(), value) for name, value in signed(order)]


def scheme_in_lower_case(**order: Unpack[Order]) -> Headers:
    """The token request says `Authorization: signature …`."""
    return [
        (name, re.sub("^Signature ", "signature ", value) if name == "Authorization" else value)
        for name, value in signed(order)
    ]


def spaces_after_scheme(**order: Unpack[Order]) -> Headers:
    """Three spaces follow the word `Signature` in `Authorization`."""
    return [(name, re.sub("^Signature ", "Signature   ", value)) for name, value in signed(order)]


def signature_header_first(**order: Unpack[Order]) -> Headers:
    """The header fields are sent in reverse."""
    return signed(order)[::-1]


def other_headers(**order: Unpack[Order]) -> Headers:
    """Header fields that have nothing to do with signing stand before, between and after."""
    date, digest, carried = signed(order)
    return [
        ("Host", order["base_url"].split("/")[2]),
        ("Accept", "application/json, */*;q=0.8"),
        date,
        ("Content-Type", "application/json"),
        digest,
        ("Idempotency-Key", "2f1f3c1e-7c1c-4a51-9d43-0f5a2f1f7d10"),
        carried,
        ("Content-Length", str(len(order["body"]))),
        ("User-Agent", 'partner/1.0 (keyId="nothing")'),
    ]


def bearer_beside(**order: Unpack[Order]) -> Headers:
    """An API request carries its token in `Authorization`, beside `Signature`."""
    fields = signed(order)
    if order["place"] == "signature":
        fields.insert(0, ("Authorization", "Bearer an-access-token"))
    return fields


def white_space_around_values(**order: Unpack[Order]) -> Headers:
    """Spaces and tabs are sent around every value, and not signed."""
    return [(name, f" \t{value}\t ") for name, value in signed(order)]


def other_order_declared(**order: Unpack[Order]) -> Headers:
    """Digest, date, target: declared in that order and signed in it."""
    string = "\n".join(reversed(lines_of(order)))
    return sent_over(order, string, names="digest date (request-target)")


def _covering(order: Order, extra: Headers, *lines: str) -> Headers:
    """Send `extra`, and sign `lines` for it after the three."""
    names = dict.fromkeys(line.partition(":")[0] for line in lines)
    string = "\n".join([*lines_of(order), *lines])
    return [*extra, *sent_over(order, string, names=" ".join([NAMES, *names]))]


def host_and_content_type_signed(**order: Unpack[Order]) -> Headers:
    """`Host`, `Content-Type` and `Content-Length` are sent and signed."""
    host, length = order["base_url"].split("/")[2], str(len(order["body"]))
    return _covering(
        order,
        [("Host", host), ("Content-Type", "application/json"), ("Content-Length", length)],
        *(f"host: {host}", "content-type: application/json", f"content-length: {length}"),
    )


def repeated_header_signed(**order: Unpack[Order]) -> Headers:
    """A header that is sent twice is signed, its values joined in the order sent."""
    trace = [("X-Trace", "first"), ("x-trace", " second ")]
    return _covering(order, trace, "x-trace: first, second")


def empty_header_signed(**order: Unpack[Order]) -> Headers:
    """A header with an empty value is signed: name, colon, space."""
    return _covering(order, [("X-Trace", "")], "x-trace: ")


def inner_white_space_signed(**order: Unpack[Order]) -> Headers:
    """A header with spaces and a tab inside its value is signed as it is."""
    return _covering(order, [("X-Note", "one  two\tthree")], "x-note: one  two\tthree")


def target_cut_from_address(**order: Unpack[Order]) -> Headers:
    """The target is what is left of the address when the prefix is cut off."""
    return signed(order, target=order["url"].removeprefix(order["base_url"].rstrip("/")))


HARMLESS = (
    harmless(signature_first, "RFC 7235 2.1: parameters in any order; draft 2.1 gives none"),
    harmless(spaces_after_commas, "Security.md, the Authorization example; RFC 7230 7"),
    harmless(tabs_around_commas, "RFC 7230 7: `OWS , OWS`, where OWS is spaces and tabs (3.2.3)"),
    harmless(unknown_parameter, "draft 2.2: a parameter that is not recognised is ignored"),
    harmless(unknown_number, "draft 2.2; RFC 7235 2.1: a parameter's value may be a token"),
    harmless(key_id_escaped, "RFC 7230 3.2.6: a quoted-pair stands for the octet after it"),
    harmless(header_names_in_lower_case, "RFC 7230 3.2: field names are case-insensitive"),
    harmless(header_names_in_capitals, "RFC 7230 3.2: field names are case-insensitive"),
    harmless(scheme_in_lower_case, "RFC 7235 2.1: the scheme is a case-insensitive token"),
    harmless(spaces_after_scheme, "RFC 7235 2.1: `auth-scheme 1*SP` before the parameters"),
    harmless(signature_header_first, "RFC 7230 3.2.2: the order of different fields says nothing"),
    harmless(other_headers, "Security.md, 4: only the fields that `headers` names are signed"),
    harmless(bearer_beside, "the token page: a bearer token on every request but the token's"),
    harmless(white_space_around_values, "RFC 7230 3.2.4; draft 2.3, 2: OWS is not signed"),
    harmless(other_order_declared, "draft 2.3: in the order of `headers`", "STR-003"),
    harmless(host_and_content_type_signed, "draft 2.3: the client chooses the fields", "STR-003"),
    harmless(repeated_header_signed, "draft 2.3, 2: joined by `, ` in the order sent", "STR-003"),
    harmless(empty_header_signed, "draft 2.3: name, colon, space for an empty value", "STR-003"),
    harmless(inner_white_space_signed, "draft 2.3, 2: no other change to the value", "STR-003"),
    harmless(target_cut_from_address, "Security.md, 3: target without prefix, however found"),
)
