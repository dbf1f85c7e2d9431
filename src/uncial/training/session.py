"""The moving parts of a run: weights, their average, the optimizer, and where they stand."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
from torch import nn

from uncial.nn.build import Network
from uncial.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from uncial.training.learner import LineLearner
from uncial.training.optimizer import AdamW, LowRank
from uncial.training.schedule import estimated_share, learning_rate
from uncial.training.settings import Settings
from uncial.training.team import LONE, Team


class Session:
    """State of one run in memory.

    Args:
        learner: Network and loss.
        settings: Of the run.
        started: `time.perf_counter` at the start of the task, so that preparation counts.
        started_cpu: `time.process_time` then.
        rates: Learning rate of parameters of the network as a share of that of the others.
        team: The processes that share out the batches of each step.

    Attributes:
        average: Moving average of the network: what is validated and saved.
        progress: Where the run stands.
    """

    def __init__(
        self,
        learner: LineLearner,
        settings: Settings,
        *,
        started: float,
        started_cpu: float,
        rates: Mapping[str, float] | None = None,
        team: Team = LONE,
    ) -> None:
        self.learner = learner
        self.team = team
        self.settings = settings
        self.average = copy.deepcopy(learner.network).eval()
        named = dict(learner.network.named_parameters())
        stays = not settings.lower_steps  # what is frozen never learns
        self.optimizer = AdamW(
            [p for p in learner.parameters() if p.requires_grad or not stays],
            weight_decay=settings.weight_decay,
            momentum=settings.momentum,
            shares={named[name]: share for name, share in (rates or {}).items()},
            low_rank=_bounds(learner, settings),
        )
        self.progress = Progress()
        self._released = not rates
        self._started = started
        self._started_cpu = started_cpu
        self._told: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        """Wall time of the run, earlier processes included; in a team that of its first one."""
        return self._told[0] if self._told else time.perf_counter() - self._started

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the run, earlier processes included; of the first one of a team."""
        return self._told[1] if self._told else time.process_time() - self._started_cpu

    def tick(self, *, stop: bool = False) -> None:
        """Agree with the team on the time, for all of them decide by it.

        Args:
            stop: Whether this process is about to end; the first one tells the others.

        Raises:
            Cancelled: The first one ends.
        """
        if self.team.size == 1 or (stop and not self.team.leads):
            return
        self._told = ()
        self._told = self.team.clock(self.seconds, self.cpu_seconds, stop=stop)

    @property
    def share(self) -> float:
        """Part of the run that is done, 0-1."""
        at = self.progress
        return estimated_share(self.settings, step=at.step, steps=at.steps, seconds=self.seconds)

    @property
    def reached(self) -> bool:
        """Whether the model is as good as the settings ask for."""
        return self.settings.target > 0 and self.progress.best_cer <= self.settings.target

    @property
    def ending(self) -> bool:
        """Whether the last part of the run has begun, which minimizes CTC."""
        return self.share >= 1 - self.settings.ending

    def prepare_rate(self) -> float:
        """Set the learning rate of the next step."""
        rate = learning_rate(self.settings, self.share) * self.progress.lr_factor
        self.optimizer.rate = rate
        return rate

    def release(self) -> bool:
        """Let slowed or frozen layers learn like the others if their time is over.

        Returns:
            Whether that happened just now, so that copies of the network are out of date.
        """
        after = self.settings.lower_steps
        if self._released or not after or self.progress.step < after:
            return False
        self._released = True
        self.optimizer.level()
        self.learner.network.requires_grad_(True)
        self.learner.train()
        return True

    def gradient_norm(self) -> float:
        """Clip the gradient; its norm before."""
        parameters = self.learner.parameters()
        return float(nn.utils.clip_grad_norm_(parameters, self.settings.clip))

    def move(self) -> None:
        """Take the step and let the average follow."""
        self.optimizer.step()
        decay = min(self.settings.ema, (1 + self.progress.step) / (10 + self.progress.step))
        network = self.learner.network
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(network.parameters()), 1 - decay
            )
            for mine, current in zip(self.average.buffers(), network.buffers(), strict=True):
                mine.copy_(current)

    def save(self, path: Path, events: int) -> None:
        """Write a checkpoint; `events` is the length of the event log."""
        self.progress = self.progress.moved(
            seconds=self.seconds, cpu_seconds=self.cpu_seconds, events=events
        )
        save_checkpoint(path, self.progress, self.learner, self.average, self.optimizer)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint, its time counted as used."""
        self.progress = load_checkpoint(path, self.learner, self.average, self.optimizer)
        self._started -= self.progress.seconds
        self._started_cpu -= self.progress.cpu_seconds

    def roll_back(self, path: Path, *, rate: float = 0.5) -> None:
        """Return to a checkpoint after divergence, with a lower learning rate."""
        rescues, factor = self.progress.rescues, self.progress.lr_factor
        self.progress = load_checkpoint(path, self.learner, self.average, self.optimizer)
        self.progress = self.progress.moved(rescues=rescues + 1, lr_factor=factor * rate)


def _bounds(learner: LineLearner, settings: Settings) -> LowRank | None:
    """How far matrices below the head may move; None where that is not bounded."""
    if not settings.rank:
        return None
    *_, head = cast("Network", learner.network).layers.children()
    return LowRank(rank=settings.rank, seed=settings.seed, whole=list(head.parameters()))
