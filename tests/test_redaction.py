"""Secrets never get into what is written or shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.redaction import PART, Redactor
from conformance.report.plain import with_text
from conformance.wire.message import HeaderFields

TOKEN = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        ("authorization: Bearer x", "Bearer x"),
        (f"expected a bearer {TOKEN} there", TOKEN),
        (f'["Authorization","Basic {TOKEN}"]', TOKEN),
        (f"got {JWT} in the body", JWT),
        ("client_id=me&client_secret=s3cr3t&x=1", "s3cr3t"),
        ('{"client_secret": "s3cr3t", "x": 1}', "s3cr3t"),
        ("Subscription-Key: 0123abcd", "0123abcd"),
        ('["Ocp-Apim-Subscription-Key", "0123abcd"]', "0123abcd"),
        ("password=hunter2", "hunter2"),
        ("-----BEGIN PRIVATE " + "KEY-----\nMIIE\nabcd\n-----END PRIVATE " + "KEY-----", "MIIE"),
        ("-----BEGIN RSA PRIVATE " + "KEY-----\\nMIIE cut short", "MIIE"),
    ],
)
def test_what_looks_like_a_secret_is_replaced(text: str, secret: str) -> None:
    redacted = Redactor().text(text)
    assert secret not in redacted
    assert "<redacted:" in redacted


@pytest.mark.parametrize(
    "text",
    [
        'Authorization: Signature keyId="client-1",algorithm="rsa-sha256",signature="AAAA"',
        "the token request carries Authorization: Signature",
        "(request-target): get /ping\\ndate: Wed, 03 Jul 2019 08:28:28 GMT",
        "Digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "the bearer token is missing",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor().text(text) == text


def test_what_stands_around_a_secret_stays() -> None:
    redacted = Redactor().text("client_id=me&client_secret=s3cr3t&x=1")
    assert redacted.startswith("client_id=me&client_secret=<redacted:secret:")
    assert redacted.endswith("&x=1")


def test_equal_secrets_are_recognisable_within_a_run_and_not_beyond() -> None:
    first, second = Redactor(), Redactor()
    assert first.mask("token", TOKEN) == first.mask("token", TOKEN)
    assert first.mask("token", TOKEN) != first.mask("token", JWT)
    assert first.mask("token", TOKEN) != second.mask("token", TOKEN)
    assert Redactor(key=first.key).mask("token", TOKEN) == first.mask("token", TOKEN)


@pytest.mark.parametrize(
    "form",
    [
        'pa"ss & wörd',
        json.dumps('pa"ss & wörd'),
        "x=pa%22ss+%26+w%C3%B6rd",
        "x=pa%22ss%20%26%20w%C3%B6rd",
    ],
)
def test_a_configured_secret_is_found_in_every_form(form: str) -> None:
    redactor = Redactor(['pa"ss & wörd'])
    assert "ss" not in redactor.text(form)
    assert len(redactor.redactions) == 1


@given(
    secret=st.text(min_size=4, max_size=20).filter(lambda text: "<redacted" not in text),
    around=st.tuples(st.text(), st.text()),
)
def test_no_configured_secret_survives_at_any_depth(secret: str, around: tuple[str, str]) -> None:
    redactor = Redactor([secret], key=b"k")
    document = {"a": [{"b": secret.join(around)}], "c": (secret, 1, None)}
    cleaned: Any = with_text(document, redactor.configured)
    left = cleaned["a"][0]["b"] + "\x00" + cleaned["c"][0]
    assert secret not in left.replace("redacted:configured:", "")


@given(text=st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    redactor = Redactor(["hunter22"], key=b"k")
    for each in (text, f"Bearer {text}", f"client_secret={text}", f"hunter22{text}"):
        once = redactor.text(each)
        assert redactor.text(once) == once


def test_a_secret_that_is_too_short_is_not_looked_for() -> None:
    assert Redactor(["abc"]).text("abcdef") == "abcdef"


def test_headers_lose_their_secrets_and_keep_the_signature() -> None:
    signature = 'Signature keyId="client-1",signature="AAAA"'
    fields = HeaderFields(
        (
            ("Date", "Wed, 03 Jul 2019 08:28:28 GMT"),
            ("authorization", signature),
            ("Authorization", 'keyId="client-1",signature="AAAA"'),
            ("AUTHORIZATION", "Bearer short"),
            ("Authorization", "opaque-without-scheme"),
            ("Subscription-Key", "0123"),
            ("Cookie", "session=1"),
            ("X-Other", "hunter22"),
        )
    )
    cleaned, names = Redactor(["hunter22"]).headers(fields)
    values = [value for _, value in cleaned]
    assert values[:3] == [value for _, value in fields][:3]
    assert not any(
        secret in value
        for value in values
        for secret in ("short", "opaque", "0123", "session", "hunter22")
    )
    assert names == ("authorization", "authorization", "subscription-key", "cookie", "x-other")
    assert values[3].startswith("Bearer <redacted:token:")


def test_octets_with_a_secret_or_a_private_key_are_known() -> None:
    redactor = Redactor(["hunter22"])
    assert redactor.holds_secret(b"\x00hunter22\xff")
    assert redactor.holds_secret(b"-----BEGIN EC PRIVATE " + b"KEY-----")
    assert not redactor.holds_secret(b"client_secret=made-up")
    assert redactor.redactions == ()


def test_redactions_are_counted_by_secret() -> None:
    redactor = Redactor()
    for _ in range(3):
        redactor.text("client_secret=one")
    redactor.text("client_secret=two")
    assert sorted(item.count for item in redactor.redactions) == [1, 3]


@pytest.mark.parametrize("cut", ["…", "... (4096 octets)", "", "… and … more"])
def test_the_beginning_of_a_secret_that_was_cut_off_is_kept_out(cut: str) -> None:
    """Texts are cut before they are redacted: what is left of a secret is one still."""
    secret = "s3cret-v4lue-of-some-length"
    redactor = Redactor([secret])
    for length in range(PART, len(secret)):
        found = redactor.text(f"told: {secret[:length]}{cut}")
        assert secret[:PART] not in found
        assert found.startswith("told: <redacted:configured:")
        assert found.endswith(cut)
        assert redactor.text(found) == found


def test_what_only_begins_like_a_secret_stays() -> None:
    redactor = Redactor(["s3cret-v4lue"])
    for text in ("s3cret-other…", "the s3cret is told", "s3cre…", "s3cret-v and more"):
        assert redactor.text(text) == text
