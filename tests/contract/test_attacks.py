"""Attacks on the studio; each must fail for the attacker, and none may be an error of ours.

Mallory has an account on the server, but no part in Anna's project; a stranger has nothing.
"""

from __future__ import annotations

import io
import json
import pickle
import socket
import stat
import struct
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from studios import TOKEN, Place, open_place, page_png
from team import PASSWORD, Team, open_team

from uncial import web
from uncial.errors import InputError
from uncial.studio import accounts, settings
from uncial.studio.db.people import Member
from uncial.studio.db.tables import Model
from uncial.studio.guard import CSRF_HEADER, MAX_BODY
from uncial.studio.keys import COOKIE, LocalKey

_SCRIPT = "<script>document.title='caught'</script>"
_PAGE_XML = (
    '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page '
    'imageFilename="page 1.png" imageWidth="600" imageHeight="800"><TextRegion id="r">'
    '<Coords points="1,1 9,1 9,9"/><TextLine id="a"><Coords points="1,1 9,1 9,9"/>'
    "<TextEquiv><Unicode>{text}</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>"
)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    made = open_team(tmp_path_factory.mktemp("server"))
    yield made
    made.app.state.studio.db.close()


@pytest.fixture(scope="module")
def anna(team: Team) -> Place:
    return team.person("Anna", admin=True)


@pytest.fixture(scope="module")
def mallory(team: Team) -> Place:
    return team.person("Mallory")


@pytest.fixture(scope="module")
def own(mallory: Place) -> int:
    """A document of Mallory's own."""
    return mallory.document("mine")


