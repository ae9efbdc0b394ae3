"""`lendico-conformance sign`: header fields of one request, signed now, for curl to send."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_FILE = click.Path(path_type=Path)


@click.command(short_help="Sign one request, and print its header fields for curl.")
@click.argument("method", required=False)
@click.argument("target", required=False)
@click.option("--body", type=_FILE, metavar="FILE", help="The body; - is standard input.")
@click.option(
    "--header", "headers", multiple=True, metavar="FIELD",
    help="A further field, such as 'Idempotency-Key: 1'; not signed.",
)  # fmt: skip
@click.option(
    "--ahead", type=click.FloatRange(-1e6, 1e6), default=0.0, metavar="SECONDS",
    help="How far the Date is ahead of now.",
)  # fmt: skip
@click.option("--probe", metavar="ID", help="The request of this probe instead, wrong as it is.")
@click.option(
    "--credentials", is_flag=True,
    help="Print subscription key and bearer token too; not to a screen.",
)  # fmt: skip
@click.option(
    "--for-curl", is_flag=True,
    help="Print the whole request for `curl --config -`; not to a screen.",
)  # fmt: skip
@click.option("--target", "base_url", metavar="URL", help="The address of the API.")
@click.option("--ca-file", type=_FILE, metavar="FILE", help="The authorities to trust.")
@click.option(
    "--config", "file", type=_FILE, metavar="FILE",
    help="Read settings from FILE instead of conformance.toml.",
)  # fmt: skip
def sign(
    *, method: str | None, target: str | None, body: Path | None, headers: tuple[str, ...],
    ahead: float, probe: str | None, file: Path | None, credentials: bool, for_curl: bool,
    **flags: object,
) -> None:  # fmt: skip
    r"""Sign METHOD TARGET with the configured certificate, and print the header fields for curl.

    TARGET follows the API's base address, such as /ping. Without --credentials and --for-curl no
    secret is printed and nothing is sent; with them a token is asked for where the request needs
    one.

    \b
      lendico-conformance sign GET /ping --for-curl | curl --config - --cert tls.pem --key tls.key
    """
    from conformance.cli.signed import Asked, signed  # noqa: PLC0415 - help has no use for it
    from conformance.errors import UsageError  # noqa: PLC0415

    if (method is None or target is None) == (probe is None):
        raise UsageError(
            "what to sign is not named"
            if probe is None
            else "both a probe and a request are named",
            hint="Give METHOD and TARGET, such as GET /ping, or the id of a probe with --probe.",
        )
    if (credentials or for_curl) and sys.stdout.isatty():
        raise UsageError(
            "secrets are not printed on a screen",
            hint="Pipe them into curl: … --for-curl | curl --config - …",
        )
    asked = Asked(
        method=method or "", target=target or "", body=body, headers=headers, ahead=ahead,
        probe=probe, credentials=credentials, for_curl=for_curl,
    )  # fmt: skip
    click.echo(signed(asked, flags, file), nl=False)
