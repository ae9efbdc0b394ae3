"""Each requirement on certificates, judged on real files that hold or break it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import (
    SHA3_256,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
)

from conformance.catalogue import load_catalogue
from conformance.errors import DataError
from conformance.material.judge import RULES, Judged, judge
from conformance.material.rule import Finding, Needs, RuleBook, Seen
from conformance.material.submitted import Material, Role, Source, Submitted, read_submitted
from tests.material.factory import (
    NOW,
    PASSWORD,
    Hash,
    der,
    issue,
    key_pem,
    pem,
    pfx,
    pfx_of_key,
    saved,
)

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")

SECOND = timedelta(seconds=1)
Submit = Callable[..., Submitted]


@pytest.fixture
def submit(tmp_path: Path) -> Submit:
    """Return a function that writes a certificate file and its key, and reads them."""

    def write(
        data: bytes, *, private: bytes = b"", role: Role = Role.TLS, password: bytes = PASSWORD
    ) -> Submitted:
        file = Source(path=saved(tmp_path, f"{role}.pfx", data), password=password)
        key = Source(path=saved(tmp_path, f"{role}.key", private)) if private else None
        return read_submitted(role, file, key)

    return write


def judged(
    tls: Submitted | None, signing: Submitted | None = None, *, now: datetime = NOW
) -> dict[tuple[str, Role | None], Judged]:
    found = judge(Material(tls=tls, signing=signing, now=now))
    return {(item.requirement, item.role): item for item in found}


def reasons(item: Judged) -> list[str]:
    assert not (item.findings and item.untold)
    for finding in item.findings:
        assert finding.requirement == item.requirement
        assert finding.hint
        for text in (finding.reason, finding.expected, finding.observed, finding.hint):
            assert text
            assert text.isprintable()
            assert text.isascii()
    return [finding.reason for finding in item.findings]


def of_tls(file: Submitted, requirement: str, *, now: datetime = NOW) -> list[str]:
    item = judged(file, now=now)[requirement, Role.TLS]
    assert not item.untold
    return reasons(item)


def openssl(*arguments: str | Path, given: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pair_without_fault_holds_every_requirement(submit: Submit) -> None:
    tls = submit(pfx(issue()), private=key_pem("rsa-2048-a"))
    signing = submit(pfx(issue("rsa-2048-b")), private=key_pem("rsa-2048-b"), role=Role.SIGNING)
    found = judged(tls, signing)

    assert len(found) == 17
    assert not any(item.findings or item.untold for item in found.values())


def test_every_requirement_on_material_has_a_rule_that_states_it() -> None:
    wanted = [item for item in load_catalogue().requirements if item.startswith("CERT-")]

    assert list(RULES) == wanted
    for rule in RULES.values():
        assert rule.says.endswith(".")
        assert rule.name == rule.name.strip()
        assert "_" not in rule.name


# CERT-001


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("rsa-2048-a", []),
        ("rsa-2049", []),
        ("rsa-3072", []),
        ("rsa-2047", ["key-too-short"]),
        ("rsa-1024", ["key-too-short"]),
        ("ec", ["key-ec"]),
        ("dsa", ["key-dsa"]),
        ("ed25519", ["key-ed25519"]),
        ("ed448", ["key-ed448"]),
    ],
)
def test_only_an_rsa_key_of_2048_bit_or_more_will_do(
    submit: Submit, kind: str, expected: list[str]
) -> None:
    assert of_tls(submit(pfx(issue(kind))), "CERT-001") == expected


@needs_openssl
def test_an_rsa_pss_key_is_another_kind_of_key(submit: Submit, tmp_path: Path) -> None:
    pss = saved(tmp_path, "pss.key", openssl("genpkey", "-algorithm", "RSA-PSS"))
    certificate = openssl("req", "-x509", "-key", pss, "-subj", "/CN=pss", "-days", "9")
    found = judged(submit(certificate, private=pss.read_bytes()))

    assert reasons(found["CERT-001", Role.TLS]) == ["key-rsa-pss"]
    assert "RSA-PSS, 2048 bit" in found["CERT-001", Role.TLS].findings[0].observed
    assert reasons(found["CERT-008", Role.TLS]) == []


@needs_openssl
def test_a_key_that_cannot_be_read_is_no_rsa_key(submit: Submit, tmp_path: Path) -> None:
    """An EC key with explicit parameters: cryptography reads none of these."""
    made = openssl(
        "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP160r1",
        "-pkeyopt", "ec_param_enc:explicit",
    )  # fmt: skip
    path = saved(tmp_path, "odd.key", made)
    certificate = openssl("req", "-x509", "-key", path, "-subj", "/CN=odd", "-days", "9")

    assert of_tls(submit(certificate), "CERT-001") == ["key-unknown"]


# CERT-002


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        (SHA256(), []),
        (SHA384(), []),
        (SHA512(), []),
        (SHA3_256(), []),
        (SHA224(), ["signed-sha224"]),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_sha_256_is_the_weakest_hash_to_sign_with(
    submit: Submit, algorithm: Hash, expected: list[str]
) -> None:
    assert of_tls(submit(pfx(issue(algorithm=algorithm))), "CERT-002") == expected


@needs_openssl
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-sha1"], ["signed-sha1"]),
        (["-md5"], ["signed-md5"]),
        (["-ripemd160"], ["signed-ripemd160"]),
        (["-sha512-224"], ["signed-sha512-224"]),
        (["-sha256"], []),
        (["-sha512-256"], []),
        (["-sha256", "-sigopt", "rsa_padding_mode:pss"], []),
        (["-sha1", "-sigopt", "rsa_padding_mode:pss"], ["signed-sha1"]),
    ],
    ids=" ".join,
)
def test_certificates_of_openssl_are_judged_by_their_hash(
    submit: Submit, tmp_path: Path, options: list[str], expected: list[str]
) -> None:
    key = saved(tmp_path, "own.key", key_pem("rsa-2048-a"))
    data = openssl("req", "-x509", "-key", key, "-subj", "/CN=x", "-days", "9", *options)

    assert of_tls(submit(data), "CERT-002") == expected


def test_an_algorithm_that_is_not_known_is_not_taken_for_a_strong_one(submit: Submit) -> None:
    sha256_with_rsa = bytes.fromhex("2a864886f70d01010b")
    data = der(issue()).replace(sha256_with_rsa, sha256_with_rsa[:-1] + b"\x63")

    assert of_tls(submit(data), "CERT-002") == ["signed-unknown-hash"]


def test_an_issuer_with_an_ed25519_key_signs_strongly_enough(submit: Submit) -> None:
    found = submit(pfx(issue(by=("root", "ed25519"))))

    assert of_tls(found, "CERT-002") == []
    assert of_tls(found, "CERT-001") == []


def test_the_hash_of_an_issuers_own_certificate_does_not_count(submit: Submit) -> None:
    root = issue("rsa-2048-b", name="root", algorithm=SHA224(), ca=True)
    leaf = issue(by=("root", "rsa-2048-b"))

    assert of_tls(submit(pfx(root, leaf)), "CERT-002") == []


# CERT-003 and CERT-009


BEGINS = NOW - timedelta(days=100)
ENDS = NOW + timedelta(days=100)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (BEGINS - SECOND, ["not-yet-valid"]),
        (BEGINS, []),
        (ENDS, []),
        (ENDS + SECOND, ["expired"]),
        (ENDS + timedelta(days=4000), ["expired"]),
    ],
)
def test_validity_holds_from_the_first_second_to_the_last(
    submit: Submit, now: datetime, expected: list[str]
) -> None:
    file = submit(pfx(issue(begins=BEGINS, ends=ENDS)))

    assert of_tls(file, "CERT-003", now=now) == expected


@needs_openssl
def test_a_certificate_that_ends_before_it_begins_is_never_valid(
    submit: Submit, tmp_path: Path
) -> None:
    """Only openssl makes such a one."""
    (tmp_path / "index").touch()
    config = saved(
        tmp_path, "ca.conf",
        b"[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=index\nrand_serial=1\n"
        b"default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n",
    )  # fmt: skip
    key = saved(tmp_path, "own.key", key_pem("rsa-2048-a"))
    saved(tmp_path, "req", openssl("req", "-new", "-key", key, "-subj", "/CN=x"))
    subprocess.run(
        ["openssl", "ca", "-batch", "-selfsign", "-config", config, "-keyfile", key, "-in", "req",
         "-startdate", "20270101000000Z", "-enddate", "20260101000000Z", "-notext",
         "-out", "out.pem"],
        cwd=tmp_path, capture_output=True, check=True,
    )  # fmt: skip
    found = judged(submit((tmp_path / "out.pem").read_bytes()))

    assert reasons(found["CERT-003", Role.TLS]) == ["validity-reversed"]
    assert reasons(found["CERT-004", Role.TLS]) == []


@pytest.mark.parametrize(
    ("left", "expected", "says"),
    [
        (timedelta(days=60), [], ""),
        (timedelta(days=60) - SECOND, ["expires-soon"], "59 days left"),
        (timedelta(days=1), ["expires-soon"], "1 day left"),
        (timedelta(), ["expires-soon"], "0 days left"),
        (-SECOND, ["no-days-left"], "it has ended"),
    ],
)
def test_sixty_days_to_the_second_are_enough(
    submit: Submit, left: timedelta, expected: list[str], says: str
) -> None:
    file = submit(pfx(issue(begins=BEGINS, ends=ENDS)))
    item = judged(file, now=ENDS - left)["CERT-009", Role.TLS]

    assert reasons(item) == expected
    assert all(finding.observed.startswith(says) for finding in item.findings)


def test_the_last_moment_that_a_certificate_can_name_is_judged(submit: Submit) -> None:
    """99991231235959Z says that there is no end (RFC 5280, section 4.1.2.5)."""
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=NOW.tzinfo)
    file = submit(pfx(issue(begins=NOW, ends=last)))

    assert of_tls(file, "CERT-004") == ["lifespan-too-long"]
    assert of_tls(file, "CERT-009", now=last) == ["expires-soon"]


# CERT-004


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        ("2024-01-15T10:00:00", "2027-04-15T10:00:00", []),
        ("2024-01-15T10:00:00", "2027-04-15T10:00:01", ["lifespan-too-long"]),
        ("2021-11-30T00:00:00", "2025-02-28T00:00:00", []),
        ("2021-11-30T00:00:00", "2025-02-28T00:00:01", ["lifespan-too-long"]),
        ("2021-11-30T00:00:00", "2025-03-01T00:00:00", ["lifespan-too-long"]),
        ("2020-11-30T00:00:00", "2024-02-29T00:00:00", []),
        ("2020-11-30T00:00:00", "2024-03-01T00:00:00", ["lifespan-too-long"]),
        ("2024-01-15T10:00:00", "2034-01-15T10:00:00", ["lifespan-too-long"]),
        ("2024-01-15T10:00:00", "2024-01-15T10:00:00", []),
    ],
)
def test_a_lifespan_counts_in_calendar_months_and_39_are_allowed(
    submit: Submit, begins: str, ends: str, expected: list[str]
) -> None:
    start, end = (
        datetime.fromisoformat(text).replace(tzinfo=NOW.tzinfo) for text in (begins, ends)
    )

    assert of_tls(submit(pfx(issue(begins=start, ends=end))), "CERT-004") == expected


# CERT-005


def both(submit: Submit, one: x509.Certificate, other: x509.Certificate) -> Judged:
    tls, signing = submit(pfx(one)), submit(pfx(other), role=Role.SIGNING)
    return judged(tls, signing)["CERT-005", None]


def test_the_same_certificate_twice_is_found(submit: Submit) -> None:
    certificate = issue()
    assert reasons(both(submit, certificate, certificate)) == ["same-certificate"]


def test_two_certificates_of_one_key_are_found(submit: Submit) -> None:
    assert reasons(both(submit, issue(name="one"), issue(name="two"))) == ["same-key"]


def test_a_renewed_certificate_of_the_same_name_and_another_key_is_another(
    submit: Submit,
) -> None:
    assert reasons(both(submit, issue(), issue("rsa-2048-b"))) == []


def test_the_same_certificate_is_found_in_two_forms(submit: Submit) -> None:
    certificate = issue()
    found = judged(submit(pfx(certificate)), submit(pem(certificate), role=Role.SIGNING))

    assert reasons(found["CERT-005", None]) == ["same-certificate"]


# CERT-006 and CERT-007


@pytest.mark.parametrize("data", [pem(issue()), pem(issue(), issue("rsa-2048-b", name="root"))])
def test_a_certificate_that_is_not_in_a_pfx_is_found(submit: Submit, data: bytes) -> None:
    assert of_tls(submit(data), "CERT-006") == ["not-pkcs12"]


def test_a_chain_in_a_pfx_is_no_fault_and_its_leaf_is_judged(submit: Submit) -> None:
    root = issue("rsa-2048-b", name="root", ca=True, ends=NOW - SECOND)
    middle = issue("ec", name="middle", by=("root", "rsa-2048-b"), ca=True)
    leaf = issue(by=("middle", "ec"))
    for order in ((leaf, middle, root), (root, middle, leaf), (middle, leaf, root, leaf)):
        file = submit(pfx(*order))

        assert file.certificate == leaf
        for name in ("CERT-001", "CERT-003", "CERT-006"):
            assert of_tls(file, name) == []


def test_an_authority_beside_the_certificate_is_not_taken_for_it(submit: Submit) -> None:
    stranger = issue("rsa-2048-b", name="stranger", ca=True)
    leaf = issue()
    file = submit(pfx(stranger, leaf))

    assert file.certificate == leaf
    assert of_tls(file, "CERT-006") == []


def test_both_certificates_in_one_pfx_are_found(submit: Submit) -> None:
    file = submit(pfx(issue(name="tls"), issue("rsa-2048-b", name="signing")))

    assert of_tls(file, "CERT-006") == ["several-certificates"]


@needs_openssl
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["private-key-inside"]),
        (["-nokeys"], []),
        (["-legacy"], ["private-key-inside"]),
        (["-legacy", "-nokeys"], []),
        (["-legacy", "-nokeys", "-certpbe", "PBE-SHA1-RC2-40"], []),
        (["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "SHA1"],
         ["private-key-inside"]),
        (["-nokeys", "-certpbe", "NONE"], []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_a_private_key_in_a_pfx_of_openssl_is_found(
    submit: Submit, options: list[str], expected: list[str]
) -> None:
    both_pem = key_pem("rsa-2048-a") + pem(issue())
    data = openssl("pkcs12", "-export", "-passout", "pass:correct horse", *options, given=both_pem)
    found = judged(submit(data))

    assert reasons(found["CERT-007", Role.TLS]) == expected
    assert reasons(found["CERT-006", Role.TLS]) == []
    assert bool(found["CERT-008", Role.TLS].untold) is not bool(expected)


def test_a_private_key_beside_a_pem_certificate_is_found(submit: Submit) -> None:
    data = pem(issue()) + key_pem("rsa-2048-a")

    assert of_tls(submit(data), "CERT-007") == ["private-key-inside"]


@pytest.mark.parametrize(
    ("data", "password", "expected"),
    [
        (pfx(issue()), b"wrong one", ["password-wrong"]),
        (pfx(issue(), password=None), b"wrong one", ["password-wrong"]),
        (pfx(issue())[:300], PASSWORD, ["pkcs12-damaged"]),
        (pfx_of_key("rsa-2048-a"), PASSWORD, ["pkcs12-without-certificate"]),
    ],
    ids=["wrong", "not-needed", "cut-off", "empty"],
)
def test_a_pfx_that_does_not_open_breaks_its_requirement_and_leaves_the_others_untold(
    submit: Submit, data: bytes, password: bytes, expected: list[str]
) -> None:
    found = judged(submit(data, password=password))
    item = found.pop(("CERT-006", Role.TLS))

    assert reasons(item) == expected
    assert all(other.untold for other in found.values())


def test_of_a_file_that_cannot_be_read_nothing_is_told(tmp_path: Path) -> None:
    absent = read_submitted(Role.TLS, Source(path=tmp_path / "absent"))

    assert absent.refusal is not None
    assert absent.refusal.reason == "file-missing"
    assert all(item.untold and not item.findings for item in judged(absent).values())


# CERT-008


def test_a_key_of_another_certificate_is_found(submit: Submit) -> None:
    file = submit(pfx(issue()), private=key_pem("rsa-2048-b"))

    assert of_tls(file, "CERT-008") == ["key-of-another-certificate"]


def test_swapped_keys_are_told_as_such(submit: Submit) -> None:
    tls = submit(pfx(issue()), private=key_pem("rsa-2048-b"))
    signing = submit(pfx(issue("rsa-2048-b")), private=key_pem("rsa-2048-a"), role=Role.SIGNING)
    found = judged(tls, signing)

    assert reasons(found["CERT-008", Role.TLS]) == ["key-of-the-other-role"]
    assert reasons(found["CERT-008", Role.SIGNING]) == ["key-of-the-other-role"]


def test_an_ec_key_belongs_to_its_certificate_all_the_same(submit: Submit) -> None:
    assert of_tls(submit(pfx(issue("ec")), private=key_pem("ec")), "CERT-008") == []
    assert of_tls(submit(pfx(issue()), private=key_pem("ec")), "CERT-008") == [
        "key-of-another-certificate"
    ]


def test_a_key_that_cannot_be_read_leaves_it_untold(submit: Submit) -> None:
    item = judged(submit(pfx(issue()), private=b"no key"))["CERT-008", Role.TLS]

    assert item.untold == "the private key cannot be read"


# What is not given


def test_one_certificate_alone_is_judged_as_far_as_it_goes(submit: Submit) -> None:
    found = judged(submit(pfx(issue())))
    told = [name for (name, role), item in found.items() if role is Role.TLS and not item.untold]

    assert told == [name for name in RULES if name not in ("CERT-005", "CERT-008")]
    assert found["CERT-008", Role.TLS].untold == Needs.KEY
    assert found["CERT-005", None].untold == Needs.OTHER
    assert all(item.untold == Needs.FILE for (_, role), item in found.items() if role == "signing")


def test_two_rules_for_one_requirement_are_refused() -> None:
    book = RuleBook()

    def rule(seen: Seen) -> list[Finding]:
        raise AssertionError(seen)

    book("CERT-001")(rule)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="two rules judge CERT-001"):
        book("CERT-001")(rule)  # type: ignore[arg-type]


def test_a_password_shows_nowhere() -> None:
    assert "horse" not in repr(Source(path=Path("x"), password=PASSWORD))
