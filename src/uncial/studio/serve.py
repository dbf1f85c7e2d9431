"""The command *studio*: the server and its workers on this machine, until Ctrl-C."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from uncial import web
from uncial.errors import ConfigError, MissingDependency
from uncial.progress import Note, Reporter, silent
from uncial.studio import assets
from uncial.studio.settings import Queue, Settings, kept_token, told

log = logging.getLogger(__name__)

_PARTING_SECONDS: Final = 4
_HERE: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class StudioConfig:
    """Where the studio keeps its things and how it is reached."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    data: Path = Path("~/uncial")
    """Folder that holds projects, images, models and jobs; made on first use."""
    port: int = 8765
    """Port; 0 takes a free one."""
    browser: bool = True
    """Open the studio in a browser."""
    database: str = ""
    """SQLAlchemy URL of a PostgreSQL database; without it SQLite in the data folder."""
    queue: str = ""
    """URL of a Redis server for the queue; without it SQLite in the data folder."""
    part: Literal["all", "web", "workers"] = "all"
    """What to start here: the server and its workers, or one of both, for several machines."""
    long_workers: int = 1
    """Worker processes that train and read; one more imports, makes pictures and exports."""
    server: bool = False
    """Let people with accounts use it, each with a role in a project, instead of one user here."""
    address: str = ""
    """How browsers reach a server, e.g. https://htr.example.org; needs --server."""
    host: str = "127.0.0.1"
    """Address to listen on; another one than this machine's own needs --server."""
    proxy: str = "127.0.0.1"
    """Address of the proxy before a server, whose word counts on where requests come from."""
    disk_quota: int = 20_000
    """MB for images, models and uploads of an account, where it has no quota of its own."""
    minutes_quota: float = 3000.0
    """Minutes of workers a month for an account, where it has no quota of its own."""
    reach: tuple[str, ...] = ()
    """Host names in private networks that may be asked for images and told of jobs."""
    worker_database: str = ""
    """SQLAlchemy URL for workers, of a database user that sees no accounts; else as the server."""


@dataclass(frozen=True, kw_only=True)
class StudioResult:
    """Where it ran.

    Attributes:
        address: Of the server.
        data: The data folder.
    """

    address: str
    data: Path


def studio(config: StudioConfig, reporter: Reporter = silent) -> StudioResult:
    """Open the studio in the browser: projects, pages, models and trainings on this machine.

    It answers only on 127.0.0.1, and only to the address that it prints. Ctrl-C ends it; jobs that
    are not done go on at the next start. With --server it is there for people with accounts.

    Raises:
        ConfigError: The port is taken, or the address is not safe.
        MissingDependency: The extra studio is not installed, or browser libraries are missing and
            cannot be fetched.
    """
    try:
        import uvicorn  # noqa: PLC0415

        from uncial.studio import accounts  # noqa: PLC0415
        from uncial.studio.actions.shelving import missing  # noqa: PLC0415
        from uncial.studio.app import build  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependency(
            f"the studio needs {error.name}, which is not installed",
            remedy="install uncial with its extra studio: pip install 'uncial[studio]'",
        ) from error
    _require_safe(config)
    if config.part == "workers":
        return _only_workers(config, reporter)
    assets.require()
    taken = _listening(config.host, config.port)
    settings = _settings(config, taken.getsockname()[1])
    app = build(settings)
    if missing(app.state.studio.db):
        app.state.studio.start("shelve", "Models that come with Uncial", {})
    if config.server:
        entry = f"{settings.address}/"
        first = accounts.first_invitation(app.state.studio.db)
        if first is not None:
            entry = f"{settings.address}/invitations/{first}"
            reporter(Note(text=f"make the first account at {entry}"))
    else:
        entry = f"{settings.address}/?token={settings.token}"
    reporter(Note(text=f"the studio is at {entry}"))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            timeout_graceful_shutdown=2,
            lifespan="on",
            server_header=False,
            forwarded_allow_ips=config.proxy,
        )
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(web.confined(config.reach))
        if config.part == "all":
            stack.enter_context(_kept_alive(config, settings))
        if config.browser and not config.server:
            threading.Timer(0.5, webbrowser.open, [entry]).start()
        server.run(sockets=[taken])
    return StudioResult(address=f"{settings.address}/", data=settings.data)


def _require_safe(config: StudioConfig) -> None:
    """Only a server with accounts may be reached from elsewhere, and only by HTTPS.

    Raises:
        ConfigError: It would be open, or passwords could be listened to.
    """
    if not config.server:
        if config.host not in _HERE or config.address:
            raise ConfigError(
                "without accounts the studio answers on this machine only", remedy="add --server"
            )
        return
    parts = urlsplit(config.address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ConfigError(
            f"address {config.address!r}: not how a browser reaches a server",
            remedy="give it like https://htr.example.org",
        )
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise ConfigError(
            f"address {config.address}: passwords would be sent without encryption",
            remedy="put a proxy with HTTPS before it and give its address",
        )


def _settings(config: StudioConfig, port: int) -> Settings:
    data = config.data.expanduser().resolve()
    return Settings(
        data=data,
        database=config.database,
        queue=config.queue,
        mode="server" if config.server else "local",
        port=port,
        address=config.address.rstrip("/") or f"http://127.0.0.1:{port}",
        token="" if config.server else kept_token(data),
        disk_quota=config.disk_quota,
        minutes_quota=config.minutes_quota,
        reach=config.reach,
    )


def _only_workers(config: StudioConfig, reporter: Reporter) -> StudioResult:
    settings = _settings(config, config.port)
    reporter(Note(text=f"workers of the studio in {settings.data}; Ctrl-C ends them"))
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with _kept_alive(config, settings), contextlib.suppress(KeyboardInterrupt):
        ended.wait()
    return StudioResult(address=f"{settings.address}/", data=settings.data)


def _listening(host: str, port: int) -> socket.socket:
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise ConfigError(
            f"port {port} of {host} cannot be taken: {error.strerror}",
            remedy="choose another port, or 0",
        ) from error
    return taken


@contextlib.contextmanager
def _kept_alive(config: StudioConfig, settings: Settings) -> Iterator[None]:
    """Worker processes for each queue, started again when they die."""
    leave = threading.Event()
    queues: list[Queue] = ["quick"]
    queues += ["long"] * config.long_workers
    lines = told(settings, config.worker_database)
    threads = [
        threading.Thread(target=_watch, args=(settings, lines, queue, leave), daemon=True)
        for queue in queues
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        leave.set()
        for thread in threads:
            thread.join()


def _watch(settings: Settings, lines: bytes, queue: Queue, leave: threading.Event) -> None:
    command = [sys.executable, "-m", "uncial.studio.worker"]
    command += ["--data", str(settings.data), "--queue", queue, "--parent", str(os.getpid())]
    while not leave.is_set():
        process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.PIPE)
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(lines)
        while process.poll() is None and not leave.wait(0.2):
            pass
        if not leave.is_set():
            log.warning("the worker of %s jobs died; starting another", queue)
            leave.wait(1)
    process.terminate()
    try:
        process.wait(_PARTING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # harmless: what it did is saved page by page
        process.wait()
