"""A studio that people share: who sees what, who may change what, and what is written down."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from studios import Place, page_png
from team import PASSWORD, Team

from uncial.studio import accounts, hooks
from uncial.studio.access import NEEDS, ROLES
from uncial.studio.db.people import Account, Deed, Invitation, SignIn
from uncial.studio.db.tables import Job


@pytest.fixture
def anna(team: Team) -> Place:
    return team.person("Anna", admin=True)


@pytest.fixture
def ben(team: Team) -> Place:
    return team.person("Ben")


def _status(place: Place, method: str, path: str, body: Any = None) -> int:
    return place.client.request(method, path, json=body).status_code


def _project(place: Place, document: int) -> int:
    return int(place.ask("GET", f"/api/documents/{document}")["project"])


def test_the_first_account_is_made_by_an_invitation_that_is_told_at_the_start(team: Team) -> None:
    db = team.app.state.studio.db
    token = accounts.first_invitation(db)
    first = team.stranger()
    assert first.get(f"/invitations/{token}").status_code == 200
    given = {"name": "Anna", "password": PASSWORD}
    assert first.post(f"/api/invitations/{token}", json=given).status_code == 200
    assert first.get("/api/account").json()["admin"]
    assert accounts.first_invitation(db) is None
    assert team.stranger().post(f"/api/invitations/{token}", json=given).status_code == 404


def test_without_a_sign_in_only_the_entrance_is_open(team: Team) -> None:
    stranger = team.stranger()
    for path in ("/api/projects", "/api/openapi.json", "/pictures/1/thumb.jpg", "/api/account"):
        assert stranger.get(path, follow_redirects=False).status_code in (303, 401), path
    answer = stranger.get("/documents/3", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?then=/documents/3"
    assert stranger.get("/sign-in").status_code == 200


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_after_a_sign_in_one_stays_here(team: Team, then: str) -> None:
    text = team.stranger().get("/sign-in", params={"then": then}).text
    assert "evil" not in text


def test_a_wrong_password_and_an_unknown_name_are_told_alike(team: Team, anna: Place) -> None:
    stranger = team.stranger()
    wrong = {"name": "Anna", "password": "not this one at all"}
    unknown = {"name": "Nobody", "password": "not this one at all"}
    answers = [stranger.post("/api/sign-in", json=body) for body in (wrong, unknown)]
    assert {one.status_code for one in answers} == {422}
    assert answers[0].json() == answers[1].json()


def test_passwords_and_tokens_are_not_kept(team: Team, anna: Place) -> None:
    token = anna.ask("POST", "/api/account/tokens", {"name": "script"})["token"]
    cookie = anna.client.cookies["uncial"]
    kept = (team.settings.data / "studio.db").read_bytes()
    kept += (team.settings.data / "studio.db-wal").read_bytes()
    for secret in (PASSWORD, token, cookie):
        assert secret.encode() not in kept
    with team.app.state.studio.db.read() as session:
        assert session.query(Account).one().password.startswith("$argon2id$")


@pytest.mark.parametrize("password", ["short", "x" * 300, "Carla Carla"])
def test_weak_passwords_are_refused(team: Team, password: str) -> None:
    db = team.app.state.studio.db
    with pytest.raises(Exception, match="password"), db.write() as session:
        accounts.make(session, "Carla Carla", password)


def test_a_sign_in_ends_when_asked_and_by_itself(team: Team, anna: Place) -> None:
    other = team.signed_in("Anna")
    other.ask("POST", "/api/sign-out")
    assert _status(anna, "GET", "/api/projects") == 401
    late = team.signed_in("Anna")
    with team.app.state.studio.db.write() as session:
        session.query(SignIn).update({"seen": time.time() - 15 * 86400})
    assert _status(late, "GET", "/api/projects") == 401


def test_a_new_password_ends_the_other_sign_ins(team: Team, anna: Place) -> None:
    other = team.signed_in("Anna")
    change = {"old": PASSWORD, "new": "another few words"}
    assert _status(anna, "PUT", "/api/account/password", {**change, "old": "x"}) == 422
    anna.ask("PUT", "/api/account/password", change)
    assert _status(other, "GET", "/api/projects") == 401
    assert _status(anna, "GET", "/api/projects") == 200


def test_projects_of_others_are_not_there(team: Team, anna: Place, ben: Place) -> None:
    document = anna.document()
    (page,) = anna.pages(document, 1)
    picture = anna.ask("GET", f"/api/pages/{page}")["page"]["picture"]
    project = _project(anna, document)
    job = anna.ask("GET", "/api/jobs")[0]["id"]
    assert ben.ask("GET", "/api/projects") == []
    assert ben.ask("GET", "/api/jobs") == []
    assert ben.ask("GET", f"/api/pages?ids={page}") == []
    assert "A letter" not in ben.client.get("/").text
    paths = [f"/api/projects/{project}", f"/api/documents/{document}", f"/api/pages/{page}"]
    paths += [f"/api/documents/{document}/pages/index", f"/api/jobs/{job}", f"/pages/{page}"]
    paths += [f"/pictures/{picture}/thumb.jpg", f"/pictures/{picture}/original"]
    paths += [f"/api/jobs/{job}/log", f"/api/projects/{project}/people", f"/jobs/{job}"]
    for path in paths:
        assert _status(anna, "GET", path) == 200, path
        assert _status(ben, "GET", path) == 404, path


_WORK = [  # what each role is the first to be allowed
    ("reader", "GET", "/api/pages/{page}", None),
    ("reader", "POST", "/api/documents/{document}/export", {"pages": ["{page}"], "format": "text"}),
    ("reviewer", "PUT", "/api/pages/{page}/readings", {"lines": [{"line": "a", "text": "b"}]}),
    ("reviewer", "PATCH", "/api/pages/{page}", {"status": "checked"}),
    (
        "editor",
        "PATCH",
        "/api/pages/{page}/layout",
        {"lines": {"a": {"baseline": [[1, 2], [3, 2]]}}},
    ),
    ("editor", "PATCH", "/api/documents/{document}", {"name": "other"}),
    ("editor", "POST", "/api/documents/{document}/segment", {"pages": ["{page}"]}),
    ("owner", "POST", "/api/projects/{project}/invitations", {"role": "owner"}),
    ("owner", "GET", "/api/projects/{project}/webhooks", None),
    ("owner", "POST", "/api/projects/{project}/restore", None),
]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_is_written(team: Team, anna: Place, ben: Place, role: str) -> None:
    document = anna.document()
    (page,) = anna.pages(document, 1)
    project = _project(anna, document)
    team.let_in(anna, project, ben, role)
    names = {"page": page, "document": document, "project": project}
    for need, method, path, body in _WORK:
        filled = path.format(**names)
        given = json.loads(json.dumps(body).replace('"{page}"', str(page)))
        status = _status(ben, method, filled, given)
        if ROLES.index(role) >= ROLES.index(need):  # type: ignore[arg-type]
            assert status < 300, (method, filled)
        else:
            assert status == 403, (method, filled)


def test_every_special_need_names_a_route(team: Team) -> None:
    spec = team.app.openapi()["paths"]
    for method, path in NEEDS:
        assert method.lower() in spec.get(path, {}), (method, path)


def test_a_project_keeps_an_owner_and_who_leaves_is_out(
    team: Team, anna: Place, ben: Place
) -> None:
    project = anna.ask("POST", "/api/projects", {"name": "P"})["id"]
    team.let_in(anna, project, ben, "editor")
    me, other = team.account(anna), team.account(ben)
    people = f"/api/projects/{project}/people"
    assert _status(anna, "DELETE", f"{people}/{me}") == 422
    assert _status(anna, "PUT", f"{people}/{me}", {"role": "reader"}) == 422
    assert _status(ben, "PUT", f"{people}/{other}", {"role": "owner"}) == 403
    assert _status(ben, "DELETE", f"{people}/{me}") == 403
    assert _status(ben, "DELETE", f"{people}/{other}") == 204
    assert _status(ben, "GET", f"/api/projects/{project}") == 404


def test_an_invitation_lets_one_person_in_for_a_week_and_lowers_no_role(
    team: Team, anna: Place, ben: Place
) -> None:
    project = anna.ask("POST", "/api/projects", {"name": "P"})["id"]
    path = f"/api/projects/{project}/invitations"
    link = anna.ask("POST", path, {"role": "reader", "note": "for Ben"})["link"]
    token = link.rpartition("/")[2]
    anna.ask("POST", f"/api/invitations/{token}", {})
    assert anna.ask("GET", f"/api/projects/{project}/people")[0]["role"] == "owner"
    assert _status(ben, "POST", f"/api/invitations/{token}", {}) == 404
    late = anna.ask("POST", path, {"role": "reader"})["link"].rpartition("/")[2]
    assert len(anna.ask("GET", path)) == 1
    with team.app.state.studio.db.write() as session:
        session.query(Invitation).update({"expires": time.time() - 1})
    assert _status(ben, "POST", f"/api/invitations/{late}", {}) == 404


def test_models_are_seen_where_they_are_shared(
    team: Team, anna: Place, ben: Place, small_model: Path
) -> None:
    upload = anna.upload("small.safetensors", small_model.read_bytes())
    model = anna.ask("POST", "/api/models", {"upload": upload})["id"]
    project = anna.ask("POST", "/api/projects", {"name": "P"})["id"]
    team.let_in(anna, project, ben, "reader")
    assert ben.ask("GET", "/api/models") == []
    assert _status(ben, "GET", f"/api/models/{model}/file") == 404
    anna.ask("PUT", f"/api/models/{model}/projects/{project}")
    assert [one["id"] for one in ben.ask("GET", "/api/models")] == [model]
    assert ben.client.get(f"/api/models/{model}/file").content == small_model.read_bytes()
    assert _status(ben, "PATCH", f"/api/models/{model}", {"name": "mine"}) == 403
    assert _status(ben, "DELETE", f"/api/models/{model}") == 403
    again = ben.upload("small.safetensors", small_model.read_bytes())
    assert ben.ask("POST", "/api/models", {"upload": again})["id"] != model
    anna.ask("DELETE", f"/api/models/{model}/projects/{project}")
    assert _status(ben, "GET", f"/api/models/{model}") == 404


def test_uploads_of_others_are_not_there(team: Team, anna: Place, ben: Place) -> None:
    upload = anna.upload("a.png", page_png(1))
    document = ben.document()
    items = [{"name": "a.png", "upload": upload}]
    assert _status(ben, "GET", f"/api/uploads/{upload}") == 422
    assert _status(ben, "POST", f"/api/documents/{document}/imports", {"items": items}) == 422
    ben.client.delete(f"/api/uploads/{upload}")
    assert anna.ask("GET", f"/api/uploads/{upload}")["received"] > 0


def test_programs_have_tokens_that_end_and_change_no_account(team: Team, anna: Place) -> None:
    made = anna.ask("POST", "/api/account/tokens", {"name": "script"})
    program = team.stranger(authorization=f"Bearer {made['token']}")
    assert program.post("/api/projects", json={"name": "by program"}).status_code == 201
    assert [one["name"] for one in anna.ask("GET", "/api/projects")] == ["by program"]
    assert program.post("/api/account/tokens", json={"name": "more"}).status_code == 403
    assert program.get("/api/accounts").status_code == 403
    assert "token" not in anna.ask("GET", "/api/account/tokens")[0]
    anna.ask("DELETE", f"/api/account/tokens/{made['id']}")
    assert program.get("/api/projects").status_code == 401


def test_quotas_hold_for_disk_and_minutes(team: Team, anna: Place, ben: Place) -> None:
    document = ben.document()
    (page,) = ben.pages(document, 1)
    account = team.account(ben)
    assert ben.ask("GET", "/api/account")["disk"] > 0
    anna.ask("PATCH", f"/api/accounts/{account}", {"disk_quota": 1, "minutes_quota": 5})
    body = {"name": "large.png", "size": 2_000_000}
    assert _status(ben, "POST", "/api/uploads", body) == 429
    with team.app.state.studio.db.write() as session:
        session.query(Job).update({"seconds": 301.0})
    assert _status(ben, "POST", f"/api/documents/{document}/segment", {"pages": [page]}) == 429
    anna.ask("PATCH", f"/api/accounts/{account}", {"minutes_quota": None})
    assert _status(ben, "POST", f"/api/documents/{document}/segment", {"pages": [page]}) == 202


def test_only_admins_see_accounts_and_close_them(team: Team, anna: Place, ben: Place) -> None:
    for path in ("/api/accounts", "/api/audit", "/accounts", "/audit"):
        assert _status(ben, "GET", path) == 403
    me, other = team.account(anna), team.account(ben)
    assert _status(anna, "PATCH", f"/api/accounts/{me}", {"disabled": True}) == 422
    anna.ask("PATCH", f"/api/accounts/{other}", {"disabled": True})
    assert _status(ben, "GET", "/api/projects") == 401
    given = {"name": "Ben", "password": PASSWORD}
    assert team.stranger().post("/api/sign-in", json=given).status_code == 422


def test_what_is_changed_is_written_down_with_who(team: Team, anna: Place, ben: Place) -> None:
    project = anna.ask("POST", "/api/projects", {"name": "P"})["id"]
    team.let_in(anna, project, ben, "reader")
    ben.client.delete(f"/api/projects/{project}")
    team.stranger().post("/api/sign-in", json={"name": "Ben", "password": "guessed it"})
    told = [(one["who"], one["what"], one["where"]) for one in anna.ask("GET", "/api/audit")]
    assert told[0] == ("Ben", "sign in (refused)", "")
    assert told[1] == ("Ben", "bin project (refused)", f"/api/projects/{project}")
    assert ("Anna", "make project", "/api/projects") in told
    with team.app.state.studio.db.read() as session:
        assert not [one for one in session.query(Deed) if PASSWORD in one.where + one.what]


@pytest.fixture
def listener() -> Any:
    heard: list[tuple[bytes, str]] = []
    answers = [500, 204]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append((body, self.headers[hooks.SIGNATURE]))
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield heard, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_webhook_is_told_of_ended_jobs_until_it_takes_the_message(
    team: Team, anna: Place, listener: Any
) -> None:
    heard, url = listener
    document = anna.document()
    path = f"/api/projects/{_project(anna, document)}/webhooks"
    hook = anna.ask("POST", path, {"url": url})
    anna.pages(document, 1)
    db = team.app.state.studio.db
    assert hooks.deliver(db) == 1  # one of two: the first is refused
    assert anna.ask("GET", path)[0]["last"]["state"] == "sent"
    assert hooks.deliver(db) == 0
    told = [json.loads(body) for body, _ in heard]
    assert {one["action"] for one in told} == {"import", "pictures"}
    assert {one["state"] for one in told} == {"done"}
    assert all(sign == hooks.signature(hook["secret"], body) for body, sign in heard)
    anna.ask("DELETE", f"{path}/{hook['id']}")
    assert anna.ask("GET", path) == []
