"""One HTML file about one evaluation: figures, worst lines, confusions, where errors gather.

The file needs nothing beside it: style, charts (SVG) and images (PNG) are inside, and it runs
no script.
"""

from __future__ import annotations

import base64
import io
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from uncial.errors import describe_grapheme
from uncial.evaluation.breakdown import Part
from uncial.evaluation.charts import Axis, Mark, chart, reach
from uncial.evaluation.figures import Figures, Prediction, Trust
from uncial.evaluation.reliability import CoveragePoint
from uncial.evaluation.run import Evaluation, LineResult
from uncial.text.confusions import confusions
from uncial.text.metrics import LineScore, align

_CONFUSIONS_SHOWN = 40
_DOCUMENTS_SHOWN = 40
_IMAGE_HEIGHT = 96  # px; taller line images are scaled down in the report

ImageOf = Callable[[int], NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A stretch of a line that was read right throughout, or wrong throughout."""

    right: bool
    truth: str
    output: str


@dataclass(frozen=True, kw_only=True)
class WorstLine:
    """One line with its image and both texts, ready to be shown.

    Attributes:
        image: PNG as a data URI.
        passages: Truth and output side by side, in order.
    """

    result: LineResult
    image: str
    passages: tuple[Passage, ...]


def html(
    evaluation: Evaluation,
    numbers: Figures,
    image_of: ImageOf,
    *,
    title: str,
    model: Mapping[str, Any],
    data: Mapping[str, Any],
    worst: int = 50,
) -> str:
    """The report as one self-contained HTML page.

    Args:
        evaluation: What to report on.
        numbers: Its figures.
        image_of: Image of a row of the store, ``(H, W)`` or ``(H, W, 3)`` uint8.
        title: Heading of the page.
        model: Facts about the model, by name.
        data: Facts about the lines, by name.
        worst: How many of the worst lines to show.
    """
    lines = evaluation.lines
    found = confusions([line.score for line in lines])
    return rendered(
        "report.html.jinja",
        title=title,
        evaluation=evaluation,
        figures=numbers,
        breakdowns=numbers.breakdowns(),
        documents_shown=_DOCUMENTS_SHOWN,
        worst=[_shown(line, image_of) for line in _worst(lines, worst)],
        confusions=found[:_CONFUSIONS_SHOWN],
        more_confusions=max(0, len(found) - _CONFUSIONS_SHOWN),
        foreign=_foreign(lines),
        model=model,
        data=data,
    )


def rendered(template: str, **values: object) -> str:
    """A page of this package, filled in.

    Args:
        template: Name of its file.
        values: By the names that the template uses.
    """
    return _environment().get_template(template).render(**values)


def _worst(lines: Iterable[LineResult], count: int) -> list[LineResult]:
    wrong = [line for line in lines if line.score.char_edits]
    wrong.sort(key=lambda line: (-line.score.char_edits, -line.score.cer, line.score.line_id))
    return wrong[:count]


def _shown(line: LineResult, image_of: ImageOf) -> WorstLine:
    return WorstLine(
        result=line,
        image=png_uri(image_of(line.row)),
        passages=tuple(passages(line.score)),
    )


def passages(score: LineScore) -> Iterator[Passage]:
    """The line's alignment in stretches as long as possible."""
    steps = align(score.truth, score.output, units=score.units)
    for right, group in groupby(steps, key=lambda step: step.kind == "equal"):
        run = list(group)
        yield Passage(
            right=right,
            truth="".join(step.truth for step in run),
            output="".join(step.output for step in run),
        )


def _foreign(lines: Iterable[LineResult]) -> list[tuple[str, int]]:
    """Graphemes outside the model's charset, with the lines that hold them, most first."""
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        for grapheme in line.foreign:
            counts[grapheme] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def png_uri(image: NDArray[np.uint8]) -> str:
    """An image as a PNG data URI, at most `_IMAGE_HEIGHT` px high."""
    picture = Image.fromarray(image)
    if picture.height > _IMAGE_HEIGHT:
        width = max(1, round(picture.width * _IMAGE_HEIGHT / picture.height))
        picture = picture.resize((width, _IMAGE_HEIGHT), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("uncial.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _percent
    environment.filters["visible"] = _visible
    environment.filters["points"] = _points
    environment.globals["bar_width"] = _bar_width
    environment.globals["reliability_chart"] = _reliability_chart
    environment.globals["coverage_chart"] = _coverage_chart
    environment.globals["prediction_chart"] = _prediction_chart
    return environment


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}\N{NO-BREAK SPACE}%"


def _visible(text: str) -> str:
    """Text in which spaces and nothing at all can be seen."""
    return text.replace(" ", "␣") or "∅"


def _points(text: str) -> str:
    return "; ".join(map(describe_grapheme, text)) if text else "nothing"


def _reliability_chart(trust: Trust) -> Markup:
    return chart(
        Axis(label="confidence", low=0, high=1),
        Axis(label="share that is right", low=0, high=1),
        points=[
            Mark(
                x=item.confidence,
                y=item.accuracy,
                label=f"{_percent(item.accuracy)} of {item.count} right "
                f"at confidence {_percent(item.confidence)}",
            )
            for item in trust.bins
        ],
        diagonal=True,
    )


def _coverage_chart(points: Sequence[CoveragePoint]) -> Markup:
    marks = [
        Mark(
            x=point.coverage,
            y=point.cer,
            label=f"CER {_percent(point.cer)} on the surest {_percent(point.coverage)}, "
            f"confidence {point.confidence:.3f} and over",
        )
        for point in points
    ]
    return chart(
        Axis(label="share of the lines that is kept", low=0, high=1),
        Axis(label="CER", low=0, high=reach([mark.y for mark in marks])),
        points=marks,
        line=marks,
    )


def _prediction_chart(prediction: Prediction) -> Markup:
    marks = [
        Mark(
            x=item.cer,
            y=item.predicted.cer,
            low=item.predicted.ci95[0],
            high=item.predicted.ci95[1],
            label=f"{item.name}: predicted {_percent(item.predicted.cer)}, "
            f"measured {_percent(item.cer)}",
        )
        for item in prediction.documents
    ]
    end = reach([value for mark in marks for value in (mark.x, mark.y)])
    return chart(
        Axis(label="measured CER", low=0, high=end),
        Axis(label="predicted CER", low=0, high=end),
        points=marks,
        diagonal=True,
    )


def _bar_width(cer: float, bars: Sequence[Part], full: int) -> float:
    """Length of a bar, px: linear in the CER, `full` for the longest of `bars`."""
    longest = max((bar.cer for bar in bars), default=0.0)
    return 0.0 if not longest or math.isnan(cer) else round(full * cer / longest, 1)
