"""The command *studio*: the server and its workers on this machine, until Ctrl-C."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from uncial.errors import ConfigError, MissingDependency
from uncial.progress import Note, Reporter, silent
from uncial.studio import assets
from uncial.studio.settings import QUEUES, Queue, Settings, kept_token

log = logging.getLogger(__name__)

_PARTING_SECONDS = 4


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
    """Port on 127.0.0.1; 0 takes a free one."""
    browser: bool = True
    """Open the studio in a browser."""
    database: str = ""
    """SQLAlchemy URL of a PostgreSQL database; without it SQLite in the data folder."""
    queue: str = ""
    """URL of a Redis server for the queue; without it SQLite in the data folder."""
    workers: bool = True
    """Start workers beside the server."""


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
    are not done go on at the next start.

    Raises:
        ConfigError: The port is taken.
        MissingDependency: The extra studio is not installed, or browser libraries are missing and
            cannot be fetched.
    """
    try:
        import uvicorn  # noqa: PLC0415

        from uncial.studio.app import build  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependency(
            f"the studio needs {error.name}, which is not installed",
            remedy="install uncial with its extra studio: pip install 'uncial[studio]'",
        ) from error
    assets.require()
    data = config.data.expanduser().resolve()
    taken = _listening(config.port)
    port = taken.getsockname()[1]
    settings = Settings(
        data=data,
        database=config.database,
        queue=config.queue,
        port=port,
        token=kept_token(data),
    )
    app = build(settings)
    address = f"http://127.0.0.1:{port}/"
    entry = f"{address}?token={settings.token}"
    reporter(Note(text=f"the studio is at {entry}"))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, lifespan="on")
    )
    with contextlib.ExitStack() as stack:
        if config.workers:
            stack.enter_context(_kept_alive(settings, QUEUES))
        if config.browser:
            threading.Timer(0.5, webbrowser.open, [entry]).start()
        server.run(sockets=[taken])
    return StudioResult(address=address, data=data)


def _listening(port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", port))
    except OSError as error:
        taken.close()
        raise ConfigError(
            f"port {port} is taken by another program", remedy="choose another port, or 0"
        ) from error
    return taken


@contextlib.contextmanager
def _kept_alive(settings: Settings, queues: Sequence[Queue]) -> Iterator[None]:
    """A worker process for each queue, started again when it dies."""
    leave = threading.Event()
    threads = [
        threading.Thread(target=_watch, args=(settings, queue, leave), daemon=True)
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


def _watch(settings: Settings, queue: Queue, leave: threading.Event) -> None:
    command = [sys.executable, "-m", "uncial.studio.worker"]
    command += ["--data", str(settings.data), "--queue", queue]
    command += ["--database", settings.database, "--bell", settings.queue]
    command += ["--parent", str(os.getpid())]
    while not leave.is_set():
        process = subprocess.Popen(command, start_new_session=True)
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
