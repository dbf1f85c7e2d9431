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
from numpy.typing import NDArray
from PIL import Image

from uncial.errors import describe_grapheme
from uncial.evaluation.run import Evaluation, LineResult
from uncial.text.confusions import confusions, script_scores
from uncial.text.metrics import LineScore, align

_CONFUSIONS_SHOWN = 40
_DOCUMENTS_SHOWN = 40
_LENGTH_EDGES = (10, 20, 30, 40, 60, 80, 120)
_CONFIDENCE_EDGES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_IMAGE_HEIGHT = 96  # px; taller line images are scaled down in the report

ImageOf = Callable[[int], NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row of a chart.

    Attributes:
        label: What the row is about.
        cer: Micro-averaged over its lines, a fraction.
        lines: How many lines.
        characters: How many characters of ground truth.
    """

    label: str
    cer: float
    lines: int
    characters: int


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
        image_of: Image of a row of the store, ``(H, W)`` or ``(H, W, 3)`` uint8.
        title: Heading of the page.
        model: Facts about the model, by name.
        data: Facts about the lines, by name.
        worst: How many of the worst lines to show.
    """
    lines = evaluation.lines
    scores = [line.score for line in lines]
    found, scripts = confusions(scores), script_scores(scores)
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            title=title,
            evaluation=evaluation,
            score=evaluation.score,
            perfect=sum(line.score.char_edits == 0 for line in lines),
            scripts=scripts if len(scripts) > 1 else [],
            worst=[_shown(line, image_of) for line in _worst(lines, worst)],
            confusions=found[:_CONFUSIONS_SHOWN],
            more_confusions=max(0, len(found) - _CONFUSIONS_SHOWN),
            foreign=_foreign(lines),
            documents=by_document(lines)[:_DOCUMENTS_SHOWN],
            lengths=by_bin(lines, lambda line: line.score.chars, _LENGTH_EDGES),
            confidences=by_bin(lines, lambda line: line.confidence, _CONFIDENCE_EDGES),
            model=model,
            data=data,
        )
    )


def by_document(lines: Iterable[LineResult]) -> list[Bar]:
    """CER of every document, worst first; empty where only one is known."""
    groups: dict[str, list[LineResult]] = defaultdict(list)
    for line in lines:
        groups[line.document or "(no document)"].append(line)
    if len(groups) < 2:
        return []
    bars = [_bar(name, members) for name, members in groups.items()]
    return sorted(bars, key=lambda bar: (-bar.cer, bar.label))


def by_bin(
    lines: Iterable[LineResult],
    value: Callable[[LineResult], float],
    edges: Sequence[float],
) -> list[Bar]:
    """CER of the lines whose `value` falls between neighbouring `edges`, low to high."""
    groups: dict[int, list[LineResult]] = defaultdict(list)
    for line in lines:
        groups[sum(value(line) >= edge for edge in edges)].append(line)
    return [_bar(_bin_label(place, edges), groups[place]) for place in sorted(groups)]


def _bin_label(place: int, edges: Sequence[float]) -> str:
    if place == 0:
        return f"under {edges[0]}"
    if place == len(edges):
        return f"{edges[-1]} and over"
    return f"{edges[place - 1]} to {edges[place]}"


def _bar(label: str, lines: Sequence[LineResult]) -> Bar:
    edits = sum(line.score.char_edits for line in lines)
    characters = sum(line.score.chars for line in lines)
    return Bar(
        label=label,
        cer=edits / characters if characters else float(edits > 0),
        lines=len(lines),
        characters=characters,
    )


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
    return environment


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}\N{NO-BREAK SPACE}%"


def _visible(text: str) -> str:
    """Text in which spaces and nothing at all can be seen."""
    return text.replace(" ", "␣") or "∅"


def _points(text: str) -> str:
    return "; ".join(map(describe_grapheme, text)) if text else "nothing"


def _bar_width(cer: float, bars: Sequence[Bar], full: int) -> float:
    """Length of a bar, px: linear in the CER, `full` for the longest of `bars`."""
    longest = max((bar.cer for bar in bars), default=0.0)
    return 0.0 if not longest or math.isnan(cer) else round(full * cer / longest, 1)
