"""The range test of learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from uncial.training.drawing import TrainingStream
from uncial.training.losses import Learner
from uncial.training.rates import range_test, steepest
from uncial.training.settings import Settings


def test_the_test_changes_no_weight_and_gives_the_same_rate_again(
    make_settings: Callable[..., Settings],
    make_learner: Callable[..., Learner],
    stream: TrainingStream,
) -> None:
    learner, settings = make_learner(), make_settings(steps=10, lr=0.01)
    before = {name: tensor.clone() for name, tensor in learner.state_dict().items()}
    found = range_test(learner, stream, settings, threads=1)
    assert all(torch.equal(before[name], now) for name, now in learner.state_dict().items())
    assert found == range_test(learner, stream, settings, threads=1)
    assert found.rates[0] <= found.rate <= found.rates[-1] * 1.1
    assert min(found.losses) < 0.8 * found.losses[0]


def test_the_steepest_fall_is_found_and_no_fall_gives_the_old_rate() -> None:
    rates = [10.0**power for power in range(-6, 1)]
    losses = [4.0, 4.0, 3.9, 2.5, 2.3, 2.4, 6.0]
    assert math.isclose(steepest(rates, losses, otherwise=1.0), 1e-3)
    assert steepest(rates, [4.0 + at for at in range(7)], otherwise=0.5) == 0.5
    assert steepest(rates[:2], [4.0, 1.0], otherwise=0.5) == 0.5
