"""Lines in tiles: nothing is lost or seen twice where two of them meet."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from uncial.nn.frames import Frames
from uncial.nn.tiles import Tiling, place_signal, tiles_of

TILING = Tiling(height=384, width=384, columns=24, shared=6)


@given(st.integers(1, 384 * 40))
def test_each_column_of_a_line_is_given_once_and_none_is_left_out(width: int) -> None:
    count = TILING.count(width)
    step = TILING.columns - TILING.shared
    given_columns = [
        tile * step + column for tile in range(count) for column in range(*TILING.kept(tile, count))
    ]
    assert given_columns == list(range(len(given_columns)))
    assert len(given_columns) * TILING.column >= width


@given(st.integers(385, 384 * 40), st.data())
def test_what_is_narrower_than_the_overlap_lies_whole_in_a_tile(
    width: int, data: st.DataObject
) -> None:
    shared = TILING.shared * TILING.column
    start = data.draw(st.integers(0, width - shared))
    tiles = [(n * TILING.step, n * TILING.step + TILING.width) for n in range(TILING.count(width))]
    assert any(left <= start and start + shared <= right for left, right in tiles)


def test_tiles_show_the_line_and_paper_behind_its_end() -> None:
    tiling = Tiling(height=2, width=8, columns=4, shared=2)
    line = torch.arange(1.0, 12.0).expand(1, 1, 2, 11)
    data = torch.zeros(2, 1, 2, 20)
    data[0, :, :, :11] = line
    data[1, :, :, :5] = 7
    tiles, counts = tiles_of(Frames(data, torch.tensor([11, 5])), tiling)
    assert counts == [2, 1]
    assert tiles[:, 0, 0].tolist() == [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [5, 6, 7, 8, 9, 10, 11, 0],
        [7, 7, 7, 7, 7, 0, 0, 0],
    ]


def test_columns_of_a_first_tile_are_as_the_encoder_knows_them() -> None:
    assert not place_signal(0, 32).any()
    assert place_signal(1, 32).any()
