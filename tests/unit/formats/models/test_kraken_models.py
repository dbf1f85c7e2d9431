"""kraken's model files: there and back, several in one, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, FormatError, SpecError
from uncial.formats.kraken import bundle, coreml, writing
from uncial.formats.kraken.model import KrakenModel
from uncial.formats.models import kraken
from uncial.formats.models.kinds import model_kind
from uncial.imaging.prepare import Preprocessing
from uncial.nn.build import build
from uncial.nn.weights import network_of, to_arrays
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

SPEC = (
    "[1,16,0,1 Cr3,3,4 Gn2 Do0.1,2 Mp2,2 (I [Cr3,3,4]) S1(1x0)1,3 Lbx4 Lfx{}3 CTl1,1,2 A3,1 O1c1]"
)


@pytest.fixture(scope="module")
def archive() -> ModelArchive:
    return small("")


def small(legacy: str) -> ModelArchive:
    torch.manual_seed(0)
    codec = Codec((("a", (1,)), ("é", (2, 3)), ("ch", (4,))))
    network = build(SPEC.format(legacy), labels=codec.width)
    return ModelArchive(
        spec=network.spec,
        codec=codec,
        preprocessing=Preprocessing.kraken(16, centre=True),
        normalization=Normalization.DEFAULT,
        weights=to_arrays(network),
    )


def outputs(archive: ModelArchive) -> np.ndarray:
    from uncial.nn.frames import Frames

    network = network_of(archive.spec, archive.codec.width, archive.weights).eval()
    line = torch.rand(1, 1, 16, 40, generator=torch.manual_seed(1))
    with torch.inference_mode():
        return network.log_probs(Frames(line, torch.tensor([40]))).numpy()


@pytest.mark.parametrize("as_coreml", [True, False])
def test_a_model_comes_back_the_same(archive: ModelArchive, as_coreml: bool) -> None:
    data, losses = kraken.pack(archive, coreml=as_coreml)
    again, more = kraken.unpack(data)
    assert losses == more == ()
    assert (again.spec, again.codec) == (archive.spec, archive.codec)
    assert again.preprocessing == archive.preprocessing
    assert np.allclose(outputs(again), outputs(archive), atol=1e-6)
    assert model_kind(data, "x") == "kraken"


def test_an_lstm_without_biases_comes_back_the_same() -> None:
    old = small("c")
    again, _ = kraken.unpack(kraken.pack(old, coreml=True)[0])
    assert np.array_equal(outputs(again), outputs(old))


def test_equal_models_give_equal_bytes(archive: ModelArchive) -> None:
    assert kraken.pack(archive)[0] == kraken.pack(archive)[0]


def test_a_model_of_kraken_keeps_what_kraken_knows_of_it(archive: ModelArchive) -> None:
    model, _ = kraken.to_kraken_model(archive)
    known = {**model.metadata, "accuracy": [[5, 0.9]], "seg_type": "baselines"}
    data = writing.pack(replace(model, metadata=known))
    again, _ = kraken.unpack(data)
    assert not again.preprocessing.centre
    assert kraken.to_kraken_model(again)[0].metadata == known


def test_several_models_of_a_file_stay_together(archive: ModelArchive) -> None:
    model, _ = kraken.to_kraken_model(archive)
    order = KrakenModel(
        architecture="ROMLP",
        tasks=("reading_order",),
        tensors={"fc1.weight": np.ones((2, 3), np.float32)},
        metadata={"level": "baselines", "class_mapping": {"default": 0}},
    )
    data = bundle.pack([order, model])
    assert [one.tasks for one in kraken.models_of(data)] == [("reading_order",), ("recognition",)]
    again, losses = kraken.unpack(data)
    assert again.codec == archive.codec
    assert "reading_order" in str(losses[0])
    assert "reading_order" in str(kraken.rewritten(data, coreml=True)[1][0])
    assert kraken.rewritten(data) == (data, ())


def test_outputs_without_a_character_are_left_out(archive: ModelArchive) -> None:
    model, _ = kraken.to_kraken_model(archive)
    made, losses = kraken.to_archive(replace(model, codec={"a": [1], "b": [2]}))
    assert made.spec.endswith("O1c3]")
    assert network_of(made.spec, 3, made.weights).labels == 3
    assert "2 without a character" in str(losses[0])


@pytest.mark.parametrize(
    ("characters", "form"), [(("a", "é"), "nfc"), (("a", "e", "\u0301"), "nfd"), ("ab", "nfc")]
)
def test_the_unicode_form_goes_by_the_characters(
    archive: ModelArchive, characters: tuple[str, ...], form: str
) -> None:
    model, _ = kraken.to_kraken_model(archive)
    codec = {text: [at] for at, text in enumerate(characters, 1)}
    made, _ = kraken.to_archive(replace(model, codec=codec))
    assert made.normalization.name == f"{form}+spaces"


def test_a_model_with_other_preparation_is_refused(archive: ModelArchive) -> None:
    with pytest.raises(ConfigError, match="another way than kraken"):
        kraken.pack(replace(archive, preprocessing=Preprocessing(height=16)))


def test_a_network_that_kraken_lacks_is_refused(archive: ModelArchive) -> None:
    with pytest.raises(SpecError, match="no counterpart in kraken"):
        kraken.pack(replace(archive, spec="[1,16,0,1 Bn S1(1x0)1,3 Lbx4 O1c5]"))


def test_a_head_over_several_rows_is_refused(archive: ModelArchive) -> None:
    spec = "[1,16,0,1 Lbx4 O1c5]"
    weights = to_arrays(build(spec, labels=5))
    with pytest.raises(ConfigError, match="several rows at once"):
        kraken.pack(replace(archive, spec=spec, weights=weights))


@pytest.mark.parametrize("given", ["[1,48,0,3", "[1,48,200,1", "[1,0,0,1"])
def test_lines_that_cannot_be_prepared_are_refused(archive: ModelArchive, given: str) -> None:
    model, _ = kraken.to_kraken_model(archive)
    with pytest.raises(ConfigError, match="this network reads lines of"):
        kraken.to_archive(replace(model, vgsl=model.vgsl.replace("[1,16,0,1", given)))


def test_a_file_of_another_program_is_refused() -> None:
    with pytest.raises(FormatError, match="no VGSL text"):
        coreml.unpack(b"\x08\x02\x12\x00")
    header = json.dumps({"__metadata__": {"other": "x"}}).encode()
    with pytest.raises(FormatError, match="not one of kraken"):
        bundle.unpack(len(header).to_bytes(8, "little") + header)