@pytest.fixture(scope="module")
def treasure(team: Team, anna: Place) -> dict[str, int | str]:
    """Ids of what is Anna's, by the names that routes give them."""
    document = anna.document()
    (page,) = anna.pages(document, 1, (640, 820))  # an image that Mallory has not
    anna.ask("PUT", f"/api/pages/{page}/readings", {"lines": [{"line": "a", "text": "secret"}]})
    project = anna.ask("GET", f"/api/documents/{document}")["project"]
    webhook = anna.ask("POST", f"/api/projects/{project}/webhooks", {"url": "https://example.org/"})
    anna.ask("POST", f"/api/projects/{project}/invitations", {"role": "owner"})
    upload = anna.upload("a.png", page_png(1))
    dataset = anna.ask(
        "POST", f"/api/projects/{project}/datasets", {"name": "D", "documents": [document]}
    )
    comment = anna.ask("POST", f"/api/pages/{page}/comments", {"text": "secret"})
    with anna.studio.db.write() as session:
        model = Model(name="M", kind="recognition", origin="uploaded", digest="0" * 64)
        model.owner_id, model.suffix = team.account(anna), ".safetensors"
        model.size, model.facts = 1, {}
        session.add(model)
        session.flush()
    return {
        "project": project,
        "document": document,
        "page": page,
        "picture": anna.ask("GET", f"/api/pages/{page}")["page"]["picture"],
        "job": anna.ask("GET", "/api/jobs")[0]["id"],
        "upload": upload,
        "webhook": webhook["id"],
        "dataset": dataset["id"],
        "comment": comment["id"],
        "model": model.id,
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A studio of local mode."""
    made = open_place(tmp_path_factory.mktemp("local"))
    with made.client:
        yield made


def _refused(answer: Any, *statuses: int) -> None:
    assert answer.status_code in (statuses or (400, 401, 403, 404, 405, 413, 421, 422)), answer.text


def _imported(place: Place, document: int, *files: tuple[str, bytes]) -> dict[str, Any]:
    """What became of files that were sent and imported, whatever a preview said."""
    items = [
        {"name": name, "upload": place.upload(name, data), "kind": _kind(name)}
        for name, data in files
    ]
    job = place.ask("POST", f"/api/documents/{document}/imports", {"items": items})["job"]
    place.work()
    done: dict[str, Any] = place.ask("GET", f"/api/jobs/{job}")
    code = (done["error"] or {}).get("code")
    assert code not in ("bug", "worker_died"), done["error"]
    return done


def _kind(name: str) -> str:
    return "pages" if name.endswith(".xml") else "image"


def _png(width: int, height: int, body: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


# Files and paths


@pytest.mark.parametrize("name", ["../../../evil.png", "..\\..\\evil.png", "/etc/evil.png"])
def test_names_of_uploads_lead_nowhere(mallory: Place, own: int, name: str) -> None:
    upload = mallory.upload(name, page_png(1))
    assert mallory.ask("GET", f"/api/uploads/{upload}")["name"] == "evil.png"
    data = mallory.settings.data
    assert not list(data.parent.glob("evil*"))
    assert not list(data.rglob("evil*"))


@pytest.mark.parametrize("upload", ["../../token", "..%2f..%2fstudio.db", "%2e%2e", "a" * 32])
def test_upload_ids_lead_nowhere(mallory: Place, upload: str) -> None:
    _refused(mallory.client.get(f"/api/uploads/{upload}"))
    _refused(mallory.client.put(f"/api/uploads/{upload}?offset=0", content=b"x"))


@pytest.mark.parametrize(
    "path",
    [
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static/..%2fsettings.py",
        "/static//etc/passwd",
        "/pictures/1/tiles/..%2f..%2f/1/0_0.jpg",
        "/jobs/..%2f..%2f/files/run/report.html",
        "/api/jobs/..%2f..%2fstudio.db/export.zip",
    ],
)
def test_addresses_of_files_lead_nowhere(mallory: Place, path: str) -> None:
    _refused(mallory.client.get(path))


def test_a_server_takes_no_paths_of_its_own_disk(mallory: Place, own: int) -> None:
    imports = f"/api/documents/{own}/imports"
    _refused(mallory.client.post(f"{imports}/preview", json={"paths": ["/etc"]}))
    items = [{"name": "a", "path": "/etc/passwd"}]
    _refused(mallory.client.post(imports, json={"items": items}))
    _refused(mallory.client.post("/api/models", json={"path": "/etc/passwd"}))


def test_names_of_page_files_lead_nowhere(place: Place) -> None:
    document = place.document()
    place.pages(document, 1)
    _imported(place, document, ("../../../../evil.xml", _PAGE_XML.format(text="a").encode()))
    assert not list(place.settings.data.parent.glob("evil*"))


@pytest.mark.parametrize("kind", ["bundle", "pages"])
def test_lists_of_files_open_no_files_of_the_server(
    mallory: Place, own: int, tmp_path: Path, kind: str
) -> None:
    secret = tmp_path / ("page 1.xml" if kind == "pages" else "secret.png")
    secret.write_bytes(_PAGE_XML.format(text="secret").encode() if kind == "pages" else page_png(9))
    for name in (str(secret), f"../../../../../..{secret}"):
        upload = mallory.upload("list.txt", f"{name}\n".encode())
        items = [{"name": "list.txt", "upload": upload, "kind": kind}]
        job = mallory.ask("POST", f"/api/documents/{own}/imports", {"items": items})["job"]
        mallory.work()
        assert mallory.ask("GET", f"/api/jobs/{job}")["state"] == "failed"


def test_manifests_are_not_files_of_the_server(mallory: Place, own: int, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"items": []}')
    for url in (str(tmp_path / "manifest.json"), "file:///etc/passwd", "/etc/passwd"):
        items = [{"name": "m", "url": url, "kind": "iiif"}]
        path = f"/api/documents/{own}/imports"
        _refused(mallory.client.post(path, json={"items": items}), 422)
        _refused(mallory.client.post(f"{path}/preview", json={"manifest": url}), 422)


def _packed(*members: tuple[str, bytes], link: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members:
            packed.writestr(name, data)
        if link:
            info = zipfile.ZipInfo("link.png")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            packed.writestr(info, link)
    return file.getvalue()


def _bundle(place: Place, document: int, name: str, data: bytes) -> dict[str, Any]:
    items = [{"name": name, "upload": place.upload(name, data), "kind": "bundle"}]
    job = place.ask("POST", f"/api/documents/{document}/imports", {"items": items})["job"]
    place.work()
    done: dict[str, Any] = place.ask("GET", f"/api/jobs/{job}")
    assert (done["error"] or {}).get("code") != "bug", done["error"]
    return done


def test_members_of_archives_and_links_in_them_lead_nowhere(mallory: Place, own: int) -> None:
    names = ("../../../../evil.png", "/tmp/uncial-evil.png", "a/../../../evil.png")
    data = _packed(*((name, page_png(1)) for name in names), link="/etc/hostname")
    _bundle(mallory, own, "evil.zip", data)
    assert not Path("/tmp/uncial-evil.png").exists()
    assert not list(mallory.settings.data.parent.glob("evil*"))
    document = mallory.document("mets")
    mets = (
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink"><fileSec>'
        '<fileGrp USE="IMG"><file ID="a"><FLocat x:href="file:///etc/hostname"/></file>'
        '<file ID="b"><FLocat x:href="../../studio.db"/></file></fileGrp></fileSec></mets>'
    )
    _bundle(mallory, document, "mets.xml", mets.encode())
    _bundle(mallory, document, "mets.zip", _packed(("mets.xml", mets.encode())))
    assert mallory.ask("GET", f"/api/documents/{document}/pages/index")["pages"] == []


def test_archives_that_explode_are_not_unpacked(mallory: Place, own: int) -> None:
    bomb = _packed(("bomb.png", b"\0" * 300_000_000))
    assert len(bomb) < 1_000_000
    nested = _packed(("inner.zip", bomb), *((f"{n}.png", b"") for n in range(2000)))
    for data in (bomb, nested):
        assert _bundle(mallory, own, "bomb.zip", data)["state"] == "failed"
    forged = _packed(("tables/projects.jsonl", b"{}\n" * 10), ("project.json", b"\0" * 10**8))
    job = mallory.ask("POST", "/api/archives", {"upload": mallory.upload("a.zip", forged)})["job"]
    mallory.work()
    done = mallory.ask("GET", f"/api/jobs/{job}")
    assert (done["state"], done["error"]["code"]) == ("failed", "format_error")


# Contents of files


@pytest.mark.parametrize("size", [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (0, 0)])
def test_huge_images_are_refused_by_their_heads(
    mallory: Place, own: int, size: tuple[int, int]
) -> None:
    done = _imported(mallory, own, ("bomb.png", _png(*size, zlib.compress(b"\0" * 1_000_000))))
    assert done["state"] == "failed"


def test_images_that_lie_about_their_content_make_no_thumbnails(mallory: Place, own: int) -> None:
    _imported(mallory, own, ("liar.png", _png(3000, 3000, b"this is not compressed")))
    for job in mallory.ask("GET", "/api/jobs"):
        assert job["state"] in ("done", "failed")
        assert (job["error"] or {}).get("code") != "bug"


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!doctype html>" + _SCRIPT.encode(),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        b"GIF89a" + _SCRIPT.encode(),
    ],
)
def test_files_with_scripts_are_no_images(mallory: Place, own: int, data: bytes) -> None:
    assert _imported(mallory, own, ("image.png", data))["state"] == "failed"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE PcGts [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE PcGts [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>',
        '<!DOCTYPE PcGts [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghx"))  # noqa: B905
        + "]>",
    ],
)
def test_entities_of_xml_reach_no_file_and_do_not_explode(place: Place, head: str) -> None:
    document = place.document()
    (page,) = place.pages(document, 1)
    started = time.process_time()
    _imported(place, document, ("page 1.xml", (head + _PAGE_XML.format(text="&x;")).encode()))
    assert time.process_time() - started < 30
    texts = place.ask("GET", f"/api/pages/{page}")["texts"]
    assert all(len(one["text"]) < 1000 and "root:" not in one["text"] for one in texts.values())


@pytest.mark.parametrize("name", ["evil.pt", "evil.ckpt", "evil.safetensors", "evil.mlmodel"])
def test_pickled_models_are_not_run(mallory: Place, tmp_path: Path, name: str) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "caught",)

    for data in (pickle.dumps(Evil()), b"PK\x03\x04" + pickle.dumps(Evil())):
        upload = mallory.upload(name, data)
        _refused(mallory.client.post("/api/models", json={"upload": upload}), 422)
    assert not (tmp_path / "caught").exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.safetensors", struct.pack("<Q", 2**60) + b"{}"),
        ("a.safetensors", struct.pack("<Q", 2) + b"{}"),
        ("a.traineddata", struct.pack("<I", 2**31 - 1) + b"\xff" * 400),
        ("a.mlmodel", b"\x08\x04\xff\xff\xff\xff\x7f"),
        ("a.onnx", b"\x08\x07\xff\xff\xff\xff\x7f"),
    ],
)
def test_models_that_lie_about_their_size_are_refused(
    mallory: Place, name: str, data: bytes
) -> None:
    upload = mallory.upload(name, data)
    _refused(mallory.client.post("/api/models", json={"upload": upload}), 422)


# Sizes


def test_uploads_are_bounded_by_what_they_announce(mallory: Place) -> None:
    too_much = {"name": "a.png", "size": 10**15}
    _refused(mallory.client.post("/api/uploads", json=too_much), 422, 429)
    upload = mallory.ask("POST", "/api/uploads", {"name": "a.png", "size": 10})["id"]
    path = f"/api/uploads/{upload}"
    _refused(mallory.client.put(f"{path}?offset=0", content=b"x" * 11), 422)
    _refused(mallory.client.put(f"{path}?offset=5", content=b"x"), 422)
    _refused(mallory.client.put(f"{path}?offset=-1", content=b"x"), 422)
    body = {"upload": upload}
    _refused(mallory.client.post("/api/models", json=body), 422)


def test_bodies_that_lie_about_their_length_are_cut(mallory: Place) -> None:
    def dripping() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 2**20 + 2):
            yield b" " * 2**20

    headers = {"content-type": "application/json"}
    _refused(mallory.client.post("/api/projects", content=dripping(), headers=headers), 413)
    for length in ("9" * 20, "-1", "1e3", "٣"):
        given = {"content-length": length.encode()}
        _refused(mallory.client.post("/api/projects", content=b"", headers=given), 400, 413)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"name":' * 5000,
        b'{"name": "\\ud800"}',
        b'{"name": 1e999}',
        b'{"name": "a", "name": {"$ne": 1}}',
        b"\xff\xfe",
        b'{"name": "' + b"a" * 300_000 + b'"}',
    ],
)
def test_bodies_that_break_parsers_break_nothing(mallory: Place, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    _refused(mallory.client.post("/api/projects", content=body, headers=headers), 400, 422)


@pytest.mark.parametrize("ident", ["9" * 30, "-1", "2147483648", "1.5", "0x1", "NaN", "1;drop"])
def test_numbers_without_measure_are_no_ids(mallory: Place, ident: str) -> None:
    for path in ("projects/{}", "documents/{}/pages/index", "pages/{}", "models/{}"):
        _refused(mallory.client.get("/api/" + path.format(ident)), 404, 422)
    _refused(mallory.client.get(f"/api/jobs?project={ident}"), 422)


# Requests of the server to others


@pytest.fixture
def inside() -> Iterator[tuple[str, list[str]]]:
    """A server in the private network, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            target = self.path.partition("?to=")[2]
            self.send_response(302 if target else 200)
            if target:
                self.send_header("location", target)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield str(server.server_port), asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "user@127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_private_addresses_are_not_asked(inside: tuple[str, list[str]], host: str) -> None:
    port, asked = inside
    with web.confined(), pytest.raises(InputError):
        web.fetch(f"http://{host}:{port}/manifest", 1000)
    with web.confined(), pytest.raises(InputError):
        web.post(f"http://{host}:{port}/hook", b"{}", {}, 5)
    assert not asked


def test_a_redirect_into_the_private_network_is_not_followed(
    inside: tuple[str, list[str]],
) -> None:
    port, asked = inside
    there = f"http://127.0.0.1:{port}/?to=http://localhost:{port}/secret"
    with web.confined(["127.0.0.1"]), pytest.raises(InputError, match="private"):
        web.fetch(there, 1000)
    with web.confined(["127.0.0.1"]), pytest.raises(InputError):
        web.post(there, b"{}", {}, 5)
    assert not [path for path in asked if path == "/secret"]


@pytest.mark.parametrize("scheme", ["file:///etc/passwd", "ftp://127.0.0.1/", "data:,x"])
def test_only_the_web_is_asked(inside: tuple[str, list[str]], scheme: str) -> None:
    port, _ = inside
    with web.confined(["127.0.0.1"]), pytest.raises(InputError):
        web.fetch(scheme, 1000)
    with web.confined(["127.0.0.1"]), pytest.raises(InputError):
        web.fetch(f"http://127.0.0.1:{port}/?to={scheme}", 1000)


def test_a_name_that_resolves_differently_the_second_time_leads_nowhere(
    inside: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = inside
    answers = iter([["93.184.216.34", "127.0.0.1"], ["192.0.2.1"], ["127.0.0.1"]])

    def rebinding(host: str, port: int, *args: Any, **more: Any) -> Any:
        stream = socket.SOCK_STREAM
        return [(socket.AF_INET, stream, 6, "", (one, port)) for one in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    for _ in range(3):
        with web.confined(), pytest.raises(InputError, match="private"):
            web.fetch(f"http://rebind.example:{port}/", 1000)
    assert not asked


def test_answers_without_end_are_cut(inside: tuple[str, list[str]]) -> None:
    class Endless(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"a" * 65536)
            except OSError:
                pass

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Endless)
    threading.Thread(target=server.handle_request, daemon=True).start()
    with web.confined(["127.0.0.1"]), pytest.raises(InputError, match="more than"):
        web.fetch(f"http://127.0.0.1:{server.server_port}/", 100_000)
    server.server_close()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "http://", "x y"])
