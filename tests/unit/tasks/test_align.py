from __future__ import annotations

from pathlib import Path

import docx
import numpy as np
import pytest
from pages import box
from PIL import Image

from uncial.errors import ConfigError, DataError, FormatError
from uncial.formats.pages.base import read_file, write_pages
from uncial.formats.pages.transcripts import read_transcript
from uncial.page.layout import Line, Page, Reading, Region
from uncial.tasks.align import AlignConfig, align
from uncial.tasks.ingest import IngestConfig, ingest

READ = ("the quik brown fox jumps", "over tbe lazy dog and", "then it slceps all day", "xxyyzz qqq")
TRUE = ("The quick brown fox jumps", "over the lazy dog and", "then it sleeps all day")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A page whose lines were read badly; the last is not in the transcript."""
    folder = tmp_path / "pages"
    folder.mkdir()
    lines = tuple(
        Line(
            id=f"l{at}",
            baseline=((10.0, 50.0 + 60 * at), (390.0, 50.0 + 60 * at)),
            boundary=box(10, 20 + 60 * at, 390, 60 + 60 * at),
            readings=(Reading(text=text),),
        )
        for at, text in enumerate(READ)
    )
    page = Page(image="p.png", width=400, height=300, regions=(Region(id="r", lines=lines),))
    (folder / "p.xml").write_bytes(write_pages([page], "page").data)
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400), np.uint8)
    Image.fromarray(pixels).save(folder / "p.png")
    return folder


def test_a_transcript_becomes_ground_truth_and_what_is_amiss_is_listed(
    pages: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.txt").write_text(" ".join(TRUE) + "\nAnd this stands on no page at all.\n")
    out = tmp_path / "out"
    result = align(AlignConfig(pages=pages, transcripts=(tmp_path / "t.txt",), output=out))
    assert (result.lines, result.aligned, result.unshown) == (4, 3, 1)
    assert result.doubtful + result.missing == 1
    (page,) = read_file(out / "p.xml").pages
    assert [line.text for line in page.lines()] == [*TRUE, None]
    assert next(page.lines()).readings[0].source == "t.txt"
    table = (out / "alignment.tsv").read_text("utf-8")
    assert "unshown\t\tAnd this stands on no page at all." in table
    stored = ingest(IngestConfig(sources=(out,), output=tmp_path / "store", go_on=True))
    assert stored.lines == 3
    with pytest.raises(ConfigError, match="exists"):
        align(AlignConfig(pages=pages, transcripts=(tmp_path / "t.txt",), output=out))


def test_without_lines_or_text_there_is_an_error(pages: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("some text")
    (pages / "p.xml").write_bytes(
        write_pages([Page(image="p.png", width=400, height=300)], "page").data
    )
    with pytest.raises(DataError, match="no line"):
        align(AlignConfig(pages=pages, transcripts=(tmp_path / "t.txt",), output=tmp_path / "o"))
    with pytest.raises(FormatError, match=r"none\.txt"):
        align(AlignConfig(pages=pages, transcripts=(tmp_path / "none.txt",), output=tmp_path / "o"))
    with pytest.raises(ConfigError, match="no transcript"):
        AlignConfig(pages=pages, transcripts=(), output=tmp_path)


def test_transcripts_are_read_from_text_tei_and_word(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffſo\r\nist es".encode())
    assert read_transcript(tmp_path / "a.txt") == "ſo\nist es"
    (tmp_path / "b.xml").write_text(
        '<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc>no</fileDesc></teiHeader>'
        "<text><body><pb/><head>One</head>\n<p>two\n <hi>th</hi>ree<lb/>four</p></body></text>"
        "</TEI>"
    )
    assert read_transcript(tmp_path / "b.xml").split("\n") == ["One", "two three", "four"]
    document = docx.Document()
    document.add_paragraph("erste").add_run().add_break()
    document.add_paragraph("zweite")
    document.save(tmp_path / "c.docx")
    assert read_transcript(tmp_path / "c.docx").split() == ["erste", "zweite"]
    (tmp_path / "d.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "e.docx").write_bytes((tmp_path / "c.docx").read_bytes()[:-400])
    (tmp_path / "f.txt").write_text(" \n")
    for name in ("d.txt", "e.docx", "f.txt"):
        with pytest.raises(FormatError, match=name):
            read_transcript(tmp_path / name)
