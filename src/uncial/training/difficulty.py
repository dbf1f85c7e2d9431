"""Which lines are easy: what a curriculum begins with.

Source: Bengio et al. 2009, "Curriculum learning"; by loss as in Hacohen & Weinshall 2019,
arXiv:1904.03626.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from uncial.models.compute import half_precision
from uncial.models.tensors import to_frames
from uncial.training.batches import Batch, LineImages, PreparedLines, padded
from uncial.training.learner import LineLearner
from uncial.training.lines import Plan, TrainingLines


def difficulty(
    by: str, plan: Plan, lines: TrainingLines, images: LineImages, learner: LineLearner
) -> NDArray[np.float64]:
    """``(M,)`` of each line, with mean 0 and deviation 1.

    Args:
        by: ``"length"`` of the text, or ``"loss"`` of the learner as it is now, for which every
            line is read once.
        plan: Of the run.
        lines: All that are trained on.
        images: Where they come from.
        learner: Of the run, before its first step.
    """
    if by == "length":
        found = np.array([len(labels) for labels in lines.labels], np.float64)
    else:
        found = _losses(plan, lines, images, learner)
    spread = float(found.std())
    return (found - found.mean()) / spread if spread else np.zeros(len(found))


def _losses(
    plan: Plan, lines: TrainingLines, images: LineImages, learner: LineLearner
) -> NDArray[np.float64]:
    device = next(learner.parameters()).device
    prepared = PreparedLines(images, lines.rows, plan.preprocessing, budget=0)
    pad, style = plan.preprocessing.pad, plan.preprocessing.style
    training, losses = learner.training, []
    learner.eval()
    with torch.inference_mode(), half_precision(device):
        for at, labels in enumerate(lines.labels):
            frames = to_frames([prepared[at]], pad, style=style)
            batch = Batch(frames, padded([labels]), torch.tensor([len(labels)]), np.array([at]))
            losses.append(float(learner(batch.to(device))[1]))
    learner.train(training)
    return np.array(losses)
