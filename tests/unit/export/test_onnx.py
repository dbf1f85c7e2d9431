"""Exported networks give what torch gives, whatever a line is batched with."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import numpy as np
import pytest
import torch

from uncial.errors import ConfigError, FormatError
from uncial.export.onnx import to_onnx
from uncial.export.parity import parity, rendered_lines
from uncial.formats.models.kinds import model_kind
from uncial.imaging.prepare import Preprocessing
from uncial.models.onnx import OnnxReader
from uncial.models.reading import Image
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.nn.ops.norm import BatchNorm
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

FAST = (
    "[1,24,0,1 Cl3,3,8,2,2 Bnr Cl3,3,8,2,2 Bnr Cl3,3,16,2,1 Bnr Fh Cl1,1,16 Bnr{stem} "
    "+[Dwl1,9 Bn Cg1,1,32 Cl1,1,16] Do0.1 (I Lbx8) Do0.1]"
)
SPECS = {
    "fast": FAST,
    "tesseract": "[1,24,0,1 Ct3,3,8 Mp3,3 Lfys12 Lfx8 Lrx8 Lfx12]",
    "kraken": "[1,24,0,1 Cr3,7,8 Gn2 Do0.1,2 Mp2,2 Cr3,7,8 Gn2 Mp2,2 S1(1x0)1,3 Lbx8 Do Lbx8]",
    "gru": "[1,24,0,1 Cs3,3,4,2,2 Ln Mh Gbx6 Grx5]",
    "letters": "[1,24,0,1 Clr3,3,4,2,2 Cw3,3,4,2,2 Cn3,4,4,1,2 Cp1,1,4 Cm1,1,4 Fh Ct1,3,6]",
    "blocks": "[1,24,0,1 S4,2 Cr3,3,8 Bns Rx[Lfx6] Ry[Cr3,3,8] Mh (I Dwr1,5) Lbxs4 ]",
    "columns": "[1,1,0,24 Lfx8 Lbx6]",
    "logistic": "[1,24,0,1 Cr3,3,4,4,4 Fh O1l5]",
}


def made(spec: str, seed: int = 0) -> Recognizer:
    """A recognizer with random weights and statistics."""
    torch.manual_seed(seed)
    network = build(spec, labels=5).eval()
    for op in network.modules():
        if isinstance(op, BatchNorm):
            assert op.norm.running_mean is not None
            assert op.norm.running_var is not None
            op.norm.running_mean.normal_()
            op.norm.running_var.uniform_(0.5, 2)
    codec = Codec.from_charset(Charset(tuple("abcd")))
    shape = Preprocessing(height=24, pad=4)
    metadata = {"calibration": {"temperature": 1.3}}
    return Recognizer(network, codec, shape, Normalization.named("nfc+spaces"), metadata)


@pytest.fixture
def images() -> list[Image]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 256, (40, width), dtype=np.uint8) for width in (200, 90, 333, 41)]


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(np.exp(one), np.exp(other), atol=2e-5))


@pytest.mark.parametrize("name", SPECS)
def test_an_exported_network_gives_what_torch_gives(name: str, images: list[Image]) -> None:
    recognizer = made(SPECS[name])
    recognizer.arithmetic = "float32"
    reader = OnnxReader(to_onnx(recognizer.to_archive()))
    ours = list(recognizer.log_probs_each(lambda at: images[at], len(images)))
    theirs = list(reader.log_probs_each(lambda at: images[at], len(images)))
    assert all(close(a, b) for a, b in zip(ours, theirs, strict=True))
    assert reader.read(images) is not None
    assert (reader.spec, reader.stride) == (recognizer.spec, recognizer.stride)


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("name", [name for name in SPECS if name != "logistic"])
def test_a_line_alone_and_in_a_wider_batch_gives_the_same(
    name: str, integer: bool, images: list[Image]
) -> None:
    """In integers up to what dynamic scales of the batch change."""
    recognizer = made(SPECS[name])
    recognizer.calibrate(images)
    reader = OnnxReader(to_onnx(recognizer.to_archive(), integer=integer))
    lines = [reader._prepared(image)[0] for image in images]
    with reader._opened(1) as (_, network):
        together = network(reader.batch(lines))
        alone = [network(reader.batch([line]))[0] for line in lines]
    for one, other in zip(together, alone, strict=True):
        assert one.shape == other.shape
        assert np.allclose(np.exp(one), np.exp(other), atol=0.02 if integer else 2e-5)


def test_what_lies_in_the_padding_plays_no_part(images: list[Image]) -> None:
    reader = OnnxReader(to_onnx(made(FAST).to_archive()))
    batch = reader.batch([reader._prepared(image)[0] for image in images])
    noisy = batch._replace(data=batch.data.copy())
    for row, width in zip(noisy.data, batch.widths, strict=True):
        row[..., width:] = 7
    with reader._opened(1) as (_, network):
        pairs = zip(network(batch), network(noisy), strict=True)
        assert all(np.array_equal(one, other) for one, other in pairs)


def test_integers_read_almost_as_reals_do(images: list[Image]) -> None:
    recognizer = made(FAST)
    recognizer.calibrate(images)
    data = to_onnx(recognizer.to_archive(), integer=True)
    reader = OnnxReader(data)
    recognizer.arithmetic = "float32"
    found = parity(recognizer, reader, images, rendered=False)
    assert reader.integer
    assert 1e-5 < found.greatest < 0.05
    assert len(data) < len(to_onnx(recognizer.to_archive()))


def test_a_file_says_everything_about_its_model(images: list[Image]) -> None:
    recognizer = made(FAST)
    data = to_onnx(recognizer.to_archive())
    reader = OnnxReader(data)
    assert model_kind(data, "nameless") == "onnx"
    assert reader.preprocessing == recognizer.preprocessing
    assert reader.normalization == recognizer.normalization
    assert reader.metadata == {"calibration": {"temperature": 1.3}}
    assert reader.characters == recognizer.characters
    assert not reader.integer


def test_layers_without_a_counterpart_are_named() -> None:
    with pytest.raises(ConfigError, match="QuadLSTM"):
        to_onnx(made("[1,24,0,1 L2xy3 Mh]").to_archive())


def test_other_onnx_files_are_refused() -> None:
    data = to_onnx(made(FAST).to_archive())
    with pytest.raises(FormatError, match="not a model of Uncial"):
        OnnxReader(data.replace(b"\n\x06uncial\x12", b"\n\x06other!\x12"))
    with pytest.raises(FormatError, match="onnxruntime cannot open"):
        OnnxReader(data[: len(data) // 2])
    with pytest.raises(FormatError, match="damaged"):
        OnnxReader(data.replace(b'"stride"', b'"strode"'))


def test_damaged_files_are_refused_or_read(images: list[Image]) -> None:
    data = to_onnx(made("[1,24,0,1 Cr3,3,4,2,2 Fh Lbx4]").to_archive())
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), 3):
            damaged[at] = rng.integers(256)
        with contextlib.suppress(FormatError):
            assert len(OnnxReader(bytes(damaged)).read(images, threads=1)) == len(images)


def test_rendered_lines_are_of_the_models_characters_and_differ() -> None:
    lines = rendered_lines("abc", count=4)
    assert all(line.min() < 100 for line in lines)
    assert all(one.shape != other.shape for one, other in pairwise(lines))
