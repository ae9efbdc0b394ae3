"""Signers whose signature is right, and whose `Signature` or `Authorization` header is not."""

# ruff: noqa: D401 - a docstring says what the signer does to the message

from __future__ import annotations

import json
from functools import partial
from typing import Unpack
from urllib.parse import quote

from tests.faulty.handwritten import occasion as on
from tests.faulty.handwritten.entry import faulty
from tests.faulty.handwritten.right import (
    NAMES,
    Headers,
    Order,
    base64_text,
    carrier,
    dated,
    lines_of,
    parameters,
    quoted,
    rsa_sha256,
)


def _signature(order: Order) -> str:
    return base64_text(rsa_sha256(order, "\n".join(lines_of(order))))


def _value(order: Order) -> str:
    """Return the right parameters."""
    return parameters(order, _signature(order))


def _carried(order: Order, value: str) -> Headers:
    """Send `value` where the parameters belong, all else right."""
    return [*dated(order), carrier(order, value)]


def _with_key_id(order: Order, key_id: str) -> Headers:
    return _carried(order, _value(order).replace(quoted(order["key_id"]), quoted(key_id), 1))


def no_scheme(**order: Unpack[Order]) -> Headers:
    """The token request's `Authorization` begins with `keyId`."""
    name, value = carrier(order, _value(order))
    return [*dated(order), (name, value.removeprefix("Signature "))]


def scheme_in_signature(**order: Unpack[Order]) -> Headers:
    """`Signature: Signature keyId=…`: the form of the other header."""
    name, value = carrier(order, _value(order))
    return [*dated(order), (name, "Signature " + value.removeprefix("Signature "))]


def both_for_token(**order: Unpack[Order]) -> Headers:
    """The token request carries the `Signature` header as well."""
    fields = _carried(order, _value(order))
    return fields if order["place"] == "signature" else [*fields, ("Signature", _value(order))]


def always_authorization(**order: Unpack[Order]) -> Headers:
    """Every request is signed the way of the token request."""
    return [*dated(order), ("Authorization", "Signature " + _value(order))]


def always_signature(**order: Unpack[Order]) -> Headers:
    """The token request is signed the way of every other."""
    return [*dated(order), ("Signature", _value(order))]


def sent_twice(**order: Unpack[Order]) -> Headers:
    """Two interceptors are registered, and both sign."""
    field = carrier(order, _value(order))
    return [*dated(order), field, field]


def names_in_mixed_case(**order: Unpack[Order]) -> Headers:
    """`headers` names `Date` and `Digest`."""
    return _carried(
        order, parameters(order, _signature(order), names="(request-target) Date Digest")
    )


def names_with_space_behind(**order: Unpack[Order]) -> Headers:
    """A loop that puts a space after each name."""
    return _carried(order, parameters(order, _signature(order), names=NAMES + " "))


def names_with_commas(**order: Unpack[Order]) -> Headers:
    """Commas between the names."""
    return _carried(order, parameters(order, _signature(order), names=NAMES.replace(" ", ", ")))


def names_as_array(**order: Unpack[Order]) -> Headers:
    """The list as a programming language prints it."""
    names = str(NAMES.split())
    return _carried(order, parameters(order, _signature(order), names=names))


def names_left_out(**order: Unpack[Order]) -> Headers:
    """No `headers` at all, as if all three were the default."""
    return _carried(order, _value(order).replace(f'headers="{NAMES}",', ""))


def algorithm_hs2019(**order: Unpack[Order]) -> Headers:
    """The algorithm's name of later drafts."""
    return _carried(order, _value(order).replace('"rsa-sha256"', '"hs2019"'))


def algorithm_named_by_java(**order: Unpack[Order]) -> Headers:
    """`SHA256withRSA`."""
    return _carried(order, _value(order).replace('"rsa-sha256"', '"SHA256withRSA"'))


def algorithm_in_capitals(**order: Unpack[Order]) -> Headers:
    """`RSA-SHA256`."""
    return _carried(order, _value(order).replace('"rsa-sha256"', '"RSA-SHA256"'))


def algorithm_left_out(**order: Unpack[Order]) -> Headers:
    """Optional in the draft, demanded by Lendico."""
    return _carried(order, _value(order).replace('algorithm="rsa-sha256",', ""))


def key_id_misspelt(**order: Unpack[Order]) -> Headers:
    """`keyid`."""
    return _carried(order, _value(order).replace("keyId=", "keyid=", 1))


def parameter_twice(**order: Unpack[Order]) -> Headers:
    """`algorithm` is there two times."""
    return _carried(order, 'algorithm="rsa-sha256",' + _value(order))


def unquoted(**order: Unpack[Order]) -> Headers:
    """`algorithm=rsa-sha256`."""
    return _carried(order, _value(order).replace('"rsa-sha256"', "rsa-sha256"))


def empty_key_id(**order: Unpack[Order]) -> Headers:
    """The setting was never made."""
    return _with_key_id(order, "")


def serial_number_for_key_id(**order: Unpack[Order]) -> Headers:
    """The certificate's serial number and issuer, as for eIDAS certificates."""
    return _with_key_id(order, "SN=1A2B3C4D,CA=CN=Example CA,O=Example,C=DE")


def single_quotes(**order: Unpack[Order]) -> Headers:
    """Apostrophes around the values."""
    key_id = order["key_id"]
    return _carried(
        order,
        f"keyId='{key_id}',algorithm='rsa-sha256',headers='{NAMES}',signature='{_signature(order)}'",
    )


