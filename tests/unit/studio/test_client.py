"""A studio from Python: a server that answers over the network."""

from __future__ import annotations

import pickle
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from studios import Place, page_image
from team import Team

from uncial.errors import InputError
from uncial.studio.client import Client, Refused


@pytest.fixture
def anna(team: Team) -> Place:
    return team.person("Anna")


@pytest.fixture
def client(team: Team, anna: Place) -> Iterator[Client]:
    token = anna.ask("POST", "/api/account/tokens", {"name": "tests"})["token"]
    config = uvicorn.Config(team.app, host="127.0.0.1", port=8765, log_level="error")
    server = uvicorn.Server(config)
    taken = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Client("http://127.0.0.1:8765", token)
    server.should_exit = True
    thread.join(10)
    taken.close()


def test_from_scans_to_text_without_a_browser(client: Client, anna: Place, tmp_path: Path) -> None:
    scan = tmp_path / "page 1.png"
    page_image(1).save(scan)
    project = client.ask("POST", "/api/projects", {"name": "P"})["id"]
    document = client.ask("POST", f"/api/projects/{project}/documents", {"name": "D"})["id"]
    job = client.send(document, [scan])
    anna.work()
    assert client.wait(job)["pages"] == 1
    (page,) = client.pages(document)
    lines = {"a": {"baseline": [[60, 133], [540, 133]]}}
    client.ask("PATCH", f"/api/pages/{page}/layout", {"lines": lines, "order": ["a"]})
    client.ask("PUT", f"/api/pages/{page}/readings", {"lines": [{"line": "a", "text": "hello"}]})
    working = threading.Thread(target=_work_when_asked, args=(anna,))
    working.start()
    with zipfile.ZipFile(client.export(document, "text", tmp_path / "text.zip")) as packed:
        assert packed.read("page 1.txt").decode().strip() == "hello"
    working.join()


def _work_when_asked(place: Place) -> None:
    while not any(job["action"] == "export" for job in place.ask("GET", "/api/jobs")):
        pass
    place.work()


def test_what_is_refused_is_told_with_the_next_step(client: Client) -> None:
    with pytest.raises(Refused, match="no such project") as refused:
        client.ask("GET", "/api/projects/77")
    assert (refused.value.status, refused.value.code) == (404, "not_found")
    again = pickle.loads(pickle.dumps(refused.value))
    assert (again.status, str(again)) == (404, str(refused.value))
    with pytest.raises(InputError, match="no address"):
        Client("htr.example.org", "x")
    with pytest.raises(Refused, match="does not answer"):
        Client("http://127.0.0.1:1", "x").ask("GET", "/api/projects")
