"""Which of a teacher's guesses a student learns from.

Never an absolute probability alone, for networks are sure of themselves in different degrees: a
share of the lines is taken, the likeliest for their length first.

Source: Kiss et al. 2021, arXiv:2104.13037 (probability of the whole transcription as the measure);
Cascante-Bonilla et al. 2021, arXiv:2001.06001 (a share that grows from round to round).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.text.graphemes import graphemes
from uncial.training.selftraining.config import LabelfreeConfig
from uncial.training.selftraining.teacher import Guess

_BIN = 60  # lines of about one length that are ranked together, at least
_BINS = 8
_REPEATS = 0.005  # most of the chosen that may say the same
_SELDOM = 12  # lines that every character should occur in, if so many are read with it
_EDGES = (0.01, 0.99)  # quantiles of characters a width outside of which a reading is wrong
_LOOP = re.compile(r"(.{1,3}?)\1{4,}", re.DOTALL)

Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is taken and what is not.

    Attributes:
        taken: Numbers of the lines to learn from, ascending.
        left: Why others are out of the question, and how many.
    """

    taken: Rows
    left: dict[str, int]


def choose(found: Sequence[Guess], config: LabelfreeConfig, share: float) -> Choice:
    """Choose the guesses to learn from.

    Args:
        found: Of all lines.
        config: How to choose.
        share: Of all lines, 0-1, that may be taken.
    """
    why = _faults(found, config)
    able = np.array([at for at, fault in enumerate(why) if not fault], np.int64)
    left = Counter(fault for fault in why if fault)
    if config.choice == "threshold":
        sure = np.array([found[at].confidence >= config.threshold for at in able], bool)
        left["below the threshold"] += int((~sure).sum())
        return Choice(taken=able[sure], left=+left)
    order = able[np.argsort(-_ranks(found, able), kind="stable")]
    order, repeated = _without_repeats(found, order, share)
    count = min(len(order), round(share * len(found)))
    taken = _with_seldom(found, order, count)
    left["says what many others say"] += repeated
    left["less likely than others"] += len(order) - len(taken)
    return Choice(taken=np.sort(taken), left=+left)


def _faults(found: Sequence[Guess], config: LabelfreeConfig) -> list[str]:
    """What speaks against each guess; ``""`` where nothing does."""
    density = np.array([len(one.text) / max(one.width, 1e-9) for one in found])
    written = density[[bool(one.text.strip()) for one in found]]
    low, high = np.quantile(written, _EDGES) if len(written) else (0.0, 0.0)
    faults = []
    for one, dense in zip(found, density.tolist(), strict=True):
        if not one.text.strip():
            faults.append("nothing read")
        elif _LOOP.search(one.text):
            faults.append("goes round in a loop")
        elif config.choice != "threshold" and not low <= dense <= high:
            faults.append("too short or too long for its line")
        elif one.agreement < config.agreement:
            faults.append("changes when distorted")
        else:
            faults.append("")
    return faults


def _ranks(found: Sequence[Guess], able: Rows) -> NDArray[np.float64]:
    """Place of each guess among those of its length: 1 is the likeliest."""
    lengths = np.array([len(found[at].text) for at in able])
    merits = np.array([found[at].score for at in able])
    bins = max(1, min(_BINS, len(able) // _BIN))
    ranks = np.zeros(len(able))
    for part in np.array_split(np.argsort(lengths, kind="stable"), bins):
        order = part[np.argsort(merits[part], kind="stable")]
        ranks[order] = (np.arange(len(part)) + 1) / max(1, len(part))
    return ranks


def _without_repeats(found: Sequence[Guess], order: Rows, share: float) -> tuple[Rows, int]:
    """The order without what says the same too often, and how many those are."""
    most = max(2, math.ceil(_REPEATS * share * len(found)))
    seen: Counter[str] = Counter()
    kept = []
    for at in order.tolist():
        seen[found[at].text] += 1
        if seen[found[at].text] <= most:
            kept.append(at)
    return np.array(kept, np.int64), len(order) - len(kept)


def _with_seldom(found: Sequence[Guess], order: Rows, count: int) -> Rows:
    """The first of the order, and of the better half of the rest lines with rare characters."""
    units = {int(at): set(graphemes(found[int(at)].text)) - {" "} for at in order}
    chosen = order[:count].tolist()
    seen = Counter(unit for at in chosen for unit in units[at])
    for at in order[count : (count + len(order) + 1) // 2].tolist():
        if any(seen[unit] < _SELDOM for unit in units[at]):
            chosen.append(at)
            seen.update(units[at])
    return np.array(chosen, np.int64)