def test_webhooks_are_addresses_on_the_web(mallory: Place, own: int, url: str) -> None:
    project = mallory.ask("GET", f"/api/documents/{own}")["project"]
    answer = mallory.client.post(f"/api/projects/{project}/webhooks", json={"url": url})
    _refused(answer, 422)


# Foreign pages and names


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {CSRF_HEADER: "0" * 64},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_foreign_pages_change_nothing(team: Team, mallory: Place, headers: dict[str, str]) -> None:
    tab = team.stranger(**headers)
    tab.cookies.set(COOKIE, mallory.client.cookies[COOKIE])
    if "origin" in headers or "sec-fetch-site" in headers:
        tab.headers[CSRF_HEADER] = mallory.client.headers[CSRF_HEADER]
    before = len(mallory.ask("GET", "/api/projects"))
    _refused(tab.post("/api/projects", json={"name": "forged"}), 403)
    plain = {"content-type": "text/plain"}
    _refused(tab.post("/api/projects", content=b'{"name": "forged"}', headers=plain), 403)
    assert len(mallory.ask("GET", "/api/projects")) == before


def test_foreign_pages_sign_nobody_in(team: Team, mallory: Place) -> None:
    tab = team.stranger(origin="https://evil.example")
    given = {"name": "Mallory", "password": PASSWORD}
    _refused(tab.post("/api/sign-in", json=given), 403)
    form = {"content-type": "application/x-www-form-urlencoded"}
    tab = team.stranger()
    _refused(tab.post("/api/sign-in", content="name=Mallory", headers=form), 422)
    _refused(tab.post("/api/sign-in", content=json.dumps(given), headers={"content-type": ""}), 422)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8765", "127.0.0.1:8765.evil.example", ""]
)
def test_foreign_host_names_are_not_answered(team: Team, place: Place, host: str) -> None:
    for client in (team.stranger(), place.client):
        _refused(client.get("/sign-in", headers={"host": host}), 421)
    given = {"host": "127.0.0.1:8765", "x-forwarded-host": "evil.example"}
    answer = team.stranger().get("/documents/1", headers=given, follow_redirects=False)
    assert "evil" not in str(answer.headers)


