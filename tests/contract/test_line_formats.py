"""What every reader of line ground truth promises, checked for each that is registered."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from uncial.data.findings import KINDS
from uncial.errors import FormatError
from uncial.formats.lines import compiled
from uncial.formats.lines.base import LINE_FORMATS, RawLine, open_source
from uncial.formats.lines.compiled import CompiledLine
from uncial.formats.lines.names import without_number
from uncial.formats.pages.base import write_pages
from uncial.formats.tesseract import lstmf
from uncial.formats.tesseract.lstmf import Sample
from uncial.page.layout import Line, Page, Reading, Region
from uncial.text.order import display_order

TEXTS = {"a": "first", "b": "Zweite Zeile", "c": "ثالث"}


def write_images(folder: Path) -> None:
    for stem in TEXTS:
        (folder / f"{stem}.png").write_bytes(stem.encode())


def write_pairs(folder: Path) -> Path:
    write_images(folder)
    for stem, text in TEXTS.items():
        (folder / f"{stem}.gt.txt").write_text(text, "utf-8")
    return folder


def write_table(folder: Path) -> Path:
    write_images(folder)
    rows = "".join(f"{stem}.png,{text}\n" for stem, text in TEXTS.items())
    (folder / "labels.csv").write_text("image,text\n" + rows, "utf-8")
    return folder / "labels.csv"


def write_list(folder: Path) -> Path:
    write_pairs(folder)
    (folder / "mine.txt").write_text("a.png\nb.gt.txt\nc\ngone.png\n")
    return folder / "mine.txt"


def write_lstmf(folder: Path) -> Path:
    samples = [
        Sample(image=stem.encode(), text=display_order(text)) for stem, text in TEXTS.items()
    ]
    (folder / "page.lstmf").write_bytes(lstmf.pack(samples))
    return folder / "page.lstmf"


def write_compiled(folder: Path) -> Path:
    lines = [CompiledLine(image=stem.encode(), text=text) for stem, text in TEXTS.items()]
    (folder / "lines.arrow").write_bytes(compiled.pack(lines))
    return folder / "lines.arrow"


def write_zip(folder: Path) -> Path:
    path = folder / "lines.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for stem, text in TEXTS.items():
            archive.writestr(f"{stem}.gt.txt", text)
            archive.writestr(f"{stem}.png", stem)
    return path


def write_page(folder: Path) -> Path:
    """One page whose lines are its own; their images are cut out and so are PNG."""
    lines = tuple(
        Line(id=stem, baseline=((5.0, y), (90.0, y)), readings=(Reading(text=text),))
        for y, (stem, text) in zip((20.0, 50.0, 80.0), TEXTS.items(), strict=True)
    )
    region = Region(id="", kind="", lines=lines)
    page = Page(image="page.png", width=100, height=100, regions=(region,))
    (folder / "page.xml").write_bytes(write_pages([page], "alto").data)
    Image.new("L", (100, 100), 255).save(folder / "page.png")
    return folder


WRITERS: dict[str, Callable[[Path], Path]] = {
    "pairs": write_pairs,
    "table": write_table,
    "list": write_list,
    "lstmf": write_lstmf,
    "packed": write_zip,
    "compiled": write_compiled,
    "pages": write_page,
}
NAMES = {
    "lstmf": dict(zip(TEXTS, ("page#1", "page#2", "page#3"), strict=True)),
    "compiled": dict(zip(TEXTS, ("lines#1", "lines#2", "lines#3"), strict=True)),
    "pages": {stem: f"page/{stem}" for stem in TEXTS},
}


def text_of(line: RawLine) -> str:
    return line.text.decode() if isinstance(line.text, bytes) else line.text or ""


@pytest.mark.parametrize("name", LINE_FORMATS.names())
def test_reads_what_its_layout_holds(name: str, tmp_path: Path) -> None:
    source = WRITERS[name](tmp_path)
    assert LINE_FORMATS.get(name).recognizes(source)
    reader = open_source(source)
    lines = list(reader)
    good = {line.line_id: line for line in lines if not line.faults}
    names = NAMES.get(name, {stem: stem for stem in TEXTS})
    assert {line_id: text_of(line) for line_id, line in good.items()} == {
        names[stem]: text for stem, text in TEXTS.items()
    }
    images = [line.image or b"" for line in good.values()]
    if name == "pages":
        assert all(image.startswith(b"\x89PNG") for image in images)
    else:
        assert images == [stem.encode() for stem in TEXTS]
    assert reader.total() in (None, len(lines))
    assert list(reader) == lines
    stems = [without_number(line_id).partition("/")[0] for line_id in good]
    assert [line.path for line in good.values()] == [f"{tmp_path}/{stem}" for stem in stems]
    assert {fault.code for line in lines for fault in line.faults} <= KINDS.keys()


@pytest.mark.parametrize("name", LINE_FORMATS.names())
def test_passes_over_what_is_not_its_own(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert not LINE_FORMATS.get(name).recognizes(tmp_path / "empty")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 and so on \0\0")
    assert not LINE_FORMATS.get(name).recognizes(tmp_path / "photo.jpg")


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(
        ["t.csv", "t.tsv", "t.parquet", "t.txt", "list.train", "t.lstmf", "t.zip", "t.tar"]
    ),
    data=st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=200).map(lambda tail: b"image,text\na.png,x\n" + tail),
        st.binary(max_size=200).map(lambda tail: b"a.png\ttext\n" + tail),
    ),
)
def test_arbitrary_bytes_are_lines_or_format_errors(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("garbage") / name
    path.write_bytes(data)
    with contextlib.suppress(FormatError):
        assert all(isinstance(line, RawLine) for line in open_source(path))
