"""Page files in, models on the shelf, and the jobs that models do."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from studios import PAGE_FILE, Place, page_png

from uncial.studio import ledger, transcription
from uncial.studio.db.tables import Job, Page, Reading
from uncial.studio.matching import stem


def _import(place: Place, document: int, text: str = "written") -> Any:
    """An image of 600 × 800 px and a page file that was made for half of that."""
    uploads = [
        place.upload("page 1.png", page_png(1)),
        place.upload("page 1.xml", PAGE_FILE.encode()),
    ]
    path = f"/api/documents/{document}/imports"
    seen = place.ask("POST", f"{path}/preview", {"uploads": uploads})
    assert [(one["kind"], one["match"], one["lines"]) for one in seen] == [
        ("image", "", 0),
        ("pages", "page 1.xml", 2),
    ]
    items = [{key: one[key] for key in ("name", "upload", "kind")} for one in seen]
    job = place.ask("POST", path, {"items": items, "text": text})["job"]
    place.work()
    return place.ask("GET", f"/api/jobs/{job}")


def test_a_page_file_becomes_layout_and_text_at_the_size_of_the_image(place: Place) -> None:
    document = place.document()
    done = _import(place, document)
    assert done["result"] == {"pages": 1, "known": 0, "refused": 0, "lines": 2}
    (page,) = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    opened = place.ask("GET", f"/api/pages/{page}")
    lines = opened["layout"]["lines"]
    assert opened["layout"]["origin"] == "import"
    assert lines[0]["baseline"] == [[40, 140], [560, 140]]
    assert lines[0]["region"] == opened["layout"]["regions"][0]["id"]
    assert [opened["texts"][line["id"]]["text"] for line in lines] == ["first line", "second line"]


@pytest.mark.parametrize(
    ("text", "status", "checked"), [("checked", "checked", {True}), ("layer", "segmented", set())]
)
def test_text_of_page_files_is_taken_for_what_the_user_says(
    place: Place, text: str, status: str, checked: set[bool]
) -> None:
    document = place.document()
    _import(place, document, text)
    (page,) = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    opened = place.ask("GET", f"/api/pages/{page}")
    assert opened["page"]["status"] == status
    assert {one["checked"] for one in opened["texts"].values()} == checked
    assert len(opened["proposals"]) == (0 if checked else 2)


def test_a_page_file_without_its_image_is_left_out_and_named(place: Place) -> None:
    document = place.document()
    place.pages(document, 1)
    upload = place.upload("other.xml", PAGE_FILE.replace("page 1.png", "other.png").encode())
    path = f"/api/documents/{document}/imports"
    (seen,) = place.ask("POST", f"{path}/preview", {"uploads": [upload]})
    assert seen["match"] == ""
    items = [{"name": "other.xml", "upload": upload, "kind": "pages"}]
    job = place.ask("POST", path, {"items": items})["job"]
    place.work()
    assert "other.xml" in place.ask("GET", f"/api/jobs/{job}/log")[0]["text"]


@pytest.mark.parametrize(
    "name",
    ["scan_1.xml", "a/SCAN_1.page.xml", "scan_1.alto.xml", "scan_1.tif", "C:\\x\\scan_1.jpg"],
)
def test_names_of_one_page_have_one_stem(name: str) -> None:
    assert stem(name) == "scan_1"


@pytest.mark.parametrize("name", ["evil.pt", "evil.ckpt", "evil.safetensors", "evil.traineddata"])
def test_pickles_and_other_files_are_no_models(place: Place, name: str, tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "caught",)

    upload = place.upload(name, pickle.dumps(Evil()))
    answer = place.client.post("/api/models", json={"upload": upload})
    assert answer.status_code == 422, answer.text
    assert not (tmp_path / "caught").exists()
    assert place.ask("GET", "/api/models") == []


def test_a_model_is_kept_once_described_and_comes_back_from_the_bin(
    place: Place, small_model: Path
) -> None:
    first = place.ask("POST", "/api/models", {"path": str(small_model)})
    assert first["kind"] == "recognition"
    assert first["facts"]["spec"]
    assert place.ask("POST", "/api/models", {"path": str(small_model)})["id"] == first["id"]
    got = place.client.get(f"/api/models/{first['id']}/file")
    assert got.content == small_model.read_bytes()
    place.ask("DELETE", f"/api/models/{first['id']}")
    assert place.client.get(f"/api/models/{first['id']}").status_code == 404
    place.ask("POST", f"/api/models/{first['id']}/restore")
    assert len(place.ask("GET", "/api/models")) == 1


def test_reading_makes_a_layer_beside_what_people_wrote(place: Place, small_model: Path) -> None:
    document = place.document()
    _import(place, document)
    model = place.ask("POST", "/api/models", {"path": str(small_model)})["id"]
    (page,) = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    before = place.ask("GET", f"/api/pages/{page}")
    body = {"pages": [page], "model": model}
    jobs = [place.ask("POST", f"/api/documents/{document}/read", body)["job"] for _ in range(2)]
    place.work("long")
    for job in jobs:
        done = place.ask("GET", f"/api/jobs/{job}")
        assert done["state"] == "done", done["error"]
        assert done["result"]["lines"] == 2
    after = place.ask("GET", f"/api/pages/{page}")
    assert after["texts"] == before["texts"]
    assert [one["origin"] for one in after["layers"]] == ["human", "machine", "machine"]
    assert set(after["proposals"]) == {line["id"] for line in after["layout"]["lines"]}


def test_a_reading_that_is_done_again_after_a_kill_leaves_one_layer(
    place: Place, small_model: Path
) -> None:
    document = place.document()
    _import(place, document)
    model = place.ask("POST", "/api/models", {"path": str(small_model)})["id"]
    pages = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    body = {"pages": pages, "model": model}
    job = place.ask("POST", f"/api/documents/{document}/read", body)["job"]
    place.work("long")
    with place.studio.db.write() as session:
        killed = session.get_one(Job, job)
        killed.state, killed.lease = "running", time.time() - 1
    assert ledger.lost(place.studio.db, "long") == [job]
    place.work("long")
    assert place.ask("GET", f"/api/jobs/{job}")["state"] == "done"
    with place.studio.db.read() as session:
        layers = transcription.layers_of_page(session, session.get_one(Page, pages[0]))
        assert [layer["lines"] for layer in layers] == [2, 2]


def test_a_failed_reading_changes_nothing(place: Place, small_model: Path) -> None:
    document = place.document()
    _import(place, document)
    model = place.ask("POST", "/api/models", {"path": str(small_model)})["id"]
    pages = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    for kept in (place.settings.data / "models").iterdir():
        kept.write_bytes(b"no longer a model")
    body = {"pages": pages, "model": model}
    job = place.ask("POST", f"/api/documents/{document}/read", body)["job"]
    place.work("long")
    assert place.ask("GET", f"/api/jobs/{job}")["state"] == "failed"
    with place.studio.db.read() as session:
        assert {one.layer_id for one in session.query(Reading)} == {1}
    assert place.ask("GET", f"/api/pages/{pages[0]}")["page"]["status"] == "corrected"


def test_what_there_is_to_train_on_is_counted(place: Place) -> None:
    document = place.document()
    _import(place, document)
    project = place.ask("GET", f"/api/documents/{document}")["project"]
    query = f"/api/projects/{project}/lines?documents={document}"
    assert place.ask("GET", f"{query}&checked=true")["lines"] == 0
    assert place.ask("GET", f"{query}&checked=false") == {
        "pages": 1,
        "lines": 2,
        "characters": 21,
    }


def test_training_and_testing_leave_a_model_and_reports(place: Place, small_model: Path) -> None:
    document = place.document()
    place.pages(document, 6)
    project = place.ask("GET", f"/api/documents/{document}")["project"]
    pages = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    for page in pages:
        lines = {f"l{n}": {"baseline": [[60, 133.0 * n], [540, 133.0 * n]]} for n in range(1, 6)}
        place.ask("PATCH", f"/api/pages/{page}/layout", {"lines": lines, "order": list(lines)})
        saves = [{"line": line, "text": "abc ab", "checked": True} for line in lines]
        place.ask("PUT", f"/api/pages/{page}/readings", {"lines": saves})
    lines_ = {"documents": [document]}
    wanted = {"name": "small", "lines": lines_, "minutes": 0.05}
    job = place.ask("POST", f"/api/projects/{project}/trainings", wanted)["job"]
    place.work("long")
    done = place.ask("GET", f"/api/jobs/{job}")
    assert done["state"] == "done", done["error"]
    assert done["result"]["training_lines"] == 20
    kinds = {event["event"] for event in place.ask("GET", f"/api/jobs/{job}/log")}
    assert {"metric", "note"} <= kinds
    model = place.ask("GET", f"/api/models/{done['result']['model']}")
    assert (model["origin"], model["job_id"]) == ("trained", job)
    report = place.client.get(done["result"]["report"])
    assert report.status_code == 200
    assert "sandbox" in report.headers["content-security-policy"]
    small = place.ask("POST", "/api/models", {"path": str(small_model)})["id"]
    path = f"/api/projects/{project}"
    asked = [
        (f"{path}/tests", {"models": [model["id"]], "lines": lines_}),
        (f"{path}/tests", {"models": [small, model["id"]], "lines": lines_}),
        (f"{path}/rankings", {"lines": lines_}),
        (f"{path}/rankings", {"lines": {}, "measured": False}),
    ]
    jobs = [place.ask("POST", *one)["job"] for one in asked]
    place.work("long")
    ended = [place.ask("GET", f"/api/jobs/{one}") for one in jobs]
    assert [one["state"] for one in ended] == ["done"] * 4, [one["error"] for one in ended]
    one, two, measured, expected = (one["result"] for one in ended)
    assert one["lines"] == two["lines"] == measured["lines"] == 30
    assert one["tested"][0]["difference"] is None
    first, second = two["tested"]
    assert second["difference"] == pytest.approx(second["cer"] - first["cer"])
    low, high = second["difference_interval"]
    assert low <= second["difference"] <= high
    assert {entry["model"] for entry in measured["ranked"]} == {small, model["id"]}
    assert measured["ranked"][0]["cer"] <= measured["ranked"][1]["cer"]
    assert (measured["measured"], expected["measured"]) == (True, False)
    assert len(expected["ranked"]) == 2
    shown = place.client.get(f"/models/{model['id']}").text
    assert "Compare small, small" in shown
    assert "95 % interval" in shown


@pytest.mark.parametrize(
    ("form", "suffix"), [("text", ".txt"), ("alto", ".xml"), ("docx", ".docx")]
)
def test_pages_are_exported_by_their_names(place: Place, form: str, suffix: str) -> None:
    document = place.document()
    _import(place, document)
    pages = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    body = {"pages": pages, "format": form}
    job = place.ask("POST", f"/api/documents/{document}/export", body)["job"]
    place.work()
    done = place.ask("GET", f"/api/jobs/{job}")
    assert done["state"] == "done", done["error"]
    packed = zipfile.ZipFile(io.BytesIO(place.client.get(done["result"]["file"]).content))
    (name,) = packed.namelist()
    assert name.startswith("page 1")
    assert name.endswith(suffix)
    if form == "text":
        assert packed.read(name).decode().split("\n")[:2] == ["first line", "second line"]