def test_pages_can_be_framed_by_nobody_else_and_run_only_our_scripts(mallory: Place) -> None:
    for path in ("/", "/sign-in", "/api/projects", "/nothing"):
        policy = mallory.client.get(path).headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_elsewhere(team: Team, place: Place, then: str) -> None:
    assert "evil" not in team.stranger().get("/sign-in", params={"then": then}).text
    answer = place.client.get(f"{then}?token={TOKEN}", follow_redirects=False)
    assert "evil.example" not in answer.headers.get("location", "")[:3]
    assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http://evil"))


# Markup


def test_markup_in_names_and_texts_stays_text(mallory: Place) -> None:
    project = mallory.ask("POST", "/api/projects", {"name": _SCRIPT, "note": _SCRIPT})["id"]
    path = f"/api/projects/{project}/documents"
    document = mallory.ask("POST", path, {"name": _SCRIPT})["id"]
    upload = mallory.upload(f"{_SCRIPT.replace('/', '')}.png", page_png(5))
    items = [{"name": "<img src=x onerror=alert(1)>.png", "upload": upload}]
    mallory.ask("POST", f"/api/documents/{document}/imports", {"items": items})
    mallory.work()
    (page,) = mallory.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    for path in ("/", f"/projects/{project}", f"/documents/{document}", f"/pages/{page}", "/bin"):
        text = mallory.client.get(path).text
        assert _SCRIPT not in text
        assert "<img src=x" not in text
    answer = mallory.client.get(f"/api/projects/{project}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_users_sent_is_never_shown_as_a_page(mallory: Place, own: int) -> None:
    polyglot = page_png(6) + b"<html>" + _SCRIPT.encode()
    assert _imported(mallory, own, ("poly.html.png", polyglot))["state"] == "done"
    pages = mallory.ask("GET", f"/api/documents/{own}/pages/index")["pages"]
    picture = mallory.ask("GET", f"/api/pages/{pages[-1]}")["page"]["picture"]
    answer = mallory.client.get(f"/pictures/{picture}/original")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_names_put_no_headers_into_answers(mallory: Place, own: int) -> None:
    evil = 'a"\r\nSet-Cookie: uncial=planted\r\n\r\n<script>'
    mallory.ask("PATCH", f"/api/documents/{own}", {"name": evil})
    (page, *_) = mallory.pages(own, 1)
    body = {"pages": [page], "format": "text"}
    job = mallory.ask("POST", f"/api/documents/{own}/export", body)["job"]
    mallory.work()
    answer = mallory.client.get(f"/api/jobs/{job}/export.zip")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "\n" not in answer.headers["content-disposition"]


# What is others'


def _example(schema: dict[str, Any], spec: dict[str, Any], ids: dict[str, Any], name: str) -> Any:
    """The smallest value that a schema allows, with ids of somebody else's things."""
    if "$ref" in schema:
        return _example(spec["components"]["schemas"][schema["$ref"].split("/")[-1]], spec, ids, "")
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], spec, ids, name)
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema and (name.rstrip("s") not in ids or "pattern" in schema):
        return schema["default"]
    kind = schema.get("type")
    if kind == "object":
        wanted = {
            *schema.get("required", ()),
            *(one for one in schema.get("properties", {}) if one.rstrip("s") in ids),
        }
        return {one: _example(schema["properties"][one], spec, ids, one) for one in sorted(wanted)}
    if kind == "array":
        return [_example(schema.get("items", {}), spec, ids, name.rstrip("s"))]
    if name in ids:
        return ids[name]
    word = "https://example.org/" if name == "url" else "a"
    return {"integer": 1, "number": 1.0, "boolean": True}.get(str(kind), word)


