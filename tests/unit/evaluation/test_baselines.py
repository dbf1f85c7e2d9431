"""Scores of baselines against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from uncial.evaluation.baselines import (
    adaptive_tolerances,
    matches,
    over_pages,
    score_baselines,
)
from uncial.page.polyline import Points


def _level(y: float, left: float = 0, right: float = 1000) -> Points:
    return np.array([[left, y], [right, y]])


_TRUTH = [_level(100), _level(200), _level(300)]
_TEN = [10.0, 10.0, 10.0]


def test_the_truth_itself_is_perfect() -> None:
    score = score_baselines(_TRUTH, _TRUTH, _TEN)
    assert (score.precision, score.recall, score.f) == (1, 1, 1)
    assert (score.missed, score.extra, score.splits, score.merges) == (0, 0, 0, 0)


@pytest.mark.parametrize(("off", "worth"), [(10, 1.0), (15, 0.75), (20, 0.5), (30, 0.0)])
def test_a_line_beside_the_truth_counts_less_up_to_three_tolerances(
    off: float, worth: float
) -> None:
    score = score_baselines([_level(100)], [_level(100 + off)], [10.0])
    assert score.precision == pytest.approx(worth)
    assert score.recall == pytest.approx(worth)


def test_a_missed_line_costs_a_third_of_the_recall_and_no_precision() -> None:
    score = score_baselines(_TRUTH, _TRUTH[:2], _TEN)
    assert (score.precision, score.recall) == (1, pytest.approx(2 / 3))
    assert score.missed == 1


def test_an_invented_line_costs_precision_and_no_recall() -> None:
    score = score_baselines(_TRUTH, [*_TRUTH, _level(700)], _TEN)
    assert (score.precision, score.recall) == (0.75, 1)
    assert score.extra == 1


def test_half_a_line_found_is_half_its_recall() -> None:
    score = score_baselines([_level(100)], [_level(100, 0, 500)], [1.0])
    assert score.recall == pytest.approx(0.5, abs=0.01)
    assert score.precision == 1


def test_a_line_in_two_parts_is_recalled_but_only_one_part_is_precise() -> None:
    parts = [_level(100, 0, 500), _level(100, 500, 1000)]
    score = score_baselines([_level(100)], parts, [10.0])
    assert (score.precision, score.recall) == (0.5, 1)
    assert (score.parts, score.f_parts) == (1, 1)
    assert (score.splits, score.merges) == (1, 0)


def test_two_lines_as_one_are_a_merge_whose_other_half_lies_nowhere() -> None:
    columns = [_level(100, 0, 450), _level(100, 550, 1000)]
    score = score_baselines(columns, [_level(100)], [1.0, 1.0])
    assert score.recall == 1
    assert score.precision == pytest.approx(0.45, abs=0.02)
    assert (score.splits, score.merges) == (0, 1)


def test_the_tolerance_is_a_quarter_of_the_distance_to_the_next_line_or_of_the_mean() -> None:
    assert adaptive_tolerances([_level(100), _level(140), _level(240)]) == [10, 10, 15]


def test_a_line_far_from_all_others_takes_the_usual_distance() -> None:
    beside = [_level(100, 0, 400), _level(140, 0, 400), _level(500, 600, 1000)]
    assert adaptive_tolerances(beside)[2] == 10


@pytest.mark.parametrize(
    ("truth", "found", "precision", "recall"),
    [([], [], 1, 1), (_TRUTH, [], 1, 0), ([], _TRUTH, 0, 1)],
)
def test_an_empty_page_is_scored(
    truth: list[Points], found: list[Points], precision: float, recall: float
) -> None:
    score = score_baselines(truth, found, _TEN[: len(truth)])
    assert (score.precision, score.recall) == (precision, recall)


def test_pages_count_alike_however_many_lines_they_have() -> None:
    good = score_baselines(_TRUTH, _TRUTH, _TEN)
    bad = score_baselines([_level(100)], [_level(500)], [10.0])
    both = over_pages([good, bad])
    assert (both.precision, both.recall, both.true) == (0.5, 0.5, 4)


def test_lines_are_matched_one_to_one_by_place() -> None:
    found = [_level(302), _level(99), _level(600)]
    assert sorted(matches(_TRUTH, found, _TEN)) == [(0, 1), (2, 0)]
