import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.evaluation.reliability import (
    auroc,
    calibration_error,
    rank_correlation,
    reliability,
    risk_coverage,
)

answers = st.lists(
    st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.8, 0.9]), st.booleans()), min_size=1, max_size=40
)


@given(answers)
def test_bins_hold_every_item_once_and_rise(items: list[tuple[float, bool]]) -> None:
    sure, right = zip(*items, strict=True)
    bins = reliability(sure, right, bins=4)
    assert sum(item.count for item in bins) == len(items)
    assert [item.confidence for item in bins] == sorted(item.confidence for item in bins)
    assert sum(item.count * item.accuracy for item in bins) == pytest.approx(sum(right))


def test_honest_confidences_have_no_error_and_boasts_have_theirs() -> None:
    sure = np.repeat([0.25, 0.75], 400)
    honest = np.r_[np.arange(400) % 4 == 0, np.arange(400) % 4 != 0]
    assert calibration_error(reliability(sure, honest)) == pytest.approx(0)
    assert calibration_error(reliability(np.full(10, 0.9), [True] * 5 + [False] * 5)) == (
        pytest.approx(0.4)
    )


@given(answers)
def test_auroc_counts_pairs(items: list[tuple[float, bool]]) -> None:
    good = [sure for sure, right in items if right]
    bad = [sure for sure, right in items if not right]
    found = auroc(*zip(*items, strict=True))
    if not good or not bad:
        assert found is None
        return
    pairs = [(a > b) + (a == b) / 2 for a in good for b in bad]
    assert found == pytest.approx(sum(pairs) / len(pairs))


def test_coverage_ends_with_all_lines_and_begins_with_the_surest() -> None:
    curve = risk_coverage([0.2, 0.9, 0.8], [5, 0, 1], [10, 10, 10])
    assert curve[0].cer == 0
    assert curve[-1].coverage == 1
    assert curve[-1].cer == pytest.approx(6 / 30)
    assert risk_coverage([], [], []) == []


def test_rank_correlation_is_spearmans() -> None:
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 1000]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 2, 2, 4], [1, 3, 2, 4]) == pytest.approx(0.9486832980505138)
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