def _operations(team: Team) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in team.app.openapi()["paths"].items():
        for method, operation in methods.items():
            if "{" in path and "/invitations/{token}" not in path:
                yield method.upper(), path, operation


def test_ids_of_others_open_no_route(
    team: Team, mallory: Place, treasure: dict[str, Any], anna: Place
) -> None:
    spec = team.app.openapi()
    ids = {**treasure, "account": team.account(anna)}
    asked = 0
    for method, path, operation in _operations(team):
        filled, body = path, None
        for given in operation.get("parameters", ()):
            if given["in"] == "path":
                known = ids.get(given["name"], _example(given["schema"], spec, {}, "") or 1)
                known = "a" if given["name"] == "line" else known
                filled = filled.replace("{" + given["name"] + "}", str(known))
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content:
            body = _example(content["schema"], spec, ids, "")
        query = {
            given["name"]: _example(given["schema"], spec, ids, given["name"])
            for given in operation.get("parameters", ())
            if given["in"] == "query" and given.get("required")
        }
        answer = mallory.client.request(method, filled, json=body, params=query)
        accepted = {401, 403, 404} | ({422} if "{upload}" in path else set())
        if method == "DELETE" and path in ("/api/uploads/{upload}", "/api/account/tokens/{token}"):
            accepted = {204}  # nothing of Mallory's has that name; looked at below
        assert answer.status_code in accepted, (
            method,
            filled,
            body,
            answer.status_code,
            answer.text,
        )
        asked += 1
    assert asked > 40
    assert anna.ask("GET", f"/api/uploads/{treasure['upload']}")["received"] > 0
    page = anna.ask("GET", f"/api/pages/{treasure['page']}")
    assert page["texts"]["a"]["text"] == "secret"


