"""The verbs of the command, in the order in which help lists them.

One table serves the fast help, click and completion. It imports nothing, since every start of
the command pays for it.
"""

PROGRAM = "lendico-conformance"

SUMMARY = "Judge signers for Lendico's Partner API: what breaks, why, what mends it."

VERBS = {
    "certs": (
        "conformance.cli.certs",
        "Judge the two certificates, or make a pair that fits.",
    ),
    "check": (
        "conformance.cli.check",
        "Judge a signer through its adapter, and give the verdict.",
    ),
    "explain": (
        "conformance.cli.explain",
        "Explain what is wrong with one captured request.",
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
