"""Who is let in, and what a browser is told to forbid."""

import pytest
from fastapi.testclient import TestClient
from studios import TOKEN, Place

from uncial.studio.guard import CSRF_HEADER
from uncial.studio.keys import COOKIE, csrf_token


def _stranger(place: Place, **headers: str) -> TestClient:
    return TestClient(place.client.app, base_url="http://127.0.0.1:8765", headers=headers)


def test_without_token_nothing_is_told(place: Place) -> None:
    stranger = _stranger(place)
    for path in ("/", "/api/projects", "/api/openapi.json", "/pictures/1/thumb.jpg"):
        assert stranger.get(path).status_code == 401


def test_the_token_leaves_the_address_for_a_cookie(place: Place) -> None:
    answer = _stranger(place).get(f"/api/jobs?active=true&token={TOKEN}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/api/jobs?active=true"
    assert TOKEN not in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]


def test_a_wrong_token_opens_nothing(place: Place) -> None:
    assert _stranger(place).get("/api/projects?token=wrong").status_code == 401
    assert _stranger(place, authorization="Bearer wrong").get("/api/projects").status_code == 401


def test_a_redirect_stays_here(place: Place) -> None:
    answer = _stranger(place).get(f"//evil.example/?token={TOKEN}", follow_redirects=False)
    assert not answer.headers.get("location", "/").startswith("//")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8765", "0.0.0.0:8765", ""]
)
def test_foreign_host_names_are_not_answered(place: Place, host: str) -> None:
    assert place.client.get("/api/projects", headers={"host": host}).status_code == 421


def test_a_change_needs_the_token_of_our_pages(place: Place) -> None:
    key = place.client.cookies[COOKIE]
    stranger = _stranger(place)
    stranger.cookies.set(COOKIE, key)
    body = {"name": "forged"}
    assert stranger.post("/api/projects", json=body).status_code == 403
    headers = {CSRF_HEADER: csrf_token(place.settings)}
    assert stranger.post("/api/projects", json=body, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_foreign_page_changes_nothing(place: Place, headers: dict[str, str]) -> None:
    answer = place.client.post("/api/projects", json={"name": "forged"}, headers=headers)
    assert answer.status_code == 403


def test_programs_come_with_a_bearer_token(place: Place) -> None:
    program = _stranger(place, authorization=f"Bearer {TOKEN}")
    assert program.post("/api/projects", json={"name": "mine"}).status_code == 201


def test_every_answer_forbids_foreign_code(place: Place) -> None:
    for path in ("/", "/api/projects", "/static/nothing", "/api/nothing"):
        answer = place.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_request_that_is_too_large_is_refused(place: Place) -> None:
    answer = place.client.post("/api/projects", content=b"", headers={"content-length": "9" * 12})
    assert answer.status_code == 413
