"""Reading lines: the same alone and in company, in order, with positions inside the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.decoding.ctc import greedy
from uncial.decoding.listening import Listener, Weights
from uncial.errors import FormatError
from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing
from uncial.models.reading import Reading
from uncial.models.reading import groups as _groups
from uncial.models.recognizer import Recognizer
from uncial.nn.build import Network, build
from uncial.nn.fold import folded
from uncial.nn.frames import Frames
from uncial.nn.ops.norm import BatchNorm
from uncial.text.codec import Codec
from uncial.text.kneserney import train_ngrams
from uncial.text.normalize import Normalization

Image = NDArray[np.uint8]
SPEC = "[1,32,0,1 Cl3,3,8,2,2 Bnr Mp2,2 Cl3,3,16 Bnr Fh Cl1,1,24 Bnr (I Lbx16) O1c{}]"


def _random(spec: str, codec: Codec, seed: int = 3) -> Network:
    """A network with weights sharp enough to read something, and lived-in batch norms."""
    torch.manual_seed(seed)
    network = build(spec.format(codec.width), labels=codec.width)
    with torch.no_grad():
        for norm in (m for m in network.modules() if isinstance(m, BatchNorm)):
            statistics = norm.norm
            statistics.running_mean.normal_(0, 0.3)
            statistics.running_var.uniform_(0.3, 2.0)
        head = list(network.parameters())[-2]
        head.mul_(12)
    return network.eval()


def _recognizer(spec: str = SPEC, **preprocessing: object) -> Recognizer:
    codec = Codec.from_charset("abcdefgh")
    prepared = Preprocessing(**{"height": 32, "pad": 4, **preprocessing})  # type: ignore[arg-type]
    return Recognizer(_random(spec, codec), codec, prepared, Normalization.DEFAULT)


def _line(seed: int, width: int = 0, height: int = 0) -> Image:
    """Strokes at random on paper."""
    rng = np.random.default_rng(seed)
    width = width or int(rng.integers(20, 500))
    height = height or int(rng.integers(16, 60))
    image = rng.integers(225, 256, (height, width), dtype=np.uint8)
    for left in range(3, width - 4, int(rng.integers(6, 14))):
        top = int(rng.integers(1, max(2, height // 2)))
        image[top : height - 2, left : left + int(rng.integers(1, 4))] = rng.integers(0, 90)
    return image


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return _recognizer()


def _alike(one: Reading, other: Reading) -> None:
    assert one.text == other.text
    assert one.confidence == pytest.approx(other.confidence, abs=1e-3)
    assert len(one.characters) == len(other.characters)
    for mine, theirs in zip(one.characters, other.characters, strict=True):
        assert mine.grapheme == theirs.grapheme
        assert mine.confidence == pytest.approx(theirs.confidence, abs=1e-3)
        assert (mine.start, mine.stop) == pytest.approx((theirs.start, theirs.stop))


def test_a_line_reads_the_same_alone_and_among_others(recognizer: Recognizer) -> None:
    lines = [_line(seed) for seed in range(24)]
    lines += [_line(90, width=1900, height=30), _line(91, width=9, height=60)]
    together = recognizer.read(lines, threads=2)
    assert len({reading.text for reading in together}) > 15
    for line, reading in zip(lines, together, strict=True):
        _alike(recognizer.read([line], threads=1)[0], reading)


def test_readings_come_in_the_order_of_the_images(recognizer: Recognizer) -> None:
    lines = [_line(seed) for seed in range(12)]
    there = recognizer.read(lines, threads=1)
    back = recognizer.read(lines[::-1], threads=1)
    for one, other in zip(there, back[::-1], strict=True):
        _alike(one, other)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(0.3, 2.5),
    st.integers(0, 40),
    st.booleans(),
)
def test_positions_lie_inside_the_image_and_ascend(
    seed: int, stretch: float, pad: int, centre: bool
) -> None:
    line = _line(seed)
    (reading,) = _recognizer(stretch=stretch, pad=pad, centre=centre).read([line], threads=1)
    edges = [edge for c in reading.characters for edge in (c.start, c.stop)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= line.shape[1] for edge in edges)
    assert all(0 <= c.confidence <= 1 for c in reading.characters)
    assert 0 <= reading.confidence <= 1


def test_positions_are_columns_of_the_image_given() -> None:
    spec = "[1,32,0,1 S1(32x0)1,3 O1c{}]"
    codec = Codec.from_charset("a")
    network = build(spec.format(2), labels=2)
    weight, bias = list(network.parameters())
    with torch.no_grad():
        weight.zero_()
        weight.reshape(2, -1)[1] = 0.5  # ink is an "a"
        bias.copy_(torch.tensor([4.0, 0.0]))
    prepared = Preprocessing(height=32, pad=8, centre=False, stretch=1.0)
    image = np.full((64, 400), 255, np.uint8)
    image[4:60, 100:120] = 0
    image[4:60, 300:340] = 0
    reader = Recognizer(network.eval(), codec, prepared, Normalization.DEFAULT)
    (reading,) = reader.read([image], threads=1)
    assert reading.text == "aa"
    places = [(c.start, c.stop) for c in reading.characters]
    assert places == [pytest.approx((100, 120), abs=4), pytest.approx((300, 340), abs=4)]


def test_no_images_give_no_readings(recognizer: Recognizer) -> None:
    assert recognizer.read([]) == []


def test_gray_and_colour_read_the_same(recognizer: Recognizer) -> None:
    gray = _line(5)
    colour = np.repeat(gray[:, :, None], 3, axis=2)
    _alike(*recognizer.read([gray, colour], threads=1))


def test_folding_changes_nothing(recognizer: Recognizer) -> None:
    lines = [_line(seed) for seed in range(8)]
    quick = recognizer.read(lines, threads=1)
    plain = _recognizer()
    plain.network = folded(plain.network)  # folding what is folded leaves it alone
    assert not any(isinstance(m, BatchNorm) for m in plain.network.modules())
    for one, other in zip(quick, plain.read(lines, threads=1), strict=True):
        _alike(one, other)
    assert any(isinstance(m, BatchNorm) for m in recognizer.network.modules())
    frames = Frames(torch.rand(2, 1, 32, 96), torch.tensor([96, 70]))
    with torch.inference_mode():
        slow = recognizer.network.log_probs(frames.blanked())
        fast = plain.network.log_probs(frames.blanked())
    assert torch.allclose(slow[0], fast[0], atol=1e-4)


class Says(torch.nn.Module):
    """Stands for a network that puts out one label every other column."""

    stride_x = 4
    spec = ""

    def __init__(self, labels: list[int], width: int) -> None:
        super().__init__()
        self.anchor = torch.nn.Parameter(torch.zeros(1))
        logits = torch.full((2 * len(labels) + 1, width), -9.0)
        for place, label in enumerate(labels):
            logits[2 * place, 0] = 0.0
            logits[2 * place + 1, label] = 0.0
        logits[-1, 0] = 0.0
        self.rows = logits.log_softmax(1)

    def log_probs(self, frames: Frames) -> torch.Tensor:
        return self.rows.expand(len(frames.widths), *self.rows.shape)

    def output_widths(self, widths: torch.Tensor) -> torch.Tensor:
        return torch.full_like(widths, len(self.rows))


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ("םולש", "שלום"),
        ("26 םולש abc", "abc שלום 26"),
        ("abc", "abc"),
        ("م\u064eلاس", "سالم\u064e"),
    ],
)
def test_right_to_left_text_comes_out_in_logical_order(seen: str, text: str, decoder: str) -> None:
    codec = Codec.from_texts([seen], rare=1)
    stub = Says(codec.encode(seen).tolist(), codec.width)
    prepared = Preprocessing(height=32)
    reader = Recognizer(stub, codec, prepared, Normalization.DEFAULT)  # type: ignore[arg-type]
    (reading,) = reader.read([_line(1)], decoder=decoder, threads=1)  # type: ignore[arg-type]
    assert "".join(c.grapheme for c in reading.characters) == seen
    assert sorted(reading.text) == sorted(text)
    assert reading.text == text


def test_language_is_listened_to_in_a_beam_and_the_greedy_text_told() -> None:
    reader, lines = _recognizer(), [_line(seed) for seed in range(6)]
    plain = reader.read(lines, threads=1)
    assert {reading.greedy for reading in plain} == {None}
    summed = reader.read(lines, decoder="beam", threads=1)
    assert [reading.greedy for reading in summed] == [reading.text for reading in plain]
    weights = Weights(weight=3.0, bonus=6.0, stands=2.0)
    reader.listen(Listener(reader.codec, train_ngrams(["hahaha"], order=2), weights=weights))
    heard = reader.read(lines, decoder="beam", threads=1)
    assert [reading.greedy for reading in heard] == [reading.text for reading in plain]
    assert sum(r.text.count("ha") for r in heard) > sum(r.text.count("ha") for r in summed)
    assert reader.read(lines, threads=1) == plain


def test_log_probabilities_are_those_that_are_read(recognizer: Recognizer) -> None:
    lines = [_line(seed) for seed in range(5)]
    made = recognizer.log_probs_each(lambda at: lines[at], len(lines), threads=1)
    texts = [recognizer.in_order(greedy(one, recognizer.codec).text) for one in made]
    assert texts == [reading.text for reading in recognizer.read(lines, threads=1)]


def test_a_saved_model_reads_the_same(recognizer: Recognizer, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    recognizer.metadata["made"] = "for tests"
    path.write_bytes(native.pack(recognizer.to_archive()))
    again = Recognizer.load(path)
    lines = [_line(seed) for seed in range(6)]
    assert again.read(lines, threads=1) == recognizer.read(lines, threads=1)
    assert again.metadata == {"made": "for tests"}
    assert not again.network.training
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError):
        Recognizer.load(str(path))


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize(
    "shape",
    [(1, 1), (1, 1, 3), (2, 2), (1, 9), (9, 1), (3000, 2), (1, 3000), (3, 4000), (40, 34_000)],
)
def test_odd_shapes_do_not_stop_it(shape: tuple[int, ...], centre: bool) -> None:
    spec = "[1,16,0,1 Cl3,3,2,2,2 Bnr Mp2,2 Fh O1c{}]"
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    reader = _recognizer(spec, height=16, centre=centre)
    (reading,) = reader.read([image], threads=1)
    assert all(0 <= c.start <= c.stop <= shape[1] for c in reading.characters)


def test_a_spec_that_asks_for_more_than_the_tensors_is_refused(recognizer: Recognizer) -> None:
    archive = recognizer.to_archive()
    large = replace(archive, spec=archive.spec.replace("Lbx16", "Lbx65000"))  # 135 GB of weights
    with pytest.raises(FormatError, match="its spec asks for"):
        Recognizer.from_archive(large)


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_a_line_too_narrow_for_the_network_reads_as_nothing(decoder: str) -> None:
    reader = _recognizer("[1,32,0,1 Mp8,16 Mp1,4 Fh O1c{}]", pad=0)
    narrow, wide = np.zeros((200, 3), np.uint8), _line(2, width=900, height=30)
    narrow[50:90] = 200
    alone = reader.read([narrow], decoder=decoder, threads=1)  # type: ignore[arg-type]
    assert [(r.text, r.characters, r.confidence) for r in alone] == [("", (), 0.0)]
    mixed = reader.read([wide, narrow], decoder=decoder, threads=1)  # type: ignore[arg-type]
    assert mixed[1] == alone[0]
    assert mixed[0].text


def test_images_are_asked_for_as_readings_are_taken(recognizer: Recognizer) -> None:
    asked: list[int] = []

    def image(number: int) -> Image:
        asked.append(number)
        return _line(number % 7, width=40, height=32)

    readings = recognizer.read_each(image, 10**9, threads=1)
    assert isinstance(readings, Iterator)
    assert asked == []
    first = next(readings)
    ahead = len(asked)
    assert 1 <= ahead <= 1024
    for _ in range(ahead - 1):
        next(readings)
    assert len(asked) == ahead
    next(readings)
    assert len(asked) == 2 * ahead
    readings.close()  # type: ignore[attr-defined]
    assert sorted(asked) == list(range(2 * ahead))
    _alike(first, recognizer.read([_line(0, width=40, height=32)], threads=1)[0])


def test_torch_keeps_its_threads(recognizer: Recognizer) -> None:
    before = torch.get_num_threads()
    recognizer.read([_line(1)], threads=2)
    assert torch.get_num_threads() == before


@given(st.lists(st.integers(1, 20_000), max_size=60).map(sorted))
def test_groups_cover_every_line_once(widths: list[int]) -> None:
    groups = list(_groups(widths, 8 * 768))
    assert [i for start, stop in groups for i in range(start, stop)] == list(range(len(widths)))
    assert all(stop - start == 1 or widths[stop - 1] * (stop - start) <= 6144
               for start, stop in groups)  # fmt: skip
