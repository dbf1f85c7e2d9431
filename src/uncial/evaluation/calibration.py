"""Confidence that means something: one temperature, and error rates predicted without truth.

A network is surer, or less sure, than it is right. A temperature and a shift of the log-odds of
its characters, fitted on validation lines, make a confidence of 0.9 right nine times in ten. From
confidences so mended a regression predicts a line's edits::

    edits = doubt_weight * sum(-log(confidence)) + base_rate * characters read

and with them the CER of lines without ground truth. Its error is measured with fits that never
saw the document in question, and split into what single lines scatter and what whole documents
do, so that the prediction for a page comes with an interval.

Source: Guo et al., ICML 2017, arXiv:1706.04599 (temperature scaling); the shift as in Platt 1999
(it halved the error of a model that misread every other character); the scatter is that of a
quasi-Poisson regression, McCullagh and Nelder 1989, chapter 6, whose weights are found as by Lucy
1974, doi:10.1086/111605.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uncial.errors import DataError
from uncial.text.interval import sum_by_group

Floats = NDArray[np.float64]

_SUREST = 1 - 1e-6  # beyond it confidences are rounding
_FACTORS = (0.1, 10.0)  # bounds of one over the temperature
_STEPS = 40  # of Newton's method, more than it needs
_STEPS_OF_EM = 400  # of the fit of edits, until its weights stand in three figures
_PULL = 1.0  # towards leaving confidences alone, in characters; matters for a few dozen only
_FOLDS = 10
_QUANTILE = 1.96  # of the normal distribution, for 95 %
_LEAST_LINES = 10
_USUAL_SPREAD = 0.4  # of documents, as seen between the works of a test set in Fraktur
_USUAL_WEIGHT = 4  # documents that this counts for where few are known


@dataclass(frozen=True)
class Evidence:
    """What a reading says of itself, beside what was right.

    Attributes:
        confidences: 0-1 of each character read, from left to right, as the network gave it.
        right: Which of them stand in the ground truth at their place.
        edits: Of the line.
        characters: Of its ground truth.
        group: Its page or document; may be empty.
    """

    confidences: tuple[float, ...]
    right: tuple[bool, ...]
    edits: int
    characters: int
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class PredictedRate:
    """The CER that lines without ground truth probably have.

    Attributes:
        cer: A fraction.
        ci95: 95 % interval, clipped at 0.
    """

    cer: float
    ci95: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What validation lines say about a model's confidences; stored in its file.

    Attributes:
        temperature: Divides the log-odds of a character's confidence; above 1 the network was
            too sure.
        shift: Added to them after that.
        doubt_weight: Edits for each unit of doubt, the negative natural log of a confidence.
        base_rate: Edits for each character read, however sure.
        length_ratio: Characters of ground truth for each character read.
        scatter: Variance of a line's edits, over the edits predicted.
        spread: Standard deviation, between documents, of edits over edits predicted.
        mean_error: Mean absolute error of a document's predicted CER, a fraction, by fits
            without that document.
        lines: That it was fitted on.
        groups: Documents or pages among them; 1 where none are known.
    """

    temperature: float
    shift: float
    doubt_weight: float
    base_rate: float
    length_ratio: float
    scatter: float
    spread: float
    mean_error: float
    lines: int
    groups: int

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values."""
        return asdict(self)

    @classmethod
    def of(cls, metadata: dict[str, Any]) -> Calibration | None:
        """What a model's metadata holds; None where it was never calibrated."""
        values = metadata.get("calibration")
        if not isinstance(values, dict) or set(values) != {item.name for item in fields(cls)}:
            return None
        return cls(**values)

    def confidences(self, raw: ArrayLike) -> Floats:
        """``(n,)`` of characters, mended."""
        return mended(np.asarray(raw, np.float64), self.temperature, self.shift)

    def line_confidence(self, raw: Sequence[float], fallback: float) -> float:
        """Share of a line's characters that are probably right, 0-1.

        Args:
            raw: Confidences of its characters.
            fallback: For a line on which nothing was read.
        """
        return float(self.confidences(raw).mean()) if len(raw) else fallback

    def whole_line(self, raw: Sequence[float]) -> float:
        """Probability that every character of a line is right, 0-1."""
        return math.exp(-_doubt(self.confidences(raw)))

    def edits(self, raw: Sequence[float]) -> float:
        """Edits that a line probably needs."""
        if not len(raw):
            return 0.0
        return self.doubt_weight * _doubt(self.confidences(raw)) + self.base_rate * len(raw)

    def predict(self, lines: Sequence[Sequence[float]]) -> PredictedRate | None:
        """The probable CER of some lines together; None where nothing was read on them.

        Args:
            lines: Confidences of each line's characters.
        """
        edits = sum(map(self.edits, lines))
        characters = self.length_ratio * sum(map(len, lines))
        if characters <= 0:
            return None
        deviation = math.sqrt(self.scatter * edits + (self.spread * edits) ** 2)
        low, high = (max(0.0, edits + sign * _QUANTILE * deviation) for sign in (-1, 1))
        return PredictedRate(cer=edits / characters, ci95=(low / characters, high / characters))


