"""How good a network is now: validation lines read and scored as anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from uncial.data.store import LineStore
from uncial.text.metrics import cer
from uncial.text.normalize import Normalization
from uncial.training.family import family_of
from uncial.training.lines import Plan
from uncial.training.settings import Settings
from uncial.training.team import LONE, Team

_SAMPLES = 3


@dataclass(frozen=True)
class Validation:
    """One look at the validation lines.

    Attributes:
        cer: Micro-averaged, a fraction; the same number that `evaluate` gives.
        written: Characters of all outputs over those of all ground truth.
        samples: Line id, ground truth and output of a few lines, the same each time.
    """

    cer: float
    written: float
    samples: tuple[tuple[str, str, str], ...]


Validator = Callable[[nn.Module], Validation]


def validator(
    store: LineStore, plan: Plan, settings: Settings, threads: int = 0, team: Team = LONE
) -> Validator:
    """A function that reads the plan's validation lines with a network.

    Args:
        store: Holds the lines.
        plan: Codec, preprocessing and rows.
        settings: Say what is read, and the rules applied to both sides.
        threads: Lines read side by side; 0 takes every core.
        team: The processes that share out the lines.
    """
    rows: NDArray[np.int64] = plan.validation
    family, normalization = family_of(settings), Normalization.named(settings.normalization)
    truths = store.texts(rows)
    ids = store.line_ids(rows[:_SAMPLES])

    def look(network: nn.Module) -> Validation:
        reader = family.reader(network, plan, normalization)
        mine = rows[team.rank :: team.size]
        readings = reader.read_each(lambda i: store.image(int(mine[i])), len(mine), threads=threads)
        outputs = team.gathered([reading.text for reading in readings])
        rate = cer(zip(truths, outputs, strict=True), normalization=normalization)
        shown = zip(ids, truths, outputs, strict=False)
        characters = sum(map(len, outputs)) / max(1, sum(map(len, truths)))
        return Validation(
            rate,
            characters,
            tuple((name, normalization(t), normalization(o)) for name, t, o in shown),
        )

    return look
