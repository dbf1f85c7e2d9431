"""Noise beyond the border of a line: the same as if it stood there, and as Tesseract draws it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from uncial.formats.tesseract.spec import spec_of
from uncial.formats.tesseract.tensors import arrays_of, filled, label_order
from uncial.formats.tesseract.vgsl import nodes_of
from uncial.nn.border import RandomBorder, SeededBorder, set_border
from uncial.nn.build import build
from uncial.nn.frames import Frames
from uncial.nn.noise import seeded_noise
from uncial.nn.tesseract.forward import ExactNetwork
from uncial.nn.weights import to_arrays

SPEC = "[1,9,0,1 Ct5,3,3 Mp2,2 Cl3,5,2 Lfys4 Lfx4 O1c5]"


def frames(*widths: int) -> Frames:
    generator = torch.Generator().manual_seed(1)
    data = torch.rand((len(widths), 1, 9, max(widths)), generator=generator) * 2 - 1
    return Frames(data, torch.tensor(widths)).blanked()


@pytest.mark.parametrize("size", ["3,3", "5,3", "1,5", "3,1", "5,7"])
def test_constant_noise_is_a_constant_border(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build(f"[1,9,0,1 Cl{size},3 O1c5]").eval()
    conv = network.layers.C_0.conv
    monkeypatch.setattr(torch, "rand", lambda size, generator: torch.full(size, 0.75))
    set_border(network, RandomBorder())
    given = frames(12, 20, 5, 2)
    found = network.layers.C_0(given)
    y, x = conv.kernel_size[0] // 2, conv.kernel_size[1] // 2
    for line, made, width in zip(given.data, found.data, given.widths.tolist(), strict=True):
        around = functional.pad(line[:, :, :width], (x, x, y, y), value=0.5)
        expected = functional.conv2d(around, conv.weight, conv.bias)
        torch.testing.assert_close(made[:, :, :width], expected, atol=1e-5, rtol=0)


def test_noise_follows_from_the_seed_and_lets_gradients_through() -> None:
    network = build(SPEC)
    set_border(network, RandomBorder())
    outs = []
    for seed in (1, 1, 2):
        with seeded_noise(seed):
            outs.append(network.log_probs(frames(20, 14)))
    assert torch.equal(outs[0], outs[1])
    assert not torch.equal(outs[0], outs[2])
    outs[0].sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())
    set_border(network, None)
    assert torch.equal(network.log_probs(frames(20)), build_like(network).log_probs(frames(20)))


def build_like(network: torch.nn.Module) -> torch.nn.Module:
    other = build(SPEC)
    other.load_state_dict(network.state_dict())
    return other


def test_seeded_noise_is_that_of_the_stored_network() -> None:
    torch.manual_seed(0)
    network = build(SPEC, labels=5).eval()
    root, slots = nodes_of(SPEC, 5)
    order = label_order(4, 5)
    stored = filled(root, slots, to_arrays(network), order)
    assert arrays_of(spec_of(stored)[1], order).keys() == to_arrays(network).keys()
    set_border(network, SeededBorder(1234))
    given = frames(30, 23)
    with torch.inference_mode():
        found = network.log_probs(given).exp().numpy()
    exact = ExactNetwork(stored, 1234)
    for line, probabilities, width in zip(given.data, found, (30, 23), strict=True):
        values = line[0, :, :width].numpy()[..., None]
        expected = exact.probabilities(values)[:, order]
        np.testing.assert_allclose(probabilities[: len(expected)], expected, atol=2e-5)
