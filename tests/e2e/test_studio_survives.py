"""Kill -9 of workers and server: nothing is lost and nothing is done by halves."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from running_studio import Running, running
from studios import page_image

pytestmark = pytest.mark.chromium  # a studio is started with its browser libraries

_PAGES = 12


@pytest.mark.slow
def test_an_import_survives_kills_of_worker_and_server(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for n in range(_PAGES):
        page_image(n, (1500, 2400)).save(scans / f"{n:02}.png")
    with running(tmp_path / "data") as studio:
        document = _document(studio)
        seen = studio.ask(
            "POST", f"/api/documents/{document}/imports/preview", {"paths": [str(scans)]}
        )
        items = [{"name": item["name"], "path": item["path"]} for item in seen]
        job = studio.ask("POST", f"/api/documents/{document}/imports", {"items": items})["job"]
        for round_ in range(4):
            time.sleep(0.4)
            studio.kill_workers()
            if round_ % 3 == 2:
                studio.kill_server()
                studio.kill_workers()
                studio.start()
        studio.wait(lambda: _over(studio), 240)
        assert studio.ask("GET", f"/api/jobs/{job}")["state"] == "done"
        pages = studio.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
        query = "&".join(f"ids={page}" for page in pages)
        rows = studio.ask("GET", f"/api/pages?{query}")
        assert [row["name"] for row in rows] == [f"{n:02}.png" for n in range(_PAGES)]
        assert Counter(row["pictures"] for row in rows) == {"ready": _PAGES}
        assert not list((tmp_path / "data").rglob("*.part"))


def _document(studio: Running) -> int:
    project = studio.ask("POST", "/api/projects", {"name": "P"})["id"]
    return int(studio.ask("POST", f"/api/projects/{project}/documents", {"name": "D"})["id"])


def _over(studio: Running) -> bool:
    jobs = studio.ask("GET", "/api/jobs")
    return bool(jobs) and all(job["state"] in ("done", "failed") for job in jobs)
