"""The studio on PostgreSQL: tables, what it cannot keep, search, workers without rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from served_studio import services
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from studios import Place
from team import Team, open_team

from uncial.studio.db.database import Database
from uncial.studio.db.people import Account
from uncial.studio.worker import Worker

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

_SECRET_TABLES = "accounts, sign_ins, tokens, invitations, hits, deeds"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with services() as needed:
        folder = tmp_path_factory.mktemp("postgres")
        made = open_team(folder, database=needed.database, queue=needed.queue)
        yield made
        made.app.state.studio.db.close()


@pytest.fixture(scope="module")
def anna(team: Team) -> Place:
    return team.person("Anna", admin=True)


def test_migrations_lead_to_the_tables(team: Team) -> None:
    with team.app.state.studio.db.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        changes = compare_metadata(context, Account.metadata)
    assert [one for one in changes if one[0] != "remove_index"] == []


def test_texts_that_it_cannot_keep_are_refused(anna: Place) -> None:
    answer = anna.client.post("/api/projects", json={"name": "a\x00b"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"


def test_text_is_found_and_only_in_ones_own_projects(team: Team, anna: Place) -> None:
    document = anna.document()
    (page,) = anna.pages(document, 1)
    anna.ask("PUT", f"/api/pages/{page}/readings", {"lines": [{"line": "a", "text": "Der Garten"}]})
    project = anna.ask("GET", f"/api/documents/{document}")["project"]
    path = f"/api/projects/{project}/search?q=gart"
    assert [hit["text"] for hit in anna.ask("GET", path)] == ["Der Garten"]
    for evil in ("' or 1=1 --", "a & !b", ":*", "\\", "(("):
        assert anna.client.get(path, params={"q": evil}).status_code == 200
    assert team.person("Mallory").client.get(path).status_code == 404


def test_a_worker_with_its_own_database_user_works_and_sees_no_accounts(
    team: Team, anna: Place
) -> None:
    with team.app.state.studio.db.engine.begin() as connection:
        rights = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
        for line in (
            "CREATE ROLE uncial_worker LOGIN",
            f"GRANT {rights} TO uncial_worker",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO uncial_worker",
            f"REVOKE ALL ON {_SECRET_TABLES} FROM uncial_worker",
        ):
            connection.execute(text(line))
    url = team.settings.database.replace("postgres@", "uncial_worker@")
    limited = replace(team.settings, database=url)
    document = anna.document()
    assert len(Place(anna.client, limited).pages(document, 2)) == 2
    assert {job["state"] for job in anna.ask("GET", "/api/jobs")} == {"done"}
    project = anna.ask("GET", f"/api/documents/{document}")["project"]
    job = anna.ask("POST", f"/api/projects/{project}/archive")["job"]
    worker = Worker(limited, "quick")
    worker.work_off()
    worker.db.close()
    packed = anna.client.get(anna.ask("GET", f"/api/jobs/{job}")["result"]["file"]).content
    upload = anna.upload("p.zip", packed)
    anna.ask("POST", "/api/archives", {"upload": upload})
    Place(anna.client, limited).work()
    names = [one["name"] for one in anna.ask("GET", "/api/projects")]
    assert len(names) > len(set(names))
    db = Database(url)
    with db.read() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.query(Account).all()
    db.close()


def test_two_workers_that_hear_of_one_job_do_it_once(team: Team, anna: Place) -> None:
    document = anna.document()
    anna.pages(document, 3)
    jobs = [one for one in anna.ask("GET", "/api/jobs") if one["document_id"] == document]
    assert sorted(one["action"] for one in jobs) == ["import", "pictures"]
    first, second = (Worker(team.settings, "quick") for _ in range(2))
    for worker in (first, second):
        worker.work_on(jobs[0]["id"])
        worker.db.close()
    assert len(anna.ask("GET", f"/api/documents/{document}/pages/index")["pages"]) == 3


def test_the_folder_holds_no_database(team: Team) -> None:
    assert not list(Path(team.settings.data).glob("*.db"))
