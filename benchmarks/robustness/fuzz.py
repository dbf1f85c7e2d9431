"""Whether damaged and hostile files do more than raise an error that says what is wrong.

Each reader gets inputs that are made of sound files (`mutate`, `readers`), for some minutes, in
a process of its own that may use 512 MiB of memory beyond what it begins with. A finding is any
exception that is not one of ours, over 5 CPU-seconds for one input, memory that runs out, or
the death of the process. Every finding's input is kept below ``runs/benchmarks/fuzz``::

    python benchmarks/robustness/fuzz.py                       # every reader, 10 minutes each
    python benchmarks/robustness/fuzz.py dawg lstm --minutes 1 --jobs 2
    python benchmarks/robustness/fuzz.py dawg --input runs/benchmarks/fuzz/dawg-0.bin

Rows go to ``results/fuzz.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import re
import resource
import signal
import subprocess
import sys
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mutate import MAX_SIZE, Mutator
from readers import READERS, Reader

from measure import ONE_THREAD, WORK, guarded, record

MEMORY = 512 << 20  # bytes beyond those at the start
SECONDS = 5.0  # of processor time for one input
STUCK = 30.0  # of processor time, where the input cannot be interrupted
_HEAD = 24  # bytes before the input in the shared file: executions, size, findings
_OUTCOME, _OUTCOMES = 200, 20_000  # characters of one that tell it from others; most remembered
_TICKS = os.sysconf("SC_CLK_TCK")


class Slow(BaseException):
    """One input took too long; no reader may catch it."""


@dataclass
class Tally:
    """What one process saw.

    Attributes:
        executions: Inputs read.
        findings: A line each, by what is the same about them.
        slowest: CPU-seconds of one input.
        peak: MiB of resident memory, and at the start.
    """

    executions: int = 0
    findings: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    peak: float = 0.0
    start: float = 0.0


def main() -> None:
    """Fuzz reader after reader, and record a row for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readers", nargs="*", help=f"of {', '.join(READERS)}; none means all")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each; %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="readers side by side; %(default)s")
    parser.add_argument("--input", type=Path, help="read this file with one reader, and end")
    parser.add_argument("--quick", action="store_true", help="a few seconds each, not recorded")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.readers) - set(READERS)
    if unknown:
        parser.error(f"no reader {', '.join(unknown)}; there are {', '.join(READERS)}")
    names = options.readers or list(READERS)
    if options.worker:
        return work(names[0], options.seed, 60 * options.minutes)
    if options.input:
        folder = scratch(names[0])
        return one(READERS[names[0]], options.input.read_bytes(), folder)
    minutes = 0.05 if options.quick else options.minutes
    with ThreadPoolExecutor(options.jobs) as pool:
        for _ in pool.map(lambda n: report(n, minutes, options.seed, not options.quick), names):
            pass
    return None


def report(name: str, minutes: float, seed: int, keep: bool) -> None:
    """Run one reader's process, again after each death, and record what came of it."""
    started, cpu = time.monotonic(), 0.0
    tally, round_ = Tally(), 0
    while (left := 60 * minutes - cpu) > 1 or not round_:
        found, used = watched(name, left / 60, seed + 1000 * round_)
        tally.executions += found.executions
        for what, file in found.findings.items():
            tally.findings.setdefault(what, file)
        tally.slowest = max(tally.slowest, found.slowest)
        tally.peak, tally.start = max(tally.peak, found.peak), found.start or tally.start
        cpu += used
        round_ += 1
    for what, file in tally.findings.items():
        print(f"  {name}: {what}\n    {file}", flush=True)
    record(
        "fuzz",
        "uncial",
        {
            "reader": name,
            "seed": seed,
            "cpu_minutes": round(cpu / 60, 2),
            "wall_minutes": round((time.monotonic() - started) / 60, 2),
            "executions": tally.executions,
            "findings": len(tally.findings),
            "what": list(tally.findings)[:10],
            "slowest_cpu_seconds": round(tally.slowest, 3),
            "peak_rss_mb": round(tally.peak, 1),
            "rss_mb_at_start": round(tally.start, 1),
            "most_allowed_mb_beyond": MEMORY >> 20,
        },
        keep=keep,
    )


