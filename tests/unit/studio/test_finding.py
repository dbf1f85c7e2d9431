"""Searching the text of a project, and comments on its lines."""

from __future__ import annotations

import pytest
from studios import Place, written


def _hits(place: Place, document: int, words: str, **more: object) -> list[str]:
    project = place.ask("GET", f"/api/documents/{document}")["project"]
    query = {"q": words, **more}
    found = place.ask("GET", f"/api/projects/{project}/search", params=query)
    return [f"{one['page']}:{one['line']}" for one in found]


def test_words_beginnings_and_phrases_are_found_however_they_are_accented(place: Place) -> None:
    document = place.document()
    (page,) = written(place, document, 1)
    texts = {"l1": "Das alte Haus", "l2": "ein Häuschen, alt", "l3": "Haus alte"}
    saves = [{"line": line, "text": text, "base": 1} for line, text in texts.items()]
    place.ask("PUT", f"/api/pages/{page}/readings", {"lines": saves})
    sought = {"haus alt": 3, "hausch": 1, "häusch": 1, '"alte haus"': 1, "abc": 2, "(": 0, '"': 0}
    assert {words: len(_hits(place, document, words)) for words in sought} == sought


def test_what_a_line_said_before_is_not_found(place: Place) -> None:
    document = place.document()
    (page,) = written(place, document, 1)
    assert len(_hits(place, document, "ab 3")) == 1
    save = {"lines": [{"line": "l3", "text": "new", "base": 1}]}
    place.ask("PUT", f"/api/pages/{page}/readings", save)
    assert _hits(place, document, "ab 3") == []
    assert _hits(place, document, "new") == [f"{page}:l3"]


def test_pages_in_the_bin_and_other_projects_are_not_searched(place: Place) -> None:
    mine, theirs = place.document("Mine"), place.document("Theirs")
    pages = written(place, mine, 2)
    written(place, theirs, 1)
    body = {"pages": pages[:1], "action": "bin"}
    place.ask("POST", f"/api/documents/{mine}/pages/bulk", body)
    assert len(_hits(place, mine, "abc")) == 5


@pytest.mark.parametrize("words", ["' OR 1=1 --", 'a" AND "b', "NEAR(a b)", "text:abc", "*", "^a"])
def test_signs_of_query_languages_do_no_harm(place: Place, words: str) -> None:
    document = place.document()
    written(place, document, 1)
    assert isinstance(_hits(place, document, words), list)


def test_comments_are_kept_by_line_and_can_be_settled(place: Place) -> None:
    (page,) = place.pages(place.document(), 1)
    path = f"/api/pages/{page}/comments"
    made = place.ask("POST", path, {"text": "ß or ss?", "line": "l1"})
    place.ask("POST", path, {"text": "a torn page"})
    assert [one["line"] for one in place.ask("GET", path)] == ["l1", ""]
    settled = place.ask("PATCH", f"{path}/{made['id']}", {"settled": True})
    assert settled["settled"]
    (other,) = place.pages(place.document("B"), 1)
    answer = place.client.patch(f"/api/pages/{other}/comments/{made['id']}", json={"settled": True})
    assert answer.status_code == 404