def typographic_quotes(**order: Unpack[Order]) -> Headers:
    """The header was copied from a document that makes quotation marks beautiful."""
    return _carried(
        order,
        f"keyId=\u201c{order['key_id']}\u201d,algorithm=\u201crsa-sha256\u201d,"
        f"headers=\u201c{NAMES}\u201d,signature=\u201c{_signature(order)}\u201d",
    )


def semicolons(**order: Unpack[Order]) -> Headers:
    """Semicolons between the parameters."""
    return _carried(order, _value(order).replace('",', '";'))


def spaces_for_commas(**order: Unpack[Order]) -> Headers:
    """Nothing but spaces between the parameters."""
    return _carried(order, _value(order).replace('",', '" '))


def json_object(**order: Unpack[Order]) -> Headers:
    """The parameters as JSON."""
    members = {
        "keyId": order["key_id"],
        "algorithm": "rsa-sha256",
        "headers": NAMES,
        "signature": _signature(order),
    }
    return _carried(order, json.dumps(members))


def placeholder_brackets(**order: Unpack[Order]) -> Headers:
    """The brackets of the documentation's `[CLIENT_ID]` were left around the client id."""
    return _with_key_id(order, f"[{order['key_id']}]")


def key_id_in_capitals(**order: Unpack[Order]) -> Headers:
    """The client id goes through `toUpperCase`."""
    return _with_key_id(order, order["key_id"].upper())


def key_id_percent_encoded(**order: Unpack[Order]) -> Headers:
    """The client id is percent-encoded, as it is in the token request's body."""
    return _with_key_id(order, quote(order["key_id"], safe=""))


def folded(**order: Unpack[Order]) -> Headers:
    """A line break after each comma: the folding that RFC 7230 §3.2.4 forbids."""
    return _carried(order, _value(order).replace('",', '",\r\n '))


def cut_off(**order: Unpack[Order]) -> Headers:
    """A limit on the header's length cut it within the signature parameter."""
    value = _value(order)
    return _carried(order, value[: value.index('signature="') + 100])


def quote_not_closed(**order: Unpack[Order]) -> Headers:
    """The last quotation mark is missing."""
    return _carried(order, _value(order).removesuffix('"'))


def text_in_quotes(**order: Unpack[Order]) -> Headers:
    """The whole value stands in quotation marks: it was printed as a JSON string."""
    return _carried(order, json.dumps(_value(order)))


def not_sent(**order: Unpack[Order]) -> Headers:
    """Everything is worked out, and the header is never set."""
    return dated(order)


_wrong = partial(faulty, stage="header")

FAULTY = (
    _wrong(no_scheme, "AUTH-001", "Signature|scheme", on.TOKEN_REQUEST),
    _wrong(scheme_in_signature, "HDR-001", "word|Signature|scheme", on.API_REQUEST),
    _wrong(both_for_token, "AUTH-001", "both|Signature", on.TOKEN_REQUEST),
    _wrong(always_authorization, "HDR-001", "Signature|Authorization", on.API_REQUEST),
    _wrong(always_signature, "AUTH-001", "Authorization", on.TOKEN_REQUEST),
    _wrong(sent_twice, "HDR-001 AUTH-001", "two|twice|more than one|several|2"),
    _wrong(names_in_mixed_case, "HDR-005", "lower|case|capital"),
    _wrong(names_with_space_behind, "HDR-005", "space"),
    _wrong(names_with_commas, "HDR-005", "comma"),
    _wrong(names_as_array, "HDR-005", "headers|bracket|list", listed=False),
    _wrong(names_left_out, "HDR-002", "headers", listed=False),
    _wrong(algorithm_hs2019, "HDR-004", "hs2019|algorithm"),
    _wrong(algorithm_named_by_java, "HDR-004", "SHA256withRSA|algorithm"),
    _wrong(algorithm_in_capitals, "HDR-004", "RSA-SHA256|case|algorithm"),
    _wrong(algorithm_left_out, "HDR-002 HDR-004", "algorithm"),
    _wrong(key_id_misspelt, "HDR-002", "keyId"),
    _wrong(parameter_twice, "HDR-002", "twice|two|once|2|more than"),
    _wrong(unquoted, "HDR-002", "quot"),
    _wrong(empty_key_id, "HDR-003", "keyId"),
    _wrong(serial_number_for_key_id, "HDR-003", "keyId"),
    _wrong(single_quotes, "HDR-002", "quot|apostroph|parameter", listed=False),
    _wrong(typographic_quotes, "HDR-002", "quot|parameter", listed=False),
    _wrong(semicolons, "HDR-002", "semicolon|comma|parameter", listed=False),
    _wrong(spaces_for_commas, "HDR-002", "comma|parameter", listed=False),
    _wrong(json_object, "HDR-002", "JSON|parameter", listed=False),
    _wrong(placeholder_brackets, "HDR-003", "keyId|bracket", listed=False),
    _wrong(key_id_in_capitals, "HDR-003", "keyId|case", on.SMALL_KEY_ID, listed=False),
    _wrong(key_id_percent_encoded, "HDR-003", "keyId", on.LOOSE_KEY_ID, listed=False),
    _wrong(folded, "HDR-001 HDR-002 AUTH-001", "line|fold|CR|LF", listed=False),
    _wrong(cut_off, "HDR-002 SIG-003", "quot|cut|parameter|signature", listed=False),
    _wrong(quote_not_closed, "HDR-002", "quot|parameter", listed=False),
    _wrong(text_in_quotes, "HDR-002", "quot|parameter", listed=False),
    _wrong(not_sent, "HDR-001 AUTH-001", "Signature|Authorization", listed=False),
)
