"""Reading in 8-bit integers: close to the real network, the same alone and padded."""

from __future__ import annotations

import pytest
import torch

from uncial.models.compute import integers_pay
from uncial.nn.build import Network, build
from uncial.nn.fold import folded
from uncial.nn.frames import Frames
from uncial.nn.integer import IntegerConv, Levels, in_integers, input_ranges
from uncial.nn.ops.pool import MaxPool

SPEC = (
    "[1,24,0,1 Cl3,3,8,2,2 Bnr Cl3,3,16 Bnr Mp2,2 Cl3,3,16 Bnr Fh Cl1,1,32 Bnr "
    "+[Dwl1,5 Bn Cg1,1,48 Cl1,1,32] (I Lbx16) O1c9]"
)
needs_kernels = pytest.mark.skipif(
    not integers_pay(), reason="this processor has no dot products of 8-bit integers"
)


def lines(widths: list[int], seed: int = 0) -> Frames:
    drawn = torch.Generator().manual_seed(seed)
    data = torch.rand(len(widths), 1, 24, max(widths), generator=drawn) * 2
    return Frames(data, torch.tensor(widths)).blanked()


@pytest.fixture
def network() -> Network:
    torch.manual_seed(3)
    made = build(SPEC, labels=9)
    made.train()
    for step in range(4):
        made(lines([160, 120, 90], seed=step))
    return folded(made.eval())


def test_levels_give_zero_a_level_of_its_own() -> None:
    levels = Levels.spanning((-0.17, 5.0))
    data = torch.tensor([-0.17, 0.0, 2.5, 5.0, 9.0])
    back = (levels.of(data).float() - levels.zero) * levels.scale
    assert back[1] == 0
    assert torch.allclose(back[:4], data[:4], atol=levels.scale / 2 + 1e-6)
    assert back[4] == pytest.approx(5.0, abs=levels.scale)


def test_levels_of_one_value_alone() -> None:
    assert Levels.spanning((0.0, 0.0)).of(torch.zeros(3)).tolist() == [0, 0, 0]


@needs_kernels
def test_integers_stay_close_to_the_real_network(network: Network) -> None:
    ranges = input_ranges(network, [lines([160, 120], seed=7)])
    integer = in_integers(network, ranges)
    converted = [m for m in integer.modules() if isinstance(m, IntegerConv)]
    given = lines([150, 131], seed=7)
    with torch.inference_mode():
        real, near = network.log_probs(given), integer.log_probs(given)
    assert len(converted) == 6
    assert sum(conv.made is not None for conv in converted) == 4
    assert (real.exp() - near.exp()).abs().max() < 0.05


@needs_kernels
def test_a_line_reads_the_same_alone_and_padded(network: Network) -> None:
    integer = in_integers(network, input_ranges(network, [lines([160, 120], seed=7)]))
    both = lines([160, 97], seed=5)
    with torch.inference_mode():
        padded = integer.log_probs(both)[1]
        alone = integer.log_probs(Frames(both.data[1:, :, :, :97], both.widths[1:]))[0]
    steps = int(integer.output_widths(97))
    assert torch.allclose(padded[:steps], alone[:steps], atol=1e-4)


@needs_kernels
def test_a_convolution_without_a_range_stays_real(network: Network) -> None:
    ranges = input_ranges(network, [lines([64])])
    del ranges["layers.C_2"]
    integer = in_integers(network, ranges)
    kinds = {name: type(op).__name__ for name, op in integer.named_modules()}
    assert kinds["layers.C_2"] == "Conv"
    assert kinds["layers.C_0"] == "IntegerConv"
    with torch.inference_mode():
        assert integer.log_probs(lines([64])).isfinite().all()


def test_ranges_name_every_convolution_and_hold_zero(network: Network) -> None:
    ranges = input_ranges(network, [lines([80])])
    assert sorted(name.rpartition(".")[2] for name in ranges) == [
        "C_0",
        "C_2",
        "C_2",
        "C_3",
        "C_5",
        "C_8",
    ]
    assert all(low <= 0 <= high for low, high in ranges.values())


@pytest.mark.parametrize("window", [((2, 2), (2, 2)), ((2, 1), (2, 1)), ((3, 2), (1, 1))])
def test_bytes_are_pooled_as_reals(window: tuple[tuple[int, int], tuple[int, int]]) -> None:
    pool = MaxPool(*window)
    data = torch.randint(0, 256, (2, 3, 8, 13), dtype=torch.uint8)
    widths = torch.tensor([13, 9])
    whole = pool(Frames(data, widths).blanked()).data
    assert torch.equal(whole.float(), pool(Frames(data.float(), widths).blanked()).data)
