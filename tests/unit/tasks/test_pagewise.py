"""Pages to text: every page once, failures that end nothing, words in their places."""

from __future__ import annotations

import json
import multiprocessing.process
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from uncial.archive import Channel
from uncial.errors import ConfigError
from uncial.formats.models import segmentation
from uncial.formats.pages.base import read_file
from uncial.imaging.pageview import PagePreparation
from uncial.models.segmenter import Segmenter
from uncial.nn.build import build
from uncial.progress import Advanced, Event, Note
from uncial.tasks.recognize import RecognizeConfig, recognize


def config(model: Path, book: Path, output: Path | None, form: str = "alto") -> RecognizeConfig:
    return RecognizeConfig(
        model=model, images=(book,), format=form, output=output, processes=1, segmenter="none"
    )


def test_every_page_is_read_once_and_failures_end_nothing(
    model: Path, book: Path, tmp_path: Path
) -> None:
    told: list[Event] = []
    wanted = replace(config(model, book, tmp_path / "out"), processes=2)
    result = recognize(wanted, told.append)
    assert result.pages is not None
    assert (result.pages.pages, result.pages.lines, result.pages.skipped) == (3, 9, 0)
    failed = {one.source.name: one.problem for one in result.pages.failed}
    assert set(failed) == {"bare.png", "torn.png"}
    assert "no line is marked" in failed["bare.png"]
    assert len([one for one in told if isinstance(one, Note) and one.level == "warning"]) == 2
    assert [one.done for one in told if isinstance(one, Advanced)] == [1, 2, 3, 4, 5]
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["done.jsonl", "p0.xml", "p1.xml", "p2.xml"]
    page = read_file(tmp_path / "out" / "p1.xml").pages[0]
    assert all(line.text for line in page.lines())


def test_a_run_goes_on_where_it_stood(model: Path, book: Path, tmp_path: Path) -> None:
    first = recognize(config(model, book, tmp_path))
    (tmp_path / "p1.xml").unlink()
    before = (tmp_path / "p0.xml").stat().st_mtime_ns
    again = recognize(config(model, book, tmp_path))
    assert first.pages is not None
    assert again.pages is not None
    assert (again.pages.pages, again.pages.skipped, len(again.pages.failed)) == (1, 2, 2)
    assert (tmp_path / "p0.xml").stat().st_mtime_ns == before
    with pytest.raises(ConfigError, match="another model or format"):
        recognize(config(model, book, tmp_path, "page"))
    over = recognize(replace(config(model, book, tmp_path, "page"), overwrite=True))
    assert over.pages is not None
    assert over.pages.pages == 3


def test_a_few_pages_need_no_process_of_their_own(
    model: Path, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refused)
    pages = tuple(book / f"p{number}.xml" for number in range(3))
    first = recognize(replace(config(model, book, tmp_path), images=pages, processes=0))
    again = recognize(replace(config(model, book, tmp_path), images=pages, processes=0))
    assert first.pages is not None
    assert again.pages is not None
    assert (first.pages.pages, again.pages.skipped) == (3, 3)


def test_the_text_layer_says_who_read_and_where(model: Path, book: Path, tmp_path: Path) -> None:
    recognize(replace(config(model, book, tmp_path, "json"), pages=True, images=(book / "p0.xml",)))
    told = json.loads((tmp_path / "p0.json").read_text())
    assert told["model"] == model.name
    assert len(told["sha256"]) == 64
    assert told["uncial"]
    assert [line["id"] for line in told["lines"]] == ["l0", "l1", "l2"]
    assert all(0 <= line["confidence"] <= 1 for line in told["lines"])


def test_lines_are_found_where_none_are_marked(model: Path, book: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    channels = (Channel("baseline"), Channel("ends"), Channel("above"), Channel("below"))
    network = build("[1,0,0,1 Cr3,3,4,2,2 Cr3,3,4,2,2 O2l4]", labels=len(channels))
    archive = Segmenter(network, channels, PagePreparation(size=320)).to_archive()
    (tmp_path / "lines.safetensors").write_bytes(segmentation.pack(archive))
    result = recognize(
        replace(
            config(model, book, tmp_path / "out"),
            images=(book / "bare.png",),
            segmenter=tmp_path / "lines.safetensors",
        )
    )
    assert result.pages is not None
    assert (result.pages.pages, result.pages.failed) == (1, ())
    page = read_file(tmp_path / "out" / "bare.xml").pages[0]
    assert sum(1 for _ in page.lines()) == result.pages.lines


def test_without_a_folder_the_text_is_printed(model: Path, book: Path) -> None:
    pages = (book / "p0.xml", book / "p2.xml")
    result = recognize(replace(config(model, book, None, "txt"), pages=True, images=pages))
    assert len(result.printed.splitlines()) == 6


def test_a_format_that_is_none_is_named(model: Path, book: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'odt'"):
        recognize(config(model, book, tmp_path, "odt"))
