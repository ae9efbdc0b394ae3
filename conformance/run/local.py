"""The local sandbox for the time of a run: nothing has to be configured to call it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from conformance.config import Settings
from conformance.config.settings import PREFIX
from conformance.extra import extra_needed

_SECRETS: Final = tuple(
    f"{PREFIX}{name}"
    for name in (
        "CLIENT_SECRET", "SUBSCRIPTION_KEY", "TLS_PASSWORD", "SIGNING_PASSWORD",
        "HAND_OVER_PASSWORD",
    )
)  # fmt: skip


@contextmanager
def local_api(settings: Settings) -> Iterator[Settings]:
    """Run the sandbox, and yield `settings` with which its demo partner calls it.

    Its clock is moved where one would have to wait, and it is called as fast as it permits, unless
    `settings` name another rate than the usual one. Secrets in the environment, which are for the
    API itself, are out of reach for as long.

    Raises:
        UsageError: it cannot start, or a package that it needs is not installed.
    """
    with extra_needed("the local sandbox"):
        from conformance.sandbox.running import running_sandbox  # noqa: PLC0415 - heavy
        from conformance.sandbox.settings import SandboxSettings  # noqa: PLC0415

    wanted = SandboxSettings(control_port=0, signed_path=settings.signed_path)
    with running_sandbox(wanted) as sandbox, _without_secrets():
        reach = sandbox.reach()
        demo = sandbox.demo
        assert demo is not None  # noqa: S101 - no partner was named
        usual = settings.max_rate == Settings().max_rate
        yield replace(
            settings,
            base_url=reach.base_url,
            target_named=True,
            own_sandbox=True,
            ca_file=reach.ca_file,
            proxy=None,
            control_url=reach.control_url,
            control_token_file=reach.control_token,
            max_rate=0.0 if usual else settings.max_rate,
            partner=settings.partner or "Demo Partner",
            key_id=reach.client_id,
            tls_certificate=demo.tls_certificate,
            tls_key=demo.tls_key,
            tls_password_file=None,
            signing_certificate=demo.signing_certificate,
            signing_key=demo.signing_key,
            signing_password_file=None,
            client_secret_file=demo.client_secret,
            subscription_key_file=demo.subscription_key,
            tls_hand_over=demo.tls_hand_over,
            signing_hand_over=demo.signing_hand_over,
            hand_over_password_file=demo.hand_over_password,
        )


@contextmanager
def _without_secrets() -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in _SECRETS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
