"""Heat maps of kraken's networks become lines, regions and an order."""

from __future__ import annotations

import numpy as np
import pytest

from uncial.decoding.kraken.baselines import Marks, baselines, simplified
from uncial.decoding.kraken.order import Box, reading_order
from uncial.decoding.kraken.regions import regions
from uncial.decoding.kraken.ridges import ridges
from uncial.decoding.kraken.skeleton import ends, paths, skeleton

GOLDEN = [0.32654512, 0.19927475, 0.24937177, 0.0214777]
"""Of the map below, by scikit-image 0.25."""


def maps(size: tuple[int, int] = (200, 400)) -> tuple[np.ndarray, Marks]:
    """A line from left to right, and one that is marked to run back; in a quarter of the size."""
    small = np.zeros((size[0] // 4, size[1] // 4), np.float32)
    small[12:14, 10:80] = small[32:34, 20:90] = 0.9
    begins, stops = np.zeros(size, np.float32), np.zeros(size, np.float32)
    begins[120:140, 340:364] = stops[120:140, 76:100] = 0.9
    return small, Marks(begins, stops)


def test_lines_are_found_from_end_to_end_in_their_direction() -> None:
    small, marks = maps()
    first, second = sorted(baselines(small, marks), key=lambda line: line[0][0])
    assert np.abs(first - [[51, 40], [51, 319]]).max() <= 4
    assert np.abs(second - [[131, 359], [131, 80]]).max() <= 4


def test_an_empty_map_has_no_lines() -> None:
    small, marks = maps()
    assert baselines(np.zeros_like(small), marks) == []


def test_a_ridge_of_the_enlarged_map_is_that_of_scikit_image() -> None:
    small = np.zeros((6, 8), np.float32)
    small[2:4, 1:7] = 0.8
    made = ridges(small, (24, 30))
    assert np.allclose(made[[10, 11, 14, 0], [15, 4, 20, 0]], GOLDEN, atol=2e-4)


def test_a_thick_line_becomes_one_of_single_pixels() -> None:
    mask = np.zeros((20, 40), np.uint8)
    mask[8:13, 3:37] = 1
    thin = skeleton(mask)
    assert thin.sum(0).max() == 1
    assert len(ends(thin)) == 2


def test_a_fork_joins_its_ends_in_pairs() -> None:
    thin = np.zeros((20, 40), np.uint8)
    thin[10, 2:20] = 1
    for step in range(1, 9):
        thin[10 - step, 19 + step] = thin[10 + step, 19 + step] = 1
    found = {frozenset((tuple(way[0]), tuple(way[-1]))) for way in paths(thin, ends(thin))}
    assert len(found) == 2
    assert all(len(pair) == 2 for pair in found)


def test_a_way_keeps_points_that_lie_far_from_it() -> None:
    way = np.array([[0, 0], [5, 10], [9, 20], [4, 30], [0, 40]])
    assert simplified(way, 3.0).tolist() == [[0, 0], [9, 20], [0, 40]]
    assert simplified(way, 10.0).tolist() == [[0, 0], [0, 40]]


def test_regions_are_outlined_by_their_corners() -> None:
    area = np.zeros((100, 120), np.float32)
    area[20:60, 30:90] = 0.9
    area[80:82, 100:101] = 0.9
    (corners,) = regions(area)
    assert np.abs(corners.min(0) - [20, 30]).max() <= 2
    assert np.abs(corners.max(0) - [59, 89]).max() <= 2


@pytest.mark.parametrize(("leftward", "order"), [(False, [2, 0, 3, 1]), (True, [3, 1, 2, 0])])
def test_columns_are_read_one_after_the_other(leftward: bool, order: list[int]) -> None:
    boxes = [Box(30, 0, 40, 90), Box(30, 110, 40, 190), Box(5, 0, 15, 90), Box(5, 110, 15, 190)]
    columns = [Box(0, 0, 50, 95), Box(0, 105, 50, 200)]
    assert reading_order(boxes, [0, 1, 0, 1], columns, leftward=leftward) == order


def test_lines_outside_of_regions_stand_among_them() -> None:
    boxes = [Box(60, 0, 65, 90), Box(30, 0, 40, 90), Box(5, 0, 15, 90)]
    assert reading_order(boxes, [-1, 0, 0], [Box(0, 0, 50, 95)]) == [2, 1, 0]
