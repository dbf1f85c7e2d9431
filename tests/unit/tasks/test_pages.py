"""Pages as ground truth, converted and inspected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pages import HEIGHT, WIDTH, full_page
from PIL import Image

from uncial.data.store import LineStore
from uncial.errors import ConfigError
from uncial.formats.pages.base import read_pages, write_pages
from uncial.tasks.convert import ConvertConfig, convert
from uncial.tasks.formats import FormatsConfig, formats
from uncial.tasks.ingest import IngestConfig, ingest
from uncial.tasks.inspect import InspectConfig, inspect


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pages with an image each, in both formats, and a list."""
    there = tmp_path / "pages"
    there.mkdir()
    for count, kind in enumerate(("page", "alto", "page")):
        (there / f"p{count}.xml").write_bytes(
            write_pages([full_page()], kind).data.replace(b"p 1.png", f"p{count}.png".encode())
        )
        pixels = np.random.default_rng(count).integers(0, 255, (HEIGHT, WIDTH), np.uint8)
        Image.fromarray(pixels).save(there / f"p{count}.png")
    (there / "list.train").write_text("p0\n")
    (there / "list.val").write_text("p1.xml\n")
    (there / "list.test").write_text("p2\n")
    return there


def test_lines_of_pages_are_ground_truth_and_lists_name_their_pages(
    folder: Path, tmp_path: Path
) -> None:
    result = ingest(IngestConfig(sources=(folder,), output=tmp_path / "store", go_on=True))
    store = LineStore.open(result.store)
    records = [store.record(row) for row in range(len(store))]
    assert [record.text for record in records[:3]] == ["fo x,", "grüße & <so>", "7"]
    assert {record.page for record in records} == {"p0", "p1", "p2"}
    assert [record.split for record in records] == [
        *["train"] * 3,
        *["validation"] * 3,
        *["test"] * 3,
    ]
    assert result.left_out == {"not-transcribed": 3}
    assert 20 < records[0].height < 60
    assert records[0].width > 140


def test_a_list_of_pages_is_a_source(folder: Path, tmp_path: Path) -> None:
    sources = tuple(folder / f"list.{name}" for name in ("train", "val", "test"))
    result = ingest(IngestConfig(sources=sources, output=tmp_path / "store", go_on=True))
    assert result.splits == {"train": 3, "validation": 3, "test": 3}


def test_lines_of_a_page_whose_image_is_missing_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "p2.png").unlink()
    result = ingest(IngestConfig(sources=(folder,), output=tmp_path / "store", go_on=True))
    assert result.left_out["missing-image"] == 3


def test_page_becomes_alto_and_alto_page(folder: Path, tmp_path: Path) -> None:
    alto, page = tmp_path / "a.xml", tmp_path / "b.xml"
    told = convert(ConvertConfig(source=folder / "p0.xml", target=alto)).losses
    assert any("text layers" in loss for loss in told)
    assert b"<alto" in alto.read_bytes()
    convert(ConvertConfig(source=alto, target=page))
    assert b"<PcGts" in page.read_bytes()
    (found,) = read_pages(page.read_bytes(), "x").pages
    assert [line.text for line in found.lines()] == ["fo x,", "grüße & <so>", "7", None]


def test_a_folder_becomes_a_folder_and_lines_become_pairs(folder: Path, tmp_path: Path) -> None:
    convert(ConvertConfig(source=folder, target=tmp_path / "alto", to="alto"))
    assert sorted(path.name for path in (tmp_path / "alto").iterdir()) == [
        "p0.xml", "p1.xml", "p2.xml"
    ]  # fmt: skip
    convert(ConvertConfig(source=folder, target=tmp_path / "lines", to="lines"))
    assert (tmp_path / "lines" / "p1_line_0002.gt.txt").read_text("utf-8") == "grüße & <so>\n"
    with Image.open(tmp_path / "lines" / "p1_line_0002.png") as image:
        assert image.width > 140


def test_nothing_is_written_where_something_would_be_lost(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="would lose"):
        convert(ConvertConfig(source=folder / "p0.xml", target=tmp_path / "a.xml", strict=True))
    assert not (tmp_path / "a.xml").exists()
    with pytest.raises(ConfigError, match="no format of pages"):
        convert(ConvertConfig(source=folder / "p0.xml", target=tmp_path / "a.xyz"))


def test_pages_say_what_is_in_them(folder: Path) -> None:
    result = inspect(InspectConfig(file=folder))
    assert result.kind == "pages"
    assert (result.facts["pages"], result.facts["lines"]) == (3, 12)
    assert result.facts["lines with text"] == 9


def test_formats_are_listed() -> None:
    listed = formats(FormatsConfig())
    assert {"page", "alto"} <= set(listed.pages_in) & set(listed.pages_out)
    assert "pages" in listed.lines