def watched(name: str, minutes: float, seed: int) -> tuple[Tally, float]:
    """One process to its end or death; its tally and CPU-seconds."""
    folder = scratch(name)
    shared = folder / "current.bin"
    shared.write_bytes(bytes(_HEAD + MAX_SIZE))
    command = [sys.executable, __file__, name, "--worker", "--minutes", str(minutes)]
    with (
        subprocess.Popen(
            [*command, "--seed", str(seed)],
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD, "MALLOC_ARENA_MAX": "1"},
        ) as process,
        shared.open("r+b") as file,
        mmap.mmap(file.fileno(), 0) as seen,
    ):
        before, since, used = 0, 0.0, 0.0
        stuck = False
        while process.poll() is None:
            time.sleep(0.5)
            used = max(used, processor_seconds(process.pid))
            number = int.from_bytes(seen[:8], "little")
            if number != before:
                before, since = number, used
            elif number and used - since > STUCK:
                stuck = True
                process.kill()
        told = process.stdout.read() if process.stdout else b""
        if process.returncode == 0:
            return Tally(**json.loads(told.splitlines()[-1])), used
        size = int.from_bytes(seen[8:16], "little")
        what = "hangs" if stuck else f"dies of signal {-process.returncode}"
        if not before:
            raise SystemExit(f"{name}: the process ended with {process.returncode} at its start")
        input_ = seen[_HEAD : _HEAD + size]
    return Tally(before, {what: saved(name, what, input_)}), max(used, 1.0)


def work(name: str, seed: int, seconds: float) -> None:
    """The process of one reader: makes inputs and reads them until its time is over."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    reader, folder = READERS[name], scratch(name) / "files"
    folder.mkdir(exist_ok=True)
    mutator = Mutator(reader.seeds(), reader.tokens, seed)
    for data in mutator.sound:
        reader.read(data, folder)
    limit_memory()
    signal.signal(signal.SIGPROF, too_slow)
    tally, seen = Tally(start=peak()), set[str]()
    with (scratch(name) / "current.bin").open("r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
        stop = time.process_time() + seconds
        while time.process_time() < stop:
            data = mutator.make()
            shared[8:16] = len(data).to_bytes(8, "little")
            shared[_HEAD : _HEAD + len(data)] = data
            tally.executions += 1
            shared[:8] = tally.executions.to_bytes(8, "little")
            began = time.process_time()
            outcome, bad = read(reader, data, folder)
            tally.slowest = max(tally.slowest, time.process_time() - began)
            if outcome not in seen and len(seen) < _OUTCOMES:
                seen.add(outcome)
                mutator.keep(data)
            if bad and outcome not in tally.findings:
                tally.findings[outcome] = saved(name, outcome, data)
    tally.peak = peak()
    print(json.dumps(vars(tally)))
    sys.stdout.flush()
    os._exit(0)


def read(reader: Reader, data: bytes, folder: Path) -> tuple[str, bool]:
    """How reading an input ended, and whether it may not end so."""
    told: list[str] = []
    sys.settrace(None)
    import uncial.errors as errors

    born = errors.UncialError.__init__

    def noted(self: errors.UncialError, problem: str, *, remedy: str = "") -> None:
        told.append(re.sub(r"[\d.]+|'[^']*'|\"[^\"]*\"", "#", problem)[:80])
        born(self, problem, remedy=remedy)

    errors.UncialError.__init__ = noted  # type: ignore[method-assign]
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        reader.read(data, folder)
    except (Exception, Slow) as error:
        place = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in place if "uncial" in frame.filename] or place
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        return f"{type(error).__name__} at {where}", True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        errors.UncialError.__init__ = born  # type: ignore[method-assign]
    return " | ".join(dict.fromkeys(told))[:_OUTCOME], False


def one(reader: Reader, data: bytes, folder: Path) -> None:
    """Read one file; what it raises is shown."""
    warnings.simplefilter("ignore")
    began = time.process_time()
    reader.read(data, folder)
    print(f"read in {time.process_time() - began:.2f} CPU-s, peak {peak():.0f} MiB")


def too_slow(*_: object) -> None:
    raise Slow(f"over {SECONDS:g} CPU-seconds")


def limit_memory() -> None:
    """Allow so much more address space than there is now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def processor_seconds(pid: int) -> float:
    try:
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, values[11:13])) / _TICKS


def scratch(name: str) -> Path:
    folder = WORK / "fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def saved(name: str, what: str, data: bytes) -> str:
    """Keep the input of a finding; its file."""
    folder = WORK / "fuzz"
    number = len(list(folder.glob(f"{name}-*.bin")))
    path = folder / f"{name}-{number}.bin"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(what, encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    guarded(main)
