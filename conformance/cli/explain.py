"""`lendico-conformance explain`: what is wrong with one captured request, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(path_type=Path)


@click.command(short_help="Explain what is wrong with one captured request.")
@click.argument("file", default="-")
@click.option(
    "--format",
    "form",
    type=click.Choice(["auto", "raw", "har", "curl"]),
    default="auto",
    show_default=True,
    help="How the capture is written.",
)
@click.option("--entry", type=click.IntRange(min=1), help="Which of several requests, from 1.")
@click.option("--body", metavar="FILE", help="The body as sent, where the capture has none.")
@click.option("--cert", type=_FILE, metavar="FILE", help="The signing certificate: PEM, DER, PFX.")
@click.option(
    "--cert-password-file",
    type=_FILE,
    metavar="FILE",
    help="Its password; else $LENDICO_CONFORMANCE_CERT_PASSWORD.",
)
@click.option(
    "--tls-cert", type=_FILE, metavar="FILE", help="The TLS certificate: was it taken instead?"
)
@click.option(
    "--tls-cert-password-file",
    type=_FILE,
    metavar="FILE",
    help="Its password; else $LENDICO_CONFORMANCE_TLS_CERT_PASSWORD.",
)
@click.option("--key-id", metavar="ID", help="The client id, which keyId must be.")
@click.option(
    "--place",
    type=click.Choice(["auto", "signature", "authorization"]),
    default="auto",
    show_default=True,
    help="The header that must carry the signature.",
)
@click.option("--now", metavar="DATE", help="Judge the Date header as if it were this moment.")
@click.option("--date-now", is_flag=True, help="Judge the Date header against the present time.")
@click.option("--base-url", metavar="URL", help="The API's address, with the gateway prefix.")
@click.option(
    "--signed-path",
    type=click.Choice(["relative", "full"]),
    default="relative",
    show_default=True,
    help="Whether the gateway prefix is left out of what is signed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def explain(*, as_json: bool, **options: Any) -> int:
    """Explain what is wrong with the request captured in FILE, or on standard input.

    A capture is a raw HTTP message, a log as curl -v prints it, a HAR file or a curl command line.
    No secret in it is shown. Exit code 0: nothing is broken; 1: a MUST is; 2: it cannot be read.
    """
    # Imported here: help and completion have no use for the rules and cryptography.
    from rich.console import Console  # noqa: PLC0415

    from conformance.cli.explained import explain_request  # noqa: PLC0415
    from conformance.cli.explanation_inputs import Options, read_subject  # noqa: PLC0415
    from conformance.cli.explanation_text import print_explanation  # noqa: PLC0415
    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.report.plain import to_plain  # noqa: PLC0415

    explained = explain_request(read_subject(Options(**options), SystemClock()))
    if as_json:
        click.echo(json.dumps(to_plain(explained), indent=2))
    else:
        print_explanation(Console(), explained)
    return explained.exit_code
