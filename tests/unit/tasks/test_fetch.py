"""Pages of IIIF manifests, from a server on this machine."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from uncial.errors import ConfigError, FormatError, InputError
from uncial.tasks.fetch import FetchConfig, fetch


def jpeg(width: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, 20), 200).save(file, "JPEG")
    return file.getvalue()


class Library(ThreadingHTTPServer):
    """Serves manifests of both versions and counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken: set[str] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def two(self) -> dict:
        canvases = [
            {
                "@id": f"{self.address}/c{count}",
                "label": f"{count}r",
                "width": 100,
                "height": 20,
                "images": [
                    {"resource": {"@id": f"{self.address}/whole{count}.jpg", "service": {
                        "@id": f"{self.address}/image{count}",
                        "profile": "http://iiif.io/api/image/2/level2.json"}}}
                ],
            }
            for count in (1, 2, 3)
        ]  # fmt: skip
        return {"@id": "m", "label": "A book", "sequences": [{"canvases": canvases}]}

    def three(self) -> dict:
        items = [
            {
                "id": f"{self.address}/c{count}",
                "label": {"none": [f"p. {count}"]},
                "items": [{"items": [{"motivation": "painting", "body": {
                    "id": f"{self.address}/whole{count}.jpg", "type": "Image",
                    **({"service": [{"id": f"{self.address}/image{count}",
                                     "type": "ImageService3"}]} if count < 3 else {})}}]}],
            }
            for count in (1, 2, 3)
        ]  # fmt: skip
        return {"id": "m", "label": {"de": ["Ein Buch"]}, "items": items}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        library = self.server
        assert isinstance(library, Library)
        library.asked.append(self.path)
        if self.path in library.broken:
            self.send_error(503)
            return
        documents = {"/two": library.two, "/three": library.three}
        if self.path in documents:
            body = json.dumps(documents[self.path]()).encode()
        else:
            body = jpeg(int(self.path.split("!")[1].split(",")[0]) if "!" in self.path else 100)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def test_pages_of_version_2_are_downloaded_at_the_size_asked_for(
    library: Library, tmp_path: Path
) -> None:
    url = f"{library.address}/two"
    result = fetch(FetchConfig(manifest=url, output=tmp_path, size=50, pages="2-3"))
    assert (result.label, result.downloaded, result.failed) == ("A book", 2, ())
    assert "/image2/full/!50,50/0/default.jpg" in library.asked
    with Image.open(tmp_path / "00002_2r.jpg") as image:
        assert image.width == 50


def test_pages_of_version_3_come_with_or_without_an_image_service(
    library: Library, tmp_path: Path
) -> None:
    result = fetch(FetchConfig(manifest=f"{library.address}/three", output=tmp_path))
    assert (result.label, result.pages) == ("Ein Buch", 3)
    assert {"/image1/full/max/0/default.jpg", "/whole3.jpg"} <= set(library.asked)


def test_a_download_goes_on_where_it_stopped(library: Library, tmp_path: Path) -> None:
    library.broken.add("/image2/full/full/0/default.jpg")
    config = FetchConfig(manifest=f"{library.address}/two", output=tmp_path)
    first = fetch(config)
    assert (first.downloaded, len(first.failed)) == (2, 1)
    library.broken.clear()
    library.asked.clear()
    again = fetch(config)
    assert (again.downloaded, again.present, again.failed) == (1, 2, ())
    assert library.asked == ["/two", "/image2/full/full/0/default.jpg"]


def test_what_is_no_manifest_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"sequences": [{"canvases": [{"images": [3]}]}]}')
    for manifest, kind in (
        (f"{library.address}/whole.jpg", FormatError),
        (str(tmp_path / "m.json"), FormatError),
        ("file:///etc/passwd", InputError),
        ("http://127.0.0.1:9/absent", InputError),
    ):
        with pytest.raises(kind):
            fetch(FetchConfig(manifest=manifest, output=tmp_path / "out"))
    with pytest.raises(ConfigError):
        fetch(FetchConfig(manifest=f"{library.address}/two", output=tmp_path, pages="9"))
