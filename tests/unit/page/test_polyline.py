"""Lengths, resampling, frames and edges of polylines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.page import polyline
from uncial.page.layout import Polygon

_STAIRS: Polygon = ((0, 0), (3, 4), (3, 4), (3, 10))


def test_a_repeated_point_is_left_out() -> None:
    assert len(polyline.points_of(_STAIRS)) == 3


def test_the_length_is_that_of_the_way() -> None:
    assert polyline.length(polyline.points_of(_STAIRS)) == 11


def test_resampled_points_are_evenly_spaced_and_keep_the_ends() -> None:
    points = polyline.resampled(polyline.points_of(_STAIRS), 1.0)
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [3, 10]
    assert np.diff(polyline.along(points)) == pytest.approx([1.0] * 11)


@given(st.floats(0, 2 * math.pi), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_turning_back_undoes_turning(angle: float, x: float, y: float) -> None:
    direction = np.array([math.cos(angle), math.sin(angle)])
    points = np.array([[x, y]])
    again = polyline.turned_back(polyline.turned(points, direction), direction)
    assert again == pytest.approx(points, abs=1e-9)


def test_a_point_below_a_line_that_runs_down_the_page_lies_to_its_left() -> None:
    down = np.array([0.0, 1.0])
    assert polyline.turned(np.array([[-5.0, 7.0]]), down).tolist() == [[7.0, 5.0]]


def test_the_area_of_a_square_does_not_depend_on_the_sense_of_rotation() -> None:
    square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
    assert polyline.area(square) == polyline.area(square[::-1]) == 16


def test_edges_are_top_and_bottom_within_and_unknown_beside() -> None:
    roof = np.array([[0.0, 10], [5, 0], [10, 10]])
    found = polyline.edges(roof, np.array([-1.0, 2.5, 5.0]))
    assert np.isnan(found[0]).all()
    assert found[1:].tolist() == [[5.0, 10.0], [0.0, 10.0]]
