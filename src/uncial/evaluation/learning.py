"""Learning curves: the law of the error rate, fitted to short runs on few lines.

A model reads the lines that it was trained on better than others. With more of them that gap
closes, about as a power law::

    cer = error on learnt lines + a * lines**-b

The gap is a straight line in logarithms, fitted to runs of one length on small subsets, of which
the smallest have time to learn their lines by heart. What the run on the largest subset did not
learn stays as it is for a run that sees each of more lines as often. A power law of the CER alone
forecast too much of a gain, as it takes what there was no time to learn for what there were no
lines for. Three doubts are drawn: other validation lines (whole documents are resampled), the few
runs that the law rests on (Student's distribution of its numbers), and the chance in a single run.

Source: Cortes et al., NIPS 1993 (errors on learnt and on other lines); Hestness et al. 2017,
arXiv:1712.00409 (power laws of learning curves).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uncial.errors import DataError
from uncial.text.interval import sum_by_group
from uncial.text.metrics import LineScore

Floats = NDArray[np.float64]

_DRAWS = 4000
_LEAST_CER = 1e-5  # stands for no error at all, whose logarithm there is not
_MOST_CHANCE = 0.3  # standard deviation of the logarithm of a run's CER, at most
_HOPELESS = 3.0  # logarithm of a CER beyond all that is measured
_TAKEN_OFF = 0.7  # CER over which a run has not learnt to read yet, and tells nothing


@dataclass(frozen=True, kw_only=True)
class ShortRun:
    """One run on a subset.

    Attributes:
        lines: That it was trained on.
        seed: Of the run, and of the draw of its lines.
        scores: Of the validation lines, the same ones in each run.
        learnt: CER on lines that it was trained on, a fraction.
    """

    lines: int
    seed: int
    scores: tuple[LineScore, ...]
    learnt: float

    @property
    def cer(self) -> float:
        """On the validation lines, micro-averaged, a fraction."""
        characters = sum(score.chars for score in self.scores)
        return sum(score.char_edits for score in self.scores) / max(characters, 1)


@dataclass(frozen=True)
class Trend:
    """Straight lines in logarithms, none of them rising: one fit, or as many as were drawn.

    Attributes:
        intercepts: ``(D,)``.
        slopes: ``(D,)``.
    """

    intercepts: Floats
    slopes: Floats

    @classmethod
    def fitted(cls, sizes: Floats, rates: Floats) -> Trend:
        """By least squares.

        Args:
            sizes: ``(n,)`` logarithms of numbers of lines.
            rates: ``(D, n)`` logarithms of error rates.
        """
        centred = sizes - sizes.mean()
        slopes = np.minimum(0.0, (rates @ centred) / (centred**2).sum())
        return cls(rates.mean(axis=1) - slopes * sizes.mean(), slopes)

    def at(self, lines: int) -> Floats:
        """``(D,)`` rates."""
        logs = self.intercepts + self.slopes * np.log(lines)
        rates: Floats = np.exp(np.minimum(logs, _HOPELESS))
        return rates

    def noise(self, sizes: Floats, rates: Floats) -> float:
        """Standard deviation of the logarithms about the first line."""
        residual = rates - self.intercepts[0] - self.slopes[0] * sizes
        return float(np.sqrt((residual**2).sum() / (len(sizes) - 2)))

    def shaken(self, sizes: Floats, spread: Floats, rng: np.random.Generator) -> Trend:
        """Lines as other runs might have given them.

        Args:
            sizes: As for `fitted`.
            spread: ``(D,)`` standard deviation of a run.
            rng: Draws them.
        """
        centred = sizes - sizes.mean()
        level = rng.standard_normal(len(spread)) * spread / np.sqrt(len(sizes))
        turn = rng.standard_normal(len(spread)) * spread / np.sqrt((centred**2).sum())
        return Trend(
            self.intercepts + level - turn * sizes.mean(),
            self.slopes + turn,
        )


@dataclass(frozen=True)
class Laws:
    """Gap and error on learnt lines, and how both make the CER.

    Attributes:
        gap: Between learnt lines and others.
        rest: ``(D,)`` error on learnt lines.
        highest: ``(D,)`` CER with the most lines tried: more never hurt.
        chance: ``(D,)`` factors that a single run differs by.
    """

    gap: Trend
    rest: Floats
    highest: Floats
    chance: Floats

    @classmethod
    def of(cls, runs: Sequence[ShortRun], rates: Floats) -> Laws:
        """Fitted to runs.

        Args:
            runs: On several sizes.
            rates: ``(D, n)`` CERs of theirs, as measured or drawn.
        """
        sizes = np.log([run.lines for run in runs])
        learnt = np.array([run.learnt for run in runs])
        top = sizes == sizes.max()
        return cls(
            gap=Trend.fitted(sizes, np.log(np.maximum(rates - learnt, _LEAST_CER))),
            rest=np.full(len(rates), learnt[top].mean()),
            highest=rates[:, top].mean(axis=1),
            chance=np.ones(len(rates)),
        )

    def at(self, lines: int) -> Floats:
        """``(D,)`` CERs expected with so many lines, not fewer than the most tried."""
        return np.minimum(self.rest + self.gap.at(lines), self.highest)


def that_read(runs: Sequence[ShortRun]) -> tuple[list[ShortRun], tuple[int, ...]]:
    """Runs on sizes at which they learnt to read, and the other sizes.

    Raises:
        DataError: They are too few to fit a law to.
    """
    rates: dict[int, list[float]] = {}
    for run in runs:
        rates.setdefault(run.lines, []).append(run.cer)
    left_out = tuple(sorted(n for n, found in rates.items() if np.median(found) > _TAKEN_OFF))
    used = [run for run in runs if run.lines not in left_out]
    if len(used) < 3 or len({run.lines for run in used}) < 2:
        raise DataError(
            f"{len(used)} short runs learnt to read, on {len(rates) - len(left_out)} sizes; no "
            "learning curve can be drawn",
            remedy="give the short runs more views, or use a larger share of the lines",
        )
    return used, left_out


def drawn_laws(runs: Sequence[ShortRun], plain: Laws, rng: np.random.Generator) -> Laws:
    """Laws that the runs and the validation lines allow for."""
    groups: list[str | int] = [score.group or at for at, score in enumerate(runs[0].scores)]
    if len(set(groups)) < 2:
        groups = list(range(len(groups)))
    counts = [[score.chars for score in runs[0].scores]]
    counts += [[score.char_edits for score in run.scores] for run in runs]
    sums = sum_by_group(np.array(counts, np.float64).T, groups)  # (groups, 1 + runs)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=_DRAWS) @ sums
    laws = Laws.of(runs, drawn[:, 1:] / np.maximum(drawn[:, :1], 1))
    sizes = np.log([run.lines for run in runs])
    gaps = np.log(np.maximum([run.cer - run.learnt for run in runs], _LEAST_CER))
    freedom = len(runs) - 2
    spread = plain.gap.noise(sizes, gaps) * np.sqrt(freedom / rng.chisquare(freedom, _DRAWS))
    return replace(
        laws,
        gap=laws.gap.shaken(sizes, spread, rng),
        rest=laws.rest * rng.random(_DRAWS),  # a longer run may learn what was left
        chance=np.exp(rng.standard_normal(_DRAWS) * np.minimum(spread, _MOST_CHANCE)),
    )
