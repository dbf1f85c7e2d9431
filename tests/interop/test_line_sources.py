"""Lines from ``.lstmf`` files that Tesseract made, and from the boxes that it made them of."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from uncial.data.store import LineStore
from uncial.formats.lines.base import RawLine, open_source
from uncial.formats.tesseract import boxes
from uncial.formats.tesseract.boxes import Box, BoxEntry
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.ingest import IngestConfig, ingest
from uncial.tasks.train import TrainConfig, train
from uncial.text.order import display_order
from uncial.training.config import NetworkConfig, StopConfig

pytestmark = pytest.mark.tesseract

INSTALLED = Path("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata")
ROWS = ("The first of them", "second, with marks", "a third line 123", "and the last one")
STEP = 60  # px from row to row


def typeset(folder: Path, rows: tuple[str, ...] = ROWS) -> list[BoxEntry]:
    """A page ``page.png`` and a box around each of its rows."""
    height = STEP * len(rows) + 40
    page = Image.new("L", (640, height), 250)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(32)
    entries = []
    for number, row in enumerate(rows):
        at = (40, 20 + STEP * number)
        draw.text(at, row, fill=10, font=font)
        left, top, right, bottom = map(int, draw.textbbox(at, row, font=font))
        box = Box(left, height - bottom, right, height - top)
        entries += [BoxEntry(row, box), BoxEntry(boxes.END_OF_LINE, box)]
    page.save(folder / "page.png")
    return entries


def make_samples(folder: Path, name: str, *options: str) -> None:
    command = ["tesseract", f"{name}.png", name, *options, "lstm.train"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def pixels(line: RawLine) -> NDArray[np.uint8]:
    assert line.image is not None
    return np.asarray(Image.open(io.BytesIO(line.image)))


def test_a_page_gives_the_lines_that_tesseract_cuts(tmp_path: Path) -> None:
    entries = typeset(tmp_path)
    (tmp_path / "page.box").write_bytes(boxes.pack(entries))
    make_samples(tmp_path, "page", "--psm", "6")
    ours = {str(line.text): line for line in open_source(tmp_path)}
    theirs = {str(line.text): line for line in open_source(tmp_path / "page.lstmf")}
    assert list(ours) == list(ROWS)
    assert set(theirs) == set(ROWS)
    assert not [fault for line in (*ours.values(), *theirs.values()) for fault in line.faults]
    for row in ROWS:
        np.testing.assert_array_equal(pixels(ours[row]), pixels(theirs[row]))


def test_a_line_with_a_bad_box_costs_tesseract_more(tmp_path: Path) -> None:
    entries = typeset(tmp_path)
    data = boxes.pack(entries).replace(b"WordStr 40", b"WordStr four", 1)
    (tmp_path / "page.box").write_bytes(data)
    lines = list(open_source(tmp_path))
    assert [line.text for line in lines] == [None, *ROWS[1:]]
    assert "page.box, line 1: no four whole numbers" in lines[0].faults[0].detail


@pytest.mark.parametrize("config", ["tessedit_create_lstmbox", "tessedit_create_wordstrbox"])
def test_boxes_that_tesseract_writes_are_ground_truth(tmp_path: Path, config: str) -> None:
    if not INSTALLED.is_file():
        pytest.skip(f"no English model at {INSTALLED}")
    typeset(tmp_path)
    command = ["tesseract", "page.png", "page", "--psm", "6", "-c", f"{config}=1"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    lines = list(open_source(tmp_path))
    assert [str(line.text).rstrip() for line in lines] == list(ROWS)
    assert all(pixels(line).shape[0] < STEP for line in lines)
    assert not [fault for line in lines for fault in line.faults]


def test_text_from_right_to_left_goes_there_and_back(tmp_path: Path) -> None:
    typed = "النفس المراد 18."
    Image.effect_noise((300, 40), 60).save(tmp_path / "line.png")
    whole = Box(0, 0, 300, 40)
    entries = [BoxEntry(display_order(typed), whole), BoxEntry(boxes.END_OF_LINE, whole)]
    (tmp_path / "line.box").write_bytes(boxes.pack(entries))
    make_samples(tmp_path, "line", "--psm", "13")
    for source in (tmp_path, tmp_path / "line.lstmf"):
        (line,) = open_source(source)
        assert (line.line_id, line.text) == ("line", typed)


def test_samples_of_tesseract_are_ingested_trained_on_and_measured(tmp_path: Path) -> None:
    names = []
    for number in range(12):
        text = f"{ROWS[number % 4]} {number}"
        image = Image.new("L", (420, 44), 250)
        ImageDraw.Draw(image).text((8, 4), text, fill=10, font=ImageFont.load_default(30))
        image.save(tmp_path / f"{number}.png")
        whole = boxes.line_entries(text, *image.size)
        (tmp_path / f"{number}.box").write_bytes(boxes.pack(whole))
        make_samples(tmp_path, str(number), "--psm", "13")
        for suffix in (".png", ".box"):
            (tmp_path / f"{number}{suffix}").unlink()
        names.append(f"{number}.lstmf")
    (tmp_path / "list.train").write_text("\n".join(names[:8]))
    (tmp_path / "list.eval").write_text("\n".join(names[8:]))
    made = ingest(IngestConfig(sources=(tmp_path,), output=tmp_path.with_name("store")))
    assert made.left_out == {}
    assert made.splits == {"train": 8, "validation": 4, "test": 0}
    record = LineStore.open(made.store).record(0)
    assert (record.line_id, record.text) == ("0", "The first of them 0")
    assert (record.width, record.height) == (420, 44)
    lists = (tmp_path / "list.train", tmp_path / "list.eval")
    trained = train(
        TrainConfig(
            data=lists,
            output=tmp_path.with_name("run"),
            steps=2,
            threads=1,
            network=NetworkConfig(spec="[1,24,0,1 Cr3,3,4 Mp4,2 S1(1x0)1,3]"),
            stop=StopConfig(validations=1),
        )
    )
    assert trained.training_lines == 8
    for data in ((made.store,), lists[1:]):
        config = EvaluateConfig(model=trained.model, data=data, split="validation")
        assert evaluate(config).lines == 4
