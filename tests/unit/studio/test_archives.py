"""A project to one file, and back."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from studios import Place, open_place, written


@pytest.fixture
def packed(place: Place) -> bytes:
    """A project with two pages, a tag, a comment, a changed line and a dataset."""
    document = place.document("Letters")
    pages = written(place, document, 2)
    save = {"lines": [{"line": "l1", "text": "changed", "base": 1}]}
    place.ask("PUT", f"/api/pages/{pages[0]}/readings", save)
    body = {"pages": pages, "action": "tag", "value": "fine"}
    place.ask("POST", f"/api/documents/{document}/pages/bulk", body)
    place.ask("POST", f"/api/pages/{pages[1]}/comments", {"text": "torn", "line": "l2"})
    project = place.ask("GET", f"/api/documents/{document}")["project"]
    new = {"name": "All", "documents": [document]}
    made = place.ask("POST", f"/api/projects/{project}/datasets", new)
    place.ask("PATCH", f"/api/datasets/{made['id']}", {"leave_out": [f"{pages[1]}:l5"]})
    job = place.ask("POST", f"/api/projects/{project}/archive")["job"]
    place.work()
    done = place.ask("GET", f"/api/jobs/{job}")
    assert done["state"] == "done", done["error"]
    return bytes(place.client.get(done["result"]["file"]).content)


def _brought(place: Place, data: bytes) -> Any:
    job = place.ask("POST", "/api/archives", {"upload": place.upload("p.zip", data)})["job"]
    place.work()
    return place.ask("GET", f"/api/jobs/{job}")


def test_a_project_comes_back_whole_in_another_studio(packed: bytes, tmp_path: Path) -> None:
    other = open_place(tmp_path / "other")
    with other.client:
        other.document("in the way of the ids")
        done = _brought(other, packed)
        assert done["state"] == "done", done["error"]
        project = done["result"]["project"]
        (document,) = other.ask("GET", f"/api/projects/{project}/documents")
        pages = other.ask("GET", f"/api/documents/{document['id']}/pages/index")["pages"]
        rows = other.ask("GET", "/api/pages", params={"ids": pages})
        assert [(row["lines"], row["tags"], row["pictures"]) for row in rows] == [
            (5, ["fine"], "ready")
        ] * 2
        texts = other.ask("GET", f"/api/pages/{pages[0]}")["texts"]
        assert texts["l1"]["text"] == "changed"
        history = other.ask("GET", f"/api/pages/{pages[0]}/lines/l1/history")
        assert [one["text"] for one in history] == ["changed", "abc ab 1"]
        (comment,) = other.ask("GET", f"/api/pages/{pages[1]}/comments")
        assert comment["text"] == "torn"
        (dataset,) = other.ask("GET", f"/api/projects/{project}/datasets")
        held = other.ask("GET", f"/api/datasets/{dataset['id']}")
        assert [one["id"] for one in held["pages"]] == pages
        assert held["without"] == [f"{pages[1]}:l5"]
        found = other.ask("GET", f"/api/projects/{project}/search", params={"q": "changed"})
        assert [one["page"] for one in found] == [pages[0]]


def _changed(data: bytes, name: str, change: Any) -> bytes:
    """The archive with another content of one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            body = old.read(info)
            new.writestr(info.filename, change(body) if info.filename.startswith(name) else body)
    return out.getvalue()


def _rows(**values: Any) -> Any:
    def change(body: bytes) -> bytes:
        rows = [json.loads(line) | values for line in body.splitlines()]
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return change


_LIES = (
    ("uncial-project.json", lambda body: b"{}"),
    ("uncial-project.json", lambda body: b"not json"),
    ("tables/pages", _rows(document_id=10**6)),
    ("tables/pages", _rows(position="first")),
    ("tables/pages", _rows(status="sealed")),
    ("tables/documents", _rows(name=None)),
    ("tables/segmentations", _rows(body={"lines": [{}], "regions": []})),
    ("tables/segmentations", _rows(body=[1])),
    ("tables/pictures", _rows(digest="../../evil")),
    ("pictures/", lambda body: body[:-9]),
    ("tables/projects", lambda body: b""),
    ("tables/layers", lambda body: b"[]\n"),
)


def test_damaged_and_lying_files_make_nothing(place: Place, packed: bytes) -> None:
    before = place.ask("GET", "/api/projects")
    for name, change in _LIES:
        done = _brought(place, _changed(packed, name, change))
        assert (done["state"], done["error"]["code"]) == ("failed", "format_error"), name
        assert place.ask("GET", "/api/projects") == before


def test_what_is_no_archive_is_refused(place: Place) -> None:
    assert _brought(place, b"nothing of the kind")["error"]["code"] == "format_error"
