from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from uncial.errors import ConfigError
from uncial.formats.tesseract.matrices import DOUBLE, INT8, WeightMatrix
from uncial.formats.tesseract.nodes import Node
from uncial.formats.tesseract.spec import spec_of
from uncial.formats.tesseract.tensors import arrays_of, label_order
from uncial.nn.build import Network, build
from uncial.nn.frames import Frames
from uncial.nn.tesseract import forward
from uncial.nn.tesseract.arithmetic import logistic, softmax, tanh, to_byte
from uncial.nn.tesseract.forward import ExactNetwork
from uncial.nn.tesseract.layer import stride
from uncial.nn.tesseract.noise import Noise
from uncial.nn.weights import from_arrays

RNG = np.random.default_rng(5)


def stored(
    kind: str,
    ni: int,
    no: int,
    settings: tuple[int, ...] = (),
    matrices: tuple[WeightMatrix, ...] = (),
    children: tuple[Node, ...] = (),
) -> Node:
    return Node(
        type=kind, name=kind, ni=ni, no=no, settings=settings, matrices=matrices, children=children
    )


def network_of(root: Node) -> Network:
    """Ours with the weights of a stored one; labels keep their numbers."""
    spec, slots = spec_of(root)
    made = build(spec, labels=root.no).eval()
    from_arrays(made, arrays_of(slots, label_order(0, root.no)))
    return made


class Silence(Noise):
    def draw(self, count: int) -> np.ndarray:
        return np.zeros(count)


def matrix(outputs: int, inputs: int, integer: bool = False) -> WeightMatrix:
    values = RNG.uniform(-1, 1, (outputs, inputs + 1))
    if not integer:
        return WeightMatrix(mode=DOUBLE, values=values)
    step = np.abs(values).max(axis=1) / 127
    whole = np.round(values / step[:, None]).astype(np.int8)
    return WeightMatrix(mode=DOUBLE | INT8, values=whole, scales=np.append(step, [0.0]))


def full(kind: str, ni: int, no: int, integer: bool = False) -> Node:
    return stored(kind, ni, no, matrices=(matrix(no, ni, integer),))


def lstm(ni: int, ns: int, kind: str = "LSTM", gates: int = 4, integer: bool = False) -> Node:
    sources = ni + ns * (gates - 3)
    made = tuple(matrix(ns, sources, integer) for _ in range(gates))
    return stored(kind, ni, ns, (sources,), made)


def around(kind: str, *children: Node) -> Node:
    joins = kind in ("ParBidiLSTM", "Parallel", "Par2dLSTM")
    no = sum(child.no for child in children) if joins else children[-1].no
    return stored(kind, children[0].ni, no, children=children)


def network(*layers: Node, height: int = 6, depth: int = 1) -> Node:
    given = stored("Input", height, depth, (1, height, 0, depth, 1))
    return stored("Series", height, layers[-1].no, children=(given, *layers))


def conv(ni: int, no: int, kind: str = "Tanh", integer: bool = False) -> Node:
    window = stored("Convolve", ni, ni * 9, (1, 1))
    return stored("Series", ni, no, children=(window, full(kind, ni * 9, no, integer)))


def quad(ni: int, ns: int) -> Node:
    cells = [lstm(ni, ns, gates=5) for _ in range(4)]
    return around(
        "Par2dLSTM",
        cells[0],
        around("RTLReversed", cells[1]),
        around("RTLReversed", around("TTBReversed", cells[2])),
        around("TTBReversed", cells[3]),
    )


def usual(integer: bool = False) -> Node:
    return network(
        conv(1, 4, integer=integer),
        stored("Maxpool", 4, 4, (2, 2)),
        around("XYTranspose", lstm(4, 5, "SummLSTM", integer=integer)),
        lstm(5, 3, integer=integer),
        around("RTLReversed", lstm(3, 4, integer=integer)),
        around("ParBidiLSTM", lstm(4, 2, integer=integer), around("RTLReversed", lstm(4, 2))),
        full("Softmax", 4, 7, integer),
    )


NETWORKS = {
    "[1,6,0,1 Ct3,3,4 Mp2,2 Lfys5 Lfx3 Lrx4 Lbx2 O1c7]": usual(),
    "[1,6,0,1 Cr3,3,2 S6,2 Cs1,1,3 O1s5]": network(
        conv(1, 2, "Relu"),
        stored("Reconfig", 2, 24, (2, 6)),
        full("Logistic", 24, 3),
        full("SoftmaxNoCTC", 3, 5),
    ),
    "[1,6,0,1 (Cl1,1,2 Rx Ct1,1,2) Lfys3 O1c4]": network(
        around("Parallel", full("Linear", 1, 2), around("RTLReversed", full("Tanh", 1, 2))),
        around("XYTranspose", lstm(4, 3, "SummLSTM")),
        full("Softmax", 3, 4),
    ),
    "[1,6,0,1 L2xy2 Lfys3 O1c4]": network(
        around("XYTranspose", quad(1, 2)),
        around("XYTranspose", lstm(8, 3, "SummLSTM")),
        full("Softmax", 3, 4),
    ),
    "[1,6,0,1 L2yx2 Lrys3 O1c4]": network(
        quad(1, 2),
        around("XYTranspose", around("RTLReversed", lstm(8, 3, "SummLSTM"))),
        full("Softmax", 3, 4),
    ),
    "[1,6,0,1 Cp3,3,2 O1c4]": network(
        conv(1, 2, "LinLogistic"),
        stored(
            "Series",
            2,
            4,
            children=(stored("Reconfig", 2, 12, (1, 6)), full("Softmax", 12, 4)),
        ),
    ),
}


