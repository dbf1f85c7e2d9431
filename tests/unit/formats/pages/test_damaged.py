"""Damaged and hostile page files: each is refused with a clear error or repaired and listed.

Nothing that a file names is opened or fetched while it is read, and nothing grows without bound.
"""

from __future__ import annotations

import io
import socket
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from uncial.errors import FormatError
from uncial.formats.pages import base
from uncial.formats.pages.base import read_pages, write_pages
from uncial.formats.pages.source import open_pages

SPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
CORNERS = "10,10 300,10 300,60 10,60"
BILLION = "<!DOCTYPE PcGts [" + '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
) + "]>"  # fmt: skip
EXTERNAL = '<!DOCTYPE PcGts [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE PcGts SYSTEM "http://127.0.0.1:9/evil.dtd">'


def page(
    inside: str = "",
    *,
    before: str = "",
    name: str = "p.png",
    size: str = 'imageWidth="400" imageHeight="600"',
) -> bytes:
    opened = f'{before}<PcGts xmlns="{SPACE}"><Page imageFilename="{name}" {size}>'
    return f"{opened}{inside}</Page></PcGts>".encode()


def line(
    coords: str = CORNERS, baseline: str = "10,50 300,50", more: str = "", name: str = "l"
) -> str:
    foot = f'<Baseline points="{baseline}"/>' if baseline else ""
    return (
        f'<TextRegion id="r"><Coords points="{CORNERS}"/><TextLine id="{name}">'
        f'<Coords points="{coords}"/>{foot}{more}</TextLine></TextRegion>'
    )


def text(content: str, attributes: str = "") -> str:
    return f"<TextEquiv {attributes}><Unicode>{content}</Unicode></TextEquiv>"


def alto(inside: str, *, layout: str = 'WIDTH="400" HEIGHT="600"', unit: str = "pixel") -> bytes:
    return (
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>'
        f"{unit}</MeasurementUnit></Description><Layout><Page ID='p' PHYSICAL_IMG_NR='1' {layout}>"
        f"<PrintSpace><TextBlock ID='b'>{inside}</TextBlock></PrintSpace></Page></Layout></alto>"
    ).encode()


def alto_line(attributes: str, inside: str = '<String CONTENT="so"/>') -> str:
    return f'<TextLine ID="l" {attributes}>{inside}</TextLine>'


def huge_png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


