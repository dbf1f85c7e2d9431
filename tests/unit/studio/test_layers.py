"""Layout versions and texts: nothing a person did is ever overwritten."""

import io
import time
from typing import Any

import pytest
from PIL import Image
from studios import Place

from uncial.studio import segmentation, transcription
from uncial.studio.db.tables import Page, Reading, Segmentation
from uncial.studio.segmentation import PAUSE_SECONDS

LINE: dict[str, Any] = {"baseline": [[60, 133], [540, 133]], "boundary": []}


@pytest.fixture
def page(place: Place) -> int:
    return place.pages(place.document(), 1)[0]


def _change(place: Place, page: int, status: int = 200, **body: Any) -> Any:
    answer = place.client.patch(f"/api/pages/{page}/layout", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def _save(place: Place, page: int, line: str, text: str, base: int = 0, **more: Any) -> Any:
    body = {"lines": [{"line": line, "text": text, "base": base, **more}]}
    return place.ask("PUT", f"/api/pages/{page}/readings", body)


def _machine(place: Place, page: int) -> dict[str, Any]:
    """What a run of a segmenter leaves."""
    with place.studio.db.write() as session:
        body = {"regions": [], "gone": {}, "lines": [
            {"id": f"m{n}", "region": None, "type": "", "direction": "", "rev": 1,
             "baseline": [[60, 133 * n], [540, 133 * n]], "boundary": []}
            for n in (1, 2, 3)
        ]}  # fmt: skip
        version = segmentation.add(
            session, session.get_one(Page, page), body, origin="machine", source="a model"
        )
        return segmentation.about(version)


def _read(place: Place, page: int, job: str, **texts: str) -> int:
    """What a run of a recognizer leaves."""
    with place.studio.db.write() as session:
        found = session.get_one(Page, page)
        layer = transcription.add_layer(
            session, found.document_id, job, origin="machine", source="a model", job=job
        )
        for line, text in texts.items():
            session.add(Reading(layer_id=layer.id, page_id=page, line=line, text=text))
        return layer.id


def test_lines_drawn_on_an_empty_page_make_its_first_version(place: Place, page: int) -> None:
    made = _change(place, page, lines={"a": LINE, "b": LINE}, order=["b", "a"])
    assert (made["number"], made["origin"]) == (1, "human")
    opened = place.ask("GET", f"/api/pages/{page}")
    assert [line["id"] for line in opened["layout"]["lines"]] == ["b", "a"]
    assert opened["page"]["status"] == "segmented"
    assert opened["page"]["lines"] == 2


def test_changing_what_a_machine_found_makes_a_new_version_with_the_same_ids(
    place: Place, page: int
) -> None:
    before = _machine(place, page)
    made = _change(
        place, page, segmentation=before["id"], revision=before["revision"], lines={"m2": None}
    )
    assert (made["number"], made["line_count"]) == (2, 2)
    with place.studio.db.read() as session:
        assert len(session.get_one(Segmentation, before["id"]).body["lines"]) == 3
    versions = place.ask("GET", f"/api/pages/{page}/layouts")
    assert [(v["number"], v["origin"], v["counts"]) for v in versions] == [
        (2, "human", True),
        (1, "machine", False),
    ]


def test_a_second_run_does_not_replace_what_a_person_drew(place: Place, page: int) -> None:
    _change(place, page, lines={"a": LINE})
    _machine(place, page)
    opened = place.ask("GET", f"/api/pages/{page}")
    assert [line["id"] for line in opened["layout"]["lines"]] == ["a"]
    assert len(place.ask("GET", f"/api/pages/{page}/layouts")) == 2


def test_an_old_version_can_be_restored_and_nothing_goes(place: Place, page: int) -> None:
    _change(place, page, lines={"a": LINE})
    _machine(place, page)
    back = place.ask("POST", f"/api/pages/{page}/layouts/2/restore")
    assert [line["id"] for line in back["lines"]] == ["m1", "m2", "m3"]
    assert [v["number"] for v in place.ask("GET", f"/api/pages/{page}/layouts")] == [3, 2, 1]


def test_changes_of_different_lines_merge_those_of_the_same_conflict(
    place: Place, page: int
) -> None:
    base = _change(place, page, lines={"a": LINE, "b": LINE})
    at = {"segmentation": base["id"], "revision": base["revision"]}
    _change(place, page, **at, lines={"a": {**LINE, "type": "heading"}})
    _change(place, page, **at, lines={"b": {**LINE, "type": "note"}})
    refused = _change(place, page, 409, **at, lines={"a": None})["error"]
    assert refused["theirs"]["things"] == ["a"]
    types = {line["id"]: line["type"] for line in refused["theirs"]["layout"]["lines"]}
    assert types == {"a": "heading", "b": "note"}


def test_a_line_that_another_removed_is_a_conflict_too(place: Place, page: int) -> None:
    base = _change(place, page, lines={"a": LINE, "b": LINE})
    at = {"segmentation": base["id"], "revision": base["revision"]}
    _change(place, page, **at, lines={"a": None})
    _change(place, page, 409, **at, lines={"a": LINE})


def test_after_a_pause_a_new_version_begins(
    place: Place, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _change(place, page, lines={"a": LINE})
    now = time.time() + PAUSE_SECONDS + 1
    monkeypatch.setattr("uncial.studio.segmentation.time.time", lambda: now)
    assert _change(place, page, lines={"b": LINE})["number"] == 2


def test_points_stay_on_the_image_and_lines_need_a_place(place: Place, page: int) -> None:
    _change(place, page, lines={"a": {"baseline": [[-50, 10], [9999, 10]]}})
    layout = place.ask("GET", f"/api/pages/{page}")["layout"]
    assert layout["lines"][0]["baseline"] == [[0, 10], [600, 10]]
    _change(place, page, 422, lines={"b": {"baseline": [[1, 1]]}})


def test_a_removed_region_sets_its_lines_free(place: Place, page: int) -> None:
    square = {"boundary": [[0, 0], [100, 0], [100, 100]]}
    base = _change(place, page, regions={"r": square}, lines={"a": {**LINE, "region": "r"}})
    _change(place, page, segmentation=base["id"], revision=base["revision"], regions={"r": None})
    assert place.ask("GET", f"/api/pages/{page}")["layout"]["lines"][0]["region"] is None


def test_a_correction_goes_to_the_people_and_leaves_the_model_as_it_was(
    place: Place, page: int
) -> None:
    _machine(place, page)
    layer = _read(place, page, "run", m1="Tbe cat", m2="sat")
    _save(place, page, "m1", "The cat")
    opened = place.ask("GET", f"/api/pages/{page}")
    assert opened["texts"]["m1"]["text"] == "The cat"
    assert opened["proposals"]["m1"]["text"] == "Tbe cat"
    assert opened["layer"] == layer
    assert opened["page"]["status"] == "corrected"
    assert [(one["origin"], one["lines"]) for one in opened["layers"]] == [
        ("human", 1),
        ("machine", 2),
    ]


def test_every_text_of_a_line_is_kept(place: Place, page: int) -> None:
    _read(place, page, "run", a="on")
    _save(place, page, "a", "one")
    _save(place, page, "a", "two", base=1)
    _save(place, page, "a", "two", base=2, checked=True)
    texts = [
        (entry["text"], entry["now"])
        for entry in place.ask("GET", f"/api/pages/{page}/lines/a/history")
    ]
    assert sorted(texts) == [("on", True), ("one", False), ("two", True)]


def test_of_two_people_on_a_line_the_second_is_told_and_no_text_is_lost(
    place: Place, page: int
) -> None:
    _save(place, page, "a", "mine")
    answer = _save(place, page, "a", "theirs")
    assert answer["saved"] == {}
    assert answer["conflicts"]["a"]["text"] == "mine"
    assert _save(place, page, "a", "mine")["conflicts"] == {}
    forced = _save(place, page, "a", "both", base=0, force=True)
    assert forced["saved"]["a"]["text"] == "both"
    history = place.ask("GET", f"/api/pages/{page}/lines/a/history")
    assert {entry["text"] for entry in history} == {"both", "mine"}


def test_layers_are_compared_by_line(place: Place, page: int) -> None:
    first = _read(place, page, "one", a="abc", b="same")
    second = _read(place, page, "two", a="axc", b="same", c="new")
    seen = place.ask("GET", f"/api/pages/{page}/compare?first={first}&second={second}")
    assert ["replace", "b", "x"] in seen["lines"]["a"]
    assert all(kind == "equal" for kind, *_ in seen["lines"]["b"])
    assert seen["edits"] == 1
    assert seen["alone"] == 1


def test_a_line_is_shown_cut_and_straightened(place: Place, page: int) -> None:
    _machine(place, page)
    answer = place.client.get(f"/api/pages/{page}/lines/m2/image")
    image = Image.open(io.BytesIO(answer.content))
    assert image.width > 480
    assert 10 < image.height <= 160
    assert place.client.get(f"/api/pages/{page}/lines/nobody/image").status_code == 404


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\u202eabc", "a\nb", "ſ\u0364", "'; DROP TABLE pages"]
)
def test_any_text_is_kept_as_text(place: Place, page: int, text: str) -> None:
    _save(place, page, "a", text)
    kept = place.ask("GET", f"/api/pages/{page}")["texts"]["a"]["text"]
    assert kept == text.replace("\n", " ")
