"""kill -9 of the studio's worker, server and both, during import, training and reading.

A studio is started as users start it. While a job of each kind runs, its process is killed again
and again, each time after the job got further; then the job must end as if nothing had been::

    python benchmarks/robustness/kills.py
    python benchmarks/robustness/kills.py --times 2 --work import

A row for each kind of work and victim goes to ``results/kills.jsonl``: kills, jobs that were
needed for them, seconds from a kill to further progress, and what was amiss in the end.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "fixtures"))
from running_studio import Running, running
from studios import page_image

from measure import Failed, fresh, guarded, record

PAGES = 24
VICTIMS = ("worker", "server", "both")
_LINES = [f"l{n}" for n in range(1, 6)]
_PATIENCE = 900.0  # seconds for one step on a busy machine
Step = tuple[str, int]
"""Where a job is: its stage, and what is done of it."""


@dataclass
class Told:
    """What happened to one kind of work under one kind of kill."""

    kills: int = 0
    jobs: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    amiss: list[str] = field(default_factory=list)


@dataclass
class Bench:
    """A running studio with a document of lines that people wrote.

    Attributes:
        studio: That is killed.
        scans: Images to import.
        project: Of the document.
        document: Whose pages are read.
        pages: Of that document.
        model: That reads them; 0 before the first training.
    """

    studio: Running
    scans: Path
    project: int
    document: int
    pages: list[int]
    model: int = 0

    def begin(self, work: str) -> str:
        """Start a job; its id."""
        if work == "import":
            made = self.studio.ask(
                "POST", f"/api/projects/{self.project}/documents", {"name": "import"}
            )
            job = _import(self.studio, made["id"], self.scans)
        elif work == "train":
            lines = {"documents": [self.document]}
            wanted = {"name": "killed", "lines": lines, "minutes": 1.0}
            path = f"/api/projects/{self.project}/trainings"
            job = self.studio.ask("POST", path, wanted)["job"]
        else:
            wanted = {"pages": self.pages, "model": self.model}
            job = self.studio.ask("POST", f"/api/documents/{self.document}/read", wanted)["job"]
        return str(job)


def main() -> None:
    """Kill and count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--work", nargs="*", default=["import", "train", "read"])
    given = parser.parse_args()
    folder = fresh("kills")
    with running(folder / "data") as studio:
        bench = _prepared(studio, folder)
        for work in given.work:
            if work == "read" and not bench.model:
                bench.model = _trained(bench)
            for victim in VICTIMS:
                told = _killed(bench, work, victim, given.times)
                if work == "train":
                    bench.model = bench.model or _result(studio, told.jobs[-1])["model"]
                record(
                    "kills",
                    "uncial",
                    {
                        "work": work,
                        "victim": victim,
                        "kills": told.kills,
                        "jobs": len(told.jobs),
                        "median_seconds_to_progress": round(statistics.median(told.waits), 1),
                        "amiss": told.amiss,
                    },
                    keep=given.times >= 2,
                )


def _killed(bench: Bench, work: str, victim: str, times: int) -> Told:
    told = Told()
    studio = bench.studio
    human = _human_texts(studio)
    job, seen = "", set[Step]()
    while told.kills < times:
        if not job:
            job, seen = bench.begin(work), set()
            told.jobs.append(job)
        if not _further(studio, job, seen):  # it ended before the next kill
            job = ""
            continue
        killed = time.monotonic()
        _kill(studio, victim)
        told.kills += 1
        if not _further(studio, job, seen):
            job = ""
        told.waits.append(time.monotonic() - killed)
    for one in told.jobs:
        studio.wait(lambda one=one: _state(studio, one) in ("done", "failed"), _PATIENCE)
        if _state(studio, one) != "done":
            told.amiss.append(f"job {one}: {studio.ask('GET', f'/api/jobs/{one}')['error']}")
    studio.wait(lambda: studio.ask("GET", "/api/jobs?active=true") == [], _PATIENCE)
    told.amiss += _CHECKS[work](bench, told.jobs)
    if _human_texts(studio) != human:
        told.amiss.append("what people wrote is not what it was")
    told.amiss += _folder_checks(studio)
    return told


def _kill(studio: Running, victim: str) -> None:
    if victim in ("server", "both"):
        studio.kill_server()
    if victim in ("worker", "both"):
        studio.kill_workers()
    if victim in ("server", "both"):
        studio.start()


def _further(studio: Running, job: str, seen: set[Step]) -> bool:
    """Wait until a job is where it has not been before; whether it is still at work."""
    end, found = time.monotonic() + _PATIENCE, None
    while time.monotonic() < end:
        found = studio.ask("GET", f"/api/jobs/{job}")
        if found is not None:
            if found["state"] in ("done", "failed", "cancelled"):
                return False
            now = (found["stage"], found["done"])
            if found["state"] == "running" and found["done"] and now not in seen:
                seen.add(now)
                return True
        time.sleep(0.05)
    raise Failed(f"job {job} gets no further: {found}")


