"""Datasets: pages across documents, versions that stay, what is wrong with their lines."""

from __future__ import annotations

from typing import Any

import pytest
from studios import Place, written


def _project(place: Place, document: int) -> int:
    return int(place.ask("GET", f"/api/documents/{document}")["project"])


def _frozen(place: Place, dataset: int) -> Any:
    job = place.ask("POST", f"/api/datasets/{dataset}/freeze")["job"]
    place.work()
    done = place.ask("GET", f"/api/jobs/{job}")
    assert done["state"] == "done", done["error"]
    latest = place.ask("GET", f"/api/datasets/{dataset}")["versions"][0]
    return place.ask("GET", f"/api/datasets/versions/{latest['id']}")


def test_a_version_stays_when_its_dataset_and_its_pages_change(place: Place) -> None:
    document = place.document()
    pages = written(place, document, 4)
    project = _project(place, document)
    new = {"name": "Letters", "documents": [document]}
    made = place.ask("POST", f"/api/projects/{project}/datasets", new)
    assert made["now"]["lines"] == 20
    version = _frozen(place, made["id"])
    assert (version["number"], version["lines"]) == (1, 20)
    path = f"/api/datasets/{made['id']}"
    place.ask("PATCH", path, {"remove_pages": pages[1:], "leave_out": [f"{pages[0]}:l1"]})
    save = {"lines": [{"line": "l2", "text": "other", "base": 1}]}
    place.ask("PUT", f"/api/pages/{pages[0]}/readings", save)
    again = place.ask("GET", f"/api/datasets/versions/{version['id']}")
    assert again == version
    second = _frozen(place, made["id"])
    assert (second["number"], second["lines"]) == (2, 4)
    query = f"/api/projects/{project}/lines?version={version['id']}"
    assert place.ask("GET", query)["lines"] == 20


def test_the_split_is_drawn_by_page(place: Place) -> None:
    document = place.document()
    written(place, document, 5)
    new = {"name": "Letters", "documents": [document]}
    made = place.ask("POST", f"/api/projects/{_project(place, document)}/datasets", new)
    place.ask("PATCH", f"/api/datasets/{made['id']}", {"validation": 0.2, "test": 0.2})
    version = _frozen(place, made["id"])
    assert version["splits"] == {"train": 15, "validation": 5, "test": 5}


def test_findings_name_the_line_and_can_be_left_out(place: Place) -> None:
    document = place.document()
    pages = written(place, document, 3)
    long = {"lines": [{"line": "l3", "text": "much too long " * 60, "base": 1, "checked": True}]}
    place.ask("PUT", f"/api/pages/{pages[1]}/readings", long)
    new = {"name": "Letters", "pages": pages}
    made = place.ask("POST", f"/api/projects/{_project(place, document)}/datasets", new)
    version = _frozen(place, made["id"])
    wrong = next(one for one in version["findings"] if one["severity"] == "error")
    assert wrong["at"] == f"{pages[1]}:l3"
    assert wrong["remedy"]
    place.ask("PATCH", f"/api/datasets/{made['id']}", {"leave_out": [wrong["at"]]})
    assert not [one for one in _frozen(place, made["id"])["findings"] if one["severity"] == "error"]


def test_every_character_is_counted_with_a_line_that_has_it(place: Place) -> None:
    document = place.document()
    pages = written(place, document, 2)
    made = place.ask(
        "POST",
        f"/api/projects/{_project(place, document)}/datasets",
        {"name": "Letters", "pages": pages},
    )
    found = {one["text"]: one for one in _frozen(place, made["id"])["characters"]}
    assert found["a"]["count"] == 20
    assert found["a"]["code"] == "U+0061"
    assert found["5"]["name"] == "digit five"
    assert found["5"]["at"].endswith(":l5")


@pytest.mark.parametrize("path", ["datasets", "trainings", "rankings"])
def test_pages_of_another_project_are_refused(place: Place, path: str) -> None:
    mine, theirs = place.document("Mine"), place.document("Theirs")
    (page,) = place.pages(theirs, 1)
    bodies = {
        "datasets": {"name": "x", "pages": [page]},
        "trainings": {"name": "x", "lines": {"pages": [page]}},
        "rankings": {"lines": {"documents": [theirs]}},
    }
    answer = place.client.post(f"/api/projects/{_project(place, mine)}/{path}", json=bodies[path])
    assert answer.status_code == 422, answer.text
