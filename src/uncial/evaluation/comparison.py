"""Two or more models on the same lines: who reads better, by how much, and where.

The first model is the one that the others are measured against. Every figure is paired: the
same lines, the same documents in each resample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from uncial.errors import ConfigError
from uncial.evaluation.report import rendered
from uncial.evaluation.run import Evaluation
from uncial.evaluation.tables import table_text
from uncial.text.metrics import Comparison, LineScore, Score, compare

COLUMNS = (
    *("section", "model", "name", "cer", "cer_low", "cer_high", "wer", "wer_low", "wer_high"),
    *("cer_difference", "difference_low", "difference_high", "p", "lines"),
)
"""Of the CSV table; rates are fractions, differences are against the first model."""

Verdict = Literal["better", "worse", "no difference seen"]
_SURE = 0.05  # p-value under which a difference is called one


@dataclass(frozen=True, kw_only=True)
class DocumentDifference:
    """One document as two models read it.

    Attributes:
        name: Of the document or page.
        lines: Of it.
        first: CER of the first model, a fraction.
        other: CER of the other.
        difference: Other minus first; negative where it got better.
    """

    name: str
    lines: int
    first: float
    other: float
    difference: float


@dataclass(frozen=True, kw_only=True)
class ModelResult:
    """One model among those compared.

    Attributes:
        name: Of the model.
        score: Its error rates.
        against: Its difference from the first model, negative where it is better; None for
            the first one itself.
        verdict: What the p-value of the CER allows to say; empty for the first one.
        documents: Those that changed most first; empty for the first one.
        better: How many of them it reads better than the first.
        worse: How many worse.
    """

    name: str
    score: Score
    against: Comparison | None = None
    verdict: Verdict | Literal[""] = ""
    documents: tuple[DocumentDifference, ...] = ()
    better: int = 0
    worse: int = 0


def compare_models(
    evaluations: Mapping[str, Evaluation], *, seed: int = 0
) -> tuple[ModelResult, ...]:
    """Compare models by their evaluations on the same lines.

    Args:
        evaluations: By name of the model; the first is what others are measured against.
        seed: Of the resampling.

    Raises:
        ConfigError: There are fewer than two.
        DataError: They did not read the same lines.
    """
    if len(evaluations) < 2:
        raise ConfigError("one model cannot be compared", remedy="name two models or more")
    (name, first), *others = evaluations.items()
    truth = [line.score for line in first.lines]
    results = [ModelResult(name=name, score=first.score)]
    for name, evaluation in others:
        scores = [line.score for line in evaluation.lines]
        against = compare(scores, truth, seed=seed)
        documents = document_differences(truth, scores)
        results.append(
            ModelResult(
                name=name,
                score=evaluation.score,
                against=against,
                verdict=_verdict(against),
                documents=tuple(documents),
                better=sum(item.difference < 0 for item in documents),
                worse=sum(item.difference > 0 for item in documents),
            )
        )
    return tuple(results)


def document_differences(
    first: Sequence[LineScore], other: Sequence[LineScore]
) -> list[DocumentDifference]:
    """How two readings of the same lines differ, document by document, largest change first."""
    sums: dict[str, list[int]] = {}
    for one, two in zip(first, other, strict=True):
        total = sums.setdefault(one.group, [0, 0, 0, 0])
        for at, count in enumerate((1, one.chars, one.char_edits, two.char_edits)):
            total[at] += count
    found = []
    for name, (lines, characters, before, after) in sums.items():
        size = max(characters, 1)
        found.append(
            DocumentDifference(
                name=name or "(no document)",
                lines=lines,
                first=before / size,
                other=after / size,
                difference=(after - before) / size,
            )
        )
    return sorted(found, key=lambda item: (-abs(item.difference), item.name))


def html(results: Sequence[ModelResult], *, title: str, data: Mapping[str, Any]) -> str:
    """The comparison as one self-contained HTML page."""
    return rendered("compare.html.jinja", title=title, results=results, data=data)


def csv_text(results: Sequence[ModelResult]) -> str:
    """The comparison as CSV, `COLUMNS` across."""
    rows: list[dict[str, object]] = []
    for result in results:
        rows.append({"section": "model", "model": result.name, **_figures(result)})
        rows += [
            {
                "section": "document",
                "model": result.name,
                "name": item.name,
                "cer": item.other,
                "cer_difference": item.difference,
                "lines": item.lines,
            }
            for item in result.documents
        ]
    return table_text(COLUMNS, rows)


def _figures(result: ModelResult) -> dict[str, object]:
    score, against = result.score, result.against
    found: dict[str, object] = {"lines": score.lines}
    for name in ("cer", "wer"):
        low, high = getattr(score, f"{name}_ci95")
        found |= {name: getattr(score, name), f"{name}_low": low, f"{name}_high": high}
    if against is not None:
        low, high = against.cer_ci95
        found |= {"cer_difference": against.cer_difference, "p": against.cer_p}
        found |= {"difference_low": low, "difference_high": high}
    return found


def _verdict(against: Comparison) -> Verdict:
    if against.cer_p >= _SURE:
        return "no difference seen"
    return "better" if against.cer_difference < 0 else "worse"
