"""How well a segmenter does on pages: baselines, regions, reading order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.evaluation.baselines import (
    BaselineScore,
    adaptive_tolerances,
    distances,
    matches,
    over_pages,
    score_baselines,
)
from uncial.imaging.band import page_bands
from uncial.page.layout import Page
from uncial.page.polyline import Points, length, points_of

FIXED = 10.0
"""Tolerance in px that kraken scores with."""
_CANVAS = 1000  # px of the longer side of the map that areas are compared on


@dataclass(frozen=True, kw_only=True)
class RegionScore:
    """Area of one type of region, shares of all pages' areas.

    Attributes:
        common: Area within both truth and what was found, pages.
        either: Area within either.
    """

    common: float
    either: float

    @property
    def iou(self) -> float:
        """Common area over that of either, 0-1."""
        return self.common / self.either if self.either else 1.0


@dataclass(frozen=True, kw_only=True)
class PageScore:
    """What was found on one page, or on several.

    Attributes:
        baselines: With tolerances that go by the distance of lines.
        fixed: With a tolerance of `FIXED` px.
        regions: By type.
        pairs: Pairs of lines that were found and are next to be put in order.
        ordered: Those of them in the right order.
    """

    baselines: BaselineScore
    fixed: BaselineScore
    regions: Mapping[str, RegionScore] = field(default_factory=dict)
    pairs: int = 0
    ordered: int = 0

    @property
    def iou(self) -> float | None:
        """Mean over types of regions; None where there are none."""
        scores = [score.iou for score in self.regions.values()]
        return sum(scores) / len(scores) if scores else None

    @property
    def order(self) -> float | None:
        """Share of pairs of lines in the right order, 0-1; None without pairs.

        Kendall's tau is twice that, less one.
        """
        return self.ordered / self.pairs if self.pairs else None


def score_page(truth: Page, found: Page, types: Mapping[str, str] | None = None) -> PageScore:
    """Compare what was found on a page with its ground truth.

    Args:
        truth: Lines without a baseline get one drawn through their boundary.
        found: By a segmenter.
        types: The segmenter's type of each of the truth's types of regions; others play no
            part. None compares every type by its own name.
    """
    true, mine = true_baselines(truth), true_baselines(found)
    tolerances, apart = adaptive_tolerances(true), distances(true, mine)
    pairs, ordered = (0, 0)
    if truth.ordered:
        pairs, ordered = _order(matches(true, mine, tolerances, apart))
    return PageScore(
        baselines=score_baselines(true, mine, tolerances, apart),
        fixed=score_baselines(true, mine, [FIXED] * len(true), apart),
        regions=_regions(truth, found, types),
        pairs=pairs,
        ordered=ordered,
    )


def true_baselines(page: Page) -> list[Points]:
    """The baselines of a page in its order, drawn through boundaries where there are none.

    As long as they are: lines without a place are left out.
    """
    given = [points_of(line.baseline) for line in page.lines()]
    if all(length(points) > 0 for points in given):
        return given
    bands = page_bands(page)
    return [
        points if length(points) > 0 else band.spine
        for points, band in zip(given, bands, strict=True)
        if length(points) > 0 or length(band.spine) > 0
    ]


def all_pages(scores: Sequence[PageScore]) -> PageScore:
    """Baselines as means over pages, areas and pairs in sum.

    Args:
        scores: At least one.
    """
    names = dict.fromkeys(name for score in scores for name in score.regions)
    return PageScore(
        baselines=over_pages([score.baselines for score in scores]),
        fixed=over_pages([score.fixed for score in scores]),
        regions={
            name: _sum(score.regions[name] for score in scores if name in score.regions)
            for name in names
        },
        pairs=sum(score.pairs for score in scores),
        ordered=sum(score.ordered for score in scores),
    )


def _sum(scores: Iterable[RegionScore]) -> RegionScore:
    kept = list(scores)
    return RegionScore(
        common=sum(score.common for score in kept), either=sum(score.either for score in kept)
    )


def _order(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Pairs of matched lines, and how many of them are in the right order."""
    places = np.array([found for _, found in sorted(pairs)])
    count = len(places)
    right = int(np.triu(places[:, None] < places[None, :], 1).sum()) if count else 0
    return count * (count - 1) // 2, right


def _regions(truth: Page, found: Page, types: Mapping[str, str] | None) -> dict[str, RegionScore]:
    true, mine = _masks(truth, types), _masks(found, None)
    names = sorted({*true, *mine} if types is None else {*types.values()} & {*true, *mine})
    scores = {}
    for name in names:
        a, b = (masks.get(name) for masks in (true, mine))
        present = [mask for mask in (a, b) if mask is not None]
        size = present[0].size
        common = int((a & b).sum()) if a is not None and b is not None else 0
        either = sum(int(mask.sum()) for mask in present) - common
        scores[name] = RegionScore(common=common / size, either=either / size)
    return scores


def _masks(page: Page, types: Mapping[str, str] | None) -> dict[str, NDArray[np.bool_]]:
    """Where regions of each type lie, on a map of the page."""
    scale = _CANVAS / max(page.width, page.height)
    size = (round(page.height * scale), round(page.width * scale))
    canvases: dict[str, NDArray[np.uint8]] = {}
    for region in page.walk():
        name = region.type or region.kind
        if types is not None:
            name = types.get(name, "")
        if name and len(region.boundary) >= 3:
            canvas = canvases.setdefault(name, np.zeros(size, np.uint8))
            outline = np.round(points_of(region.boundary) * scale).astype(np.int32)
            cv2.fillPoly(canvas, [outline], 1)
    return {name: canvas > 0 for name, canvas in canvases.items()}
