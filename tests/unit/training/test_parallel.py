"""Batches side by side: the same sums on any number of threads, one set of weights."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from uncial.models.compute import worker_pool
from uncial.nn.frames import Frames
from uncial.nn.noise import noise, seeded_noise
from uncial.training.batches import Batch, BatchMaker, StreamPlace
from uncial.training.config import TrainConfig
from uncial.training.drawing import TrainingStream
from uncial.training.losses import Learner
from uncial.training.parallel import Replicas, StepResult
from uncial.training.session import Session
from uncial.training.settings import resolve

Make = Callable[..., Learner]


@pytest.fixture
def makers(stream: TrainingStream) -> list[BatchMaker]:
    return [make for _, make in islice(stream.from_place(StreamPlace()), 3)]


def _step(
    learner: Learner, makers: list[BatchMaker], threads: int, seed: int = 5
) -> tuple[StepResult, list[Tensor], list[Tensor]]:
    with worker_pool(threads) as pool:
        result = Replicas(learner, len(makers), pool).step(makers, seed)
    grads = [p.grad.clone() for p in learner.parameters() if p.grad is not None]
    return result, grads, [buffer.clone() for buffer in learner.buffers()]


def _equal(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) and all(a.equal(b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_number_of_threads_changes_no_bit(
    make_learner: Make, makers: list[BatchMaker], count: int
) -> None:
    result, grads, statistics = _step(make_learner(), makers[:count], threads=1)
    assert len(grads) == len(list(make_learner().parameters()))
    assert result.lines == 4 * count
    for threads in (2, 3):
        again, others, theirs = _step(make_learner(), makers[:count], threads)
        assert again == result
        assert _equal(grads, others)
        assert _equal(statistics, theirs)


def test_gradients_are_the_mean_over_the_batches(
    make_learner: Make, makers: list[BatchMaker]
) -> None:
    spec = "[1,16,0,1 Cl3,3,4,2,2 Mp2,2 Fh (I Lbx6)]"  # nothing random
    both, together, _ = _step(make_learner(spec), makers[:2], 1)
    one, first, _ = _step(make_learner(spec), makers[:1], 1)
    other, second, _ = _step(make_learner(spec), makers[1:2], 1)
    assert both.loss == pytest.approx((one.loss + other.loss) / 2)
    for mean, a, b in zip(together, first, second, strict=True):
        assert torch.allclose(mean, (a + b) / 2, atol=1e-6)


def test_noise_follows_from_the_seed(make_learner: Make, makers: list[BatchMaker]) -> None:
    _, grads, _ = _step(make_learner(), makers[:2], 2, seed=5)
    _, same, _ = _step(make_learner(), makers[:2], 1, seed=5)
    _, others, _ = _step(make_learner(), makers[:2], 1, seed=6)
    assert _equal(grads, same)
    assert not _equal(grads, others)


def test_replicas_share_the_weights_that_the_optimizer_moves(
    make_learner: Make, makers: list[BatchMaker]
) -> None:
    learner = make_learner()
    settings = resolve(TrainConfig(output=Path("run"), steps=10))
    session = Session(learner, settings, started=0.0, started_cpu=0.0)
    with worker_pool(2) as pool:
        replicas = Replicas(learner, 2, pool)
        for step in range(3):
            before = [p.detach().clone() for p in learner.parameters()]
            replicas.step(makers[:2], step)
            session.gradient_norm()
            session.prepare_rate()
            session.move()
            mine, copied = (list(replica.parameters()) for replica in replicas._replicas)
            assert _equal(mine, copied)
            assert not _equal(before, mine)
            assert all(a.data_ptr() == b.data_ptr() for a, b in zip(mine, copied, strict=True))


def test_running_statistics_become_those_of_all_batches(
    make_learner: Make, makers: list[BatchMaker]
) -> None:
    _, _, first = _step(make_learner(), makers[:1], 1)
    _, _, second = _step(make_learner(), makers[1:2], 1)
    learner = make_learner()
    with worker_pool(2) as pool:
        replicas = Replicas(learner, 2, pool)
        replicas.step(makers[:2], 5)
        each = [list(replica.buffers()) for replica in replicas._replicas]
    for mine, theirs, a, b in zip(*each, first, second, strict=True):
        if mine.is_floating_point():
            assert mine.equal(theirs)
            assert torch.allclose(mine, (a + b) / 2)


def test_a_step_with_fewer_batches_than_replicas_uses_those(
    make_learner: Make, makers: list[BatchMaker]
) -> None:
    _, grads, _ = _step(make_learner(), makers[:1], 1)
    learner = make_learner()
    with worker_pool(1) as pool:
        replicas = Replicas(learner, 3, pool)
        replicas.step(makers, 4)
        replicas = Replicas(make_learner(), 3, pool)
        replicas.step(makers[:1], 5)
        mine = [p.grad for p in replicas._learner.parameters() if p.grad is not None]
    assert _equal(grads, mine)


def test_a_batch_that_overflows_spoils_no_running_statistics(
    make_learner: Make, makers: list[BatchMaker]
) -> None:
    def overflowing() -> Batch:
        batch = makers[0]()
        data = batch.frames.data.clone()
        data[0, 0, 3, 9] = torch.inf
        frames = Frames(data, batch.frames.widths)
        return Batch(frames, batch.labels, batch.lengths, batch.indices)

    learner = make_learner()
    before = [buffer.clone() for buffer in learner.buffers()]
    with worker_pool(1) as pool:
        result = Replicas(learner, 2, pool).step([overflowing, makers[1]], 5)
    assert not np.isfinite(result.loss)
    for old, buffer in zip(before, learner.buffers(), strict=True):
        assert buffer.isfinite().all()
        assert old.shape == buffer.shape


@pytest.mark.parametrize("seed", [0, 20_260_101, 2**62])
def test_any_seed_a_user_may_give_makes_noise(
    make_learner: Make, makers: list[BatchMaker], seed: int
) -> None:
    result, _, _ = _step(make_learner(), makers[:1], 1, seed=seed * 1_000_003 + 17)
    assert np.isfinite(result.loss)
    with seeded_noise(seed):
        drawn = torch.rand(3, generator=noise())
    with seeded_noise(seed):
        assert torch.rand(3, generator=noise()).equal(drawn)
    assert noise() is None
