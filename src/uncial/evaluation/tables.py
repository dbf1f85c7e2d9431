"""The figures of a report for programs: one JSON object, one CSV table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from uncial.evaluation.figures import Figures, ProfileScore
from uncial.evaluation.run import Evaluation
from uncial.text.metrics import Score

COLUMNS = (
    *("section", "name", "cer", "cer_low", "cer_high", "wer", "wer_low", "wer_high"),
    *("errors", "characters", "lines", "predicted", "predicted_low", "predicted_high"),
)
"""Of the CSV table; rates are fractions."""


def json_text(evaluation: Evaluation, numbers: Figures, facts: Mapping[str, Any]) -> str:
    """All figures and every line as one JSON object.

    Args:
        evaluation: What was read.
        numbers: Its figures.
        facts: About model and data, put beside them.
    """
    lines = [
        {
            "line": line.score.line_id,
            "document": line.document,
            "group": line.score.group,
            "truth": line.truth,
            "output": line.output,
            "char_edits": line.score.char_edits,
            "characters": line.score.chars,
            "word_edits": line.score.word_edits,
            "words": line.score.words,
            "confidence": line.confidence,
        }
        for line in evaluation.lines
    ]
    calibration = evaluation.calibration
    body = {
        **facts,
        "normalization": evaluation.normalization.name,
        "units": evaluation.units,
        "cpu_ms_per_line": evaluation.cpu_ms_per_line,
        "calibration": calibration and calibration.to_json(),
        "figures": asdict(numbers),
        "lines": lines,
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def csv_text(numbers: Figures) -> str:
    """Every rate among the figures as a row, `COLUMNS` across."""
    return table_text(COLUMNS, _rows(numbers))


def table_text(columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as CSV with a header; what a row lacks stays empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _rows(numbers: Figures) -> Iterator[dict[str, object]]:
    score = numbers.score
    sizes = {"errors": score.char_edits, "characters": score.characters, "lines": score.lines}
    yield {"section": "total", "name": "all lines", **_rates(score), **sizes}
    for profile in numbers.profiles:
        yield {"section": "profile", "name": profile.name, **_rates(profile)}
    for section, parts in numbers.breakdowns().items():
        for part in parts:
            yield {
                "section": section,
                "name": part.label,
                "cer": part.cer,
                "errors": part.errors,
                "characters": part.characters,
                "lines": part.lines or "",
            }
    if numbers.prediction is not None:
        for item in numbers.prediction.documents:
            yield {
                "section": "prediction",
                "name": item.name,
                "cer": item.cer,
                "lines": item.lines,
                "predicted": item.predicted.cer,
                "predicted_low": item.predicted.ci95[0],
                "predicted_high": item.predicted.ci95[1],
            }


def _rates(score: Score | ProfileScore) -> dict[str, float]:
    """CER and WER with their intervals."""
    found: dict[str, float] = {}
    for name in ("cer", "wer"):
        low, high = getattr(score, f"{name}_ci95")
        found |= {name: getattr(score, name), f"{name}_low": low, f"{name}_high": high}
    return found
