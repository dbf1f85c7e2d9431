"""Pages by the thousand: each once, though processes die, and memory that stays flat.

Copies of one page are read with ``uncial recognize -f alto``. Midway one of the reading processes
is killed; later the whole run is, and started again. Then every page must be in the ledger once
and on the disk, and memory must not have grown from the first tenth of the pages to the last::

    python benchmarks/speed/pages.py --model RUN/model.safetensors --pages 2000

Rows go to ``results/pages.jsonl``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ONE_THREAD, WORK, Failed, Running, Skip, data_folder, fresh, guarded, record

SET, PAGE = "pages-print-de-ocrd-page", "clauren_mimil_1815_0023.jpg"
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024


@dataclass
class Watched:
    """What was seen while a run went on: seconds, pages done, memory of all its processes."""

    samples: list[tuple[float, int, float]] = field(default_factory=list)

    def memory(self, first: float, last: float, total: int) -> float:
        """Median MiB while the share of pages done lay between two numbers."""
        chosen = [mib for _, done, mib in self.samples if first * total <= done <= last * total]
        return sorted(chosen)[len(chosen) // 2] if chosen else 0.0


def main() -> None:
    """Read, kill a process, kill the run, go on, and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = WORK / "accuracy" / "fraktur" / "run" / "model.safetensors"
    parser.add_argument("--model", type=Path, default=usual, help="of uncial; %(default)s")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--page", default=PAGE, help=f"of {SET}; %(default)s")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--backend", default="onnx-int8")
    parser.add_argument("--quick", action="store_true", help="40 pages, not recorded")
    options = parser.parse_args()
    if not options.model.exists():
        raise Skip(f"{options.model} is not there; run benchmarks/accuracy/run.py or name a model")
    count = 40 if options.quick else options.pages
    folder = fresh("pages")
    book, out = folder / "book", folder / "out"
    copies(book, count, data_folder(SET, options.page))
    flags = ["-f", "alto", "-o", out, "--processes", str(options.processes)]
    command = [*UNCIAL, "recognize", options.model, book, *flags, "--backend", options.backend]
    watched = Watched()
    start = time.perf_counter()
    cpu = run(command, out, watched, kill_member=count // 4, stop=count // 2)
    before = len(done(out))
    cpu += run(command, out, watched)
    wall = time.perf_counter() - start
    entries = done(out)
    names = Counter(entry["source"] for entry in entries)
    lines = sum(entry["lines"] for entry in entries)
    written = sum(1 for _ in out.glob("*.xml"))
    row = {
        "pages": count,
        "page": options.page,
        "lines": lines,
        "processes": options.processes,
        "backend": options.backend,
        "done_when_the_run_was_killed": before,
        "pages_done_once": sum(1 for times in names.values() if times == 1),
        "pages_done_twice": sum(1 for times in names.values() if times > 1),
        "files_written": written,
        "half_written": sum(1 for _ in out.glob(".*.part")),
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "cpu_ms_per_page": round(1000 * cpu / count, 1),
        "lines_per_cpu_second": round(lines / cpu, 1),
        "mib_of_all_processes_early": round(watched.memory(0.1, 0.4, count), 1),
        "mib_of_all_processes_late": round(watched.memory(0.7, 1.0, count), 1),
    }
    record("pages", "uncial", row, keep=not options.quick)
    if len(names) != count or written != count or row["pages_done_twice"]:
        raise Failed("some page is missing, or was done twice")


def copies(book: Path, count: int, original: Path) -> None:
    """A folder of page files, each with its image (one file under many names)."""
    book.mkdir()
    text = original.with_suffix(".xml").read_text(encoding="utf-8")
    image = shutil.copy(original, book.with_suffix(original.suffix))
    for number in range(count):
        name = f"copy_{number:05d}"
        copied = text.replace(original.stem, name)
        (book / f"{name}.xml").write_text(copied, encoding="utf-8")
        os.link(image, book / f"{name}{original.suffix}")


def run(
    command: list, out: Path, watched: Watched, *, kill_member: int = 0, stop: int = 0
) -> float:
    """Run until the end, or until `stop` pages are done; CPU seconds."""
    with Running(command, ONE_THREAD) as running:
        cpu = 0.0
        while running.alive:
            time.sleep(0.25)
            seen = len(done(out))
            members = processes(running._process.pid)
            watched.samples.append((time.perf_counter(), seen, sum(members.values()) / 1024))
            cpu = max(cpu, running.cpu_seconds())
            if kill_member and seen >= kill_member:
                os.kill(max(members), signal.SIGKILL)  # the youngest
                print(f"  killed a process after {seen} pages", flush=True)
                kill_member = 0
            if stop and seen >= stop:
                print(f"  killed the run after {seen} pages", flush=True)
                return cpu
        return running.finish().cpu


def processes(group: int) -> dict[int, float]:
    """Resident KiB of every process of a group, by its id."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            values = stat.read_text().rpartition(")")[2].split()
            if int(values[2]) == group:
                found[int(stat.parent.name)] = int(values[21]) * _PAGE_KIB
    return found


def done(out: Path) -> list[dict]:
    """Entries of the ledger, those of failures included."""
    try:
        lines = (out / "done.jsonl").read_text(encoding="utf-8").split("\n")[1:-1]
    except OSError:
        return []
    return [json.loads(line) for line in lines]


if __name__ == "__main__":
    guarded(main)