def fit(lines: Sequence[Evidence]) -> Calibration:
    """Calibrate a model by lines that it was not trained on.

    Raises:
        DataError: There are too few lines, or nothing was read on them.
    """
    read = [line for line in lines if line.confidences]
    if len(read) < _LEAST_LINES:
        raise DataError(
            f"confidence cannot be calibrated on {len(read)} lines with text",
            remedy=f"give at least {_LEAST_LINES} validation lines",
        )
    temperature, shift = fitted_odds(
        np.concatenate([line.confidences for line in read]),
        np.concatenate([line.right for line in read]).astype(bool),
    )
    inputs = np.array(
        [
            (_doubt(mended(np.array(line.confidences), temperature, shift)), len(line.confidences))
            for line in read
        ]
    )
    edits = np.array([line.edits for line in read], np.float64)
    sizes = np.array([line.characters for line in read], np.float64)
    known = {line.group for line in read} - {""}
    groups = [line.group for line in read] if len(known) > 1 else list(range(len(read)))
    expected = _unseen(inputs, edits, groups)
    sums = sum_by_group(np.stack([edits, expected, sizes], axis=1), groups)
    scatter, spread = _scatter(edits, expected, sums)
    weight, rate = _regression(inputs, edits)
    errors = np.abs(sums[:, 0] - sums[:, 1]) / np.maximum(sums[:, 2], 1)
    return Calibration(
        temperature=temperature,
        shift=shift,
        doubt_weight=weight,
        base_rate=rate,
        length_ratio=float(sizes.sum() / inputs[:, 1].sum()),
        scatter=scatter,
        spread=_shrunk(spread, len(known) if len(known) > 1 else 0),
        mean_error=float(errors.mean()),
        lines=len(read),
        groups=max(1, len(known)),
    )


def mended(confidences: Floats, temperature: float, shift: float) -> Floats:
    """Confidences with their log-odds divided by a temperature and shifted."""
    return 1 / (1 + np.exp(-(_odds(confidences) / temperature + shift)))


def fitted_odds(confidences: Floats, right: NDArray[np.bool_]) -> tuple[float, float]:
    """The temperature and shift under which what was right is likeliest, by Newton's method.

    Args:
        confidences: ``(n,)`` 0-1.
        right: ``(n,)``.
    """
    table = np.stack([_odds(confidences), np.ones(len(confidences))], axis=1)
    plain = np.array([1.0, 0.0])
    factors = plain.copy()
    for _ in range(_STEPS):
        sure = 1 / (1 + np.exp(-(table @ factors)))
        slope = table.T @ (sure - right) + _PULL * (factors - plain)
        bend = (table * (sure * (1 - sure))[:, None]).T @ table + _PULL * np.eye(2)
        step = np.linalg.solve(bend, slope)
        factors -= step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-12))
    factor = float(np.clip(factors[0], *_FACTORS))
    return 1 / factor, float(factors[1])


def _odds(confidences: Floats) -> Floats:
    kept = np.clip(confidences, 1 - _SUREST, _SUREST)
    return np.log(kept) - np.log1p(-kept)


def _doubt(sure: Floats) -> float:
    """Of a line; on test lines it told edits better than the sum of ``1 - confidence``."""
    return float(-np.log(sure).sum())


def _regression(inputs: Floats, edits: Floats) -> tuple[float, float]:
    """Weights of doubt and of characters read, neither negative, by maximum likelihood.

    Edits are taken as Poisson, so that the variance of a line's edits grows as they do, and the
    edits predicted for these lines sum to the edits that they have. (Least squares, which lines
    of much doubt and many edits draw up, predicted 5 to 10 % too many.)

    Args:
        inputs: ``(n, 2)`` above 0.
        edits: ``(n,)``.
    """
    sums = inputs.sum(axis=0)
    weights = edits.sum() / sums / 2
    for _ in range(_STEPS_OF_EM):
        expected = np.maximum(inputs @ weights, 1e-12)
        weights = weights * (inputs.T @ (edits / expected)) / sums
    return float(weights[0]), float(weights[1])


def _unseen(inputs: Floats, edits: Floats, groups: Sequence[Hashable]) -> Floats:
    """``(n,)`` edits predicted for each line by a fit that did not see its group."""
    number: dict[Hashable, int] = {}
    fold = np.array([number.setdefault(group, len(number)) for group in groups]) % _FOLDS
    expected = np.empty(len(edits))
    for held in np.unique(fold):
        out = fold == held
        weights = _regression(inputs[~out], edits[~out]) if (~out).any() else (1.0, 0.0)
        expected[out] = inputs[out] @ np.array(weights)
    return expected


def _shrunk(spread: float, groups: int) -> float:
    """A spread seen between few documents, drawn towards the usual one."""
    known, usual = groups * spread**2, _USUAL_WEIGHT * _USUAL_SPREAD**2
    return math.sqrt((known + usual) / (groups + _USUAL_WEIGHT))


def _scatter(edits: Floats, expected: Floats, sums: Floats) -> tuple[float, float]:
    """Scatter of lines and spread of groups, by moments.

    Args:
        edits: ``(n,)`` of lines.
        expected: ``(n,)`` predicted.
        sums: ``(G, 3)`` edits, edits predicted and characters of groups.
    """
    scatter = float(((edits - expected) ** 2).sum() / max(expected.sum(), 1e-9))
    excess = ((sums[:, 0] - sums[:, 1]) ** 2 - scatter * sums[:, 1]).sum()
    spread = max(0.0, excess / max((sums[:, 1] ** 2).sum(), 1e-9))
    return scatter, math.sqrt(spread)
