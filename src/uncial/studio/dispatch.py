"""Ringing the workers' bell: huey on SQLite by default, on Redis across machines.

A message is the id of a job, as JSON (huey's own way would be pickle, which runs what it reads).
Losing one does no harm: whoever listens also asks the ledger for jobs that nobody works on.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from huey import Huey, RedisHuey, SqliteHuey
from huey.api import TaskWrapper
from huey.registry import Message
from huey.serializer import Serializer

from uncial.studio.settings import QUEUES, Queue, Settings


class _PlainMessages(Serializer):  # type: ignore[misc]
    def _serialize(self, data: Message) -> bytes:
        return json.dumps([data.id, data.name, list(data.args)]).encode()

    def _deserialize(self, data: bytes) -> Message:
        task, name, args = json.loads(data)
        fields = dict.fromkeys(Message._fields)
        return Message(**{**fields, "id": task, "name": name, "args": args, "kwargs": {}})


class Bells:
    """One huey queue for each kind of worker.

    Args:
        settings: Say which storage.
        work: Called with a job's id when a worker hears of it.
    """

    def __init__(self, settings: Settings, work: Callable[[str], None] = lambda job: None) -> None:
        self._work = work
        self.queues = {name: _open(settings, name) for name in QUEUES}
        self._tasks = {name: self._task(huey) for name, huey in self.queues.items()}

    def ring(self, queue: str, job: str) -> None:
        """Tell the workers of a queue that a job waits."""
        self._tasks[queue](job)  # type: ignore[index]

    def _task(self, huey: Huey) -> TaskWrapper:
        return huey.task(name="job")(self._heard)

    def _heard(self, job: str) -> None:
        self._work(job)


def _open(settings: Settings, queue: Queue) -> Huey:
    name, serializer = f"uncial-{queue}", _PlainMessages()
    if settings.queue:
        return RedisHuey(name, url=settings.queue, results=False, serializer=serializer)
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / f"queue-{queue}.db"
    return SqliteHuey(name, filename=str(path), results=False, serializer=serializer)
