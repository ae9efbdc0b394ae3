"""The verbs of the command, in the order in which help lists them.

One table serves the fast help, click and completion. It imports nothing, since every start of
the command pays for it.
"""

PROGRAM = "lendico-conformance"

SUMMARY = "Judge what calls the Partner API: what breaks, why, and what mends it."

VERBS = {
    "bundle": (
        "conformance.cli.bundle",
        "Make or verify a signed bundle of a run.",
    ),
    "certs": (
        "conformance.cli.certs",
        "Judge the two certificates, or make a pair that fits.",
    ),
    "challenge": (
        "conformance.cli.challenge",
        "Set a challenge, so that an old run cannot be shown again.",
    ),
    "check": (
        "conformance.cli.check",
        "Judge a signer, a client or the API, and give the verdict.",
    ),
    "explain": (
        "conformance.cli.explain",
        "Explain what is wrong with one captured request.",
    ),
    "gate": (
        "conformance.cli.gate",
        "Decide on reports and bundles that were handed in.",
    ),
    "init": (
        "conformance.cli.init",
        "Write a starting adapter and a conformance.toml.",
    ),
    "report": (
        "conformance.cli.report",
        "Make a page, a summary or a badge of a report.",
    ),
    "requirements": (
        "conformance.cli.requirements",
        "Show what must hold, and what checks it.",
    ),
    "sandbox": (
        "conformance.cli.sandbox",
        "Run the Partner API on this machine.",
    ),
    "sign": (
        "conformance.cli.sign",
        "Sign one request, and print its header fields for curl.",
    ),
    "vectors": (
        "conformance.cli.vectors",
        "List, show or export the golden vectors.",
    ),
}
"""Module and one-line help of each verb.

The module exports a click command of the verb's name; it is imported when the verb runs.
"""