def test_ids_of_others_in_bodies_bring_nothing(
    mallory: Place, own: int, treasure: dict[str, Any]
) -> None:
    page, document = treasure["page"], treasure["document"]
    project = mallory.ask("GET", f"/api/documents/{own}")["project"]
    pages = {"pages": [page]}
    upload = {"name": "a.png", "upload": treasure["upload"]}
    attempts = [
        (f"/api/documents/{own}/pages/bulk", {**pages, "action": "bin"}),
        (f"/api/documents/{own}/export", {**pages, "format": "text"}),
        (f"/api/documents/{own}/segment", pages),
        (f"/api/documents/{own}/imports", {"items": [upload]}),
        (f"/api/projects/{project}/trainings", {"name": "n", "lines": {"documents": [document]}}),
        ("/api/models", {"upload": treasure["upload"]}),
    ]
    for path, body in attempts:
        _refused(mallory.client.post(path, json=body), 403, 404, 422)
    assert mallory.ask("GET", f"/api/pages?ids={page}") == []
    assert "secret" not in mallory.client.get(f"/api/jobs?project={treasure['project']}").text


def test_nobody_raises_their_own_role(team: Team, anna: Place, treasure: dict[str, Any]) -> None:
    reader = team.person("Rita")
    project, me = treasure["project"], team.account(reader)
    team.let_in(anna, int(project), reader, "reader")
    people = f"/api/projects/{project}/people/{me}"
    _refused(reader.client.put(people, json={"role": "owner"}), 403)
    path = f"/api/projects/{project}/invitations"
    _refused(reader.client.post(path, json={"role": "owner"}), 403)
    _refused(reader.client.get(path), 403)
    _refused(reader.client.patch(f"/api/accounts/{me}", json={"admin": True}), 403)
    reader.client.patch(f"/api/projects/{project}", json={"name": "x", "role": "owner"})
    with team.app.state.studio.db.read() as session:
        member = session.get(Member, (project, me))
        assert member is not None
        assert member.role == "reader"


