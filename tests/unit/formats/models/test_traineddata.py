"""Models of Tesseract as archives of ours and back: small ones made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from uncial.archive import ModelArchive
from uncial.errors import CharsetError, ConfigError, FormatError, InputError, SpecError
from uncial.formats.models import native, traineddata
from uncial.formats.tesseract.bundle import Language, bundle
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.labels import charset_of, label_order_between, label_table
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import Node
from uncial.formats.tesseract.quantize import quantized
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.unicharset import Unicharset
from uncial.imaging.prepare import Preprocessing
from uncial.nn.build import build
from uncial.nn.weights import to_arrays
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

SPEC = "[1,16,0,1 Ct3,3,4 Mp2,2 Lfys4 Lbx4 O1c{}]"


def archive(texts: str = " abcé(.", *, spec: str = SPEC, **changes: object) -> ModelArchive:
    """A network with random weights for a codec of single letters."""
    torch.manual_seed(0)
    codec = Codec.from_charset(texts)
    network = build(spec.format(codec.width), labels=codec.width)
    made = ModelArchive(
        spec=network.spec,
        codec=codec,
        preprocessing=Preprocessing.tesseract(16),
        normalization=Normalization.DEFAULT,
        weights=to_arrays(network),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_an_archive_of_ours_comes_back_from_tesseracts_file() -> None:
    given_archive = archive()
    data, losses = traineddata.pack(given_archive)
    assert losses == ()
    again, losses = traineddata.unpack(data)
    assert losses == ()
    assert again.spec == given_archive.spec
    assert dict(again.codec.codes) == dict(given_archive.codec.codes)
    assert again.preprocessing == given_archive.preprocessing
    for name, weights in given_archive.weights.items():
        if "bias_ih" in name or "bias_hh" in name:
            continue
        np.testing.assert_array_equal(again.weights[name], weights)


def test_real_weights_survive_the_way_through_safetensors_byte_by_byte() -> None:
    data, _ = traineddata.pack(archive())
    ours = native.unpack(native.pack(traineddata.unpack(data)[0]))
    assert traineddata.pack(ours)[0] == data


def test_settings_and_headers_of_training_survive() -> None:
    model, _ = traineddata.to_traineddata(archive())
    record = LSTMRecord.unpack(model.component("lstm"))
    root = replace(
        record.network,
        name="mine",
        rates=np.array([0.001, 0.002, 0.001, 0.001, 0.001, 0.0005], np.float32),
    )
    record = replace(record, network=root, sample_iteration=77, learning_rate=0.25, spec="old")
    model = model.replaced("lstm", record.pack()).replaced("config", b"x 1\n")
    ours, _ = traineddata.to_archive(model)
    assert (
        traineddata.to_traineddata(ours)[0].pack()
        == model.replaced("lstm", replace(record, spec=ours.spec).pack()).pack()
    )


def test_integer_weights_become_real_and_integer_again() -> None:
    data, losses = traineddata.pack(archive(), integer=True)
    assert [loss.part for loss in losses] == ["weights"]
    ours, losses = traineddata.unpack(data)
    assert [loss.part for loss in losses] == ["weights"]
    assert traineddata.pack(ours, integer=True)[0] == data
    assert traineddata.rewritten(data, integer=True) == (data, ())


def test_rewriting_changes_nothing_but_what_is_asked_for() -> None:
    data, _ = traineddata.pack(archive())
    assert traineddata.rewritten(data) == (data, ())
    small, losses = traineddata.rewritten(data, integer=True)
    assert [loss.part for loss in losses] == ["weights"]
    before, after = TrainedData.unpack(data).components, TrainedData.unpack(small).components
    assert {name for name in before if before[name] != after[name]} == {"lstm"}
    assert LSTMRecord.unpack(after["lstm"]).is_integer


def test_a_starter_model_gives_its_charset_and_words() -> None:
    units = Unicharset.of(["a", "b", "c", "é", "(", "."])
    starter = bundle(units, Language(words=("abc",), punctuation=(" ",)))
    table = label_table(starter.unicharset, starter.recoder)
    made = archive(spec=SPEC)
    ours = replace(
        made, codec=table.codec, spec=SPEC.format(table.codec.width), weights=made.weights
    )
    model, _ = traineddata.to_traineddata(ours, starter=starter.model)
    assert model.components.keys() >= {"lstm", "lstm-word-dawg", "lstm-punc-dawg"}
    assert traineddata.fit(model) == ""
    again, losses = traineddata.to_archive(model)
    assert [loss.part for loss in losses] == ["dictionary"]
    assert again.components["lstm-word-dawg"] == model.components["lstm-word-dawg"]


def test_another_charset_is_refused_with_the_unit() -> None:
    starter = bundle(Unicharset.of(["x", "y"]), Language())
    with pytest.raises(ConfigError, match=r"differ in 8 units, among them '\('"):
        traineddata.to_traineddata(archive(), starter=starter.model)


def test_what_tesseract_cannot_do_is_refused() -> None:
    with pytest.raises(ConfigError, match="straightened and cleaned"):
        traineddata.pack(archive(preprocessing=Preprocessing(height=16)))
    with pytest.raises(ConfigError, match="20 px high, the network reads 16 px"):
        traineddata.pack(archive(preprocessing=Preprocessing.tesseract(20)))
    with pytest.raises(SpecError, match="no such layer"):
        traineddata.pack(archive(spec="[1,16,0,1 Cl3,3,4 Bnr Lfys4 O1c{}]"))
    with pytest.raises(CharsetError, match="needs a space"):
        traineddata.pack(archive("abc"))


def test_provenance_and_rules_that_have_no_place_are_told() -> None:
    _, losses = traineddata.pack(
        archive(metadata={"cer": 0.1}, normalization=Normalization.named("nfd"))
    )
    assert [loss.part for loss in losses] == ["provenance", "normalization"]
    assert "cer" in str(losses[0])


def test_parts_of_different_models_are_told() -> None:
    model, _ = traineddata.to_traineddata(archive())
    other = Recoder.pass_through(Unicharset.of(["x"])).pack()
    assert "outputs" in traineddata.fit(model.replaced("lstm-recoder", other))
    with pytest.raises(FormatError, match="outputs"):
        traineddata.to_archive(model.replaced("lstm-recoder", other))
    with pytest.raises(FormatError, match="no component 'lstm'"):
        traineddata.to_archive(TrainedData(components={"unicharset": b"0\n"}))


def test_a_file_of_the_other_byte_order_has_to_be_so_throughout() -> None:
    model, _ = traineddata.to_traineddata(archive())
    with pytest.raises(FormatError):
        traineddata.unpack(replace(model, swapped=True).pack())


def test_units_of_several_code_points_are_spelled_with_their_codes() -> None:
    units = Unicharset.of(["a", "q\u0301", "b"])
    table = label_table(units, Recoder.build(units))
    assert table.spelled == ("q\u0301",)
    text = "q\u0301 ab"
    assert table.codec.decode(table.codec.encode(text)) == text


def test_hangul_and_han_keep_their_several_labels() -> None:
    units = Unicharset.of(["한", "글"])
    table = label_table(units, Recoder.build(units))
    assert table.codec.decode(table.codec.encode("한글 한")) == "한글 한"
    han = Unicharset.of(["一", "丁"])
    shared = {ord("一"): (1,), ord("丁"): (1,)}
    table = label_table(han, Recoder.build(han, shared))
    assert sorted(len(labels) for _, labels in table.codec.codes) == [1, 1, 2]
    assert table.codec.decode(table.codec.encode("丁一丁 一")) == "丁一丁 一"


def test_codes_that_read_in_two_ways_are_refused() -> None:
    units = Unicharset.of(["abq", "한a", "丁"])
    with pytest.raises(CharsetError, match="no codec of ours"):
        label_table(units, Recoder.build(units, {ord("丁"): (1,)}))


@given(st.lists(st.sampled_from("abcdeéçſ.,();"), unique=True, max_size=8), st.integers(0, 8))
def test_a_charset_of_ours_keeps_every_text(letters: list[str], place: int) -> None:
    letters.insert(min(place, len(letters)), " ")
    codec = Codec.from_charset(letters)
    units, recoder = charset_of(codec)
    table = label_table(units, recoder)
    order = label_order_between(codec, table)
    assert sorted(order) == list(range(codec.width))
    assert order[0] == recoder.null_char
    text = "".join(letters)
    codes = [code for at in units.encode(text) for code in recoder.encode(at)]
    assert [int(order[at]) for at in codec.encode(text)] == codes


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        traineddata.unpack(data)


def test_damaged_provenance_is_not_believed() -> None:
    data, _ = traineddata.pack(archive())
    ours, _ = traineddata.unpack(data)
    for layers in ("x", [], [{}] * 20, ours.metadata["tesseract"]["layers"][:-1]):
        changed = replace(ours, metadata={"tesseract": {"layers": layers, "momentum": "high"}})
        assert traineddata.fit(traineddata.to_traineddata(changed)[0]) == ""


def test_quantizing_twice_is_quantizing_once() -> None:
    model, _ = traineddata.to_traineddata(archive())
    record = quantized(LSTMRecord.unpack(model.component("lstm")))
    assert quantized(record) is record


def _resized(node: Node, kind: str, **changes: object) -> Node:
    """The network with other numbers in the first layer of a type."""
    done: list[Node] = []

    def changed(one: Node) -> Node:
        if one.type == kind and not done:
            done.append(one)
            return replace(one, **changes)
        return replace(one, children=tuple(map(changed, one.children)))

    return changed(node)


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("Series", {"no": 70}, "makes 8 outputs where it states 70"),
        ("Input", {"settings": (1, 10**9, 0, 1, 0)}, "an input of 1000000000 by 0 px"),
        ("Input", {"settings": (1, 16, 0, 3, 0)}, "makes 3 outputs where it states 1"),
        ("Maxpool", {"ni": 5, "no": 5}, "takes 5 inputs of 4"),
    ],
)
def test_layers_have_to_fit_one_behind_the_other(
    kind: str, changes: dict[str, object], message: str
) -> None:
    model = TrainedData.unpack(traineddata.pack(archive())[0])
    record = LSTMRecord.unpack(model.component("lstm"))
    wrong = replace(record, network=_resized(record.network, kind, **changes))
    with pytest.raises(FormatError, match=message):
        traineddata.to_archive(model.replaced("lstm", wrong.pack()))
