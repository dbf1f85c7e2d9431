"""Run a program in a process group of its own, say what it cost, and record the result.

CPU-seconds are user and system time of the program and of all its descendants, from ``wait4``;
peak memory is the largest of any one of them. A small launcher process stands between, because
a child's peak would else start at the size of the Python process that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
WORK = ROOT / "runs" / "benchmarks"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
_TICKS = os.sysconf("SC_CLK_TCK")
_SHOWN = 12  # words of a long command that are recorded
_LAUNCHER = """
import json, os, sys, time
out, cores, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
os.set_inheritable(out, False)
if cores:
    os.sched_setaffinity(0, map(int, cores.split(",")))
start = time.perf_counter()
pid = os.posix_spawnp(command[0], command, os.environ)
_, status, used = os.wait4(pid, 0)
wall = time.perf_counter() - start
code = os.waitstatus_to_exitcode(status)
told = [code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]
os.write(out, json.dumps(told).encode())
"""


class Skip(Exception):
    """The benchmark cannot run here; the message says what is missing."""


class Failed(Exception):
    """A program that was to be measured went wrong."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished process: seconds of wall and processor time, peak memory in MiB."""

    command: tuple[str, ...]
    code: int
    wall: float
    cpu: float
    rss: float
    stdout: str
    stderr: str

    def cost(self) -> dict[str, float]:
        """As a row states it."""
        return {
            "wall_seconds": round(self.wall, 2),
            "cpu_seconds": round(self.cpu, 2),
            "peak_rss_mb": round(self.rss, 1),
        }

    def json(self) -> dict[str, Any]:
        """Standard output, read as one JSON object."""
        return dict(json.loads(self.stdout))


class Running:
    """A process under measurement; leaving the ``with`` block ends it."""

    def __init__(
        self, command: Iterable[str | Path], env: Mapping[str, str] | None = None, core: int = -1
    ) -> None:
        self.command = tuple(str(word) for word in command)
        self._out, self._err = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115
        self._told, give = os.pipe()
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(give)]
        self._process = subprocess.Popen(
            [*launch, str(core) if core >= 0 else "", *self.command],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            env={**os.environ, **(env or {})},
            pass_fds=(give,),
            start_new_session=True,
        )
        os.close(give)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the whole group as ``kill -9`` does."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def cpu_seconds(self) -> float:
        """Processor time of the group until now."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                values = stat.read_text().rpartition(")")[2].split()
                if int(values[2]) == self._process.pid:
                    ticks += sum(map(int, values[11:15]))
        return ticks / _TICKS

    def finish(self, *, check: bool = True) -> Run:
        """Wait for the end; an exit code other than 0 raises `Failed` unless told not to."""
        self._process.wait()
        with os.fdopen(self._told, "rb") as pipe:
            told = json.loads(pipe.read() or b"[-9, 0, 0, 0]")
        texts = []
        for file in (self._out, self._err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
            file.close()
        code, wall, cpu, rss = told
        run = Run(
            command=self.command,
            code=code,
            wall=wall,
            cpu=cpu,
            rss=rss,
            stdout=texts[0],
            stderr=texts[1],
        )
        if check and run.code:
            raise Failed(f"exit code {run.code}: {shown(run.command)}\n{texts[1][-2000:]}")
        return run


def measured(
    command: Iterable[str | Path], env: Mapping[str, str] | None = None, core: int = -1
) -> Run:
    """Run a command to its end; prints it and what it cost."""
    with Running(command, env, core) as running:
        print("$", shown(running.command), flush=True)
        run = running.finish()
    print(f"  {run.wall:.1f} s, {run.cpu:.1f} CPU-s, {run.rss:.0f} MiB", flush=True)
    return run


def side_by_side(tasks: Sequence[Callable[[int], Any]], *, serial: bool) -> list[Any]:
    """Call each task with a processor core of its own at once, or one after the other."""
    cores = sorted(os.sched_getaffinity(0))
    if serial or len(cores) < len(tasks):
        return [task(cores[0]) for task in tasks]
    with ThreadPoolExecutor(len(tasks)) as pool:
        calls = [pool.submit(task, core) for task, core in zip(tasks, cores, strict=False)]
        return [call.result() for call in calls]


def totals(stages: Mapping[str, Run]) -> dict[str, Any]:
    """Cost of several runs together and of each, and their commands."""
    runs = stages.values()
    return {
        "commands": [shown(run.command) for run in runs],
        "wall_seconds": round(sum(run.wall for run in runs), 2),
        "cpu_seconds": round(sum(run.cpu for run in runs), 2),
        "peak_rss_mb": round(max(run.rss for run in runs), 1),
        "stages": {name: run.cost() for name, run in stages.items()},
    }


def record(name: str, engine: str, values: Mapping[str, Any], *, keep: bool = True) -> None:
    """Append a row to ``results/NAME.jsonl`` and print it; quick runs are only printed."""
    row = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit(),
        "hardware": hardware(),
        "benchmark": name,
        "engine": engine,
        **values,
    }
    text = json.dumps(row, ensure_ascii=False)
    print(text if keep else f"(quick, not recorded) {text}", flush=True)
    if keep:
        RESULTS.mkdir(exist_ok=True)
        with (RESULTS / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.write(text + "\n")


@cache
def hardware() -> dict[str, Any]:
    """Processor, cores, and whether it multiplies bfloat16 (uncial then trains in it)."""
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(":", 1)[1].strip() for line in told.splitlines() if "model name" in line]
    return {
        "cpu": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "bf16": "avx512_bf16" in told or "amx_bf16" in told,
    }


@cache
def commit() -> str:
    """Short hash of the checkout, with ``-changed`` where the package differs from it."""
    head = _git("rev-parse", "--short", "HEAD")
    return (head + ("-changed" if _git("status", "--porcelain", "src") else "")) or "unknown"


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def shown(command: Sequence[str]) -> str:
    """A command line for people: private paths shortened, long lists of files cut."""
    words = list(command)
    if len(words) > 3 * _SHOWN:
        words[_SHOWN:-2] = [f"({len(words) - _SHOWN - 2} more)"]
    text = shlex.join(words)
    for path, name in ((data_folder(), "$UNCIAL_DATA"), (ROOT, ".")):
        text = text.replace(str(path), name)
    return text


def data_folder(*inside: str) -> Path:
    """The data folder, or something in it; raises `Skip` where a named thing is absent."""
    folder = Path(os.environ.get("UNCIAL_DATA", ROOT.parent / "shared" / "data"))
    path = folder.joinpath(*inside)
    if inside and not path.exists():
        raise Skip(f"{path} is not there; name the data folder in UNCIAL_DATA")
    return path


def fresh(*names: str) -> Path:
    """An empty folder for the files of a benchmark, below ``runs/benchmarks``."""
    path = WORK.joinpath(*names)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def guarded(main: Callable[[], None]) -> None:
    """Call `main`; a skipped or failed benchmark becomes a plain message."""
    commit()  # the one that is measured, whatever is committed meanwhile
    try:
        main()
    except Skip as reason:
        print(f"skipped: {reason}")
    except Failed as reason:
        sys.exit(f"failed: {reason}")