@pytest.mark.parametrize("spec", NETWORKS)
def test_ours_computes_the_same_but_for_the_border(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "Noise", Silence)
    root = NETWORKS[spec]
    assert spec_of(root)[0] == spec
    values = RNG.uniform(-1, 1, (6, 21, 1)).astype(np.float32)
    exact = ExactNetwork(root, 1).probabilities(values)
    frames = Frames(torch.from_numpy(values.transpose(2, 0, 1)[None].copy()), torch.tensor([21]))
    with torch.inference_mode():
        ours = network_of(root).log_probs(frames)[0].exp().numpy()
    assert np.allclose(ours, exact, atol=2e-5)


def test_noise_stands_beyond_the_border() -> None:
    root = network(conv(1, 2), stored("Reconfig", 2, 12, (1, 6)), full("Softmax", 12, 4))
    values = RNG.uniform(-1, 1, (6, 9, 1)).astype(np.float32)
    same, again, other = (ExactNetwork(root, seed).probabilities(values) for seed in (3, 3, 4))
    assert (same == again).all()
    assert np.abs(same - other).max() > 1e-3


def test_bytes_come_close_to_reals() -> None:
    root = usual(integer=True)
    network = ExactNetwork(root, 1)
    assert network.integer
    values = RNG.integers(-127, 128, (6, 30, 1)).astype(np.int8)
    found = network.probabilities(values)
    assert found.shape == (15, 7)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)


def test_large_sums_of_bytes_stay_exact() -> None:
    inputs = 2000
    weights = np.full((1, inputs + 1), 127, np.int8)
    one = WeightMatrix(mode=DOUBLE | INT8, values=weights, scales=np.array([1.0]))
    layer = stored("Linear", inputs, 1, matrices=(one,))
    values = np.full((1, 1, inputs), 127, np.int8)
    values[0, 0, 0] = 126
    found = ExactNetwork(network(layer, height=1, depth=inputs), 1)
    assert found.height == inputs
    column = values.reshape(inputs, 1, 1)
    whole = 127 * 127 * (inputs - 1) + 127 * 126 + 127 * 127
    assert found.probabilities(column)[0, 0] == min(127.0, np.float32(whole / 127))


@pytest.mark.parametrize("kind", ["LSTMSoftmax", "LSTMBinarySoftmax"])
def test_answers_are_fed_back(kind: str) -> None:
    labels, fed = 5, 5 if kind == "LSTMSoftmax" else 3
    cells = lstm(2 + fed, 3)
    head = stored(kind, 2, labels, (8,), cells.matrices, children=(full("Softmax", 3, labels),))
    root = network(around("XYTranspose", lstm(1, 2, "SummLSTM")), head)
    values = RNG.uniform(-1, 1, (6, 8, 1)).astype(np.float32)
    exact = ExactNetwork(root, 1).probabilities(values)
    frames = Frames(torch.from_numpy(values.transpose(2, 0, 1)[None].copy()), torch.tensor([8]))
    with torch.inference_mode():
        ours = network_of(root).log_probs(frames)[0].exp().numpy()
    assert np.allclose(ours, exact, atol=2e-5)


def test_layers_without_counterpart_are_named() -> None:
    root = network(around("XYTranspose", full("Tanh", 1, 2)), full("Softmax", 2, 3))
    with pytest.raises(ConfigError, match="XYTranspose with 1 inputs and 2 outputs"):
        network_of(root)
    with pytest.raises(ConfigError, match="does not begin with an input"):
        spec_of(full("Softmax", 2, 3))


def test_fixed_widths_are_cut_or_filled() -> None:
    root = network(stored("Reconfig", 1, 6, (1, 6)), full("Softmax", 6, 4))
    given = replace(root.children[0], settings=(1, 6, 10, 1, 1))
    root = replace(root, children=(given, *root.children[1:]))
    for width in (4, 10, 17):
        values = np.zeros((6, width, 1), np.float32)
        assert ExactNetwork(root, 1).probabilities(values).shape == (10, 4)


def test_stride_multiplies() -> None:
    assert stride(usual()) == 2
    assert stride(NETWORKS["[1,6,0,1 Cr3,3,2 S6,2 Cs1,1,3 O1s5]"]) == 2


def test_noise_is_the_minimal_standard_generator() -> None:
    assert Noise(1).reals(3) == pytest.approx([-0.308677, -0.146957, 0.256125], abs=1e-6)
    assert Noise(6352704).bytes(5).tolist() == [-69, 124, -40, -110, -40]
    stream, parts = Noise(7), Noise(7)
    assert stream.draw(5).tolist() == [*parts.draw(2), *parts.draw(0), *parts.draw(3)]


def test_curves_come_close_to_the_functions() -> None:
    values = np.linspace(-20, 20, 4001, dtype=np.float32)
    assert np.allclose(tanh(values), np.tanh(values), atol=2e-6)
    assert np.allclose(logistic(values), 1 / (1 + np.exp(-values.astype(float))), atol=2e-6)
    assert softmax(values[None])[0].sum() == pytest.approx(1, abs=1e-5)
    assert to_byte(np.array([0.5, -0.5, 2.0, 1.5 / 127], np.float32)).tolist() == [64, -64, 127, 2]


def test_what_is_not_a_number_stays_within_the_tables() -> None:
    values = np.array([[np.nan, np.inf, -np.inf]], np.float32)
    assert np.abs(tanh(values)).max() <= 1
    assert logistic(values).tolist()[0][1:] == [1.0, 0.0]


def test_pools_higher_than_the_line_leave_nothing() -> None:
    pool = stored("Maxpool", 1, 1, (2, 9))
    root = network(pool, full("Tanh", 1, 3), lstm(3, 3), full("Softmax", 3, 4))
    assert ExactNetwork(root, 1).probabilities(np.zeros((6, 8, 1), np.float32)).shape == (0, 4)
