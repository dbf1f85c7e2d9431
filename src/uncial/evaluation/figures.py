"""Every figure about one evaluation, computed once: pages, tables and the terminal only show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.evaluation.breakdown import (
    Part,
    by_confidence,
    by_document,
    by_length,
    by_position,
    by_rarity,
    by_script,
    occurrences,
)
from uncial.evaluation.calibration import Calibration, PredictedRate
from uncial.evaluation.reliability import (
    CoveragePoint,
    ReliabilityBin,
    auroc,
    calibration_error,
    rank_correlation,
    reliability,
    risk_coverage,
)
from uncial.evaluation.run import Evaluation, LineResult
from uncial.text.metrics import Score, score_line, summarize
from uncial.text.normalize import Normalization


@dataclass(frozen=True, kw_only=True)
class ProfileScore:
    """Error rates under one set of rules.

    Attributes:
        name: Of the profile.
        rules: Joined by ``+``.
        cer: Micro-averaged, a fraction; so is `wer`.
        cer_ci95: As in `uncial.text.metrics.Score`; so is `wer_ci95`.
    """

    name: str
    rules: str
    cer: float
    wer: float
    cer_ci95: tuple[float, float]
    wer_ci95: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Trust:
    """How far the confidences of one kind of item can be trusted.

    Attributes:
        ece: Expected calibration error, 0-1, as shown, that is, calibrated where the model is.
        raw_ece: The same of the network's own confidences.
        auroc: Probability that something right is surer than something wrong; None where
            everything was right, or nothing.
        bins: Confidence and accuracy.
    """

    ece: float
    raw_ece: float
    auroc: float | None
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, kw_only=True)
class PredictedDocument:
    """A page or document, as predicted without its ground truth and as it is.

    Attributes:
        name: Of it.
        lines: Of it.
        cer: What was measured, a fraction.
        predicted: What the confidences said.
    """

    name: str
    lines: int
    cer: float
    predicted: PredictedRate


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Predicted against measured CER.

    Attributes:
        all_lines: The probable CER of all lines.
        mean_error: Mean absolute difference over pages or documents, a fraction; None where
            none are known.
        rank_correlation: Spearman's over them; None for fewer than three.
        covered: Share of them whose CER lies in its interval, 0-1; None where none are known.
        documents: Worst predicted first.
    """

    all_lines: PredictedRate
    mean_error: float | None
    rank_correlation: float | None
    covered: float | None
    documents: tuple[PredictedDocument, ...]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All there is to say about one evaluation, in numbers.

    Attributes:
        score: Error rates by the rules asked for.
        perfect: Lines without an error.
        profiles: The same lines by other rules.
        documents: CER of each, worst first; empty where only one is known.
        lengths: By characters in the line.
        confidences: By confidence of the line.
        scripts: By writing system; empty where there is but one.
        rarity: By how often a character occurs.
        positions: By place in the line.
        characters: Trust in the confidences of characters.
        whole_lines: Trust in the probability that a line is faultless; None where the model
            was never calibrated.
        coverage: CER of the surest lines.
        prediction: None where the model was never calibrated.
    """

    score: Score
    perfect: int
    profiles: tuple[ProfileScore, ...]
    documents: tuple[Part, ...]
    lengths: tuple[Part, ...]
    confidences: tuple[Part, ...]
    scripts: tuple[Part, ...]
    rarity: tuple[Part, ...]
    positions: tuple[Part, ...]
    characters: Trust
    whole_lines: Trust | None
    coverage: tuple[CoveragePoint, ...]
    prediction: Prediction | None

    def breakdowns(self) -> dict[str, tuple[Part, ...]]:
        """Every breakdown by what it goes by."""
        return {
            "document": self.documents,
            "characters in the line": self.lengths,
            "confidence of the line": self.confidences,
            "script": self.scripts,
            "occurrences of the character": self.rarity,
            "position in the line": self.positions,
        }


def figures(
    evaluation: Evaluation,
    *,
    profiles: Mapping[str, Normalization] | None = None,
    texts: Iterable[str] = (),
    seed: int = 0,
) -> Figures:
    """All figures of an evaluation.

    Args:
        evaluation: What was read.
        profiles: Rules by name, to score the same lines by.
        texts: Ground truth of which characters are counted as rare or not, normalized as that
            of the evaluation; without it, that of the lines themselves.
        seed: Of the bootstrap.
    """
    lines = evaluation.lines
    return Figures(
        score=evaluation.score,
        perfect=sum(line.score.char_edits == 0 for line in lines),
        profiles=tuple(
            _profile(name, rules, evaluation, seed) for name, rules in (profiles or {}).items()
        ),
        documents=tuple(by_document(lines)),
        lengths=tuple(by_length(lines)),
        confidences=tuple(by_confidence(lines)),
        scripts=tuple(by_script(lines)),
        rarity=tuple(by_rarity(lines, occurrences(texts, lines))),
        positions=tuple(by_position(lines)),
        characters=_trust_in_characters(lines, evaluation.calibration),
        whole_lines=_trust_in_lines(lines, evaluation.calibration),
        coverage=tuple(
            risk_coverage(
                [line.confidence for line in lines],
                [line.score.char_edits for line in lines],
                [line.score.chars for line in lines],
            )
        ),
        prediction=_prediction(lines, evaluation.calibration),
    )


def noted_score(evaluation: Evaluation) -> dict[str, Any]:
    """What a model file remembers of an evaluation; rates are fractions."""
    score = evaluation.score
    return {
        "cer": score.cer,
        "cer_ci95": list(score.cer_ci95),
        "wer": score.wer,
        "wer_ci95": list(score.wer_ci95),
        "lines": score.lines,
        "characters": score.characters,
        "interval_unit": score.interval_unit,
        "normalization": evaluation.normalization.name,
    }


def _profile(name: str, rules: Normalization, evaluation: Evaluation, seed: int) -> ProfileScore:
    """Lines scored again; what the evaluation itself went by is not computed twice."""
    score = evaluation.score
    if rules != evaluation.normalization:
        scores = [
            score_line(
                line.truth,
                line.output,
                normalization=rules,
                units=evaluation.units,
                group=line.score.group,
            )
            for line in evaluation.lines
        ]
        score = summarize(scores, seed=seed)
    return ProfileScore(
        name=name,
        rules=rules.name,
        cer=score.cer,
        wer=score.wer,
        cer_ci95=score.cer_ci95,
        wer_ci95=score.wer_ci95,
    )


def _trust_in_characters(lines: Sequence[LineResult], calibration: Calibration | None) -> Trust:
    raw = np.array([sure for line in lines for sure in line.evidence.confidences], np.float64)
    right = np.array([hit for line in lines for hit in line.evidence.right], bool)
    return _trust(raw, raw if calibration is None else calibration.confidences(raw), right)


def _trust_in_lines(lines: Sequence[LineResult], calibration: Calibration | None) -> Trust | None:
    if calibration is None:
        return None
    raw = [float(np.prod(line.evidence.confidences)) for line in lines]
    sure = [calibration.whole_line(line.evidence.confidences) for line in lines]
    return _trust(
        np.array(raw), np.array(sure), np.array([line.evidence.edits == 0 for line in lines])
    )


def _trust(
    raw: NDArray[np.float64],
    sure: NDArray[np.float64],
    right: NDArray[np.bool_],
) -> Trust:
    bins = reliability(sure, right)
    return Trust(
        ece=calibration_error(bins),
        raw_ece=calibration_error(reliability(raw, right)),
        auroc=auroc(sure, right),
        bins=tuple(bins),
    )


def _prediction(lines: Sequence[LineResult], calibration: Calibration | None) -> Prediction | None:
    if calibration is None:
        return None
    every = calibration.predict([line.evidence.confidences for line in lines])
    if every is None:
        return None
    groups: dict[str, list[LineResult]] = {}
    for line in lines:
        groups.setdefault(line.score.group, []).append(line)
    found = []
    for name, members in groups.items():
        predicted = calibration.predict([line.evidence.confidences for line in members])
        if name and predicted is not None:
            edits = sum(line.evidence.edits for line in members)
            size = max(1, sum(line.evidence.characters for line in members))
            found.append(
                PredictedDocument(
                    name=name, lines=len(members), cer=edits / size, predicted=predicted
                )
            )
    errors = [abs(item.cer - item.predicted.cer) for item in found]
    inside = [item.predicted.ci95[0] <= item.cer <= item.predicted.ci95[1] for item in found]
    return Prediction(
        all_lines=every,
        mean_error=float(np.mean(errors)) if found else None,
        rank_correlation=rank_correlation(
            [item.cer for item in found], [item.predicted.cer for item in found]
        ),
        covered=float(np.mean(inside)) if found else None,
        documents=tuple(sorted(found, key=lambda item: (-item.predicted.cer, item.name))),
    )
