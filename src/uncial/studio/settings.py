"""Where a studio keeps things, how it is reached, and who may use it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Mode = Literal["local", "server"]
Queue = Literal["quick", "long"]

QUEUES: Final[tuple[Queue, ...]] = ("quick", "long")
"""Imports and pictures never wait for a training: each queue has workers of its own."""

LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One studio.

    Attributes:
        data: Folder that holds everything.
        database: SQLAlchemy URL; empty for SQLite in the data folder.
        queue: Redis URL; empty for SQLite in the data folder.
        mode: ``local``: one user, on this machine, with a token.
        port: Of the server.
        token: What the browser has to show in local mode.
        max_upload: Bytes of one file.
        max_pixels: Of one image, upright.
    """

    data: Path
    database: str = ""
    queue: str = ""
    mode: Mode = "local"
    port: int = 8765
    token: str = ""
    max_upload: int = 2_000_000_000
    max_pixels: int = 250_000_000

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL."""
        return self.database or f"sqlite:///{self.data / 'studio.db'}"

    @property
    def hosts(self) -> frozenset[str]:
        """Values of the header Host that are answered in local mode."""
        names = {*LOCAL_HOSTS, *(f"{name}:{self.port}" for name in LOCAL_HOSTS)}
        return frozenset(names)


def kept_token(data: Path) -> str:
    """The token of a data folder, made on first use; only its owner can read the file."""
    path = data / "token"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return path.read_text(encoding="ascii").strip()
