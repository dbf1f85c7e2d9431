"""Gradients of several batches: side by side, one thread a batch, or one after the other.

Side by side every batch of a step has a replica of the learner that shares its weights and has
gradients and running statistics of its own. They are summed in a fixed order, so the result does
not depend on how many threads there are. Networks of large matrices take one batch after the other,
each on all threads, for there is no room for replicas of them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from uncial.models.compute import half_precision, wide_operations
from uncial.nn.noise import seeded_noise
from uncial.training.batches import Batch
from uncial.training.learner import LineLearner
from uncial.training.team import Team


@dataclass(frozen=True)
class StepResult:
    """What one step saw.

    Attributes:
        loss: Main loss, mean over batches.
        lines: Lines in the step.
    """

    loss: float
    lines: int


class Replicas:
    """A learner and its copies, one for each batch of a step.

    Args:
        learner: Holds the weights that the optimizer moves.
        count: Batches in a step.
        pool: Threads to run them on.
    """

    def __init__(self, learner: LineLearner, count: int, pool: ThreadPoolExecutor) -> None:
        self._learner = learner
        self._pool = pool
        self._replicas = [learner, *(copy.deepcopy(learner) for _ in range(count - 1))]
        for replica in self._replicas[1:]:
            for mine, shared in zip(replica.parameters(), learner.parameters(), strict=True):
                mine.data = shared.data

    def step(
        self,
        makers: Sequence[Callable[[], Batch]],
        seed: int,
        *,
        ending: bool = False,
        first: int = 0,
    ) -> StepResult:
        """Leave the mean gradient of the batches on the learner's parameters.

        Args:
            makers: Make one batch each, on the thread that will use it.
            seed: Fixes dropout.
            ending: The last part of the run, see `Learner`.
            first: Place of the first batch among those of the whole step.
        """
        for replica in self._replicas:
            replica.zero_grad(set_to_none=True)
        before = [buffer.clone() for buffer in self._learner.buffers()]
        jobs = zip(self._replicas, makers, range(first, first + len(makers)), strict=False)
        done = list(self._pool.map(lambda job: _gradient(*job, seed=seed, ending=ending), jobs))
        self._sum_gradients(len(makers))
        self._average_statistics(len(makers), before)
        return StepResult(sum(loss for loss, _ in done) / len(done), sum(n for _, n in done))

    def _sum_gradients(self, count: int) -> None:
        mine = [p for p in self._learner.parameters() if p.grad is not None]
        total: list[Tensor] = [p.grad for p in mine if p.grad is not None]
        for replica in self._replicas[1:count]:
            other = [p.grad for p in replica.parameters() if p.grad is not None]
            torch._foreach_add_(total, other)
        if count > 1:
            torch._foreach_div_(total, float(count))

    def _average_statistics(self, count: int, before: Sequence[Tensor]) -> None:
        """Running means and variances of all replicas become their average.

        What is no number keeps its value of `before`: it would never become one again.
        """
        each = zip(*(replica.buffers() for replica in self._replicas), strict=True)
        for old, buffers in zip(before, each, strict=True):
            if buffers[0].is_floating_point():
                mean = torch.stack(buffers[:count]).mean(0)
                mean = torch.where(mean.isfinite(), mean, old)
                for buffer in buffers:
                    buffer.copy_(mean)


class Stepper(Protocol):
    """Makes the gradient of a step."""

    def step(
        self,
        makers: Sequence[Callable[[], Batch]],
        seed: int,
        *,
        ending: bool = False,
        first: int = 0,
    ) -> StepResult:
        """Leave the mean gradient of the batches on the learner's parameters."""


class Shared:
    """One process's share of the batches of each step, and the mean over all processes.

    Args:
        stepper: Makes the gradient of a share.
        learner: On whose parameters it is left.
        team: The processes.
    """

    def __init__(self, stepper: Stepper, learner: LineLearner, team: Team) -> None:
        self._stepper = stepper
        self._learner = learner
        self._team = team

    def step(
        self, makers: Sequence[Callable[[], Batch]], seed: int, *, ending: bool = False
    ) -> StepResult:
        """As `Replicas.step`, with the batches of the whole step."""
        share = len(makers) // self._team.size
        first = self._team.rank * share
        mine = makers[first : first + share]
        result = self._stepper.step(mine, seed, ending=ending, first=first)
        if self._team.size == 1:
            return result
        self._team.mean_([p.grad for p in self._learner.parameters() if p.grad is not None])
        self._team.mean_([b for b in self._learner.buffers() if b.is_floating_point()])
        told = torch.tensor([result.loss, result.lines], dtype=torch.float64)
        self._team.mean_([told])
        return StepResult(float(told[0]), round(float(told[1]) * self._team.size))


class Accumulated:
    """A learner that takes the batches of a step one after the other.

    Args:
        learner: Holds the weights that the optimizer moves.
        pool: Threads to make batches on.
        threads: Of each operation; 0 takes every core.
    """

    def __init__(self, learner: LineLearner, pool: ThreadPoolExecutor, threads: int = 0) -> None:
        self._learner = learner
        self._pool = pool
        self._threads = threads

    def step(
        self,
        makers: Sequence[Callable[[], Batch]],
        seed: int,
        *,
        ending: bool = False,
        first: int = 0,
    ) -> StepResult:
        """As `Replicas.step`; the seed fixes torch's own generator, too."""
        self._learner.zero_grad(set_to_none=True)
        made = [self._pool.submit(make) for make in makers]
        done = []
        with wide_operations(self._threads):
            for place, batch in enumerate(made, first):
                torch.manual_seed((seed * 1_000_003 + place) % 2**63)
                done.append(_gradient(self._learner, batch.result, place, seed=seed, ending=ending))
        total = [p.grad for p in self._learner.parameters() if p.grad is not None]
        if len(makers) > 1:
            torch._foreach_div_(total, float(len(makers)))
        return StepResult(sum(loss for loss, _ in done) / len(done), sum(n for _, n in done))


def _gradient(
    learner: LineLearner, make: Callable[[], Batch], place: int, *, seed: int, ending: bool
) -> tuple[float, int]:
    device = next(learner.parameters()).device
    batch = make().to(device)
    with seeded_noise(seed * 1_000_003 + place), half_precision(device):
        loss, main = learner(batch, ending=ending)
    loss.backward()
    return float(main), len(batch.lengths)