def _prepared(studio: Running, folder: Path) -> Bench:
    scans = folder / "scans"
    scans.mkdir()
    for n in range(PAGES):
        page_image(n, (1500, 2400)).save(scans / f"{n:02}.png")
    project = studio.ask("POST", "/api/projects", {"name": "kills"})["id"]
    made = studio.ask("POST", f"/api/projects/{project}/documents", {"name": "lines"})["id"]
    _import(studio, made, scans)
    studio.wait(lambda: studio.ask("GET", "/api/jobs?active=true") == [], _PATIENCE)
    pages = studio.ask("GET", f"/api/documents/{made}/pages/index")["pages"]
    shapes = {
        line: {"baseline": [[150, 400.0 * n], [1350, 400.0 * n]]}
        for n, line in enumerate(_LINES, start=1)
    }
    for page in pages:
        change = {"lines": shapes, "order": _LINES}
        studio.ask("PATCH", f"/api/pages/{page}/layout", change)
        saves = [{"line": line, "text": f"abc {line}", "checked": True} for line in _LINES]
        studio.ask("PUT", f"/api/pages/{page}/readings", {"lines": saves})
    return Bench(studio=studio, scans=scans, project=project, document=made, pages=pages)


def _import(studio: Running, document: int, scans: Path) -> str:
    path = f"/api/documents/{document}/imports"
    seen = studio.ask("POST", f"{path}/preview", {"paths": [str(scans)]})
    items = [{"name": one["name"], "path": one["path"]} for one in seen]
    return str(studio.ask("POST", path, {"items": items, "again": True})["job"])


def _trained(bench: Bench) -> int:
    job = bench.begin("train")
    bench.studio.wait(lambda: _state(bench.studio, job) in ("done", "failed"), _PATIENCE)
    return int(_result(bench.studio, job)["model"])


def _state(studio: Running, job: str) -> str:
    found = studio.ask("GET", f"/api/jobs/{job}")
    return str(found["state"]) if found else ""


def _result(studio: Running, job: str) -> dict[str, Any]:
    return dict(studio.ask("GET", f"/api/jobs/{job}")["result"])


def _imports(bench: Bench, jobs: list[str]) -> list[str]:
    """Every page once, in order, with its pictures."""
    amiss = []
    for job in jobs:
        document = bench.studio.ask("GET", f"/api/jobs/{job}")["document_id"]
        pages = bench.studio.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
        rows = bench.studio.ask("GET", "/api/pages?" + "&".join(f"ids={page}" for page in pages))
        if [row["name"] for row in rows] != [f"{n:02}.png" for n in range(PAGES)]:
            amiss.append(f"document {document}: {len(rows)} pages")
        if Counter(row["pictures"] for row in rows) != {"ready": PAGES}:
            amiss.append(f"document {document}: pictures are missing")
    return amiss


def _trainings(bench: Bench, jobs: list[str]) -> list[str]:
    """A model of each on the shelf, once, that says what it is."""
    models = bench.studio.ask("GET", "/api/models")
    made = Counter(model["job_id"] for model in models if model["facts"])
    return [f"training {job}: {made[job]} models" for job in jobs if made[job] != 1]


def _readings(bench: Bench, jobs: list[str]) -> list[str]:
    """A layer of each, every line of every page in it once."""
    query = (
        "select layers.job_id, count(*), count(distinct layers.id) from readings "
        "join layers on layers.id = readings.layer_id where layers.job_id is not null "
        "group by layers.job_id"
    )
    found = {job: (lines, layers) for job, lines, layers in _rows(bench.studio, query)}
    wanted = (PAGES * len(_LINES), 1)
    return [f"reading {job}: {found.get(job)}" for job in jobs if found.get(job) != wanted]


_CHECKS: dict[str, Callable[[Bench, list[str]], list[str]]] = {
    "import": _imports,
    "train": _trainings,
    "read": _readings,
}


def _human_texts(studio: Running) -> list[tuple[Any, ...]]:
    query = (
        "select page_id, line, text, revision from readings join layers on layers.id = layer_id "
        "where origin = 'human' order by page_id, line"
    )
    return _rows(studio, query)


def _folder_checks(studio: Running) -> list[str]:
    amiss = [f"left behind: {path.name}" for path in studio.data.rglob("*.part")]
    if _rows(studio, "pragma integrity_check") != [("ok",)]:
        amiss.append("the database is damaged")
    return amiss


def _rows(studio: Running, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(studio.data / "studio.db") as connection:
        return list(connection.execute(query))


if __name__ == "__main__":
    guarded(main)
