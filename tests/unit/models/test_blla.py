"""kraken's segmentation networks find lines and regions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from uncial.archive import ModelArchive
from uncial.decoding.layout import Constraints
from uncial.errors import ConfigError, FormatError
from uncial.formats.models import kraken
from uncial.formats.models.kraken import to_archive, to_kraken_model
from uncial.imaging.prepare import Preprocessing
from uncial.models.blla import KrakenSegmenter
from uncial.models.finder import finds_lines, open_finder
from uncial.nn.build import build
from uncial.nn.weights import to_arrays
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

CLASSES = {
    "aux": {"_start_separator": 0, "_end_separator": 1},
    "baselines": {"default": 2},
    "regions": {"text": 3},
}


@pytest.fixture(scope="module")
def archive() -> ModelArchive:
    """Sees ink itself as lines and as region."""
    network = build("[1,200,0,1 Cl1,1,1 O2l4]")
    weights = to_arrays(network)
    weights["layers.C_0.conv.weight"][:] = 1.0
    weights["layers.C_0.conv.bias"][:] = 0.0
    weights["layers.O_1.lin.weight"][:] = np.array([[0.0], [0.0], [20.0], [20.0]])
    weights["layers.O_1.lin.bias"][:] = [-9.0, -9.0, -10.0, -10.0]
    return ModelArchive(
        spec=network.spec,
        codec=Codec(()),
        preprocessing=Preprocessing.kraken(200, centre=False, pad=0),
        normalization=Normalization.DEFAULT,
        weights=weights,
        metadata={"kraken": {"tasks": ["segmentation"], "class_mapping": CLASSES}},
    )


def page() -> np.ndarray:
    image = np.full((400, 600), 255, np.uint8)
    image[100:136, 100:500] = image[300:336, 60:540] = 0
    return image


def test_lines_are_found_on_the_page_as_it_was_given(archive: ModelArchive) -> None:
    found = KrakenSegmenter(archive).segment(page())
    lines = [line.baseline for line in found.lines()]
    assert (found.width, found.height) == (600, 400)
    assert np.abs(np.array([lines[0][0], lines[0][-1]]) - [[100, 117], [499, 117]]).max() <= 8
    assert np.abs(np.array([lines[1][0], lines[1][-1]]) - [[60, 317], [539, 317]]).max() <= 8
    assert [region.type for region in found.regions] == ["text", "text"]


def test_pages_come_in_the_order_given(archive: ModelArchive) -> None:
    pages = [page(), np.full((200, 300), 255, np.uint8)]
    segmenter = KrakenSegmenter(archive)
    found = list(segmenter.segment_each(lambda at: pages[at], 2, Constraints(direction="rl"), 1))
    assert [len(list(one.lines())) for one in found] == [2, 0]
    assert found[0].direction == "rl"


def test_its_file_is_opened_by_its_content(archive: ModelArchive, tmp_path: Path) -> None:
    for name in ("model.mlmodel", "model.safetensors"):
        path = tmp_path / name
        path.write_bytes(kraken.pack(archive, coreml=name.endswith("mlmodel"))[0])
        assert finds_lines(path)
        finder = open_finder(path)
        assert isinstance(finder, KrakenSegmenter)
        assert [channel.kind for channel in finder.channels] == ["baseline", "region"]


def test_a_model_that_does_not_say_what_its_maps_show_is_refused(archive: ModelArchive) -> None:
    with pytest.raises(FormatError, match="which of its maps"):
        KrakenSegmenter(replace(archive, metadata={"kraken": {"tasks": ["segmentation"]}}))


def test_a_model_that_reads_text_finds_no_lines(archive: ModelArchive, tmp_path: Path) -> None:
    model, _ = to_kraken_model(archive)
    reads = replace(model, tasks=("recognition",), codec={"a": [1]}, vgsl=model.vgsl)
    path = tmp_path / "reads.mlmodel"
    path.write_bytes(kraken.writing.pack(reads))
    assert not finds_lines(path)
    with pytest.raises(ConfigError, match="reads text"):
        KrakenSegmenter.load(path)
    assert to_archive(model)[0].codec.width == 1
