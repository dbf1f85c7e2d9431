"""A learning rate that fits the lines: a few steps at rising rates on a copy of the network.

The loss stands still at first, falls the steeper the higher the rate, and at last goes up. The
rate of the steepest fall, by the logarithm of the rate, is taken for the peak of the run.

Source: Smith 2017, arXiv:1506.01186, section 3.3 (learning-rate range test).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from uncial.models.compute import worker_pool
from uncial.training.batches import BatchSource, StreamPlace
from uncial.training.family import family_of
from uncial.training.learner import LineLearner
from uncial.training.session import Session
from uncial.training.settings import Settings

_STEPS = 48
_LOWEST, _HIGHEST = 1 / 100, 100.0  # times the preset's rate
_MEMORY = 0.8  # of the moving mean of the loss
_UP = 1.5  # times the first loss, from which higher rates are not tried


@dataclass(frozen=True, kw_only=True)
class RangeTest:
    """What a range test showed.

    Attributes:
        rate: Of the steepest fall.
        rates: That were tried, ascending.
        losses: Moving mean at each.
    """

    rate: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]


def range_test(
    learner: LineLearner,
    stream: BatchSource,
    settings: Settings,
    *,
    rates: Mapping[str, float] | None = None,
    threads: int = 0,
) -> RangeTest:
    """Try rates from a hundredth to a hundred times that of the settings; changes nothing.

    Args:
        learner: Its weights stay as they are.
        stream: Its first batches are used.
        settings: Of the run.
        rates: As for `Session`.
        threads: Cores to use; 0 takes every one.
    """
    trial = Session(copy.deepcopy(learner), settings, started=0.0, started_cpu=0.0, rates=rates)
    tried = settings.lr * np.geomspace(_LOWEST, _HIGHEST, _STEPS)
    losses: list[float] = []
    with worker_pool(threads) as pool:
        gradients = family_of(settings).stepper(trial.learner, settings.batches, pool)
        batches = stream.from_place(StreamPlace())
        for step, rate in enumerate(tried.tolist()):
            makers = [make for _, make in islice(batches, settings.batches)]
            loss = gradients.step(makers, settings.seed * 1_000_003 + step).loss
            if not math.isfinite(loss + trial.gradient_norm()):
                break
            losses.append(_MEMORY * losses[-1] + (1 - _MEMORY) * loss if losses else loss)
            if losses[-1] > _UP * losses[0]:
                break
            trial.optimizer.rate = rate
            trial.optimizer.step()
    return RangeTest(
        rate=steepest(tried[: len(losses)].tolist(), losses, otherwise=settings.lr),
        rates=tuple(tried[: len(losses)].tolist()),
        losses=tuple(losses),
    )


def steepest(rates: list[float], losses: list[float], *, otherwise: float) -> float:
    """The rate at which the loss falls fastest by the logarithm of the rate.

    Args:
        rates: Ascending.
        losses: Moving mean at each.
        otherwise: What is returned where the loss never falls.
    """
    if len(losses) < 3:
        return otherwise
    slopes = np.gradient(np.array(losses), np.log(rates))
    at = int(slopes.argmin())
    return float(f"{rates[at]:.2g}") if slopes[at] < 0 else otherwise