def test_an_invitation_makes_one_account_and_no_admin(team: Team, anna: Place) -> None:
    token = anna.ask("POST", "/api/invitations", {})["link"].rpartition("/")[2]
    given = {"name": "Eve", "password": PASSWORD, "admin": True, "role": "owner"}
    eve = team.stranger()
    assert eve.post(f"/api/invitations/{token}", json=given).status_code == 200
    assert not eve.get("/api/account").json()["admin"]
    again = team.stranger().post(f"/api/invitations/{token}", json={**given, "name": "Eve 2"})
    _refused(again, 404)
    look_alike = anna.ask("POST", "/api/invitations", {})["link"].rpartition("/")[2]
    for name in ("Anna", " Anna ", "Ａｎｎａ", "An\u200bna", "Anna\u202e"):
        body = {**given, "name": name}
        _refused(team.stranger().post(f"/api/invitations/{look_alike}", json=body), 422)


# Coming in


def test_a_planted_cookie_is_not_kept(team: Team, mallory: Place) -> None:
    victim = team.stranger()
    victim.cookies.set(COOKIE, "planted" * 6)
    given = {"name": "Mallory", "password": PASSWORD}
    answer = victim.post("/api/sign-in", json=given)
    new = answer.headers["set-cookie"].partition(f"{COOKIE}=")[2].partition(";")[0]
    assert "planted" not in new
    thief = team.stranger()
    thief.cookies.set(COOKIE, "planted" * 6)
    _refused(thief.get("/api/projects"), 401)
    for word in ("HttpOnly", "SameSite=lax"):
        assert word in answer.headers["set-cookie"]


def test_a_cookie_does_not_outlive_its_sign_in(team: Team) -> None:
    person = team.person("Otto")
    cookie = person.client.cookies[COOKIE]
    person.ask("POST", "/api/sign-out")
    thief = team.stranger()
    thief.cookies.set(COOKIE, cookie)
    _refused(thief.get("/api/projects"), 401)


