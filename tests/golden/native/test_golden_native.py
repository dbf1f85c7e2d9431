"""Model files that people have: each kept one still loads and reads as it did."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from uncial.data.images import decode_image
from uncial.formats.models import native
from uncial.formats.models.header import FORMAT
from uncial.models.hub import open_model
from uncial.models.native import reader_of

HERE = Path(__file__).parent
MODELS = sorted(HERE.glob("model-*.safetensors"))


def _version(model: Path) -> int:
    return int(model.stem.removeprefix("model-"))


def test_every_version_of_the_format_has_its_kept_model() -> None:
    assert sorted(map(_version, MODELS)) == list(range(1, FORMAT + 1))


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_a_kept_model_reads_its_line_as_recorded(model: Path) -> None:
    recorded = json.loads((HERE / f"reading-{_version(model)}.json").read_text("utf-8"))
    line = decode_image((HERE / "line.png").read_bytes())
    (reading,) = open_model(model).read([line], threads=1)
    assert reading.text == recorded["text"]
    assert reading.confidence == pytest.approx(recorded["confidence"], abs=0.02)
    assert len(reading.characters) == len(recorded["characters"])
    for character, expected in zip(reading.characters, recorded["characters"], strict=True):
        assert character.grapheme == expected["grapheme"]
        assert character.confidence == pytest.approx(expected["confidence"], abs=0.02)
        # A frame is 4 px; rounding may move an edge by one.
        assert character.start == pytest.approx(expected["start"], abs=4)
        assert character.stop == pytest.approx(expected["stop"], abs=4)


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_packing_what_was_unpacked_gives_the_file(model: Path) -> None:
    data = model.read_bytes()
    archive = native.unpack(data)
    assert archive.metadata["settings"]["seed"] == 1
    assert {array.dtype.name for array in archive.weights.values()} <= {"float32", "int64"}
    again = native.pack(archive)
    if _version(model) == FORMAT:
        assert again == data
    assert native.unpack(again).codec == archive.codec
    assert native.read_header(again)["format"] == FORMAT
    first, *voters = (reader_of(one).to_archive() for one in (archive, *archive.voters))
    assert native.pack(replace(first, voters=tuple(voters))) == again
