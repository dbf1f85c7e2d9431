"""Specs to stored networks and back: the same text, the same names, the same answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import ConfigError, FormatError, SpecError
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import Node
from uncial.formats.tesseract.spec import spec_of
from uncial.formats.tesseract.tensors import arrays_of, filled, label_order
from uncial.formats.tesseract.vgsl import nodes_of
from uncial.nn.build import build
from uncial.nn.frames import Frames
from uncial.nn.tesseract import forward
from uncial.nn.tesseract.forward import ExactNetwork
from uncial.nn.tesseract.noise import Noise
from uncial.nn.weights import to_arrays

LABELS, NULL = 7, 4
SPECS = (
    "[1,12,0,1 Ct3,3,4 Mp3,3 Lfys5 Lfx6 Lrx6 Lfx8 O1c7]",
    "[1,0,0,1 Cr5,3,4 Mp2,2 Lbys3 Lbx4 O1c7]",
    "[1,8,0,1 Cs1,1,3 Mp2,2 S2,1 Lry3 Lrys2 O1s7]",
    "[1,8,0,1 Cl3,3,2 [Cn3,3,3 Mp2,2] (Lfx2 [Cp1,1,3 Lrx2]) O1c7]",
    "[1,6,0,1 Ct3,3,2 L2xy3 Lfys4 O1c7]",
    "[1,6,0,1 L2yx2 Rx Lfys3 Cm1,1,4 O1l7]",
    "[1,1,0,6 Lfx5 LS4]",
)


def drawn(spec: str, seed: int = 0) -> tuple[Node, str]:
    """A network with random weights, and its own spec."""
    root, slots = nodes_of(spec, LABELS)
    torch.manual_seed(seed)
    arrays = to_arrays(build(spec, labels=LABELS, scheme="scaled"))
    network = filled(root, slots, arrays, label_order(NULL, LABELS))
    return network, spec_of(network)[0]


class Silence(Noise):
    """Zeros, as our convolutions see them."""

    def draw(self, count: int) -> np.ndarray:
        return np.zeros(count)


@pytest.mark.parametrize("spec", SPECS)
def test_a_stored_network_answers_as_ours_does(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "Noise", Silence)
    stored, own = drawn(spec)
    ours = build(own, labels=LABELS).eval()
    order = label_order(NULL, LABELS)
    arrays = arrays_of(spec_of(stored)[1], order)
    ours.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    height = ours.input_height or 12
    values = np.random.default_rng(1).uniform(-1, 1, (height, 20, 1)).astype(np.float32)
    frames = Frames(torch.from_numpy(values[None, None, :, :, 0].copy()), torch.tensor([20]))
    with torch.inference_mode():
        found = ours.log_probs(frames)[0].exp().numpy()
    expected = ExactNetwork(stored, 0).probabilities(values)[:, order]
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("spec", SPECS)
def test_text_and_weights_survive_both_ways(spec: str) -> None:
    stored, own = drawn(spec)
    again, slots = nodes_of(own, LABELS)
    assert [s.prefix for s in slots] == [s.prefix for s in spec_of(stored)[1]]
    order = label_order(NULL, LABELS)
    filled_again = filled(again, slots, arrays_of(spec_of(stored)[1], order), order)
    for before, after in zip(stored.walk(), filled_again.walk(), strict=True):
        assert (before.type, before.ni, before.no) == (after.type, after.ni, after.no)
        for one, other in zip(before.matrices, after.matrices, strict=True):
            np.testing.assert_array_equal(one.values, other.values)


@pytest.mark.parametrize("spec", SPECS)
def test_what_is_built_can_be_stored_and_read(spec: str) -> None:
    record = LSTMRecord(network=drawn(spec)[0], spec=spec, null_char=NULL)
    assert LSTMRecord.unpack(record.pack()).pack() == record.pack()


def test_headers_are_those_of_tesseracts_builder() -> None:
    root, _ = nodes_of(SPECS[0], LABELS)
    shown = [(node.type, node.name, node.ni, node.no, node.needs_backprop) for node in root.walk()]
    assert shown == [
        ("Series", "Series", 12, 7, 0),
        ("Input", "Input", 12, 1, 0),
        ("Series", "ConvSeries", 1, 4, 0),
        ("Convolve", "Convolve", 1, 9, 0),
        ("Tanh", "ConvNL", 9, 4, 0),
        ("Maxpool", "Maxpool", 4, 4, 1),
        ("XYTranspose", "XYTransLSTM", 4, 5, 1),
        ("SummLSTM", "Lfys5", 4, 5, 1),
        ("LSTM", "Lfx6", 5, 6, 1),
        ("RTLReversed", "RevLSTM", 6, 6, 1),
        ("LSTM", "Lrx6", 6, 6, 1),
        ("LSTM", "Lfx8", 6, 8, 1),
        ("Softmax", "Output", 8, 7, 1),
    ]
    assert root.weight_count == sum(
        matrix.values.size for node in drawn(SPECS[0])[0].walk() for matrix in node.matrices
    )


def test_a_layer_that_passes_its_input_on_stands_beside_no_other() -> None:
    with pytest.raises(SpecError, match="passes on its input beside others") as caught:
        nodes_of("[1,12,0,1 Lfys5 (I Lfx6) O1c7]", LABELS)
    assert caught.value.column == 17
    with pytest.raises(SpecError, match="no layer behind it"):
        nodes_of("[1,12,0,1 Lfys5 Rx ]", LABELS)


def test_ops_that_only_train_are_left_out() -> None:
    plain, _ = nodes_of("[1,12,0,1 Ct3,3,4 Lfys5 O1c7]", LABELS)
    dropped, slots = nodes_of("[1,12,0,1 Ct{a}3,3,4 Do0.1,2 Lfys5 Do O{h}1c7]", LABELS)
    assert [n.type for n in plain.walk()] == [n.type for n in dropped.walk()]
    assert [slot.prefix for slot in slots] == ["layers.C_0", "layers.L_2.ahead", "layers.O_4"]


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("[1,12,0,1 Cl3,3,4 Bn Lfys5 O1c7]", "Bn"),
        ("[1,12,0,1 Ct3,3,4,2,2 Lfys5 O1c7]", "Ct3,3,4,2,2"),
        ("[1,0,0,1 Ct3,3,4 O1c7]", "fixed height"),
        ("[1,12,0,1 Ct3,3,4", "missing"),
        ("[1,12,0,1]", "no layer"),
        ("Ct3,3,4", "no input"),
        ("[1,12,0,1 Mp0,2 O1c7]", "no size"),
        ("[1,12,0,1 Lfx99999999 O1c7]", "out of range"),
        ("[1,12,0,1 " + "[" * 80 + "O1c7", "nested"),
        ("[1,12,0,1 Rx", "missing"),
    ],
)
def test_what_tesseract_lacks_is_shown_in_the_spec(spec: str, shown: str) -> None:
    with pytest.raises(SpecError) as caught:
        nodes_of(spec, LABELS)
    assert shown in str(caught.value)


@given(st.text("[](1,20 CtrMpLfxys3O1cRSbE{a}", max_size=40))
def test_any_text_is_a_network_or_refused(text: str) -> None:
    try:
        nodes_of(text, 5)
    except SpecError:
        return


def test_tensors_that_do_not_fit_are_named() -> None:
    root, slots = nodes_of(SPECS[0], LABELS)
    arrays = to_arrays(build(SPECS[0], labels=LABELS))
    order = label_order(NULL, LABELS)
    with pytest.raises(FormatError, match=r"lacks the tensor 'layers\.O_6\.lin\.bias'"):
        filled(root, slots, {k: v for k, v in arrays.items() if k != "layers.O_6.lin.bias"}, order)
    with pytest.raises(FormatError, match="unknown tensor 'more'"):
        filled(root, slots, arrays | {"more": np.zeros(3)}, order)
    with pytest.raises(FormatError, match="has shape"):
        filled(root, slots, arrays | {"layers.O_6.lin.bias": np.zeros(3)}, order)


def test_layers_without_counterpart_are_named() -> None:
    root, _ = nodes_of(SPECS[0], LABELS)
    with pytest.raises(ConfigError, match="does not begin with an input"):
        spec_of(root.children[1])
    lonely = Node(type="Series", name="s", ni=12, no=4, children=root.children[:3])
    with pytest.raises(ConfigError, match="stands last"):
        spec_of(lonely)
