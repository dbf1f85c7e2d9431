"""From files to pages with pictures."""

import io
from pathlib import Path

import pytest
from PIL import Image
from studios import Place, page_image, page_png

from uncial.studio.files import plain_name


def _preview(place: Place, document: int, **offer: list[str]) -> list[dict[str, object]]:
    return list(place.ask("POST", f"/api/documents/{document}/imports/preview", offer))


def test_uploaded_images_become_pages_with_thumbnails(place: Place) -> None:
    pages = place.pages(place.document(), 3)
    rows = place.ask("GET", "/api/pages", params={"ids": pages})
    assert [row["name"] for row in rows] == ["page 1.png", "page 2.png", "page 3.png"]
    assert {row["pictures"] for row in rows} == {"ready"}
    thumb = place.client.get(f"/pictures/{rows[0]['picture']}/thumb.jpg")
    assert Image.open(io.BytesIO(thumb.content)).size == (240, 320)
    assert "immutable" in thumb.headers["cache-control"]


def test_a_large_image_is_cut_into_tiles_that_cover_it(place: Place) -> None:
    (page,) = place.pages(place.document(), 1, (2500, 1200))
    picture = place.ask("GET", "/api/pages", params={"ids": [page]})[0]["picture"]

    def tile(level: int, x: int, y: int) -> Image.Image:
        answer = place.client.get(f"/pictures/{picture}/tiles/{level}/{x}_{y}.jpg")
        assert answer.status_code == 200
        return Image.open(io.BytesIO(answer.content))

    assert tile(12, 0, 0).size == (513, 513)
    assert tile(12, 4, 2).size == (2500 - 4 * 512 + 1, 1200 - 2 * 512 + 1)
    assert tile(11, 0, 0).size == (513, 513)
    assert place.client.get(f"/pictures/{picture}/tiles/12/5_0.jpg").status_code == 404


def test_a_file_sent_in_chunks_arrives_whole_even_when_one_is_sent_twice(place: Place) -> None:
    data = page_png(1)
    upload = place.ask("POST", "/api/uploads", {"name": "../../a/b.png", "size": len(data)})
    assert upload["name"] == "b.png"
    path = f"/api/uploads/{upload['id']}"
    for offset in (0, 500, 500, 1000):
        chunk = data[offset : offset + 500] if offset < 1000 else data[offset:]
        assert place.client.put(f"{path}?offset={offset}", content=chunk).status_code == 200
    assert place.ask("GET", path)["received"] == len(data)
    assert place.client.put(f"{path}?offset={len(data) + 1}", content=b"x").status_code == 422


def test_a_preview_says_what_each_file_would_become(place: Place, tmp_path: Path) -> None:
    document = place.document()
    place.pages(document, 1)
    known = place.upload("again.png", page_png(1))
    liar = place.upload("liar.png", b"<html><script>alert(1)</script></html>")
    half = place.ask("POST", "/api/uploads", {"name": "half.png", "size": 9})["id"]
    seen = _preview(place, document, uploads=[known, liar, half])
    assert [bool(row["known"]) for row in seen] == [True, False, False]
    assert seen[0]["width"] == 600
    assert "not an image" in str(seen[1]["problem"])
    assert "0 of 9 bytes" in str(seen[2]["problem"])


def test_folders_of_this_machine_are_listed_in_natural_order(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("p10.png", "p9.png", "notes.txt"):
        (folder / name).write_bytes(page_png(1))
    seen = _preview(place, place.document(), paths=[str(folder)])
    assert [row["name"] for row in seen] == ["p9.png", "p10.png"]


def test_known_and_unusable_files_are_left_out_and_named(place: Place) -> None:
    document = place.document()
    place.pages(document, 1)
    items = [
        {"name": "again.png", "upload": place.upload("again.png", page_png(1))},
        {"name": "bad.png", "upload": place.upload("bad.png", b"no image at all")},
        {"name": "new.png", "upload": place.upload("new.png", page_png(7))},
    ]
    job = place.ask("POST", f"/api/documents/{document}/imports", {"items": items})["job"]
    place.work()
    done = place.ask("GET", f"/api/jobs/{job}")
    assert done["state"] == "done"
    assert done["result"] == {"pages": 1, "known": 1, "refused": 1, "lines": 0}
    assert "bad.png" in place.ask("GET", f"/api/jobs/{job}/log")[0]["text"]


def test_an_import_of_nothing_usable_fails_and_says_so(place: Place) -> None:
    document = place.document()
    items = [{"name": "bad.png", "upload": place.upload("bad.png", b"no image")}]
    job = place.ask("POST", f"/api/documents/{document}/imports", {"items": items})["job"]
    place.work()
    failed = place.ask("GET", f"/api/jobs/{job}")
    assert failed["state"] == "failed"
    assert failed["error"]["code"] == "input_error"
    assert failed["error"]["remedy"]


def test_turned_and_transparent_images_are_shown_upright_on_paper(place: Place) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned, clear = io.BytesIO(), io.BytesIO()
    page_image(1).save(turned, "JPEG", exif=exif)
    Image.new("RGBA", (300, 200), (0, 0, 0, 0)).save(clear, "PNG")
    document = place.document()
    items = [
        {"name": "turned.jpg", "upload": place.upload("turned.jpg", turned.getvalue())},
        {"name": "clear.png", "upload": place.upload("clear.png", clear.getvalue())},
    ]
    place.ask("POST", f"/api/documents/{document}/imports", {"items": items})
    place.work()
    ids = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    rows = place.ask("GET", "/api/pages", params={"ids": ids})
    assert (rows[0]["width"], rows[0]["height"]) == (800, 600)
    preview = place.client.get(f"/pictures/{rows[1]['picture']}/preview.jpg")
    assert Image.open(io.BytesIO(preview.content)).convert("L").getpixel((10, 10)) == 255


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\x\\y.png", "y.png"), ("..", "unnamed"), ("a\0b", "a_b")],
)
def test_names_of_files_lose_folders_and_control_characters(given: str, kept: str) -> None:
    assert plain_name(given) == kept
