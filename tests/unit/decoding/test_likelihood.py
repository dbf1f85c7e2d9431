"""CTC's forward sum against counting every path, and voting over readings."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest

from uncial.decoding.likelihood import log_likelihoods


def _counted(log_probs: np.ndarray, labels: tuple[int, ...]) -> float:
    steps, width = log_probs.shape
    total = 0.0
    for path in product(range(width), repeat=steps):
        if tuple(label for label, _ in groupby(path) if label) == labels:
            total += float(np.exp(sum(log_probs[t, label] for t, label in enumerate(path))))
    return total


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_is_the_sum_over_all_paths(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.log(rng.dirichlet(np.ones(3), size=5))
    texts = [(), (1,), (1, 1), (1, 2, 1), (2, 2, 2), (1, 2, 1, 2, 1)]
    found = np.exp(log_likelihoods(rows, texts))
    np.testing.assert_allclose(found, [_counted(rows, text) for text in texts], atol=1e-12)


def test_what_does_not_fit_is_impossible_and_no_steps_say_nothing() -> None:
    rows = np.log(np.full((2, 3), 1 / 3))
    assert log_likelihoods(rows, [(1, 1)])[0] == -np.inf
    assert log_likelihoods(rows[:0], [(), (1,)]).tolist() == [0.0, -np.inf]
