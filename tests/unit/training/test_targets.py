"""Alignment targets: numbers of the original, and what must hold for any line."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uncial.training.targets import alignment_targets


def _targets(probs: np.ndarray, labels: list[int]) -> np.ndarray:
    given_probs = torch.tensor(probs, dtype=torch.float32)[:, None, :]
    made = alignment_targets(
        given_probs,
        torch.tensor([len(probs)]),
        torch.tensor([labels]),
        torch.tensor([len(labels)]),
    )
    return made[:, 0].numpy()


def test_a_uniform_start_gives_the_published_targets() -> None:
    made = _targets(np.full((4, 3), 1 / 3), [1])
    assert made[:, 1] == pytest.approx([0.25, 0.5, 0.5, 0.25], abs=1e-6)
    assert made[:, 0] == pytest.approx([0.75, 0.5, 0.5, 0.75], abs=1e-6)


def test_two_labels_give_the_published_targets() -> None:
    # The example of the original has its blank last; here it comes first.
    outputs = [
        (0.2, 0.7, 0.1),
        (0.6, 0.2, 0.2),
        (0.1, 0.1, 0.6),
        (0.8, 0.1, 0.1),
        (0.9, 0.05, 0.05),
    ]
    outputs[2] = (0.3, 0.1, 0.6)
    made = _targets(np.array(outputs), [1, 2])
    expected = [
        (0.536533, 0.463467, 0.0),
        (0.696199, 0.156392, 0.147410),
        (0.122061, 0.010773, 0.867166),
        (0.791469, 0.001179, 0.207352),
        (0.958484, 0.0, 0.041516),
    ]
    assert made == pytest.approx(np.array(expected), abs=2e-3)


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[list[int]], int, int]:
    width = draw(st.integers(2, 6))
    label = st.integers(1, width - 1)
    labels = draw(st.lists(st.lists(label, min_size=1, max_size=5), min_size=1, max_size=4))
    return labels, width, draw(st.integers(0, 10_000))


@settings(max_examples=60, deadline=None)
@given(lines())
def test_a_line_gets_the_same_targets_alone_and_in_a_batch(
    case: tuple[list[list[int]], int, int],
) -> None:
    labels, width, seed = case
    rng = np.random.default_rng(seed)
    steps = [2 * len(line) + int(rng.integers(1, 8)) for line in labels]
    probs = rng.dirichlet(np.ones(width), (max(steps), len(labels)))
    longest = max(map(len, labels))
    together = alignment_targets(
        torch.tensor(probs, dtype=torch.float32),
        torch.tensor(steps),
        torch.tensor([line + [0] * (longest - len(line)) for line in labels]),
        torch.tensor([len(line) for line in labels]),
    ).numpy()
    for at, line in enumerate(labels):
        alone = _targets(probs[: steps[at], at], line)
        assert together[: steps[at], at] == pytest.approx(alone, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(lines())
def test_rows_sum_to_one_and_only_the_truth_gets_a_share(
    case: tuple[list[list[int]], int, int],
) -> None:
    labels, width, seed = case
    line = labels[0]
    probs = np.random.default_rng(seed).dirichlet(np.ones(width), 2 * len(line) + 3)
    made = _targets(probs, line)
    assert np.isfinite(made).all()
    assert made.sum(1) == pytest.approx(np.ones(len(made)), abs=1e-5)
    absent = sorted(set(range(1, width)) - set(line))
    assert made[:, absent].max(initial=0) < 1e-6


def test_a_solved_line_is_left_alone() -> None:
    probs = np.full((7, 3), 1e-6)
    for step, label in enumerate([0, 1, 0, 2, 2, 0, 0]):
        probs[step, label] = 1 - 2e-6
    made = _targets(probs, [1, 2])
    assert made[1].argmax() == 1
    assert made[3:5].argmax(1).tolist() == [2, 2]
    assert made[0, 0] > 0.9
