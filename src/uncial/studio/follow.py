"""The reporter of a job: keeps its lease, stores its events, and stops it when asked to."""

from __future__ import annotations

import threading
import time
from collections import deque
from types import TracebackType
from typing import Any, Final

from uncial.errors import Cancelled
from uncial.progress import Advanced, Event, event_record
from uncial.studio import ledger
from uncial.studio.db.database import Database

_BEAT_SECONDS: Final = 1.0
_WINDOW_SECONDS: Final = 60.0  # over which the pace is taken for the time left


class Follower:
    """Called by the task with every event; a thread of its own writes them once a second.

    Args:
        db: Of the ledger.
        held: The job.
    """

    def __init__(self, db: Database, held: ledger.Claim) -> None:
        self._db = db
        self._held = held
        self._events: list[dict[str, Any]] = []
        self._progress: dict[str, Any] = {}
        self._pace = _Pace()
        self._lock = threading.Lock()
        self._leave = threading.Event()
        self._gone = False
        self._told = False
        self.wish: ledger.Wish = ""
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Follower:
        """Start the heartbeat."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the heartbeat."""
        self._leave.set()
        self._thread.join()

    def __call__(self, event: Event) -> None:
        """Take an event down; end the task where its user or its lease says so.

        Raises:
            Cancelled: It is to be cancelled or paused.
            KeyboardInterrupt: A training is to stop early and keep its best model.
            LeaseLost: Another worker has the job.
        """
        with self._lock:
            if isinstance(event, Advanced):
                self._progress = self._pace.progress(event)
            else:
                self._events.append(event_record(event) | {"at": time.time()})
        self.check()

    def check(self) -> None:
        """As a call, without an event."""
        if self._gone:
            raise ledger.LeaseLost(self._held.job)
        if self.wish in ("cancel", "pause"):
            raise Cancelled("stopped on request")
        if self.wish == "stop" and not self._told:
            self._told = True
            raise KeyboardInterrupt

    def flush(self) -> None:
        """Write what has been told."""
        with self._lock:
            events, self._events = self._events, []
            progress, self._progress = self._progress, {}
        if events:
            ledger.tell(self._db, self._held, events)
        self.wish = ledger.beat(self._db, self._held, progress)

    def _beat(self) -> None:
        while not self._leave.wait(_BEAT_SECONDS):
            try:
                self.flush()
            except ledger.LeaseLost:
                self._gone = True
                return


class _Pace:
    """Seconds left, from the pace of the last minute in the present stage."""

    def __init__(self) -> None:
        self._stage = ""
        self._seen: deque[tuple[float, int]] = deque()

    def progress(self, event: Advanced) -> dict[str, Any]:
        now = time.monotonic()
        if event.stage != self._stage:
            self._stage, self._seen = event.stage, deque()
        self._seen.append((now, event.done))
        while len(self._seen) > 2 and (
            self._seen[0][0] < now - _WINDOW_SECONDS or len(self._seen) > 2000
        ):
            self._seen.popleft()
        return {
            "stage": event.stage,
            "done": event.done,
            "total": event.total,
            "unit": event.unit,
            "eta": self._left(event),
        }

    def _left(self, event: Advanced) -> float | None:
        (then, before), (now, done) = self._seen[0], self._seen[-1]
        if event.total is None or done <= before or now <= then:
            return None
        return max(0.0, (event.total - done) * (now - then) / (done - before))