NESTED = "<TextRegion id='r'>" * 300 + "</TextRegion>" * 300
REFUSED = {
    "entity bomb": page(text("&j;"), before=BILLION),
    "external entity": page(text("&x;"), before=EXTERNAL),
    "remote document type": page(before=REMOTE),
    "empty document type": page(before="<!DOCTYPE PcGts>"),
    "cut off": page(line())[:-40],
    "cut off in a tag": page(line())[:150],
    "no page": f'<PcGts xmlns="{SPACE}"><Metadata/></PcGts>'.encode(),
    "alto without layout": b"<alto><Description/></alto>",
    "alto without page": b"<alto><Layout/></alto>",
    "not xml": b"<PcGts" + bytes(range(256)),
    "undeclared prefix": b'<PcGts><Page xlink:href="x"/></PcGts>',
    "nested too deeply": page(NESTED),
    "wrong encoding declared": b'<?xml version="1.0" encoding="utf-9"?>' + page(),
    "not in the declared encoding": b'<?xml version="1.0" encoding="ascii"?>'
    + page(text("\u017f")),
    "control character": page(text("a\x02b")),
    "empty file": b"",
    "nothing but zeros": b"\0" * 5000,
    "html without hocr": b"<html><body>no</body></html>",
    "hocr without page": b"<html><meta name='ocr-system'/></html>",
    "tei without places": b'<TEI xmlns="http://www.tei-c.org/ns/1.0"><text/></TEI>',
    "abbyy without page": b'<document xmlns="http://www.abbyy.com/FineReader_xml/x"/>',
    "pdf cut off": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
    "huge image": huge_png(),
    "json of the future": b'{"uncial": "pages", "version": 99, "pages": []}',
    "json without end": b'{"uncial": "pages", "version": 1, "pages": [' * 2000,
}
REPAIRED = {
    "one-point baseline": (page(line(baseline="10,50")), "one-point-baseline"),
    "one point twice": (page(line(baseline="10,50 10,50")), "one-point-baseline"),
    "polygon of two points": (page(line(coords="10,10 300,10")), "bad-polygon"),
    "polygon without area": (page(line(coords="10,10 100,10 300,10")), "bad-polygon"),
    "polygon that crosses itself": (
        page(line(coords="10,10 300,60 300,10 10,60")), "crossing-polygon"),
    "coordinates outside": (page(line(coords="10,10 900,10 900,60 10,60")), "outside"),
    "line beside the page": (page(line("900,10 999,10 999,60 900,60")), "not-on-page"),
    "coordinates below zero": (page(line(coords="-50,-10 300,10 300,60 10,60")), "outside"),
    "coordinates that are no numbers": (page(line(coords="a,b c,d")), "bad-points"),
    "half a point": (page(line(coords="10,10 300,10 300")), "bad-points"),
    "infinite coordinates": (page(line(coords="1e999,10 nan,10 3,3")), "bad-points"),
    "duplicate ids": (page(line() + line()), "duplicate-id"),
    "no id": (page(line(name="")), "no-id"),
    "line without a place": (page(line(coords="", baseline="")), "no-place"),
    "confidence in percent": (page(line(more=text("so", 'conf="93"'))), "bad-confidence"),
    "confidence that is no number": (page(line(more=text("so", 'conf="?"'))), "bad-confidence"),
    "reading order of nothing": (
        page('<ReadingOrder><OrderedGroup id="o"><RegionRefIndexed index="0" regionRef="x"/>'
             "</OrderedGroup></ReadingOrder>" + line()), "bad-reference"),
    "reading order that names too few": (
        page('<ReadingOrder><OrderedGroup id="o"><RegionRefIndexed index="0" regionRef="q"/>'
             "</OrderedGroup></ReadingOrder><TextRegion id='q'/>" + line()), "order-incomplete"),
    "region with text but no lines": (
        page('<TextRegion id="r">' + text("all of it") + "</TextRegion>"), "text-without-lines"),
    "what is not kept": (page("<Border><Coords points='1,1 2,2 3,1'/></Border>"), "not-kept"),
    "alto in millimetres": (alto(alto_line(""), unit="mm10"), "other-unit"),
    "alto with a broken baseline": (
        alto(alto_line('BASELINE="1 2 3"')), "bad-points"),
    "alto with a broken polygon": (
        alto(alto_line("", '<Shape><Polygon POINTS="1 x"/></Shape><String CONTENT="a"/>')),
        "bad-points"),
    "alto confidence": (
        alto(alto_line("", '<String CONTENT="a" WC="-3"/>')), "bad-confidence"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        pytest.fail("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_clear_error(name: str) -> None:
    with pytest.raises(FormatError, match=r"^x\.xml") as caught:
        read_pages(REFUSED[name], "x.xml")
    assert caught.value.remedy
    assert "root:" not in str(caught.value)


@pytest.mark.parametrize("name", ["entity bomb", "huge image", "nested too deeply"])
def test_it_takes_no_memory(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            read_pages(REFUSED[name], "x.xml")
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", REPAIRED)
def test_it_is_repaired_or_kept_and_listed(name: str) -> None:
    data, code = REPAIRED[name]
    found = read_pages(data, "x.xml")
    assert code in {finding.code for finding in found.findings}
    (made,) = found.pages
    for kind in ("page", "alto"):
        again = read_pages(write_pages([made], kind).data, "x.xml")
        assert {finding.code for finding in again.findings} <= {"no-place"}
        assert len(list(again.pages[0].lines())) == len(list(made.lines()))


def test_there_are_more_than_forty_of_them() -> None:
    assert len(REFUSED) + len(REPAIRED) >= 40


def test_a_file_that_is_too_large_is_not_even_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MAX_PAGE_BYTES", 100)
    (tmp_path / "p.xml").write_bytes(page(line()))
    source = open_pages(tmp_path / "p.xml")
    assert list(source) == []
    assert "more than 100" in source.findings[0].detail


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.xml", page(line()))
        for name, body in members.items():
            archive.writestr(name, body)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("../escaped.xml", page(), "out of the archive"),
        ("/absolute.xml", page(), "out of the archive"),
        ("C:\\drive.xml", page(), "out of the archive"),
        ("bomb.xml", b"\0" * (8 * 2**20), "times its size"),
    ],
)
def test_members_of_a_zip_that_are_no_pages_of_it_are_passed_over(
    name: str, body: bytes, why: str, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.zip").write_bytes(packed(**{name: body}))
    source = open_pages(tmp_path / "a" / "x.zip")
    assert len(list(source)) == 1
    assert why in next(one.detail for one in source.findings if one.code == "skipped-member")
    assert [path.name for path in tmp_path.rglob("*.xml")] == []


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packed()[:-30])
    with pytest.raises(FormatError, match="zip archive"):
        open_pages(tmp_path / "x.zip")
