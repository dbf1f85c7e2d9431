"""A worker process: takes jobs of one queue, runs their actions and keeps their ledger.

Killing it at any moment is safe: actions save what they finished page by page, a training has
its checkpoint, and the lease of its job runs out. `uncial.studio.serve` starts it and
tells it its settings on standard input.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, cast

from huey.consumer import Consumer

from uncial import web
from uncial.errors import Cancelled, UncialError
from uncial.studio import hooks, ledger
from uncial.studio.actions.registry import ACTIONS
from uncial.studio.context import Context
from uncial.studio.db.database import Database
from uncial.studio.dispatch import Bells
from uncial.studio.faults import as_body
from uncial.studio.files import Files
from uncial.studio.follow import Follower
from uncial.studio.settings import QUEUES, Queue, Settings, heard
from uncial.tasks.base import as_json, resolve

log = logging.getLogger(__name__)

_SWEEP_SECONDS = 2.0


class Worker:
    """Runs jobs one after the other.

    Args:
        settings: Of the studio.
        queue: Whose jobs it takes.
        parent: Process that it ends with; 0 where it stands alone.
    """

    def __init__(self, settings: Settings, queue: Queue, parent: int = 0) -> None:
        self.settings = settings
        self.parent = parent
        self.queue = queue
        self.name = f"{_place()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.db = Database(settings.database_url)
        self.files = Files(settings.data)
        self.bells = Bells(settings, self.work_on)
        self._leave = threading.Event()

    def run(self) -> None:
        """Listen until the process is told to end."""
        huey = self.bells.queues[self.queue]
        threading.Thread(target=self._sweep, daemon=True).start()
        if self.queue == "quick":
            threading.Thread(target=self._call, daemon=True).start()
        Consumer(huey, workers=1, periodic=False, max_delay=0.5, shutdown_timeout=5).run()
        self._leave.set()

    def work_on(self, job: str) -> None:
        """Do a job, if it is free."""
        held = ledger.claim(self.db, job, self.name)
        if held is None:
            return
        with Follower(self.db, held) as follower:
            try:
                result = self._act(held, follower)
                follower.flush()
                ledger.end(self.db, held, "done", result=result)
            except ledger.LeaseLost:
                log.warning("job %s went to another worker", held.job)
            except Cancelled:
                follower.flush()
                ended: ledger.State = "paused" if follower.wish == "pause" else "cancelled"
                ledger.end(self.db, held, ended)
            except UncialError as error:
                follower.flush()
                ledger.end(self.db, held, "failed", error=as_body(error))
            except Exception as error:
                log.exception("job %s failed", held.job)
                follower.flush()
                ledger.end(self.db, held, "failed", error=_bug(error))

    def work_off(self) -> None:
        """Do every job of the queue that waits, then return."""
        while waiting := ledger.waiting(self.db, self.queue):
            for job in waiting:
                self.work_on(job)

    def _act(self, held: ledger.Claim, follower: Follower) -> dict[str, Any]:
        action = ACTIONS[held.action]
        kind, function = action.load()
        context = Context(
            settings=self.settings,
            db=self.db,
            files=Files(self.settings.data, held.account),
            job=held.job,
            account=held.account,
            project=held.project,
            reporter=follower,
            folder=self.files.job(held.job),
            again=held.again,
            ring=self.bells.ring,
        )
        return as_json(function(context, resolve(kind, held.config)))

    def _sweep(self) -> None:
        """Ring again for jobs whose bell nobody heard or whose worker died."""
        while not self._leave.wait(_SWEEP_SECONDS):
            if self.parent and os.getppid() != self.parent:
                os._exit(0)  # the server was killed; the next one starts workers of its own
            try:
                ledger.let_go(self.db, self.queue, _is_gone)
                for job in ledger.lost(self.db, self.queue):
                    self.bells.ring(self.queue, job)
            except Exception:
                log.exception("cannot look for lost jobs")
                time.sleep(_SWEEP_SECONDS)

    def _call(self) -> None:
        """Tell webhooks of jobs that ended."""
        while not self._leave.wait(_SWEEP_SECONDS):
            try:
                hooks.deliver(self.db)
            except Exception:
                log.exception("cannot tell webhooks")


def _place() -> str:
    """This machine, or the part of it within which a process id means one process."""
    try:
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return socket.gethostname()


def _is_gone(worker: str) -> bool:
    """Whether a worker of this place is dead; of others that is not known here."""
    place, _, rest = worker.partition(":")
    if place != _place():
        return False
    try:
        os.kill(int(rest.partition(":")[0]), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _bug(error: Exception) -> dict[str, Any]:
    last = traceback.format_exception(error)[-6:]
    return {
        "code": "bug",
        "message": f"{type(error).__name__}: {error}",
        "remedy": "report this with the job's log",
        "trace": "".join(last),
    }


def main() -> None:
    """Start a worker as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--queue", choices=QUEUES, required=True)
    parser.add_argument("--parent", type=int, default=0)
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    settings = heard(given.data, sys.stdin.buffer.read())
    with web.confined(settings.reach):
        Worker(settings, cast("Queue", given.queue), given.parent).run()


if __name__ == "__main__":
    main()
