"""`lendico-conformance certs`: judge the two certificates, and make a pair that fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(path_type=Path)


@click.group(
    short_help="Judge the two certificates, or make a pair that fits.", invoke_without_command=True
)
@click.pass_context
def certs(context: click.Context) -> None:
    """Judge the two certificates that a partner hands over, or make a pair that fits."""
    from conformance.errors import UsageError  # noqa: PLC0415 - a start imports what it uses

    if context.invoked_subcommand is None:
        raise UsageError(
            "certs needs to be told what to do",
            hint="Judge certificates with 'certs check', or make a pair with 'certs create'.",
        )


@certs.command(
    short_help="Judge the certificates that are handed over.",
    context_settings={"allow_extra_args": True},
)
@click.pass_context
@click.option("--tls", type=_FILE, metavar="FILE", help="The TLS certificate: PFX, PEM or DER.")
@click.option("--signing", type=_FILE, metavar="FILE", help="The HTTP signature certificate.")
@click.option(
    "--tls-key", type=_FILE, metavar="FILE", help="Its private key: PEM, DER or a PKCS#12 keystore."
)
@click.option("--signing-key", type=_FILE, metavar="FILE", help="The private key that signs.")
@click.option(
    "--tls-password-file",
    type=_FILE,
    metavar="FILE",
    help="Opens --tls; else $LENDICO_CONFORMANCE_TLS_CERT_PASSWORD.",
)
@click.option(
    "--signing-password-file",
    type=_FILE,
    metavar="FILE",
    help="Opens --signing; else $LENDICO_CONFORMANCE_CERT_PASSWORD.",
)
@click.option(
    "--tls-key-password-file",
    type=_FILE,
    metavar="FILE",
    help="Opens --tls-key; else $LENDICO_CONFORMANCE_TLS_KEY_PASSWORD.",
)
@click.option(
    "--signing-key-password-file",
    type=_FILE,
    metavar="FILE",
    help="Opens --signing-key; else $LENDICO_CONFORMANCE_KEY_PASSWORD.",
)
@click.option("--now", metavar="DATE", help="Judge as if it were this moment.")
@click.option("--json", "as_json", is_flag=True, help="Print the judgement as JSON.")
def check(context: click.Context, /, *, as_json: bool, **options: Any) -> int:
    """Judge the certificates as they are handed over, and the private keys in use with them.

    One certificate alone is judged as far as it goes. Exit code 0: no MUST is broken, and warnings
    are listed; 1: a MUST is broken; 2: something that was given cannot be read.
    """
    # Imported here: help and completion have no use for cryptography.
    from rich.console import Console  # noqa: PLC0415

    from conformance.cli.certs_inputs import Options, read_material  # noqa: PLC0415
    from conformance.cli.certs_judged import tell_material  # noqa: PLC0415
    from conformance.cli.certs_text import print_material  # noqa: PLC0415
    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.report.plain import to_plain  # noqa: PLC0415
    from conformance.wire.shown import shown  # noqa: PLC0415

    if context.args:
        raise UsageError(
            f"nothing says what {shown(context.args[0], 300)} is",
            hint="Name the TLS certificate with --tls FILE, that of HTTP signatures with "
            "--signing FILE.",
        )
    told = tell_material(read_material(Options(**options), SystemClock()))
    if as_json:
        click.echo(json.dumps(to_plain(told), indent=2))
    else:
        print_material(Console(), told)
    return told.exit_code


@certs.command(short_help="Make a pair of certificates that fits.")
@click.argument(
    "directory",
    metavar="[DIR]",
    default="certificates",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option(
    "--name", metavar="NAME", default="Partner API client", help="Whose: your company or client."
)
@click.option(
    "--months",
    metavar="N",
    type=click.IntRange(3, 39),
    default=24,
    show_default=True,
    help="How long they are valid, 3 to 39 calendar months.",
)
@click.option(
    "--bits",
    type=click.Choice(["2048", "3072", "4096"]),
    default="3072",
    show_default=True,
    help="The size of the keys.",
)
@click.option(
    "--hand-over-password-file",
    type=_FILE,
    metavar="FILE",
    help="For the PFX files; else $LENDICO_CONFORMANCE_HAND_OVER_PASSWORD, else one is made.",
)
@click.option(
    "--keystore-password-file",
    type=_FILE,
    metavar="FILE",
    help="For the keystores; else $LENDICO_CONFORMANCE_KEYSTORE_PASSWORD, else one is made.",
)
@click.option(
    "--key-password-file",
    type=_FILE,
    metavar="FILE",
    help="Encrypts the PEM keys; else $LENDICO_CONFORMANCE_KEY_PASSWORD, else they are not.",
)
def create(*, bits: str, **options: Any) -> None:
    """Make two keys with a certificate each, and write into DIR what is handed over and used.

    DIR is `certificates` unless named. Both certificates are self-signed; the requests beside them
    are for a commercial CA. Nothing is overwritten, and no password is shown: those that are made
    go into files of their own.
    """
    from conformance.cli.certs_created import Options, create_files  # noqa: PLC0415
    from conformance.clock import SystemClock  # noqa: PLC0415

    click.echo(create_files(Options(bits=int(bits), **options), SystemClock()))
