"""Bootstrap intervals."""

import time

import numpy as np
import pytest

from uncial.text.interval import ratio_intervals, sum_by_group, swap_p_value


def test_interval_of_a_proportion_has_the_textbook_width() -> None:
    rng = np.random.default_rng(1)
    hits = rng.random((2000, 1)) < 0.1
    low, high = ratio_intervals(hits, np.ones((2000, 1)))[0]
    standard_error = np.sqrt(0.1 * 0.9 / 2000)
    assert high - low == pytest.approx(2 * 1.96 * standard_error, rel=0.1)
    assert low < hits.mean() < high


def test_ratios_share_their_resamples() -> None:
    values = np.arange(12.0).reshape(6, 2)
    both = ratio_intervals(np.hstack([values[:, :1]] * 2), np.ones((6, 2)))
    assert both[0].tolist() == both[1].tolist()


def test_degenerate_input_gives_zero() -> None:
    assert ratio_intervals(np.ones((3, 1)), np.zeros((3, 1))).tolist() == [[0, 0]]
    assert ratio_intervals(np.ones((0, 2)), np.ones((0, 2))).tolist() == [[0, 0], [0, 0]]


def test_ten_thousand_groups_take_well_under_a_second() -> None:
    values = np.ones((10_000, 2))
    begin = time.process_time()
    ratio_intervals(values, values, resamples=2000)
    assert time.process_time() - begin < 2  # 0.3 s on an idle core


def test_sums_by_group_keep_first_appearance() -> None:
    assert sum_by_group([[1], [2], [4]], ["b", "a", "b"]).tolist() == [[5], [2]]


def test_p_values_of_few_groups_are_exact() -> None:
    assert swap_p_value([1, 2, 3]) == 2 / 8  # only all one way are as large
    assert swap_p_value([1, -1]) == 1.0
    assert swap_p_value([0, 0]) == 1.0
    assert swap_p_value([1, 1, 1, 1, 0]) == 2 / 16


def test_p_values_of_equal_systems_are_even() -> None:
    rng = np.random.default_rng(5)
    found = [swap_p_value(rng.normal(size=30), seed=n) for n in range(60)]
    assert 0.35 < np.mean(found) < 0.65
    assert swap_p_value(rng.normal(2, 1, size=30)) < 0.001
