"""Where a studio keeps things, how it is reached, and who may use it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

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
        mode: ``local``: one user, on this machine, with a token; ``server``: accounts.
        port: Of the server.
        address: In server mode, how browsers reach it, e.g. ``https://htr.example.org``.
        token: What the browser has to show in local mode.
        disk_quota: MB of an account that has no other.
        minutes_quota: Minutes of workers a month, of an account that has no other.
        reach: Host names in private networks that may be asked for images and told of jobs.
        max_upload: Bytes of one file.
        max_pixels: Of one image, upright.
    """

    data: Path
    database: str = ""
    queue: str = ""
    mode: Mode = "local"
    port: int = 8765
    address: str = ""
    token: str = ""
    disk_quota: int = 20_000
    minutes_quota: float = 3000.0
    reach: tuple[str, ...] = ()
    max_upload: int = 2_000_000_000
    max_pixels: int = 250_000_000

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL."""
        return self.database or f"sqlite:///{self.data / 'studio.db'}"

    @property
    def hosts(self) -> frozenset[str]:
        """Values of the header Host that are answered."""
        if self.mode == "server":
            return frozenset({urlsplit(self.address).netloc})
        names = {*LOCAL_HOSTS, *(f"{name}:{self.port}" for name in LOCAL_HOSTS)}
        return frozenset(names)

    @property
    def secure(self) -> bool:
        """Whether browsers come by HTTPS."""
        return self.address.startswith("https://")


def told(settings: Settings, database: str = "") -> bytes:
    """What a worker needs to know, for its standard input: others cannot read it there.

    Args:
        settings: Of the studio; no key of its web server is among what is told.
        database: SQLAlchemy URL for workers where they have one of their own.
    """
    known = {
        "database": database or settings.database,
        "queue": settings.queue,
        "mode": settings.mode,
        "reach": list(settings.reach),
    }
    return json.dumps(known).encode()


def heard(data: Path, said: bytes) -> Settings:
    """The settings of a worker; see `told`."""
    known = json.loads(said or b"{}")
    return Settings(data=data, **{**known, "reach": tuple(known.get("reach", ()))})


def kept_token(data: Path) -> str:
    """The token of a data folder, made on first use; only its owner can read the file."""
    path = data / "token"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return path.read_text(encoding="ascii").strip()