def test_passwords_are_not_guessed(team: Team) -> None:
    team.person("Paula")
    guesser = TestClient(team.app, base_url="http://127.0.0.1:8765", client=("203.0.113.9", 1))
    statuses = [
        guesser.post("/api/sign-in", json={"name": "Paula", "password": f"guess {n}"}).status_code
        for n in range(12)
    ]
    assert statuses[:10] == [422] * 10
    assert statuses[10:] == [429] * 2
    right = guesser.post("/api/sign-in", json={"name": "Paula", "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0
    assert team.signed_in("Paula").ask("GET", "/api/account")["name"] == "Paula"


@pytest.mark.parametrize("token", ["", "uncial_", "uncial_guess", "' or 1=1 --", "null", TOKEN])
def test_tokens_are_not_guessed(team: Team, token: str) -> None:
    client = team.stranger(authorization=f"Bearer {token}")
    _refused(client.get("/api/projects"), 401)
    _refused(team.stranger().get(f"/api/projects?token={token}"), 401)


def test_the_key_of_local_mode_opens_no_server(tmp_path: Path, team: Team) -> None:
    given = settings.Settings(data=tmp_path, token="")
    stranger = team.stranger()
    stranger.cookies.set(COOKIE, LocalKey(given).cookie)
    _refused(stranger.get("/api/projects"), 401)


def test_workers_are_not_told_the_keys_of_the_web(place: Place) -> None:
    said = settings.told(place.settings)
    assert TOKEN.encode() not in said
    assert settings.heard(place.settings.data, said).token == ""


def test_jobs_cannot_be_flooded(team: Team) -> None:
    person = team.person("Flora")
    document = person.document()
    (page,) = person.pages(document, 1)
    path, body = f"/api/documents/{document}/export", {"pages": [page], "format": "text"}
    statuses = {person.client.post(path, json=body).status_code for _ in range(65)}
    assert statuses == {202, 429}


# The database


@pytest.mark.parametrize("evil", ["' or 1=1 --", '"; drop table pages; --', "%", "\\", "%' --"])
def test_words_are_never_read_as_sql(mallory: Place, own: int, treasure: Any, evil: str) -> None:
    index = f"/api/documents/{own}/pages/index"
    for query in ({"q": evil}, {"tag": evil}, {"status": evil}):
        assert mallory.ask("GET", index, params=query)["pages"] == []
    _refused(mallory.client.get(index, params={"sort": evil}), 422)
    assert mallory.ask("GET", "/api/models", params={"kind": evil}) == []
    _refused(mallory.client.post("/api/sign-in", json={"name": evil, "password": evil}), 422)


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "\x1b[2J", "\u202e", "\ufffe"])
def test_characters_that_are_not_seen_break_nothing(mallory: Place, text: str) -> None:
    answer = mallory.client.post("/api/projects", json={"name": text, "note": text})
    assert answer.status_code in (201, 422)
    assert mallory.client.get("/").status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PUT", "PATCH"])
def test_other_methods_do_nothing(mallory: Place, method: str) -> None:
    _refused(mallory.client.request(method, "/api/projects"), 405)
    _refused(mallory.client.request(method, "/"), 405)


def test_an_invitation_cannot_be_taken_in_ones_name(team: Team, anna: Place) -> None:
    """A foreign page that posts with a person's cookie lets nobody into anything."""
    project = anna.ask("POST", "/api/projects", {"name": "trap"})["id"]
    link = anna.ask("POST", f"/api/projects/{project}/invitations", {"role": "reader"})["link"]
    person = team.person("Vera")
    tab = team.stranger(origin="https://evil.example")
    tab.cookies.set(COOKIE, person.client.cookies[COOKIE])
    _refused(tab.post(f"/api{link.partition('8765')[2]}", json={}), 403)
    assert accounts.digest("x") != "x"


def test_a_file_dropped_on_the_way_is_not_run_again(mallory: Place) -> None:
    """Chunks that are sent again do not grow a file beyond what it was announced to be."""
    upload = mallory.ask("POST", "/api/uploads", {"name": "a", "size": 4})["id"]
    for _ in range(3):
        mallory.client.put(f"/api/uploads/{upload}?offset=0", content=b"abcd")
    assert mallory.ask("GET", f"/api/uploads/{upload}")["received"] == 4
    path = mallory.settings.data / "uploads" / upload / "content"
    assert io.BytesIO(path.read_bytes()).getvalue() == b"abcd"
