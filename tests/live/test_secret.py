"""Secrets in files, as the editors of several systems write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.errors import ConfigError
from conformance.live.secret import read_secret


@pytest.mark.parametrize("encoding", ["ascii", "utf-8-sig", "utf-16"])
def test_a_secret_is_read_in_every_encoding_of_windows(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "secret"
    path.write_bytes("s3cret\r\n".encode(encoding))
    assert read_secret("client_secret", path, {}) == "s3cret"


@pytest.mark.parametrize("data", ["s3cret".encode("utf-16")[:-1], "sécret".encode("utf-16")])
def test_what_cannot_be_sent_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="holds no secret that can be sent"):
        read_secret("client_secret", path, {})
