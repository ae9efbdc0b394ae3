"""Signers that are processes: adapters in bash and in Node, one fault an argument."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.faulty.handwritten import occasion as on
from tests.faulty.handwritten.entry import (
    ALWAYS,
    FaultySigner,
    HarmlessSigner,
    Occasion,
    requirements,
)

HERE = Path(__file__).parent
COMMANDS = {
    "bash": ("bash", str(HERE / "signer.sh")),
    "node": ("node", str(HERE / "signer.mjs")),
}
NEEDS = {"bash": ("bash", "openssl", "date", "sed", "tr"), "node": ("node",)}


def _faulty(
    fault: str,
    says: str,
    breaks: str,
    means: str,
    when: Occasion = ALWAYS,
    *,
    language: str,
    stage: str,
    listed: bool = True,
) -> FaultySigner:
    return FaultySigner(
        name=f"{language}/{fault}",
        says=says,
        command=(*COMMANDS[language], fault),
        needs=NEEDS[language],
        breaks=requirements(breaks, stage=stage, listed=listed),
        stage=stage,
        means=means,
        listed=listed,
        on=when,
    )


def _right(language: str) -> HarmlessSigner:
    return HarmlessSigner(
        name=f"{language}/none",
        says="The documented way, in another language.",
        command=(*COMMANDS[language], "none"),
        needs=NEEDS[language],
        clause="Security.md, 1 to 4",
    )


_bash = partial(_faulty, language="bash")
_node = partial(_faulty, language="node")

FAULTY = (
    _bash(
        "echo-adds-line-feed",
        '`echo "$(cat)"` into the hash: a line feed more.',
        "DIG-002 DIG-003",
        "LF|line feed|newline|echo",
        on.CHANGED_BY_ECHO,
        stage="digest",
    ),
    _bash(
        "hexadecimal",
        "`openssl dgst` without `-binary`, cut after the equals sign.",
        "DIG-002",
        "hex",
        stage="digest",
    ),
    _bash(
        "base64-of-openssl-line",
        "`openssl dgst | base64`: the line that openssl prints.",
        "DIG-002",
        "hex|openssl|digest",
        stage="digest",
        listed=False,
    ),
    _bash(
        "digest-never-sent",
        "The documented sample: the digest is signed and not sent.",
        "DIG-001",
        "digest",
        stage="digest",
    ),
    _bash(
        "date-command",
        "What `date` prints when nobody tells it how.",
        "DATE-001",
        "order|UTC|date",
        stage="date",
    ),
    _bash(
        "literal-backslash-n",
        "A backslash and an n in double quotes, printed with `%s`.",
        "STR-005",
        r"\\n|backslash|line|string",
        stage="signing string",
        listed=False,
    ),
    _bash(
        "echo-signing-string",
        "`echo` ends the signing string with a line feed.",
        "STR-006",
        "LF|line feed|newline|last line",
        stage="signing string",
    ),
    _bash(
        "pkeyutl-without-digest",
        "`pkeyutl -sign` over the hash, without naming the hash.",
        "SIG-001",
        "DigestInfo|raw",
        stage="signature",
    ),
    _bash(
        "base64-wrapped",
        "`openssl base64` without `-A`: wrapped at 64 characters.",
        "SIG-003",
        "wrap|line|Base64",
        stage="signature",
    ),
    _node(
        *("json-stringify", "`JSON.stringify(JSON.parse(body))` is what is hashed."),
        "DIG-002",
        "JSON|serialis",
        on.SPACED_JSON,
        stage="digest",
    ),
    _node(
        "body-to-string",
        "A binary body becomes a string before it is hashed.",
        "DIG-002",
        "binary|text|UTF-8|U.FFFD",
        on.BINARY,
        stage="digest",
    ),
    _node(
        "digest-to-string",
        "`digest().toString()`: the hash becomes a string, and is spoilt.",
        "DIG-002",
        "text|digest",
        stage="digest",
        listed=False,
    ),
    _node(
        "date-to-string",
        "`toString()` instead of `toUTCString()`.",
        "DATE-001",
        "date|order|zone",
        stage="date",
        listed=False,
    ),
    _node(
        "pathname",
        "`new URL(…).pathname`: the query is another property.",
        "TGT-003 TGT-004",
        "query|normal|dot",
        on.PATHNAME_DIFFERS,
        stage="request target",
    ),
    _node(
        "decode-uri",
        "`decodeURI(target)` is what is signed.",
        "TGT-004",
        "decod",
        on.DECODED_BY_JAVASCRIPT,
        stage="request target",
    ),
    _node(
        "line-to-lower-case",
        "`toLowerCase()` on the whole line of the request target.",
        "TGT-002",
        "lower|case",
        on.CAPITALS_IN_TARGET,
        stage="request target",
    ),
    _node(
        "array-to-string",
        "`${lines}`: an array turned into a text has commas.",
        "STR-005",
        "comma|line|string",
        stage="signing string",
        listed=False,
    ),
    _node(
        "rsa-sha1",
        "`createSign('RSA-SHA1')`.",
        "SIG-001",
        "SHA-?1",
        stage="signature",
    ),
    _node(
        "hex-signature",
        "`sign(key, 'hex')`.",
        "SIG-003",
        "hex",
        stage="signature",
    ),
    _node(
        "signature-not-encoded",
        "`${sign(key)}`: the octets of the signature in a text, without Base64.",
        "SIG-003",
        "without Base64",
        stage="signature",
    ),
    _node(
        "signature-in-latin1",
        "`sign(key, 'latin1')`: the same, with nothing lost.",
        "SIG-003",
        "without Base64",
        stage="signature",
    ),
    _node(
        "digest-not-encoded",
        "`${digest()}`: the octets of the hash in a text, without Base64.",
        "DIG-002",
        "without Base64",
        stage="digest",
    ),
    _node(
        "digest-in-latin1",
        "`digest().toString('latin1')`: the same, with nothing lost.",
        "DIG-002",
        "without Base64",
        stage="digest",
    ),
    _node(
        "promise-not-awaited",
        "`[object Promise]` for a signature: no `await`.",
        "SIG-003",
        "Base64|Promise",
        stage="signature",
        listed=False,
    ),
    _node(
        "undefined-key-id",
        "A misspelt property: the client id is `undefined`.",
        "HDR-003",
        "keyId",
        stage="header",
        listed=False,
    ),
)

HARMLESS = (_right("bash"), _right("node"))
