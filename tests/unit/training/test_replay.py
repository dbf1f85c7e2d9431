"""What keeps a network near its base: joined sources, the teacher, interpolated weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from uncial.training.batches import Batch, StreamPlace
from uncial.training.drawing import TrainingStream
from uncial.training.losses import Learner
from uncial.training.replay import JoinedImages, Teacher, interpolated, keeping_alpha

NONE = np.empty(0, np.int64)


class Flat:
    def __init__(self, gray: int) -> None:
        self.gray = gray

    def image(self, row: int) -> NDArray[np.uint8]:
        return np.full((2, 2), self.gray + row, np.uint8)


def test_rows_of_the_second_source_follow_those_of_the_first() -> None:
    both = JoinedImages(Flat(0), 3, Flat(100))
    assert [int(both.image(row)[0, 0]) for row in (0, 2, 3, 5)] == [0, 2, 100, 102]


def test_a_network_that_is_its_base_is_at_no_distance_from_it(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    learner = make_learner(shortcut=0.0).eval()
    batch = next(stream.from_place(StreamPlace()))[1]()
    plain = _loss(learner, batch)
    learner.teacher = Teacher(learner.network, NONE, 5.0, 0)
    assert _loss(learner, batch) == pytest.approx(plain, abs=1e-6)


def _loss(learner: Learner, batch: Batch) -> float:
    return float(learner(batch)[0].detach())


def test_the_teacher_counts_on_its_own_lines_only(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    learner = make_learner(shortcut=0.0).eval()
    batch = next(stream.from_place(StreamPlace()))[1]()
    teacher = Teacher(learner.network, NONE, 1.0, int(batch.indices.max()) + 1)
    with torch.no_grad():
        list(learner.network.parameters())[-1].add_(torch.tensor([0.0, 2.0, 0.0, 0.0]))
    plain = _loss(learner, batch)
    learner.teacher = teacher
    assert _loss(learner, batch) == plain
    learner.teacher = Teacher(make_learner().network, NONE, 1.0, 0)
    assert _loss(learner, batch) > plain


def test_the_teacher_has_no_opinion_of_labels_that_its_base_lacks(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    batch = next(stream.from_place(StreamPlace()))[1]()
    log_probs = torch.full((1, 1, 4), float(np.log(1 / 3)))
    log_probs[..., 1] = -50.0
    bare = copy.deepcopy(make_learner().network)
    with torch.no_grad():
        for parameter in bare.parameters():
            parameter.zero_()
    told = Teacher(bare.eval(), np.array([1]), 1.0, 0)
    frames = batch.frames._replace(data=batch.frames.data[:1, ..., :4], widths=torch.tensor([4]))
    one = replace(batch, frames=frames, indices=np.array([0]))
    assert float(told.distance(one, log_probs, torch.tensor([1]))) == pytest.approx(0, abs=1e-5)


def test_a_teacher_is_shared_by_the_copies_of_a_learner(
    make_learner: Callable[..., Learner],
) -> None:
    learner = make_learner()
    learner.teacher = Teacher(learner.network, NONE, 1.0, 0)
    assert copy.deepcopy(learner).teacher is learner.teacher
    own = {id(p) for p in learner.network.parameters()}
    assert {id(p) for p in learner.parameters()} - own  # the shortcut head, not the teacher
    assert len(list(learner.parameters())) == len(list(make_learner().parameters()))


def test_interpolated_weights_lie_between_and_rows_of_new_labels_stay() -> None:
    base = {"a": np.zeros(2, np.float32), "head": np.zeros((3, 2), np.float32), "n": np.array(1)}
    tuned = {"a": np.ones(2, np.float32), "head": np.ones((3, 2), np.float32), "n": np.array(9)}
    made = interpolated(base, tuned, 0.25, np.array([2]), ["head"])
    assert made["a"].tolist() == [0.25, 0.25]
    assert made["head"].tolist() == [[0.25, 0.25], [0.25, 0.25], [1, 1]]
    assert made["n"] == 9
    assert made["a"].dtype == np.float32


@pytest.mark.parametrize(
    ("cers", "alpha"),
    [
        ({1.0: 0.1}, 1.0),
        ({1.0: 0.3, 0.9: 0.2, 0.8: 0.1, 0.7: 0.0}, 0.8),
        ({1.0: 0.9, 0.9: 0.8, 0.8: 0.7, 0.7: 0.5, 0.6: 0.5, 0.5: 0.6}, 0.7),
    ],
    ids=["keeps it as trained", "part of the way", "none keeps it"],
)
def test_weights_go_as_far_from_the_base_as_its_own_lines_allow(
    cers: dict[float, float], alpha: float
) -> None:
    assert keeping_alpha(cers.__getitem__, 0.1) == alpha
