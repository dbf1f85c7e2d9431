"""A crew of processes that work off jobs; one that dies is replaced and its jobs are tried again.

Each process works on one thread. Jobs go out in small batches, so that what they share (a
batch of lines) pays; after a death the jobs of the batch go out one by one, so that the one that
kills is found and named instead of ending everything.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from uncial.errors import UncialError

J = TypeVar("J")
R = TypeVar("R")

Work = Callable[[Sequence[J]], "list[R | Fault]"]
"""What a process does with some jobs: a result or a fault for each."""

_ATTEMPTS = 3  # at a job whose process died
_START = multiprocessing.get_context("spawn")  # forking a process with threads may hang


@dataclass(frozen=True)
class Fault:
    """Why a job has no result; it ends nothing but that job."""

    problem: str


@dataclass(frozen=True)
class Finished(Generic[J, R]):
    """A job and what became of it."""

    job: J
    result: R | Fault


@dataclass
class _Member(Generic[J]):
    """A process, the pipe to it and what it works on."""

    process: BaseProcess
    pipe: Connection
    jobs: list[tuple[J, int]] = field(default_factory=list)


def worked(
    jobs: Iterable[J],
    hire: Callable[[], Work[J, R]],
    *,
    processes: int,
    batch: int = 1,
) -> Iterator[Finished[J, R]]:
    """Work off jobs; results come as they are ready, each job exactly once.

    Args:
        jobs: Taken as they are needed; must survive pickling, as must results.
        hire: Called in each process once, makes what works there; must survive pickling.
        processes: How many side by side.
        batch: Jobs that go to a process at once.

    Raises:
        UncialError: A process could not be made ready; the error is its own.
    """
    crew = _Crew[J, R](iter(jobs), hire, batch)
    try:
        yield from crew.run(processes)
    finally:
        crew.dismiss()


class _Crew(Generic[J, R]):
    def __init__(self, jobs: Iterator[J], hire: Callable[[], Work[J, R]], batch: int) -> None:
        self._jobs = jobs
        self._hire = hire
        self._batch = batch
        self._again: deque[tuple[J, int]] = deque()
        self._members: list[_Member[J]] = []

    def run(self, processes: int) -> Iterator[Finished[J, R]]:
        for _ in range(processes):
            self._enlist()
        while any(member.jobs for member in self._members):
            ready = wait([member.pipe for member in self._members if member.jobs])
            for member in [one for one in self._members if one.pipe in ready]:
                yield from self._heard(member)

    def dismiss(self) -> None:
        for member in self._members:
            member.pipe.close()
            member.process.kill()
            member.process.join()

    def _enlist(self) -> None:
        """One more process, if there is anything to do."""
        jobs = self._next()
        if not jobs:
            return
        ours, theirs = _START.Pipe()
        process = _START.Process(target=_member, args=(theirs, self._hire), daemon=True)
        process.start()
        theirs.close()
        member = _Member[J](process, ours)
        self._members.append(member)
        self._send(member, jobs)

    def _next(self) -> list[tuple[J, int]]:
        """Jobs with how often their process has died; those are tried alone."""
        fresh = [(job, 0) for job in islice(self._jobs, self._batch)]
        if fresh:
            return fresh
        return [self._again.popleft()] if self._again else []

    def _send(self, member: _Member[J], jobs: list[tuple[J, int]]) -> None:
        member.jobs = jobs
        if jobs:
            with contextlib.suppress(OSError):  # it died: reading from it will tell
                member.pipe.send([job for job, _ in jobs])

    def _heard(self, member: _Member[J]) -> Iterator[Finished[J, R]]:
        try:
            told = member.pipe.recv()
        except (EOFError, OSError):
            yield from self._lost(member)
            return
        if isinstance(told, UncialError):
            raise told
        for (job, _), result in zip(member.jobs, told, strict=True):
            yield Finished(job, result)
        self._send(member, self._next())

    def _lost(self, member: _Member[J]) -> Iterator[Finished[J, R]]:
        """Give the jobs of a dead process to another."""
        member.process.join()
        member.pipe.close()
        self._members.remove(member)
        for job, deaths in member.jobs:
            if deaths + 1 < _ATTEMPTS:
                self._again.append((job, deaths + 1))
            else:
                yield Finished(job, Fault(f"its process died ({_cause(member.process)})"))
        self._enlist()


def _cause(process: BaseProcess) -> str:
    code = process.exitcode or 0
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _member(pipe: Connection, hire: Callable[[], Work[Any, Any]]) -> None:
    """What a process of the crew runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    try:
        work = hire()
    except UncialError as error:
        pipe.send(error)
        return
    with contextlib.suppress(EOFError, OSError):  # the parent has gone
        while True:
            pipe.send(work(pipe.recv()))
