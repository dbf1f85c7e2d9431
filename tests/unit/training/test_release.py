"""Layers that are frozen for the first steps only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from uncial.errors import ConfigError
from uncial.progress import Advanced, Event
from uncial.training.basis import StartConfig
from uncial.training.drawing import TrainingStream
from uncial.training.folder import RunFolder
from uncial.training.loop import fit
from uncial.training.losses import Learner
from uncial.training.session import Session
from uncial.training.settings import Settings
from uncial.training.validation import Validation


def test_frozen_layers_begin_to_learn_when_their_steps_are_over(
    make_settings: Callable[..., Settings],
    make_learner: Callable[..., Learner],
    stream: TrainingStream,
    tmp_path: Path,
) -> None:
    learner = make_learner()
    parameters = dict(learner.network.named_parameters())
    name = next(iter(parameters))
    lower = parameters[name].requires_grad_(False)
    settings = replace(make_settings(steps=5, batches=2), lower_steps=3)
    session = Session(learner, settings, started=0.0, started_cpu=0.0, rates={name: 0.0})
    session.progress = session.progress.moved(steps=5)
    folder = RunFolder(tmp_path)
    before = lower.detach().clone()
    moved = {}

    def watch(event: Event) -> None:
        if isinstance(event, Advanced):
            moved[event.done] = not torch.equal(lower, before)

    fit(session, stream, _look, folder, watch, save_model=_forget, watch=_forget, threads=1)
    assert moved == {1: False, 2: False, 3: False, 4: True, 5: True}


def test_steps_below_zero_are_refused() -> None:
    with pytest.raises(ConfigError, match="lower_steps"):
        StartConfig(lower_steps=-1)


def _look(network: object) -> Validation:
    return Validation(0.5, 1.0, ())


def _forget(session: Session) -> None:
    """No model is wanted here."""
