"""What `certs create` made: each file with what it is for, and what comes next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.cli.certs_inputs import PREFIX, VARIABLES
from conformance.cli.verbs import PROGRAM
from conformance.clock import Clock
from conformance.errors import UsageError
from conformance.material.creating import HAND_OVER, Created, Kind, create_pair
from conformance.material.describe import moment
from conformance.material.making import Order
from conformance.material.packing import Passwords, check_password, new_password
from conformance.material.password import read_password
from conformance.material.rules import RENEWAL
from conformance.material.submitted import Role
from conformance.wire.shown import shown

_HAND_OVER: Final = "HAND_OVER_PASSWORD"
_KEYSTORE: Final = "KEYSTORE_PASSWORD"
_KEY: Final = "KEY_PASSWORD"
_WIDTH: Final = 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line as it was given; None is what was not."""

    directory: Path
    name: str
    months: int
    bits: int
    hand_over_password_file: Path | None
    keystore_password_file: Path | None
    key_password_file: Path | None


def create_files(options: Options, clock: Clock) -> str:
    """Make the pair that the command line asks for; return what is told of it.

    Raises:
        UsageError: a file exists already or cannot be written, or a password does not fit.
    """
    secrets = {name: _password(name, path) for name, path in _files(options).items()}
    hand_over, keystore = secrets[_HAND_OVER], secrets[_KEYSTORE]
    if hand_over is not None and hand_over == keystore:
        raise UsageError(
            "the files handed over and the keystores have the same password",
            hint="Lendico gets to know that of the files handed over: give the keystores another.",
        )
    made = {_HAND_OVER: Kind.HAND_OVER_PASSWORD, _KEYSTORE: Kind.KEYSTORE_PASSWORD}
    created = create_pair(
        options.directory,
        Order(name=options.name, months=options.months, bits=options.bits, begins=clock.now()),
        Passwords(
            hand_over=hand_over or new_password(),
            keystore=keystore or new_password(),
            key=secrets[_KEY],
        ),
        generated=[kind for name, kind in made.items() if secrets[name] is None],
    )
    return "\n".join(_told(options, created, sealed=secrets[_KEY] is not None))


def _files(options: Options) -> dict[str, Path | None]:
    """Return the file that each password comes from, by the end of its environment variable."""
    return {
        _HAND_OVER: options.hand_over_password_file,
        _KEYSTORE: options.keystore_password_file,
        _KEY: options.key_password_file,
    }


def _password(name: str, path: Path | None) -> bytes | None:
    password = read_password(path, f"{PREFIX}{name}")
    if password is not None:
        check_password(password, f"the {name.lower().replace('_', ' ')}")
    return password


def _told(options: Options, created: Created, *, sealed: bool) -> Iterator[str]:
    ends = created.pair[0].certificate.not_valid_after_utc
    renew = (ends - RENEWAL).date().isoformat()
    yield f"Two keys (RSA, {options.bits} bit) with a certificate each, valid to {moment(ends)}."
    yield "\nHand over, and nothing but these:"
    yield from _rows(created, Kind.PFX, "the certificate, without its private key")
    yield from _rows(
        created, Kind.HAND_OVER_PASSWORD, "their password: tell it in another way than the files"
    )
    yield "\nUse, and keep to yourself:"
    yield from _rows(created, Kind.KEY, f"the private key, PKCS#8 PEM{', encrypted' * sealed}")
    yield from _rows(created, Kind.CERTIFICATE, "its certificate, PEM")
    yield from _rows(created, Kind.KEYSTORE, "both in one PKCS#12 keystore, for Java and .NET")
    yield from _rows(created, Kind.KEYSTORE_PASSWORD, "the password of the keystores")
    yield "\nWhere a commercial CA shall sign instead:"
    yield from _rows(created, Kind.REQUEST, "the certificate request for it")
    yield f"\nNext: judge them as Lendico gets them, and hand them over; renew them by {renew}.\n"
    yield f"    {_check(options, created, sealed=sealed)}"


def _rows(created: Created, kind: Kind, says: str) -> Iterator[str]:
    for path in created.paths[kind]:
        yield f"  {shown(str(path)):<{_WIDTH}} {says}"


def _check(options: Options, created: Created, *, sealed: bool) -> str:
    """Return the command that judges what was made, as a shell takes it."""
    words = [PROGRAM, "certs", "check"]
    assigned: list[str] = []
    made = created.paths[Kind.HAND_OVER_PASSWORD]
    password = options.hand_over_password_file or (made[0] if made else None)
    for role in Role:
        name = role.value
        words += [f"--{name}", str(options.directory / HAND_OVER / f"{name}.pfx")]
        if password is not None:
            words += [f"--{name}-password-file", str(password)]
        else:
            assigned.append(f'{VARIABLES[name]}="${PREFIX}{_HAND_OVER}"')
        words += [f"--{name}-key", str(options.directory / f"{name}.key")]
        if options.key_password_file is not None:
            words += [f"--{name}-key-password-file", str(options.key_password_file)]
        elif sealed:
            assigned.append(f'{VARIABLES[f"{name}_key"]}="${PREFIX}{_KEY}"')
    return " ".join([*assigned, shlex.join(words)])
