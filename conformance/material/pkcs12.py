"""PKCS#12 files (RFC 7292), `.pfx` or `.p12`: recognised and opened."""

from __future__ import annotations

import re
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs12

from conformance.errors import MaterialError

_FORM: Final = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03", re.DOTALL)
_JAVA_KEYSTORES: Final = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")


def is_pkcs12(data: bytes) -> bool:
    """Tell whether `data` begins as a PKCS#12 file does."""
    return _FORM.match(data) is not None


def refuse_java_keystore(data: bytes, name: str) -> None:
    """Refuse a Java keystore of the old forms.

    Raises:
        MaterialError: `data` begins as a JKS or JCEKS file does.
    """
    if data.startswith(_JAVA_KEYSTORES):
        raise MaterialError(
            f"{name} is a Java keystore in JKS or JCEKS form, which only Java reads",
            hint="convert it: keytool -importkeystore -srckeystore FILE -destkeystore new.p12 "
            "-deststoretype PKCS12",
            reason="java-keystore",
        )


def open_pkcs12(data: bytes, password: bytes | None, name: str) -> pkcs12.PKCS12KeyAndCertificates:
    """Return what the PKCS#12 file holds that `name` calls in sentences.

    Raises:
        MaterialError: it is damaged, encrypted in an unknown way, or `password` does not open it.
    """
    try:
        return pkcs12.load_pkcs12(data, password)
    except UnsupportedAlgorithm as error:
        raise MaterialError(
            f"{name} is a PKCS#12 file with an encryption that is not supported",
            hint="export it once more with AES-256, as openssl 3 does",
            reason="encryption-unknown",
        ) from error
    except (ValueError, TypeError) as error:
        if "password" not in str(error).lower():
            raise MaterialError(
                f"{name} is a damaged or cut off PKCS#12 file",
                hint="export or copy it once more",
                reason="pkcs12-damaged",
            ) from error
    if password is None:
        raise MaterialError(
            f"{name} is a PKCS#12 file protected by a password, and none was given",
            hint="give it in a file or in the environment, never on the command line",
            reason="password-missing",
        )
    hint = "check the password for a typing error; a line end after it does not count"
    if password and _opens_without(data):
        hint = "it opens without any password: export it once more with the one given"
    raise MaterialError(
        f"{name} is a PKCS#12 file that the given password does not open",
        hint=hint,
        reason="password-wrong",
    )


def _opens_without(data: bytes) -> bool:
    try:
        pkcs12.load_pkcs12(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
