"""Files that hold several pages: PDF, ZIP, METS, TIFF."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from studios import PAGE_FILE, Place, page_image, page_png

_METS = """<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">
<fileSec><fileGrp USE="IMG">
<file ID="a"><FLocat xlink:href="page 2.png"/></file>
<file ID="b"><FLocat xlink:href="page 1.png"/></file></fileGrp></fileSec>
<structMap TYPE="PHYSICAL"><div TYPE="physSequence">
<div TYPE="page"><fptr FILEID="a"/></div><div TYPE="page"><fptr FILEID="b"/></div>
</div></structMap></mets>"""


def _pdf(pages: int) -> bytes:
    file = io.BytesIO()
    first, *rest = (page_image(n, (300, 400)) for n in range(pages))
    first.save(file, "PDF", save_all=True, append_images=rest)
    return file.getvalue()


def _zip(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return file.getvalue()


def _brought(place: Place, document: int, offer: dict[str, Any], **more: Any) -> Any:
    path = f"/api/documents/{document}/imports"
    (seen,) = place.ask("POST", f"{path}/preview", offer)
    item = {key: seen[key] for key in ("name", "upload", "path", "kind")} | more
    job = place.ask("POST", path, {"items": [item]})["job"]
    place.work()
    return seen, place.ask("GET", f"/api/jobs/{job}")


def _names(place: Place, document: int) -> list[str]:
    ids = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    return [row["name"] for row in place.ask("GET", "/api/pages", params={"ids": ids})]


def test_the_chosen_pages_of_a_pdf_become_pages(place: Place) -> None:
    document = place.document()
    offer = {"uploads": [place.upload("book.pdf", _pdf(5))]}
    seen, done = _brought(place, document, offer, pages="2-3,5")
    assert (seen["kind"], seen["count"], len(seen["inside"])) == ("bundle", 5, 5)
    assert done["result"] == {"pages": 3, "known": 0, "refused": 0, "lines": 0}
    assert _names(place, document) == ["book 0002", "book 0003", "book 0005"]


def test_a_zip_of_image_and_page_file_becomes_a_page_with_its_text(place: Place) -> None:
    document = place.document()
    packed = _zip(**{"x/page 1.png": page_png(1), "x/page 1.xml": PAGE_FILE.encode()})
    seen, done = _brought(place, document, {"uploads": [place.upload("letters.zip", packed)]})
    assert (seen["lines"], seen["texts"]) == (2, 2)
    assert done["result"] == {"pages": 1, "known": 0, "refused": 0, "lines": 2}
    (page,) = place.ask("GET", f"/api/documents/{document}/pages/index")["pages"]
    opened = place.ask("GET", f"/api/pages/{page}")
    assert {one["text"] for one in opened["texts"].values()} == {"first line", "second line"}


def test_a_zip_of_page_files_is_laid_upon_the_pages_that_are_there(place: Place) -> None:
    document = place.document()
    place.pages(document, 1)
    packed = _zip(**{"page 1.xml": PAGE_FILE.encode()})
    seen, done = _brought(place, document, {"uploads": [place.upload("text.zip", packed)]})
    assert [(one["image"], one["match"]) for one in seen["inside"]] == [(False, True)]
    assert done["result"] == {"pages": 0, "known": 0, "refused": 0, "lines": 2}


def test_a_mets_file_tells_the_order_alone_and_in_a_zip(place: Place, tmp_path: Path) -> None:
    files = {f"page {n}.png": page_png(n) for n in (1, 2)} | {"mets.xml": _METS.encode()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    offers = (
        {"paths": [str(tmp_path / "mets.xml")]},
        {"paths": [str(tmp_path)]},
        {"uploads": [place.upload("volume.zip", _zip(**files))]},
    )
    for offer in offers:
        document = place.document()
        _brought(place, document, offer)
        assert _names(place, document) == ["page 2.png", "page 1.png"]


def test_a_mets_file_without_its_files_says_what_to_give(place: Place) -> None:
    uploads = [place.upload("mets.xml", _METS.encode())]
    path = f"/api/documents/{place.document()}/imports/preview"
    (seen,) = place.ask("POST", path, {"uploads": uploads})
    assert "ZIP" in seen["problem"]


def test_every_page_of_a_tiff_becomes_a_page(place: Place) -> None:
    document, file = place.document(), io.BytesIO()
    page_image(1).save(file, "TIFF", save_all=True, append_images=[page_image(2)])
    _, done = _brought(place, document, {"uploads": [place.upload("two.tif", file.getvalue())]})
    assert done["result"]["pages"] == 2


@pytest.mark.parametrize("data", [b"%PDF-1.7 nothing", b"PK\x03\x04 nothing"])
def test_a_damaged_bundle_is_left_out_and_named(place: Place, data: bytes) -> None:
    name = "bad.pdf" if data[:1] == b"%" else "bad.zip"
    path = f"/api/documents/{place.document()}/imports/preview"
    (seen,) = place.ask("POST", path, {"uploads": [place.upload(name, data)]})
    assert seen["problem"]


def test_a_bundle_that_is_imported_twice_makes_no_page_twice(place: Place) -> None:
    document = place.document()
    data = _zip(**{"page 1.png": page_png(1)})
    for known in (0, 1):
        _, done = _brought(place, document, {"uploads": [place.upload("one.zip", data)]})
        assert done["result"]["known"] == known
