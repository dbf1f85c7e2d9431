"""Processes that make lines: plain children that are asked over pipes.

They are started as programs of their own, so nothing of the asking process is copied into them or
run again, and no more is imported than making lines needs. A worker ends when its pipe does.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import cv2

from uncial.errors import TrainingError

Job = Callable[..., Any]
_CODE = "from uncial.synth.workers import serve; serve()"


class Workers:
    """Calls functions in other processes.

    Args:
        maker: What each process holds; its methods are called. Must pickle.
        count: Processes; they start with the first call.
    """

    def __init__(self, maker: object, count: int) -> None:
        self._maker = pickle.dumps(maker)
        self._threads = ThreadPoolExecutor(max(1, count), thread_name_prefix="lines")
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all: list[_Worker] = []

    def submit(self, method: str, *arguments: object) -> Future[Any]:
        """Call a method of the maker; errors come back as they were raised."""
        return self._threads.submit(self._call, method, arguments)

    def close(self) -> None:
        """End the processes; calls that wait are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._all:
            worker.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _call(self, method: str, arguments: tuple[object, ...]) -> object:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = _Worker(self._maker)
            self._all.append(worker)
        good, value = worker.ask(method, arguments)
        self._idle.put(worker)
        if not good:
            raise value
        return value


class _Worker:
    """One process."""

    def __init__(self, maker: bytes) -> None:
        source = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )
        _send(self._pipes()[0], maker)

    def ask(self, method: str, arguments: tuple[object, ...]) -> tuple[bool, Any]:
        give, take = self._pipes()
        try:
            _send(give, pickle.dumps((method, arguments)))
            good, value = pickle.loads(_received(take))
        except (EOFError, BrokenPipeError) as error:
            raise TrainingError(
                f"a process that makes lines ended with code {self._process.wait()}",
                remedy="look at its messages above; with too little memory, use fewer threads",
            ) from error
        return bool(good), value

    def end(self) -> None:
        self._process.kill()
        for pipe in self._pipes():
            pipe.close()
        self._process.wait()

    def _pipes(self) -> tuple[BinaryIO, BinaryIO]:
        give, take = self._process.stdin, self._process.stdout
        if give is None or take is None:
            raise ValueError("a worker without pipes")
        return give, take  # type: ignore[return-value]


def serve() -> None:
    """Answer calls on standard input until it ends; the whole life of a worker."""
    cv2.setNumThreads(0)
    take, give = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed must not reach the pipe
    maker = pickle.loads(_received(take))
    while True:
        try:
            method, arguments = pickle.loads(_received(take))
        except EOFError:
            return
        try:
            answer = True, getattr(maker, method)(*arguments)
        except Exception as error:  # every error belongs to who asked
            answer = False, error
        _send(give, pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL))


def _send(pipe: BinaryIO, data: bytes) -> None:
    pipe.write(len(data).to_bytes(8, "little"))
    pipe.write(data)
    pipe.flush()


def _received(pipe: BinaryIO) -> bytes:
    size = pipe.read(8)
    data = pipe.read(int.from_bytes(size, "little")) if len(size) == 8 else b""
    if len(size) < 8 or len(data) < int.from_bytes(size, "little"):
        raise EOFError("the pipe ended")
    return data
