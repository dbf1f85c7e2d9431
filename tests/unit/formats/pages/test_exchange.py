"""Formats that hold a part of a page: what they hold comes back, what they lack is said."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pypdfium2
import pytest
from pages import box, full_page
from PIL import Image

from uncial.errors import ConfigError, FormatError
from uncial.formats.pages.base import HEAD, format_of, read_pages, write_pages
from uncial.formats.pages.source import open_pages, page_ranges
from uncial.page.layout import Line, Page, Reading, Region, Word

TEXTS = (
    "Hello, wörld ſo é",
    "שלום עולם 123 abc",
    "שָׁלוֹם (עוֹלָם)",
    "مرحبا بالعالم هنا",
    "क्षत्रिय नमस्ते",
    "漢字 かな 𬻂",
)


def texts_of(page: Page) -> list[str | None]:
    return [line.text for line in page.lines()]


def page_saying(*texts: str, words: bool = False) -> Page:
    lines = []
    for count, text in enumerate(texts):
        foot = 50.0 + 60 * count
        parts = text.split(" ")
        leftward = any("\u0590" <= char <= "\u08ff" for char in text)
        width = 300 / len(parts)
        placed = tuple(
            Word(
                text=part, boundary=box(50 + width * at, foot - 30, 42 + width * (at + 1), foot + 8)
            )
            for part, at in zip(parts, range(len(parts))[:: -1 if leftward else 1], strict=True)
        )
        lines.append(
            Line(
                id=f"l{count}",
                baseline=((50.0, foot), (350.0, foot)),
                boundary=box(50, foot - 30, 350, foot + 8),
                readings=(Reading(text=text, words=placed if words else ()),),
            )
        )
    return Page(image="", width=400, height=600, regions=(Region(id="r", lines=tuple(lines)),))


@pytest.mark.parametrize("kind", ["hocr", "tei"])
def test_text_lines_regions_and_types_come_back(kind: str) -> None:
    page = full_page()
    written = write_pages([page, page], kind)
    assert format_of(written.data[:HEAD]) == kind
    assert {loss.part for loss in written.losses} >= {"text layers"}
    first, second = read_pages(written.data, "x.xml").pages
    assert texts_of(first) == texts_of(second) == texts_of(page)
    assert [region.id for region in first.walk()] == [region.id for region in page.walk()]
    assert [region.kind for region in first.walk()] == [region.kind for region in page.walk()]
    for found, line in zip(first.lines(), page.lines(), strict=True):
        assert (found.id, found.type, found.language) == (line.id, line.type, line.language)
        if line.boundary:
            assert found.boundary == line.boundary
        if len(line.baseline) == 2:
            for point, other in zip(found.baseline, line.baseline, strict=True):
                assert point == pytest.approx(other, abs=0.5)


def test_words_and_confidences_come_back_from_hocr() -> None:
    (page,) = read_pages(write_pages([full_page()], "hocr").data, "x").pages
    first, second, *_ = page.lines()
    assert [(word.text, word.confidence) for word in first.readings[0].words] == [
        ("fo", 0.75), ("x,", None)
    ]  # fmt: skip
    assert second.readings[0].confidence == 0.5


def test_hocr_of_tesseract_is_read() -> None:
    data = b"""<?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/x.dtd">
    <html xmlns="http://www.w3.org/1999/xhtml"><head><meta name='ocr-system' content='t'/></head>
    <body><div class='ocr_page' id='page_1' title='image "a b.png"; bbox 0 0 640 480; ppageno 0'>
    <div class='ocr_carea' id='block_1_1' title="bbox 36 92 618 361">
    <p class='ocr_par' lang='eng' title="bbox 36 92 618 184">
    <span class='ocr_line' id='line_1_1' title="bbox 36 92 580 122; baseline 0.01 -6; x_size 31">
    <span class='ocrx_word' id='w1' title='bbox 36 92 96 116; x_wconf 96'>This</span>
    <span class='ocrx_word' id='w2' title='bbox 109 92 129 116; x_wconf 9'><em>is&nbsp;</em></span>
    </span></p></div></div></body></html>"""
    (page,) = read_pages(data, "x.hocr").pages
    (line,) = page.lines()
    assert (page.image, page.width, line.text) == ("a b.png", 640, "This is")
    assert line.baseline == ((36.0, 116.0), (580.0, 121.44))


def test_abbyy_characters_become_words_with_places() -> None:
    data = b"""<document xmlns="http://www.abbyy.com/FineReader_xml/FineReader10-schema-v1.xml">
    <page width="640" height="480"><block blockType="Text" l="10" t="10" r="300" b="60"><text><par>
    <line baseline="50" l="10" t="12" r="200" b="58"><formatting lang="GermanStandard">
    <charParams l="10" t="20" r="20" b="50" charConfidence="80">s</charParams>
    <charParams l="21" t="30" r="30" b="50">o</charParams><charParams> </charParams>
    <charParams l="40" t="20" r="60" b="50">!</charParams></formatting></line></par></text></block>
    <block blockType="Picture" l="10" t="100" r="300" b="200"/></page></document>"""
    (page,) = read_pages(data, "x.xml").pages
    (line,) = page.lines()
    assert [word.text for word in line.readings[0].words] == ["so", "!"]
    assert line.readings[0].words[0].boundary == box(10, 20, 30, 50)
    assert line.readings[0].words[0].glyphs[0].confidence == 0.8
    assert line.baseline == ((10.0, 50.0), (200.0, 50.0))
    assert [region.kind for region in page.regions] == ["text", "image"]


@pytest.mark.parametrize("words", [False, True], ids=["lines", "words"])
def test_text_of_a_searchable_pdf_comes_back_in_every_direction(words: bool) -> None:
    written = write_pages([page_saying(*TEXTS, words=words)], "pdf")
    document = pypdfium2.PdfDocument(written.data)
    text = document[0].get_textpage().get_text_range()
    document.close()
    found = [unicodedata.normalize("NFC", line.strip()) for line in text.split("\r\n")]
    assert found == [unicodedata.normalize("NFC", text) for text in TEXTS]


def test_a_pdf_has_the_image_and_is_read_with_places(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (400, 600), (200, 220, 240)).save(file, "JPEG")
    page = page_saying("so it is", words=True)
    (tmp_path / "b.pdf").write_bytes(
        write_pages([page, page, page], "pdf", lambda _: file.getvalue()).data
    )
    assert file.getvalue() in (tmp_path / "b.pdf").read_bytes()
    scans = list(open_pages(tmp_path / "b.pdf", wanted=page_ranges("2-")))
    assert [scan.page.frame for scan in scans] == [1, 2]
    assert scans[0].image().shape == (600, 400, 3)
    (line,) = scans[0].page.lines()
    assert line.text == "so it is"
    left, right = line.readings[0].words[0].boundary[0], line.readings[0].words[-1].boundary[2]
    assert left == pytest.approx((50, 20), abs=12)
    assert right == pytest.approx((342, 58), abs=12)


def test_a_docx_has_the_lines_and_says_what_runs_to_the_left() -> None:
    data = write_pages([full_page(), page_saying(TEXTS[3])], "docx").data
    document = docx.Document(io.BytesIO(data))
    paragraphs = [one for one in document.paragraphs if one.text.strip()]
    assert [one.text for one in paragraphs] == ["fo x,\ngrüße & <so>", "7", TEXTS[3]]
    assert "w:bidi" in paragraphs[-1]._p.xml
    assert "w:bidi" not in paragraphs[0]._p.xml


def test_plain_text_has_lines_blocks_and_pages() -> None:
    data = write_pages([full_page(), page_saying("so")], "text").data
    assert data.decode() == "fo x,\ngrüße & <so>\n\n7\n\fso\n"


def test_json_holds_everything() -> None:
    page = replace(full_page(), frame=3, document="d")
    assert read_pages(write_pages([page], "json").data, "x.xml").pages == (page,)
    for damaged in (b'{"uncial": "pages"}', b'{"uncial": "pages", "version": 9, "pages": []}',
                    b'{"uncial": "pages", "version": 1, "pages": [{"image": 3}]}',
                    b'{"uncial": "pages", "version": 1, "pages": [{"depth": 3}]}'):  # fmt: skip
        with pytest.raises(FormatError):
            read_pages(damaged, "x")


def test_a_zip_of_pages_and_images_is_read_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("L", (400, 600), 200).save(file, "PNG")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("book/page/1.xml", write_pages([full_page()], "page").data)
        archive.writestr("book/p 1.png", file.getvalue())
        archive.writestr("book/run.exe", b"no")
    source = open_pages(tmp_path / "a.zip")
    (scan,) = source
    root = source.root
    assert scan.image().shape == (600, 400)
    assert [finding.code for finding in source.findings] == ["skipped-member"]
    del source, scan
    assert not root.exists()


def test_mets_gives_the_page_file_of_each_page_in_its_order(tmp_path: Path) -> None:
    for name in ("one.xml", "two.xml"):
        (tmp_path / name).write_bytes(write_pages([full_page()], "page").data)
    (tmp_path / "two.jpg").write_bytes(b"")
    (tmp_path / "mets.xml").write_text(
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink"><fileSec>'
        '<fileGrp USE="OCR-D-GT"><file ID="a"><FLocat xlink:href="one.xml"/></file>'
        '<file ID="b"><FLocat xlink:href="file://two.xml"/></file></fileGrp>'
        '<fileGrp USE="IMG"><file ID="c"><FLocat xlink:href="two.jpg"/></file>'
        '<file ID="d"><FLocat xlink:href="https://example.org/3.jpg"/></file>'
        '<file ID="e"><FLocat xlink:href="../../secret.jpg"/></file></fileGrp></fileSec>'
        '<structMap TYPE="PHYSICAL"><div TYPE="physSequence"><div TYPE="page"><fptr FILEID="c"/>'
        '<fptr FILEID="b"/></div><div TYPE="page"><fptr FILEID="a"/></div>'
        '<div TYPE="page"><fptr FILEID="d"/></div><div TYPE="page"><fptr FILEID="e"/></div>'
        "</div></structMap></mets>"
    )
    source = open_pages(tmp_path / "mets.xml")
    assert [path.name for path in source.paths] == ["two.xml", "one.xml"]
    assert {finding.code for finding in source.noted} == {"remote-image", "missing-image"}


def test_ranges_of_pages_are_read_as_people_write_them() -> None:
    ranges = page_ranges("1-3, 8,20-")
    assert [number for number in range(25) if any(number in one for one in ranges)] == [
        1, 2, 3, 8, 20, 21, 22, 23, 24
    ]  # fmt: skip
    for wrong in ("a", "0", "3-b", "-"):
        with pytest.raises(ConfigError):
            page_ranges(wrong)
